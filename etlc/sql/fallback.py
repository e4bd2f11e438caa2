"""Queries that DuckDB runs but whose tree it does not show (PIVOT without IN): read through sqlglot instead."""

from __future__ import annotations

import logging

from etlc.sql.tree import Facts, FunctionRef, TableRef


def read_query(text: str) -> Facts | None:
    """The facts of a query, every column of every relation taken as used; None where it is no query to sqlglot.

    sqlglot prints a warning for what it takes as a command; that is silenced, for such text is refused anyway.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except (SqlglotError, RecursionError):
        return None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query | exp.Pivot):
        return None
    root = trees[0]
    if root.find(exp.Command, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create):
        return None
    ctes = {cte.alias.lower() for cte in root.find_all(exp.CTE)}
    tables, functions = [], []
    for table in root.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            functions.append(FunctionRef(_called(table.this), True, None))
        elif table.db or table.catalog or table.name.lower() not in ctes:
            tables.append(TableRef(table.name, table.db or table.catalog, table.this.meta.get("start")))
    functions += [FunctionRef(_called(call), False, None) for call in root.find_all(exp.Func)]
    names = frozenset(column.name.lower() for column in root.find_all(exp.Column))
    whole = frozenset(table.name.lower() for table in tables)
    sampled = root.find(exp.TableSample) is not None
    return Facts(tuple(tables), tuple(functions), names, names, whole, sampled=sampled, dynamic=True)


def _called(node: object) -> str:
    """The name under which a function was called, as near as sqlglot keeps it."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return str(node.name).lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else type(node).__name__.lower()
