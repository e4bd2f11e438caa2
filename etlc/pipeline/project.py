"""A project on disk and how a command was called."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from etlc.diagnostics import Diagnostics, Span
from etlc.ir.graph import BoundGraph, Graph
from etlc.ir.plan import Plan
from etlc.ir.spec import LockedSource, Spec
from etlc.load.files import Files


class Stop(Exception):
    """Ends a command: with findings, with a sentence, or with both; ``status`` is the exit status."""

    def __init__(self, message: str = "", status: int = 1, diagnostics: Diagnostics | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.diagnostics = diagnostics or Diagnostics()


class Interrupted(Exception):
    """The work was stopped by :func:`etlc.pipeline.interrupt`; what was committed stands."""


def stop_with(code: str, span: Span, message: str, help: str = "", status: int = 1) -> Stop:
    """A Stop for one finding."""
    diagnostics = Diagnostics()
    diagnostics.add(code, span, message, help)
    return Stop("", status, diagnostics)


@dataclass(frozen=True, slots=True)
class Options:
    """How a command was called. ``lock_timeout`` is in seconds."""

    params: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None
    no_opt: tuple[str, ...] = ()
    lock_timeout: float = 10.0
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    full_refresh: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """The folder that holds etlc.yaml."""

    root: Path

    @staticmethod
    def find(directory: Path | None) -> Project:
        """The project of a folder, or the one around it, as git does it. Raises Stop (2) where there is none."""
        from etlc.load import find_root

        start = (directory or Path.cwd()).absolute()
        if directory is not None and not start.is_dir():
            raise Stop(f"There is no folder {directory}.", 2)
        root = find_root(start)
        if root is None:
            raise Stop(f"There is no etlc.yaml in {start} or above it. `etlc init` makes a project.", 2)
        return Project(Path(os.path.realpath(root)))

    @property
    def cache(self) -> Path:
        """Where caches lie; safe to delete."""
        return self.root / ".etlc" / "cache"


@dataclass(frozen=True, slots=True)
class Part:
    """A project, and those of the named files that belong to it.

    ``prefix`` is the way from the working directory to the project, where it is not the one that is found from there.
    """

    project: Project
    files: tuple[str, ...]
    prefix: str = ""


def parts_of(directory: Path | None, files: Sequence[str], staged: bool = False) -> list[Part]:
    """Named files, by the projects that they belong to: of each the nearest one upwards from it. Raises Stop (2).

    Without files, or where a folder was named, it is that one project. Files that belong to no project are left out
    where the working directory lies in none either: a hook hands over whatever was changed. ``staged``: without files,
    where the working directory lies in no project, all that are staged below it.
    """
    from etlc.load import find_root

    here = find_root(Path.cwd())
    mine = None if here is None else Path(os.path.realpath(here))
    if directory is not None or not files:
        several = _staged_below(Path.cwd()) if staged and mine is None and directory is None else []
        return several or [Part(Project.find(directory), tuple(files))]
    found: dict[Path, list[str]] = {}
    for file in files:
        path = Path(os.path.abspath(file))
        if not staged and not path.exists():
            raise Stop(f"There is no file {file}.", 2)
        root = find_root(path if path.is_dir() else path.parent) or mine
        if root is not None:
            found.setdefault(Path(os.path.realpath(root)), []).append(file)
    return [
        Part(Project(root), tuple(named), "" if root == mine else f"{os.path.relpath(root)}/".replace(os.sep, "/"))
        for root, named in found.items()
    ]


def _staged_below(folder: Path) -> list[Part]:
    """All projects whose etlc.yaml is staged, from this folder downwards."""
    from etlc.load.files import PROJECT_FILE

    names = staged_files(Project(folder)).walk("", (PROJECT_FILE,))
    folders = [os.path.dirname(name) for name in names if os.path.basename(name) == PROJECT_FILE]
    return [Part(Project(Path(os.path.realpath(folder / name))), (), f"{name}/") for name in folders]


def staged_files(project: Project) -> Files:
    """The project as it is staged. Raises Stop (2) where git cannot tell."""
    from etlc.load.git import GitProblem
    from etlc.load.index import IndexFiles

    try:
        return IndexFiles(project.root)
    except GitProblem as problem:
        raise Stop(f"What is staged cannot be found out: {problem}.", 2) from problem


@dataclass(frozen=True, slots=True)
class Front:
    """What compiling gave. ``plan`` is None where there are errors; ``looked`` are sources that etlc.lock lacks, ``unseen``
    those among them of which a look told nothing, since they have no files yet.

    ``spec``, ``graph`` and ``bound`` are None where the plan came from the cache or the stage was not reached.
    """

    diagnostics: Diagnostics
    plan: Plan | None
    models: int
    sources: int
    looked: Mapping[str, LockedSource]
    spec: Spec | None = None
    graph: Graph | None = None
    bound: BoundGraph | None = None
    unseen: tuple[str, ...] = ()
