"""The judge: plain DuckDB. Two bags of rows are the same, or an assertion shows what differs."""

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb

REL_TOL = 1e-9
ABS_TOL = 1e-12
SHOWN = 5

Row = tuple[Any, ...]


def ident(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value as an SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def attach(con: duckdb.DuckDBPyConnection, warehouse: Path, alias: str = "warehouse") -> None:
    """Attach a warehouse read-only under a name."""
    con.execute(f"attach {literal(warehouse)} as {ident(alias)} (read_only)")


def read_table(warehouse: Path, name: str) -> list[Row]:
    """All rows of a table or view of schema main in a warehouse."""
    with duckdb.connect() as con:
        attach(con, warehouse)
        con.execute("use warehouse")
        table = f"from warehouse.main.{ident(name)}"
        return con.execute(_readable(table, columns(con, table))).fetchall()


def table_names(warehouse: Path) -> set[str]:
    """The tables and views that stand in schema main of a warehouse."""
    with duckdb.connect() as con:
        attach(con, warehouse)
        found = con.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = 'warehouse' and table_schema = 'main'"
        ).fetchall()
    return {name for (name,) in found}


def assert_same_rows(
    con: duckdb.DuckDBPyConnection,
    left_sql: str,
    right_sql: str,
    *,
    what: str = "rows",
    schema: bool = True,
    rel_tol: float = REL_TOL,
    abs_tol: float = ABS_TOL,
) -> int:
    """Both queries give the same bag of rows, floats to a relative tolerance; with `schema` also names and types.

    Returns how many rows that is, so that a caller can insist on some.
    """
    left_columns, right_columns = columns(con, left_sql), columns(con, right_sql)
    if schema:
        assert left_columns == right_columns, f"{what}: other columns\n left: {left_columns}\nright: {right_columns}"
    assert len(left_columns) == len(right_columns), f"{what}: {len(left_columns)} and {len(right_columns)} columns"
    # Each side is computed once: the same query over floats need not give the same bits twice.
    left, right = "_oracle_left", "_oracle_right"
    con.execute(f"create or replace temp table {left} as {_readable(left_sql, left_columns)}")
    con.execute(f"create or replace temp table {right} as {_readable(right_sql, right_columns)}")
    rows, others = _count(con, left), _count(con, right)
    only_left = con.execute(f"from temp.{left} except all from temp.{right}").fetchall()
    only_right = con.execute(f"from temp.{right} except all from temp.{left}").fetchall()
    con.execute(f"drop table temp.{left}; drop table temp.{right}")
    assert rows == others, f"{what}: {rows} rows on the left, {others} on the right"
    inexact = [
        index
        for index, types in enumerate(zip(left_columns, right_columns, strict=True))
        if any("DOUBLE" in kind or "FLOAT" in kind for _, kind in types)
    ]
    if inexact:
        only_left, only_right = without_close_rows(only_left, only_right, inexact, rel_tol, abs_tol)
    assert not only_left and not only_right, (
        f"{what}: {len(only_left)} rows on the left only, {len(only_right)} on the right only\n"
        f"columns: {[name for name, _ in left_columns]}\n left: {only_left[:SHOWN]}\nright: {only_right[:SHOWN]}"
    )
    return rows


def columns(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[str, str]]:
    """Names and types of a query's columns."""
    return [(row[0], row[1]) for row in con.execute(f"describe from ({sql})").fetchall()]


def without_close_rows(
    left: list[Row], right: list[Row], inexact: list[int], rel_tol: float = REL_TOL, abs_tol: float = ABS_TOL
) -> tuple[list[Row], list[Row]]:
    """What remains of two bags when rows are paired off that differ only within the tolerance, in inexact columns."""
    candidates: dict[str, list[Row]] = defaultdict(list)
    for row in right:
        candidates[_key(row, inexact)].append(row)
    unmatched = []
    for row in left:
        group = candidates[_key(row, inexact)]
        match = next((i for i, other in enumerate(group) if close(row, other, rel_tol, abs_tol)), None)
        if match is None:
            unmatched.append(row)
        else:
            group.pop(match)
    return unmatched, [row for group in candidates.values() for row in group]


def close(left: Any, right: Any, rel_tol: float = REL_TOL, abs_tol: float = ABS_TOL) -> bool:
    """Equal, or floating point numbers close to one another, also within tuples, lists and structs."""
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return math.isclose(left, right, rel_tol=rel_tol, abs_tol=abs_tol)
    if isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)):
        return len(left) == len(right) and all(close(a, b, rel_tol, abs_tol) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(close(left[key], right[key], rel_tol, abs_tol) for key in left)
    return bool(left == right)


def _readable(sql: str, described: list[tuple[str, str]]) -> str:
    """The query by position, instants as text: fetching them would need pytz."""
    names = [f"c{index}" for index in range(len(described))]
    shown = [
        f"{name}::varchar" if "TIME ZONE" in kind else name for name, (_, kind) in zip(names, described, strict=True)
    ]
    return f"select {', '.join(shown)} from ({sql}) as q({', '.join(names)})"


def _key(row: Row, inexact: list[int]) -> str:
    """A row's exact columns: rows that are close have the same."""
    return repr([value for index, value in enumerate(row) if index not in inexact])


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a temporary table has."""
    row = con.execute(f"select count(*) from temp.{table}").fetchone()
    assert row is not None
    return int(row[0])
