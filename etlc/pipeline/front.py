"""From text to plan: load, resolve, look, bind, lower."""

from __future__ import annotations

import os
from collections.abc import Mapping

from etlc.analyze import analyze
from etlc.bind import bind, needs_look, rows_sql
from etlc.diagnostics import Diagnostics
from etlc.engines.binder import DuckBinder
from etlc.engines.duckdb import DuckEngine, Fence, open_memory
from etlc.execute.look import look
from etlc.execute.paths import PathProblem, Paths, variables
from etlc.ir.graph import Graph
from etlc.ir.look import Looked
from etlc.ir.plan import Plan
from etlc.ir.spec import Spec
from etlc.load import Files, load
from etlc.lower import lower
from etlc.pipeline.project import Front, Options, Project, Stop
from etlc.resolve import resolve
from etlc.sql.warm import warm


def compile_files(files: Files, project: Project, options: Options) -> Front:
    """Compile what ``files`` hold, without any cache."""

    warm()
    diagnostics = Diagnostics()
    spec = load(files, diagnostics)
    if spec is None:
        return Front(diagnostics, None, 0, 0, {})
    binder = DuckBinder()
    graph = resolve(spec, options.params, binder, diagnostics)
    looked = look_at(graph, needs_look(graph), project)
    bound = bind(graph, looked, binder, diagnostics)
    tagged = analyze(bound, diagnostics)
    fresh = {name: found.schema for name, found in looked.items() if found.schema is not None}
    counts = (len(spec.models), len(spec.sources))
    if diagnostics.errors:
        return Front(diagnostics, None, *counts, fresh, spec, graph, bound)
    rows = {
        name: rows_sql(source.spec, {column.name.lower(): column.type for column in bound.schemas[name].columns})
        for name, source in graph.sources.items()
        if source.spec.rows is not None
    }
    return Front(diagnostics, lower(bound, rows, tagged), *counts, fresh, spec, graph, bound)


def look_at(graph: Graph, names: list[str], project: Project) -> dict[str, Looked]:
    """A first look at sources: the only reading of data that compiling does, and only where nothing else tells."""
    if not names:
        return {}

    paths = paths_of(graph.spec, project)
    with scratch(paths, project, {}) as engine:
        session = engine.session()
        return {name: look(graph.sources[name].spec, paths, session) for name in names}


def paths_of(spec: Spec | Plan, project: Project) -> Paths:
    """The paths of a project, with the environment for ``${env:NAME}``. Raises Stop for an unset variable in allow."""

    patterns: list[str] = list(spec.allow)
    if isinstance(spec, Plan):
        patterns += [path for source in spec.sources.values() for path in source.paths]
        patterns += [output.path for output in spec.outputs]
    else:
        patterns += [path for source in spec.sources.values() for path in source.path]
    named = frozenset(name for pattern in patterns for name in variables(pattern))
    paths = Paths(project.root, tuple(map(str, spec.allow)), os.environ, named)
    try:
        paths.folders()
    except PathProblem as problem:
        raise Stop(f"`allow:` in etlc.yaml: {problem}.") from problem
    return paths


def scratch(paths: Paths, project: Project, limits: Mapping[str, str]) -> DuckEngine:
    """A database in memory, fenced to the folders of the project."""

    return open_memory(Fence(tuple(paths.folders()), limits, str(project.root / ".etlc" / "tmp")))
