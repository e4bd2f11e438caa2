"""Binding: each model against its inputs' schemas, in running order, with DuckDB as the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etlc.bind.checks import THIS, bind_checks
from etlc.bind.contracts import check_contract, promised_columns
from etlc.bind.errors import Refusal
from etlc.bind.masks import check_masks, mask_columns
from etlc.bind.outputs import check_outputs
from etlc.bind.sources import rows_sql, source_schema
from etlc.bind.tests import TestBinder
from etlc.diagnostics import Diagnostics
from etlc.ir.binding import Binder, Column, SqlError
from etlc.ir.graph import BoundCheck, BoundGraph, BoundModel, Graph, GraphModel, SourceSchema
from etlc.ir.look import Looked

__all__ = ["THIS", "bind", "needs_look", "rows_sql"]

# Their answer is the same for the same rows, whatever DuckDB's catalogue calls them.
_STEADY = frozenset({"error", "stats", "vector_type"})
_BARE_CLOCKS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})


def needs_look(graph: Graph) -> list[str]:
    """The sources whose files must be looked at: those without rows and without an entry in etlc.lock."""
    return [
        name
        for name, source in graph.sources.items()
        if source.spec.rows is None and name not in graph.spec.locked and name.lower() not in graph.spec.unsure
    ]


def bind(graph: Graph, looked: Mapping[str, Looked], binder: Binder, diagnostics: Diagnostics) -> BoundGraph:
    """Bind every source and model. A model that cannot be bound is reported, and what needs it is left out in silence."""
    check_masks(graph.spec, diagnostics)
    relations: dict[str, Sequence[Column]] = {}
    schemas: dict[str, SourceSchema] = {}
    checks: dict[str, tuple[BoundCheck, ...]] = {}
    for name, source in graph.sources.items():
        if name.lower() in graph.spec.unsure:
            continue
        schema = source_schema(source.spec, graph.spec.locked.get(name), looked.get(name), binder, diagnostics)
        if schema is not None:
            schemas[name] = schema
            relations[name] = [Column(column.name, column.type) for column in schema.columns]
            binder.declare(name, relations[name])
    for name in schemas:
        source = graph.sources[name]
        checks[name] = bind_checks(name, relations[name], source.checks, set(), binder, relations, diagnostics)
    models: dict[str, BoundModel] = {}
    volatile_functions = binder.volatile_functions() - _STEADY
    volatile = set()
    for name, model in graph.models.items():
        if any(need not in relations for need in model.reads):
            continue
        found = _bind_model(model, relations, binder, diagnostics)
        if found is None:
            continue
        columns = found.columns
        relations[name] = columns
        models[name] = found
        contracted = {column.lower() for column in model.spec.columns}
        checks[name] = bind_checks(name, columns, model.checks, contracted, binder, relations, diagnostics)
        if _is_volatile(model, relations, volatile_functions, diagnostics):
            volatile.add(name)
    check_outputs(graph.spec.outputs, relations, diagnostics)
    tests = TestBinder(graph, relations, binder, diagnostics).bind()
    return BoundGraph(graph, schemas, models, checks, frozenset(volatile), tests)


def _bind_model(
    model: GraphModel, relations: Mapping[str, Sequence[Column]], binder: Binder, diagnostics: Diagnostics
) -> BoundModel | None:
    query = model.query
    if query.facts.dynamic:
        columns = promised_columns(model.spec, binder, diagnostics)
        if columns is not None:
            binder.declare(model.name, columns)
        return None if columns is None else mask_columns(model, columns, binder, diagnostics)
    found = binder.bind(model.name, query.bound.text)
    if isinstance(found, SqlError):
        inputs = [column.name for need in model.reads for column in relations[need]]
        Refusal(query.text, query.bound, inputs, diagnostics).report(found, binder.check)
        return None
    masked = mask_columns(model, found, binder, diagnostics)
    if masked is None:
        return None
    fine = check_contract(model.spec, masked.columns, binder, diagnostics)
    return masked if _fits_warehouse(model, masked.columns, diagnostics) and fine else None


def _fits_warehouse(model: GraphModel, columns: Sequence[Column], diagnostics: Diagnostics) -> bool:
    """The warehouse has the format of DuckDB 1.5, which knows no TUPLE: what ``row(a, b)`` makes in DuckDB 2.0."""
    odd = [column for column in columns if "TUPLE(" in column.type]
    stored = model.published and model.spec.materialize != "view"
    for column in odd if stored else ():
        message = f'Column "{column.name}" is a {column.type}, which a table of the warehouse cannot hold.'
        help = "Name its fields, e.g. {'a': x, 'b': y} instead of row(x, y)."
        diagnostics.add("E214", model.query.text.at(0), message, help)
    return not (odd and stored)


def _is_volatile(
    model: GraphModel, relations: Mapping[str, Sequence[Column]], functions: frozenset[str], diagnostics: Diagnostics
) -> bool:
    """Whether the model's rows may differ though nothing that it reads does; each place is warned of."""
    facts = model.query.facts
    found = False
    for call in facts.functions:
        if call.name in functions:
            found = True
            text, bound = model.query.text, model.query.bound
            place = text.span if call.offset is None else text.at(bound.written(call.offset), len(call.name))
            diagnostics.add(
                "W201", place, f'{call.name}() gives another answer each time, so model "{model.name}" is rebuilt at every run.',
                "Use a param, e.g. $run_date, where the result should stay the same.",
            )  # fmt: skip
    columns = {column.name.lower() for need in model.reads for column in relations[need]}
    clocks = sorted((facts.bare & _BARE_CLOCKS) - columns)
    if facts.sampled or clocks:
        what = clocks[0] if clocks else "A sample"
        diagnostics.add(
            "W201", model.query.text.at(0), f'{what} gives another answer each time, so model "{model.name}" is rebuilt at every run.',
            "Use a param where the result should stay the same.",
        )  # fmt: skip
    return found or facts.sampled or bool(clocks)
