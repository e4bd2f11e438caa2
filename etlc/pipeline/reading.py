"""show and lineage: what is looked at, and changes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from etlc.diagnostics import Diagnostics, Span
from etlc.engines.base import EngineError, EngineInterrupted, Session
from etlc.execute.scan import scan_sql
from etlc.execute.sources import fill_layouts
from etlc.ir.plan import Plan, PlanModel
from etlc.ir.record import Memory, SourceState
from etlc.ir.statements import exact_query
from etlc.pipeline.compiling import compile_project, need_plan
from etlc.pipeline.project import Interrupted, Options, Project, Stop, stop_with
from etlc.pipeline.warehouse import observe, plan_paths, scratch
from etlc.sql.quote import ident

_HERE = Span("")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to be shown. ``more``: there are others."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    more: bool = False


@dataclass(frozen=True, slots=True)
class LineageColumn:
    """Where a column comes from: columns of sources, as ``source.column``. ``tags`` are its own and those it inherits."""

    type: str
    sources: list[str]
    kind: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is above and below a source or a model, where its columns come from, and the version of a model's contract."""

    name: str
    column: str | None
    upstream: list[str]
    downstream: list[str]
    columns: Mapping[str, LineageColumn] = field(default_factory=dict)
    version: int | None = None


def show(project: Project, options: Options, name: str, limit: int) -> Table:
    """Rows of a source or a model, computed from the specs as they stand; nothing is stored. Raises Stop."""
    plan = need_plan(compile_project(project, options))
    declared = declared_name(plan, name)
    paths = plan_paths(plan, project)
    wanted = [need for need in (*plan.models,) if need in _above(plan, declared)]
    sources = frozenset(need for need in _above(plan, declared) | {declared} if need in plan.sources)
    observations = observe(plan, Memory(), paths, sources)
    with scratch(plan, project, paths) as engine:
        session = engine.session()
        diagnostics = Diagnostics()
        for source in sources:
            state = fill_layouts(plan.sources[source], observations.sources[source], paths, session, diagnostics)
            _lay_out_source(plan, source, state, paths, session)
        if diagnostics.errors:
            raise Stop("", 1, diagnostics)
        try:
            for model in wanted:
                _lay_out_model(plan.models[model], session)
            text = plan.models[declared].sql if declared in plan.models else f"SELECT * FROM {ident(declared)}"
            if declared in plan.models and not plan.models[declared].dynamic:
                text = exact_query(plan.models[declared])
            names, types, rows = session.table(f"SELECT * FROM (\n{text}\n) AS _etlc_show LIMIT {limit + 1}")
        except EngineError as error:
            raise _show_failed(plan, declared, paths.redact(error.error.message)) from error
        except EngineInterrupted as stop:
            raise Interrupted from stop
    return Table(names, types, rows[:limit], len(rows) > limit)


def _show_failed(plan: Plan, name: str, message: str) -> Stop:
    lines = [line.strip() for line in message.split("\n") if line.strip()]
    item = plan.models.get(name) or plan.sources[name]
    span = Span(item.file, item.line, item.column, item.line, item.column + len(name))
    return stop_with("E501", span, f'"{name}" cannot be shown: {lines[0].rstrip(".")}.', " ".join(lines[1:4]))


def _lay_out_source(plan: Plan, name: str, state: SourceState, paths: Any, session: Session) -> None:
    source = plan.sources[name]
    columns = [column.name for column in source.columns]
    session.execute(f"CREATE OR REPLACE TEMP VIEW {ident(name)} AS {scan_sql(source, state.parts, columns, paths)}")


def _lay_out_model(model: PlanModel, session: Session) -> None:
    """A view where that is enough; a table where the text cannot be one."""
    if model.dynamic:
        session.execute(f"CREATE OR REPLACE TEMP TABLE {ident(model.name)} AS {model.sql}")
    else:
        session.execute(f"CREATE OR REPLACE TEMP VIEW {ident(model.name)} AS {exact_query(model)}")


def _above(plan: Plan, name: str) -> set[str]:
    """All that a model reads, directly and through others."""
    found: set[str] = set()
    queue = [name]
    for here in queue:
        for need in plan.models[here].reads if here in plan.models else ():
            if need not in found:
                found.add(need)
                queue.append(need)
    return found


def declared_name(plan: Plan, name: str) -> str:
    """The source or model as declared. Raises Stop (2) with the nearest name."""
    known = {each.lower(): each for each in (*plan.sources, *plan.models)}
    if name.lower() in known:
        return known[name.lower()]
    close = difflib.get_close_matches(name.lower(), known, 1)
    help = f'Did you mean "{known[close[0]]}"?' if close else ""
    raise stop_with("E507", _HERE, f'There is no source or model "{name}".', help, 2)


def lineage(project: Project, options: Options, name: str) -> Lineage:
    """What is above and below a source or model, to the column. Raises Stop."""
    from etlc.sql.lineage import lineage as columns_of

    plan = need_plan(compile_project(project, options))
    relation, _, column = name.partition(".")
    declared = declared_name(plan, relation)
    below: dict[str, list[str]] = {}
    for model in plan.models.values():
        for need in model.reads:
            below.setdefault(need, []).append(model.name)
    down: list[str] = []
    queue = [declared]
    for here in queue:
        for reader in below.get(here, ()):
            if reader not in down:
                down.append(reader)
                queue.append(reader)
    above = _above(plan, declared)
    up = [each for each in (*plan.sources, *plan.models) if each in above]
    traced = _trace(plan, [*(m for m in plan.models if m in above), declared], columns_of)
    tags = plan.tagged.get(declared, {})
    found = {name: replace(each, tags=tags.get(name, ())) for name, each in traced[declared].items()}
    if column:
        match = next((each for each in found if each.lower() == column.lower()), None)
        if match is None:
            raise stop_with(
                "E507", _HERE, f'"{declared}" has no column "{column}".', f"Columns there: {', '.join(found)}.", 2
            )
        found = {match: found[match]}
        column = match
    version = plan.models[declared].version if declared in plan.models else None
    return Lineage(declared, column or None, up, down, found, version)


_RANK = {"copy": 0, "literal": 0, "expression": 1, "aggregation": 2, "window": 3}


def _trace(plan: Plan, names: list[str], columns_of: Any) -> dict[str, dict[str, LineageColumn]]:
    """The columns of each of these relations, in order, traced to the columns of sources."""
    traced: dict[str, dict[str, LineageColumn]] = {}
    for name, source in plan.sources.items():
        traced[name] = {c.name: LineageColumn(c.type, [f"{name}.{c.name}"], "copy") for c in source.columns}
    for name in names:
        model = plan.models.get(name)
        if model is None:
            continue
        schema = {need: [(c.name, c.type) for c in plan.relation_columns(need)] for need in model.reads}
        direct = columns_of(model.sql, schema, [column.name for column in model.columns])
        traced[name] = {column.name: _compose(column.type, direct[column.name], traced) for column in model.columns}
    return traced


def _compose(type_name: str, direct: Any, traced: Mapping[str, Mapping[str, LineageColumn]]) -> LineageColumn:
    sources: dict[str, None] = {}
    kind = direct.kind
    for relation, column in direct.sources:
        above = next((value for key, value in traced[relation].items() if key.lower() == column.lower()), None)
        if above is None:
            continue
        sources.update(dict.fromkeys(above.sources))
        if _RANK[above.kind] > _RANK[kind]:
            kind = above.kind
    return LineageColumn(type_name, list(sources), kind)
