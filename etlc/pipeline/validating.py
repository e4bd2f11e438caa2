"""validate: everything that can be known without reading data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from etlc.diagnostics import Diagnostics
from etlc.ir.plan import Plan
from etlc.pipeline.compiling import compile_project
from etlc.pipeline.locking import check_lock
from etlc.pipeline.project import Options, Project, Stop


@dataclass(frozen=True, slots=True)
class Validated:
    """The findings, and how many models and sources the project has."""

    diagnostics: Diagnostics
    models: int
    sources: int


def validate(project: Project, options: Options, files: list[str], locked: bool = False) -> Validated:
    """Validate the whole project; with ``files``, report what concerns them and what depends on them.

    ``locked``: report also where etlc.lock does not fit the specs, or the data that is at hand.
    """
    front = compile_project(project, options)
    if locked:
        front.diagnostics.extend(check_lock(project, options))
    if not files:
        return Validated(front.diagnostics, front.models, front.sources)
    wanted = {_relative(project, file) for file in files}
    wanted |= _dependents(front.plan, wanted) if front.plan else set()
    found = Diagnostics()
    for diagnostic in front.diagnostics:
        if diagnostic.span.file in wanted or diagnostic.span.file in ("etlc.yaml", "etlc.lock"):
            found.append(diagnostic)
    return Validated(found, front.models, front.sources)


def _relative(project: Project, file: str) -> str:
    path = Path(os.path.realpath(file))
    if not path.exists():
        raise Stop(f"There is no file {file}.", 2)
    try:
        return path.relative_to(project.root).as_posix()
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
