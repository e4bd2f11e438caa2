"""The statements that a plan stands for: what makes a model's table or view, in the warehouse and in ``plan.sql``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etlc.ir.binding import Column
from etlc.ir.plan import HIDDEN_SCHEMA, LANDING_SCHEMA, Plan, PlanModel
from etlc.sql.quote import ident, idents, qualified

UNTYPED = '"NULL"'


def exact_query(model: PlanModel) -> str:
    """The model's query with the names and types that a table made from it has, for a view of it."""
    return exactly(model.sql, model.columns)


def exactly(sql: str, columns: Sequence[Column]) -> str:
    """A query with its columns named and typed as these."""
    chosen = ", ".join(typed(ident(c.name), c) for c in columns)
    return f"SELECT {chosen} FROM (\n{sql}\n) AS _etlc_query({idents(c.name for c in columns)})"


def typed(sql: str, column: Column) -> str:
    """An expression as a column of a SELECT, cast to its type where it has one."""
    name = ident(column.name)
    if column.type == UNTYPED:
        return sql if sql == name else f"{sql} AS {name}"
    return f"CAST({sql} AS {column.type}) AS {name}"


def create_table(model: PlanModel, sql: str = "") -> str:
    """CREATE OR REPLACE TABLE from the user's own text, or from another one that gives the same."""
    return f"CREATE OR REPLACE TABLE {stored_rows(model)} AS\n{sql or model.sql}"


def stored_rows(model: PlanModel) -> str:
    """The quoted table that holds the rows of a model that has any."""
    return qualified(HIDDEN_SCHEMA if model.snapshot else model.schema, model.name)


def create_snapshot_view(model: PlanModel) -> str:
    """The published view of a model's stored rows."""
    return f"CREATE OR REPLACE VIEW {qualified(model.schema, model.name)} AS SELECT * FROM {stored_rows(model)}"


def create_view(plan: Plan, model: PlanModel, scans: Mapping[str, str] | None = None) -> str:
    """A view that finds what it reads by itself: what does not stand in ``main`` is named before the user's text.

    ``scans`` gives the SELECT of each source; without it, sources are read from where they are landed.
    """
    named = []
    for need in model.reads:
        if need in plan.sources:
            # Its own columns only: what others read of the source comes and goes.
            scan = landed_select(need, model.uses[need]) if scans is None else scans[need]
            named.append(f"{ident(need)} AS NOT MATERIALIZED ({scan})")
        elif plan.models[need].schema != "main":
            named.append(
                f"{ident(need)} AS NOT MATERIALIZED (SELECT * FROM {qualified(plan.models[need].schema, need)})"
            )
    head = f"WITH {', '.join(named)}\n" if named else ""
    return f"CREATE OR REPLACE VIEW {qualified(model.schema, model.name)} AS\n{head}{exact_query(model)}"


def landed_select(source: str, columns: Sequence[str]) -> str:
    """Some columns of a landed source."""
    return f"SELECT {idents(columns) or '1 AS _etlc_none'} FROM {qualified(LANDING_SCHEMA, source)}"
