"""The judge: what plain DuckDB computes from the files, and what stands in the warehouse. Shares no code with etlc."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.incremental.files import Files, view
from tests.incremental.world import World
from tests.oracle import Row, ident, literal, without_close_rows

HIDDEN = "_etlc_data"
_SHOWN = 4


@dataclass(frozen=True)
class Table:
    """A relation's rows, and its columns with their types."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    kind: str = "table"


@dataclass(frozen=True)
class Truth:
    """What should stand, by model, and the models whose check does not hold of that."""

    tables: dict[str, Table]
    failing: frozenset[str]


@dataclass(frozen=True)
class Standing:
    """What stands: the tables and views of the published and the hidden schema, by ``schema.name`` in lower case; and the
    kept changes in which a row both comes and goes in one step: it would wake who reads the model for nothing."""

    tables: dict[str, Table]
    unsettled: list[str]


def truth(world: World, files: Files, con: duckdb.DuckDBPyConnection) -> Truth:
    """Everything from scratch: a table for each source, then the models' texts in order, in a schema of their own."""
    con.execute("create schema truth")
    con.execute("use truth")
    try:
        for name, source in world.sources.items():
            con.execute(f"create table {name} as {view(files.of(source), source)}")
        tables, failing = {}, set()
        for key, model in world.models.items():
            con.execute(f"create table {model.name} as {world.sql(model, bare=True)}")
            tables[key] = _read(con, model.name, "table")
            if model.limit is not None:
                found = con.execute(f"select count(*) from {model.name} where not (x is null or x < {model.limit})")
                failing |= {key} if (found.fetchone() or (0,))[0] else set()
        return Truth(tables, frozenset(failing))
    finally:
        con.execute("use memory.main")
        con.execute("drop schema truth cascade")


def standing(root: Path) -> Standing:
    """What the warehouse has."""
    if not (root / "warehouse.duckdb").exists():
        return Standing({}, [])
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as con:
        found = con.execute(
            "select schema_name, table_name, 'table' from duckdb_tables() union all"
            " select schema_name, view_name, 'view' from duckdb_views() where not internal"
        ).fetchall()
        tables = {
            f"{schema}.{name}".lower(): _read(con, f"{ident(schema)}.{ident(name)}", kind)
            for schema, name, kind in found
            if schema in ("main", HIDDEN)
        }
        return Standing(tables, _unsettled(con))


def _unsettled(con: duckdb.DuckDBPyConnection) -> list[str]:
    kept = con.execute(
        "select schema_name, table_name from duckdb_columns() where schema_name like '\\_etlc%' escape '\\'"
        " and column_name = '_etlc_sign'"
    ).fetchall()
    both = "(select * exclude (_etlc_sign) from {0} where _etlc_sign = {1})"
    tables = [f"{ident(schema)}.{ident(name)}" for schema, name in kept]
    return [
        table
        for table in tables
        if con.execute(f"{both.format(table, 1)} intersect {both.format(table, -1)}").fetchall()
    ]


def output(root: Path) -> tuple[Row, ...]:
    """The rows of the file that is written."""
    with duckdb.connect() as con:
        return _read(con, f"read_parquet({literal(root / 'out/it.parquet')})", "file").rows


def _read(con: duckdb.DuckDBPyConnection, relation: str, kind: str) -> Table:
    """A relation, its columns by name: the order of ``*`` over a source is that of its files at the first look."""
    given = con.execute(f"from {relation}")
    columns = [(column[0], str(column[1])) for column in given.description or ()]
    order = sorted(range(len(columns)), key=lambda place: columns[place])
    return Table(
        tuple(columns[place] for place in order),
        tuple(tuple(row[place] for place in order) for row in given.fetchall()), kind,
    )  # fmt: skip


def difference(found: Table, right: Table, partly: bool = False) -> str:
    """How a table differs from what is right, "" if it does not; ``partly``: in those columns that it has."""
    if partly:
        names = [name for name, _ in right.columns]
        both = [name for name, _ in found.columns if name in names]
        found, right = _only(found, both), _only(right, both)
    if found.columns != right.columns:
        return f"columns {found.columns} instead of {right.columns}"
    few, many = unpaired(found.rows, right.rows, [n for n, (_, kind) in enumerate(right.columns) if _inexact(kind)])
    if not few and not many:
        return ""
    names = ", ".join(name for name, _ in right.columns)
    return (
        f"{len(found.rows)} rows instead of {len(right.rows)}; columns: {names}\n"
        f"    too many: {few[:_SHOWN]}\n    missing: {many[:_SHOWN]}"
    )


def unpaired(found: tuple[Row, ...], right: tuple[Row, ...], inexact: list[int]) -> tuple[list[Row], list[Row]]:
    """What remains of two bags of rows after equal ones are paired off, floats to a relative 1e-9."""
    here, there = Counter(map(repr, found)), Counter(map(repr, right))
    few, many = _rest(found, here - there), _rest(right, there - here)
    return without_close_rows(few, many, inexact) if inexact and few and many else (few, many)


def _rest(rows: tuple[Row, ...], left: Counter[str]) -> list[Row]:
    rest = []
    for row in rows:
        if left[repr(row)] > 0:
            left[repr(row)] -= 1
            rest.append(row)
    return rest


def _inexact(kind: str) -> bool:
    return "DOUBLE" in kind or "FLOAT" in kind


def _only(table: Table, names: list[str]) -> Table:
    places = {name: place for place, (name, _) in enumerate(table.columns)}
    rows = tuple(tuple(row[places[name]] for name in names) for row in table.rows)
    return Table(tuple(table.columns[places[name]] for name in names), rows, table.kind)
