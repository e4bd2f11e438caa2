"""Names, references and cycles: from the spec to the graph."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace

from etlc.diagnostics import Diagnostics
from etlc.ir.binding import Binder
from etlc.ir.graph import Graph, GraphCheck, GraphModel, GraphSource, Query
from etlc.ir.spec import ModelSpec, Spec
from etlc.resolve.checks import check_needs, resolve_checks
from etlc.resolve.order import descendants, topological
from etlc.resolve.params import given_problem, param_literals
from etlc.resolve.queries import QueryReader, Silent
from etlc.resolve.tests import resolve_tests

__all__ = ["descendants", "given_problem", "resolve", "topological"]


def resolve(spec: Spec, params: Mapping[str, str], binder: Binder, diagnostics: Diagnostics) -> Graph:
    """Resolve every name of the project. ``params`` are the texts given with ``--param``: those that the
    project has (:func:`given_problem` tells of others).

    A model that cannot be resolved is reported once; what reads it is left out in silence.
    """
    names = {name.lower(): str(name) for name in (*spec.sources, *spec.models)}
    literals = param_literals(spec, params, binder, diagnostics)
    silent = Silent(frozenset(name.lower() for name in spec.params) - set(literals), spec.incomplete)
    reader = QueryReader(binder, names, literals, diagnostics, silent)
    reader.expect(model.sql for model in spec.models.values() if model.sql is not None)
    queries = {
        name: reader.read(model.sql, f'Model "{name}"') for name, model in spec.models.items() if model.sql is not None
    }
    resolved = {name: query for name, query in queries.items() if query is not None}
    checks = {name: resolve_checks(spec.models[name], reader, diagnostics) for name in resolved}
    sources = {
        name: GraphSource(source, resolve_checks(source, reader, diagnostics)) for name, source in spec.sources.items()
    }
    _check_ends(spec, sources, names, diagnostics)
    edges = {name: [*query.reads, *check_needs(checks[name], names)] for name, query in resolved.items()}
    order, cycles = topological(
        {name: [n for n in needs if n != name or n in resolved[name].reads] for name, needs in edges.items()}
    )
    twice = {name for name in spec.models if name.lower() in spec.unsure}
    for cycle in (cycle for cycle in cycles if twice.isdisjoint(cycle)):
        _report_cycle(cycle, resolved, checks, diagnostics)
    readers = _readers({name: list(query.reads) for name, query in resolved.items()})
    bad = {member for cycle in cycles for member in cycle} | (set(spec.models) - set(resolved)) | twice
    bad |= descendants(bad, _readers(edges))
    models = {
        name: GraphModel(
            spec.models[name], resolved[name], _published(spec.models[name], readers.get(name, []), spec),
            tuple(readers.get(name, ())), checks[name],
        )
        for name in order
        if name not in bad
    }  # fmt: skip
    graph = Graph(spec, sources, models, frozenset(bad))
    return replace(graph, tests=resolve_tests(graph, literals, binder, diagnostics))


def _readers(edges: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {}
    for name, needs in edges.items():
        for need in dict.fromkeys(needs):
            readers.setdefault(need, []).append(name)
    return readers


def _published(model: ModelSpec, readers: list[str], spec: Spec) -> bool:
    """As spec.md says: an output, read by no model of its own pipeline or by one of another, or told so."""
    if model.publish is not None:
        return model.publish
    if any(output.model.lower() == model.name.lower() for output in spec.outputs):
        return True
    pipelines = {spec.models[reader].pipeline for reader in readers}
    return model.pipeline not in pipelines or pipelines != {model.pipeline}


def _check_ends(
    spec: Spec, sources: Mapping[str, GraphSource], names: Mapping[str, str], diagnostics: Diagnostics
) -> None:
    """What hangs on the graph from outside: outputs, and checks of sources, which may read sources only."""
    models = {str(name).lower(): str(name) for name in spec.models}
    for output in spec.outputs:
        if _is_ours(str(output.path), spec):
            diagnostics.add(
                "E113", output.path.span, f"The path `{output.path}` is one of etlc's own: an output would write over it.",
                "Write outputs into a folder of their own, e.g. out/.",
            )  # fmt: skip
        if output.model.lower() not in models and not spec.incomplete:
            kind = "a source" if output.model.lower() in names else "unknown"
            diagnostics.add(
                "E303", output.model.span, f'Output "{output.name}" is of "{output.model}", which is {kind}; outputs are of models.',
                _nearest(output.model, models) or "Name a model with `model:`; a source is written by a model that selects from it.",
            )  # fmt: skip
    for name, source in sources.items():
        for need in check_needs(source.checks, names):
            if need.lower() in models:
                diagnostics.add(
                    "E302", source.spec.span, f'A check of source "{name}" reads model "{need}"; sources are checked before any model.',
                    "Put the check on the model.",
                )  # fmt: skip


def _is_ours(path: str, spec: Spec) -> bool:
    """Whether a file that is a spec, the lock, the warehouse, or belongs to etlc or git would be written over."""
    plain = posixpath.normpath(path)
    warehouse = posixpath.normpath(str(spec.warehouse))
    return (
        plain in ("etlc.lock", warehouse, f"{warehouse}.wal")
        or plain.split("/")[0] in (".etlc", ".git")
        or plain.lower().endswith((".yaml", ".yml", ".sql"))
    )


def _nearest(name: str, known: Mapping[str, str]) -> str:
    import difflib

    close = difflib.get_close_matches(name.lower(), list(known), 1)
    return f'Did you mean "{known[close[0]]}"?' if close else ""


def _report_cycle(
    cycle: list[str],
    queries: Mapping[str, Query],
    checks: Mapping[str, tuple[GraphCheck, ...]],
    diagnostics: Diagnostics,
) -> None:
    first, need = cycle[0], cycle[1 % len(cycle)]
    query = queries[first]
    place = query.text.at(0)
    for table in query.facts.tables:
        if table.name.lower() == need.lower() and table.offset is not None:
            place = query.text.at(query.bound.written(table.offset), len(table.name))
    chain = " reads ".join(f'"{name}"' for name in (*cycle, cycle[0]))
    through = (
        ""
        if all(n in queries[m].reads for m, n in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        else " (by way of a check)"
    )
    help = (
        "A model cannot be built from itself. For recursion inside one model use WITH RECURSIVE."
        if len(cycle) == 1
        else "Break the circle: move what they share into a model that both read."
    )
    diagnostics.add("E209", place, f"These models read each other in a circle{through}: {chain}.", help)
