"""validate: everything that can be known without reading data."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from etlc.diagnostics import Diagnostics
from etlc.ir.plan import Plan
from etlc.load import DiskFiles
from etlc.pipeline.compiling import compile_project
from etlc.pipeline.project import Options, Project, Stop, parts_of, staged_files


@dataclass(frozen=True, slots=True)
class Validated:
    """The findings, and how many models and sources the project has. ``read`` gives what was checked: a file's text."""

    diagnostics: Diagnostics
    models: int
    sources: int
    read: Callable[[str], bytes | None]


def validate(project: Project, options: Options, files: list[str], staged: bool = False) -> Validated:
    """Validate the whole project; with ``files``, report what concerns them and what depends on them.

    ``staged``: what git's index holds, not what lies on disk.
    """
    index = staged_files(project) if staged else None
    read = (index or DiskFiles(project.root)).read
    front = compile_project(project, options, index)
    if not files:
        return Validated(front.diagnostics, front.models, front.sources, read)
    wanted = {_relative(project, file, must_be=not staged) for file in files}
    wanted |= _dependents(front.plan, wanted) if front.plan else set()
    found = Diagnostics()
    for diagnostic in front.diagnostics:
        file = diagnostic.span.file
        named = file in wanted or any(folder in (".", *_above(file)) for folder in wanted)
        if named or file in ("etlc.yaml", "etlc.lock"):
            found.append(diagnostic)
    return Validated(found, front.models, front.sources, read)


def _above(file: str) -> list[str]:
    """The folders that a file lies in."""
    parts = file.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def validate_files(directory: Path | None, options: Options, files: Sequence[str], staged: bool) -> Validated:
    """Validate the project, or all those that the files belong to; findings say where from the working directory."""
    found = Diagnostics()
    models = sources = 0
    readers: list[tuple[str, Callable[[str], bytes | None]]] = []
    for part in parts_of(directory, files, staged):
        done = validate(part.project, options, list(part.files), staged)
        for one in done.diagnostics:
            place = replace(one.span, file=part.prefix + one.span.file) if one.span.file else one.span
            found.append(replace(one, span=place))
        models, sources = models + done.models, sources + done.sources
        readers.append((part.prefix, done.read))

    def read(path: str) -> bytes | None:
        fitting = [(prefix, reader) for prefix, reader in readers if path.startswith(prefix)]
        prefix, reader = max(fitting, key=lambda each: len(each[0]))
        return reader(path.removeprefix(prefix))

    return Validated(found, models, sources, read)


def _relative(project: Project, file: str, must_be: bool) -> str:
    path = Path(os.path.realpath(file))
    if must_be and not path.exists():
        raise Stop(f"There is no file {file}.", 2)
    try:
        return path.relative_to(project.root).as_posix()  # "." for the project's own folder
    except ValueError:
        raise Stop(f"{file} does not belong to the project in {project.root}.", 2) from None


def _dependents(plan: Plan, files: set[str]) -> set[str]:
    """The files of all models that depend on what these files hold."""
    touched = {name for name, model in plan.models.items() if {model.file, model.path} & files}
    touched |= {name for name, source in plan.sources.items() if source.file in files}
    found = set()
    for name, model in plan.models.items():
        if name in touched or touched.intersection(model.reads):
            touched.add(name)
            found |= {model.file, model.path}
    return found
