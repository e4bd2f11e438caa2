"""From text to plan: load, resolve, look, bind, lower."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from etlc import __version__
from etlc.analyze import analyze
from etlc.bind import bind, needs_look, rows_sql
from etlc.diagnostics import Diagnostics
from etlc.diagnostics.ignores import report_idle, sift
from etlc.engines.base import EngineInterrupted
from etlc.engines.binder import DuckBinder
from etlc.engines.duckdb import DuckEngine, Fence, open_memory
from etlc.execute.look import look
from etlc.execute.paths import Paths
from etlc.ir.graph import BoundGraph, Graph
from etlc.ir.look import Looked
from etlc.ir.plan import Plan
from etlc.load import Files, load
from etlc.lower import lower
from etlc.pipeline.cache import Summaries, version_of
from etlc.pipeline.project import Front, Interrupted, Options, Project
from etlc.pipeline.remembering import RememberingBinder
from etlc.pipeline.stopping import watch
from etlc.pipeline.warehouse import extensions, project_paths
from etlc.resolve import resolve

Looking = Callable[[Graph, list[str], Project], dict[str, Looked]]


def compile_files(files: Files, project: Project, options: Options, looking: Looking | None = None) -> Front:
    """Compile what ``files`` hold; findings that the specs ignore are left out.

    ``looking`` tells the schemas that nothing pins, if not the data.
    """
    front = _compiled(files, project, options, looking or look_at)
    if front.spec is None:
        return front
    found, used = sift(front.diagnostics, front.spec.ignores)
    report_idle(front.spec.ignores, used, found)
    return replace(front, diagnostics=found)


def _compiled(files: Files, project: Project, options: Options, looking: Looking) -> Front:
    """Of each text, what was found out before is not found out again."""
    diagnostics = Diagnostics()
    spec = load(files, diagnostics)
    if spec is None:
        return Front(diagnostics, None, 0, 0, {})
    summaries = Summaries(project.cache)
    binder = RememberingBinder(DuckBinder, summaries, f"{__version__} {version_of('duckdb')}")
    graph = resolve(spec, options.params, binder, diagnostics)
    looked = looking(graph, needs_look(graph), project)
    bound = bind(graph, looked, binder, diagnostics)
    bound = analyze(bound, diagnostics, summaries)
    if looking is look_at:  # an old revision is soon forgotten
        summaries.save()
    fresh = {name: found.schema for name, found in looked.items() if found.schema is not None}
    counts = (len(spec.models), len(spec.sources))
    if diagnostics.errors:
        return Front(diagnostics, None, *counts, fresh, spec, graph, bound)
    return Front(diagnostics, lowered(bound), *counts, fresh, spec, graph, bound)


def lowered(bound: BoundGraph) -> Plan:
    """The plan of what could be bound."""
    rows = {
        name: rows_sql(source.spec, {column.name.lower(): column.type for column in bound.schemas[name].columns})
        for name, source in bound.graph.sources.items()
        if source.spec.rows is not None and name in bound.schemas
    }
    return lower(bound, rows)


def look_at(graph: Graph, names: list[str], project: Project) -> dict[str, Looked]:
    """A first look at sources: the only reading of data that compiling does, and only where nothing else tells."""
    if not names:
        return {}

    spec = graph.spec
    paths = project_paths(project, spec.allow, [path for source in spec.sources.values() for path in source.path])
    try:
        with scratch(paths, project, {}) as engine:
            watch(engine)
            session = engine.session()
            return {name: look(graph.sources[name].spec, paths, session) for name in names}
    except EngineInterrupted as stop:
        raise Interrupted from stop


def scratch(paths: Paths, project: Project, limits: Mapping[str, str]) -> DuckEngine:
    """A database in memory, fenced to the folders of the project."""

    with extensions():
        return open_memory(
            Fence(tuple(paths.folders()), limits, str(project.root / ".etlc" / "tmp"), tuple(paths.addresses()))
        )
