"""The warehouse of a project: opened, and what it remembers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from etlc.diagnostics import Span
from etlc.engines.base import EngineInterrupted, ExtensionMissing, Session, WarehouseBusy, WarehouseUnusable
from etlc.engines.duckdb import DuckEngine, Fence, open_memory, open_warehouse
from etlc.execute.images import holding, images_folder
from etlc.execute.observe import observe_source
from etlc.execute.outputs import output_files
from etlc.execute.paths import PathProblem, Paths
from etlc.execute.remote import Remote
from etlc.ir.plan import Plan
from etlc.ir.record import Memory, Observations
from etlc.pipeline.project import Interrupted, Options, Project, stop_with
from etlc.pipeline.stopping import stopped, watch
from etlc.state.warehouse import StateUnreadable, recall, recall_meanings

_SPECS = Span.whole("etlc.yaml")
_HERE = Span("")


def plan_paths(plan: Plan, project: Project) -> Paths:
    """The paths of a compiled project, with the environment for ``${env:NAME}``. Raises Stop."""
    patterns = [path for source in plan.sources.values() for path in source.paths]
    patterns += [output.path for output in plan.outputs]
    return project_paths(project, plan.allow, patterns)


def project_paths(project: Project, allow: Iterable[str], patterns: Iterable[str]) -> Paths:
    """The paths of a project whose sources and outputs lie at ``patterns``. Raises Stop."""
    try:
        return Paths.of(project.root, allow, os.environ, patterns)
    except PathProblem as problem:
        raise stop_with("E113", _SPECS, f"`allow:` cannot be used: {problem}.") from problem


def fence(plan: Plan, paths: Paths, temp: str = "") -> Fence:
    """What a run's connection may touch."""
    return Fence(tuple(paths.folders()), plan.limits, temp, tuple(paths.addresses()))


def scratch(plan: Plan, project: Project, paths: Paths) -> DuckEngine:
    """A fenced database in memory. Raises Stop where DuckDB lacks an extension."""
    with extensions():
        engine = open_memory(fence(plan, paths, str(project.root / ".etlc" / "tmp")))
    watch(engine)
    return engine


@contextmanager
def extensions() -> Iterator[None]:
    """Turns the lack of an extension of DuckDB into a Stop."""
    try:
        yield
    except ExtensionMissing as missing:
        raise stop_with(
            "E407", _SPECS, f"Paths that are addresses need DuckDB's extension {missing}, which is not installed.",
            f"Install it once: `python -c \"import duckdb; duckdb.sql('INSTALL {missing}')\"`,"
            f" or up to DuckDB 1.5.5 `pip install etlc[remote]`.",
        ) from missing  # fmt: skip


def warehouse_path(plan: Plan, project: Project) -> Path:
    """Where the warehouse lies."""
    return project.root / plan.warehouse


def open_project(plan: Plan, project: Project, options: Options, paths: Paths, read_only: bool = False) -> DuckEngine:
    """Open the warehouse. Raises Stop: 75 where another process holds it, 1 where it cannot be opened."""
    path = warehouse_path(plan, project)
    if not paths.inside(str(path)):
        raise stop_with("E113", _SPECS, f"The warehouse {plan.warehouse} leads out of the project by a symbolic link.")
    try:
        with extensions():
            engine = open_warehouse(path, fence(plan, paths), options.lock_timeout, stopped, read_only)
    except EngineInterrupted as stop:
        raise Interrupted from stop
    except WarehouseBusy as busy:
        raise stop_with(
            "E504", _HERE, f"The warehouse {plan.warehouse} is in use by {busy.holder}.",
            "Wait for it, or give it more time with --lock-timeout 60s.", 75,
        ) from busy  # fmt: skip
    except WarehouseUnusable as problem:
        words = str(problem).replace(f"{project.root}/", "").rstrip(".")
        raise stop_with("E505", _HERE, f"The warehouse {plan.warehouse} cannot be opened: {words}.") from problem
    watch(engine)
    return engine


def remembered(session: Session, plan: Plan) -> Memory:
    """What past runs left. Raises Stop where it cannot be read."""
    try:
        memory = recall(session)
        changed = [
            name
            for name, record in memory.models.items()
            if name in plan.models and plan.models[name].fingerprint != record.fingerprint
        ]
        return replace(memory, meanings=recall_meanings(session, changed)) if changed else memory
    except StateUnreadable as problem:
        raise stop_with("E505", _HERE, f"The warehouse {plan.warehouse} cannot be used: {problem}.") from problem


def read_memory(plan: Plan, project: Project, options: Options, paths: Paths) -> Memory:
    """What past runs left, without keeping the warehouse open; empty where there is none yet."""
    if not warehouse_path(plan, project).exists():
        return Memory()
    with open_project(plan, project, options, replace(paths, remote=False), read_only=True) as engine:
        return remembered(engine.session(), plan)


def observe(
    plan: Plan, memory: Memory, paths: Paths, names: frozenset[str], images: bool = False
) -> Observations:  # fmt: skip
    """What the sources and the outputs' files look like now, and the ``images`` of files. Raises Stop for a path that may
    not be used, Interrupted."""
    try:
        if paths.remote:
            with scratch(plan, Project(paths.root), paths) as engine:
                found = _observe(plan, memory, paths, names, Remote(engine.session()))
        else:
            found = _observe(plan, memory, paths, names, None)
    except EngineInterrupted as stop:
        raise Interrupted from stop
    folder = images_folder(paths.root, plan.warehouse)
    return replace(found, images=holding(folder, memory, found.sources)) if images else found


def _observe(plan: Plan, memory: Memory, paths: Paths, names: frozenset[str], remote: Remote | None) -> Observations:
    found = {}
    for name, source in plan.sources.items():
        if name not in names:
            continue
        try:
            found[name] = observe_source(source, paths, memory.sources.get(name), remote)
        except PathProblem as problem:
            span = Span(source.file, source.line, source.column, source.line, source.column + len(name))
            raise stop_with("E402", span, f'Source "{name}" cannot be read: {paths.redact(str(problem))}.') from problem
    written = {}
    for output in plan.outputs:
        with suppress(PathProblem):
            written[output.name] = output_files(output.path, paths, remote)
    return Observations(found, written)
