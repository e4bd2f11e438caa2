"""query: what is asked of the published models, and of nothing else that stands in the warehouse."""

from __future__ import annotations

import difflib
from dataclasses import replace

from etlc.diagnostics import Span
from etlc.engines.base import EngineError, EngineInterrupted
from etlc.ir.plan import Plan
from etlc.ir.record import Memory
from etlc.pipeline.compiling import compile_project, need_plan
from etlc.pipeline.project import Interrupted, Options, Project, Stop, stop_with
from etlc.pipeline.reading import Table
from etlc.pipeline.warehouse import open_project, plan_paths, remembered, warehouse_path
from etlc.resolve.safety import TABLE_FUNCTIONS, forbidden, looks_like_file
from etlc.sql.tree import Facts, TableRef

_HERE = Span("")
_ONE_SELECT = "A query is one SELECT; it changes nothing."


def query(project: Project, options: Options, sql: str) -> Table:
    """A read-only query over the published models. Raises Stop."""
    plan = need_plan(compile_project(project, options))
    paths = plan_paths(plan, project)
    if not warehouse_path(plan, project).exists():
        raise Stop("There is no warehouse yet. `etlc run` makes it; `etlc show NAME` works before.", 1)
    facts = _facts(sql)
    _check_functions(facts)
    with open_project(plan, project, options, replace(paths, remote=False), read_only=True) as engine:
        session = engine.session()
        if facts.tables:
            _check_tables(facts, plan, remembered(session, plan))
        try:
            names, types, rows = session.table(sql)
        except EngineError as error:
            raise _failed(error) from error
        except EngineInterrupted as stop:
            raise Interrupted from stop
    return Table(names, types, rows)


def _facts(sql: str) -> Facts:
    """What a query reads and calls. Raises Stop where it is no single SELECT."""
    from etlc.engines.binder import DuckBinder
    from etlc.ir.binding import SqlError
    from etlc.sql.fallback import read_query

    binder = DuckBinder()
    parsed = binder.read(sql)
    if isinstance(parsed, SqlError):
        if parsed.kind == "parser":
            raise _refused(f"{parsed.message.split(chr(10))[0].rstrip('.!')}.")
        facts = read_query(sql, binder.parse)
        if facts is None:
            raise _refused(_ONE_SELECT)
        return facts
    if parsed.facts.refused or parsed.facts.changes:
        raise _refused(_ONE_SELECT)
    if parsed.statements != 1:
        raise _refused(f"A query is one SELECT; this has {parsed.statements} statements.")
    return parsed.facts


def _check_functions(facts: Facts) -> None:
    """The functions of a model may be called, and no others: they read files, the catalogue or the session."""
    for function in forbidden(facts):
        allowed = f"Table functions that a query may call: {', '.join(sorted(TABLE_FUNCTIONS))}."
        message = f"A query reads published models only; it may not call {function.name}()."
        raise _refused(message, allowed if function.table else "")


def _check_tables(facts: Facts, plan: Plan, memory: Memory) -> None:
    """By etlc's own memory: what else stands in the warehouse may hold personal data that is not masked."""
    mine = memory.published()
    published = {name.lower(): name for name in memory.models if name.lower() in mine}
    for table in facts.tables:
        if table.prefix.lower() not in ("", "main") or table.name.lower() not in published:
            raise _refused(*_unpublished(table, plan, list(published.values())))


def _unpublished(table: TableRef, plan: Plan, published: list[str]) -> tuple[str, str]:
    """Why a relation cannot be queried, and what to do."""
    listed = f"Published models: {', '.join(published[:12])}." if published else "No model is published yet."
    if table.prefix.lower() not in ("", "main"):
        return f'"{table.prefix}.{table.name}" is no published model, and a query reads nothing else.', listed
    known = {name.lower(): name for name in (*plan.sources, *plan.models)}.get(table.name.lower())
    if known is not None:
        model = plan.models.get(known)
        if model is not None and model.published:
            return f'"{known}" is not built yet.', "Build it with `etlc run`."
        return f'"{known}" is not published.', f"See its rows with `etlc show {known}`."
    if looks_like_file(table.name):
        return f"A query reads published models, not the file '{table.name}'.", listed
    lower = {name.lower(): name for name in published}
    close = difflib.get_close_matches(table.name.lower(), lower, 1)
    return f'There is no published model "{table.name}".', f'Did you mean "{lower[close[0]]}"?' if close else listed


def _failed(error: EngineError) -> Stop:
    lines = [line.strip() for line in error.error.message.split("\n") if line.strip()]
    gone = error.error.subtype == "MISSING_ENTRY" and "Table" in lines[0]  # DuckDB would guess at hidden ones
    return _refused(f"{lines[0].rstrip('.!')}.", "" if gone else " ".join(lines[1:4]))


def _refused(message: str, help: str = "") -> Stop:
    return stop_with("E508", _HERE, message, help)
