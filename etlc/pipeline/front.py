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
from etlc.ir.binding import Binder, Shelf
from etlc.ir.codec import decode, encode
from etlc.ir.graph import BoundGraph, Graph
from etlc.ir.look import Looked
from etlc.ir.plan import Plan
from etlc.ir.spec import LockedSource, Spec
from etlc.load import Files, load
from etlc.load.files import PROJECT_FILE
from etlc.lower import digest, lower
from etlc.pipeline.cache import Summaries, version_of
from etlc.pipeline.looking import listing
from etlc.pipeline.project import Front, Interrupted, Options, Project, Stop
from etlc.pipeline.remembering import RememberingBinder
from etlc.pipeline.stopping import watch
from etlc.pipeline.warehouse import extensions, project_paths
from etlc.resolve import given_problem, resolve

_NOTHING = "no files"  # what is kept of a look that found none

Looking = Callable[[Graph, list[str], Project], dict[str, Looked]]


def compile_files(
    files: Files, project: Project, options: Options, looking: Looking | None = None, upkeep: bool = False
) -> Front:
    """Compile what ``files`` hold; findings that the specs ignore are left out.

    ``looking`` tells the schemas that nothing pins, if not the data. ``upkeep``: the plan is to be run, and says how each
    model's rows are kept up.
    """
    front = _compiled(files, project, options, looking, upkeep)
    if front.spec is None:
        return front
    found, used = sift(front.diagnostics, front.spec.ignores)
    report_idle(front.spec.ignores, used, found)
    return replace(front, diagnostics=found)


def _compiled(files: Files, project: Project, options: Options, looking: Looking | None, upkeep: bool) -> Front:
    """Of each text, what was found out before is not found out again."""
    diagnostics = Diagnostics()
    summaries = Summaries(project.cache)
    spec = load(files, diagnostics, summaries)
    if spec is None:
        return Front(diagnostics, None, 0, 0, {})
    binder = RememberingBinder(DuckBinder, summaries, f"{__version__} {version_of('duckdb')}")
    if looking is None:  # an old revision may know other params
        check_params(spec, options, binder, diagnostics)
    graph = resolve(spec, options.params, binder, diagnostics)
    names = needs_look(graph)
    looked = looking(graph, names, project) if looking else look_again(summaries, graph, names, project)
    bound = bind(graph, looked, binder, diagnostics)
    bound = analyze(bound, binder, diagnostics, summaries, upkeep)
    if looking is None:  # an old revision is soon forgotten
        summaries.save()
    fresh = {name: found.schema for name, found in looked.items() if found.schema is not None}
    counts = (len(spec.models), len(spec.sources))
    if diagnostics.errors:
        return Front(diagnostics, None, *counts, fresh, spec, graph, bound)
    unseen = tuple(name for name in names if name not in fresh)
    return Front(diagnostics, lowered(bound), *counts, fresh, spec, graph, bound, unseen)


def check_params(spec: Spec, options: Options, binder: Binder, diagnostics: Diagnostics) -> None:
    """Raises Stop (2) where ``--param`` names none or gives what is none of its values, as far as etlc.yaml is sound."""
    broken = any(found.span.file == PROJECT_FILE and found.severity == "error" for found in diagnostics)
    problem = "" if broken else given_problem(spec, options.params, binder)
    if problem:
        raise Stop(problem, 2)


def lowered(bound: BoundGraph) -> Plan:
    """The plan of what could be bound."""
    rows = {
        name: rows_sql(source.spec, {column.name.lower(): column.type for column in bound.schemas[name].columns})
        for name, source in bound.graph.sources.items()
        if source.spec.rows is not None and name in bound.schemas
    }
    return lower(bound, rows)


def look_again(shelf: Shelf, graph: Graph, names: list[str], project: Project) -> dict[str, Looked]:
    """A look at sources, but for those whose files are as they were when they were last looked at."""
    if not names:
        return {}
    paths = _paths(graph, project)
    titles: dict[str, str] = {}
    found: dict[str, Looked] = {}
    for name in names:
        spec = graph.sources[name].spec
        listed = listing(spec.path, paths)
        if listed:
            titles[name] = digest("look", version_of("duckdb"), spec.declaration, listed)
            kept = shelf.get(titles[name])
            if kept is not None:
                found[name] = Looked(decode(LockedSource, kept) if kept != _NOTHING else None)
    fresh = look_at(graph, [name for name in names if name not in found], project)
    for name, looked in fresh.items():
        if name in titles and not looked.problem:
            shelf.put(titles[name], encode(looked.schema) if looked.schema is not None else _NOTHING)
    return {**found, **fresh}


def _paths(graph: Graph, project: Project) -> Paths:
    spec = graph.spec
    return project_paths(project, spec.allow, [path for source in spec.sources.values() for path in source.path])


def look_at(graph: Graph, names: list[str], project: Project) -> dict[str, Looked]:
    """A look at sources: the only reading of data that compiling does, and only where nothing else tells."""
    if not names:
        return {}
    paths = _paths(graph, project)
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
