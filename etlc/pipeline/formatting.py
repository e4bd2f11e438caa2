"""format: the layout of spec files, which never changes what they mean."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from etlc.load import DiskFiles, Files
from etlc.load.files import PROJECT_FILE, spec_paths
from etlc.load.project import pipeline_folders
from etlc.load.tidy import tidied
from etlc.pipeline.compiling import replace_file
from etlc.pipeline.project import Project, Stop, staged_files
from etlc.sql.layout import differences, laid_out


@dataclass(frozen=True, slots=True)
class Change:
    """A file, relative to the project, as it is and as it should be."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Formatted:
    """What was, or would be, laid out anew. ``left`` are texts that stay as they are: (file, why)."""

    changes: tuple[Change, ...]
    left: tuple[tuple[str, str], ...]
    files: int


def format_files(project: Project, named: list[str] | None, staged: bool, write: bool) -> Formatted:
    """Lay out the spec files of a project, or those of them that are named; ``write``: in place. Raises Stop."""
    files = staged_files(project) if staged else DiskFiles(project.root)
    printer = _Printer()
    changes, left = [], []
    paths = _chosen(project, files, named)
    for path in paths:
        before = _text(files, path)
        if before is None:
            left.append((path, "it cannot be read as UTF-8 text"))
            continue
        printer.reasons.clear()
        after = tidied(path, before, printer.sql, printer.note)
        left += [(path, reason) for reason in printer.reasons]
        if after != before:
            changes.append(Change(path, before, after))
    if write:
        for change in changes:
            replace_file(project, _real(project, change.path), change.after)
    return Formatted(tuple(changes), tuple(left), len(paths))


def _chosen(project: Project, files: Files, named: list[str] | None) -> list[str]:
    """The spec files of the project; with names, those among them or in these folders."""
    try:
        folders = pipeline_folders(files.read(PROJECT_FILE) or b"")
    except OSError as error:
        raise Stop(f"{PROJECT_FILE} cannot be read: {error.strerror or error}.") from error
    known = [PROJECT_FILE, *spec_paths(files, folders)]
    if named is None:
        return known
    wanted = {_relative(project, name) for name in named}
    return [
        path for path in known if any(path == name or name == "." or path.startswith(name + "/") for name in wanted)
    ]


def _relative(project: Project, name: str) -> str:
    folder, base = os.path.split(os.path.abspath(name))
    path = os.path.relpath(os.path.join(os.path.realpath(folder), base), project.root)
    if path == ".." or path.startswith("../"):
        raise Stop(f"{name} does not belong to the project in {project.root}.", 2)
    return path


def _text(files: Files, path: str) -> str | None:
    try:
        data = files.read(path)
        return None if data is None else data.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _real(project: Project, path: str) -> str:
    """The file that a link leads to: the link itself stays. Reading has made sure that it lies in the project."""
    return Path(os.path.realpath(project.root / path)).relative_to(project.root).as_posix()


@dataclass
class _Printer:
    """Lays out queries, and proves of each that it means the same: by its tokens, and by DuckDB's own tree."""

    reasons: list[str] = field(default_factory=list)
    _binder: object = None

    def note(self, reason: str) -> None:
        """Remember why something stays as it is."""
        if reason not in self.reasons:
            self.reasons.append(reason)

    def sql(self, text: str) -> str | None:
        """A query laid out; None where it has to stay as it is."""
        made = laid_out(text)
        if made is None or made == text:
            if made is None and text.strip():
                self.note("its SQL is empty, or its brackets do not match")
            return made
        reason = differences(text, made) or self._tree_differs(text, made)
        if reason:
            self.note(f"the SQL stays as it is: {reason}")
            return None
        return made

    def _tree_differs(self, before: str, after: str) -> str:
        from etlc.engines.binder import DuckBinder
        from etlc.ir.binding import SqlError
        from etlc.sql.tree import without_places

        if not isinstance(self._binder, DuckBinder):
            self._binder = DuckBinder()
        assert isinstance(self._binder, DuckBinder)
        trees = [self._binder.parse(text) for text in (before, after)]
        if any(isinstance(tree, SqlError) for tree in trees):
            return "DuckDB cannot read it"
        return "" if without_places(trees[0]) == without_places(trees[1]) else "it would mean something else"
