"""Random tables and queries, and whether what a query is said not to use has no bearing on its rows.

Values change in place where they are said not to matter; then plain DuckDB tells what came of it.
``python -m tests.analyze.bearing 20000`` tries that many (from the seed in the second argument on).
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

import duckdb

from etlc.analyze.resolver import resolve_query
from etlc.analyze.uses import uses
from etlc.ir.binding import Column
from etlc.ir.upkeep import Uses
from etlc.sql.reader import read_syntax
from tests.analyze.facts import VALUES, Maker, Table

# What plans by what it knows of the values.
_BY_VALUES = "build_side_probe_side,statistics_propagation,top_n_window_elimination,compressed_materialization"
Rows = list[tuple[object, ...]]
Pair = tuple[str, str]


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB that computes what is written, in the order of the rows: where a tie or a LIMIT leaves a choice, the same is made."""
    con = duckdb.connect(config={"threads": 1})
    con.execute(f"set disabled_optimizers = '{_BY_VALUES}'")
    return con


def fill(con: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Make the tables."""
    for table in tables:
        for statement in table.statements():
            con.execute(statement)


def changed(table: Table, kept: Collection[str], rnd: random.Random) -> Table:
    """The table with other values in all columns but those ``kept``."""
    rows = [
        tuple(
            value if name in kept else rnd.choice(["NULL", *VALUES[kind]])
            for value, (name, kind) in zip(row, table.columns, strict=True)
        )
        for row in table.rows
    ]
    return replace(table, rows=tuple(rows))


def used(tables: Iterable[Table], sql: str, con: duckdb.DuckDBPyConnection) -> tuple[Uses, list[str], Rows] | None:
    """What a query is said to use, its columns and its rows; None where DuckDB refuses it."""
    try:
        done = con.execute(sql)
        names = [one[0] for one in done.description]
        rows = done.fetchall()
    except duckdb.Error:
        return None
    tree = json.loads(con.execute("select json_serialize_sql(?::varchar)", [sql]).fetchone()[0])
    query = read_syntax(tree, sql)
    assert query is not None, sql
    resolved = resolve_query(query, {table.name: table.relation for table in tables})
    # What DuckDB calls a second column of one name is not what it calls it in a table.
    columns = [Column(name, "") for name in distinct(names)]
    reads = {table.name: [Column(name, kind) for name, kind in table.columns] for table in tables}
    return uses(query, resolved, columns, reads), [column.name for column in columns], rows


def distinct(names: list[str]) -> list[str]:
    """The names that the columns have in a table."""
    found: list[str] = []
    for name in names:
        number = 0
        new = name
        while new.lower() in {one.lower() for one in found}:
            number += 1
            new = f"{name}_{number}"
        found.append(new)
    return found


def bag(rows: Rows, columns: Collection[int]) -> Counter[str]:
    """Rows in some of their columns."""
    return Counter(repr([row[n] for n in sorted(columns)]) for row in rows)


def attempt(
    seed: int, con: duckdb.DuckDBPyConnection, spoil: Callable[[Uses], Uses] = lambda found: found
) -> tuple[str, list[str] | None, int]:
    """A random query, what is wrong with what it is said to use, and in how many columns nothing is said of it.

    ``spoil`` makes the answer another one, which should be caught.
    """
    maker = Maker(seed)
    sql, _ = maker.query(maker.random.choice([0, 1, 1, 2, 3]))
    return sql, *judged(maker.tables, sql, maker.random, con, spoil)


def judged(
    tables: list[Table],
    sql: str,
    rnd: random.Random,
    con: duckdb.DuckDBPyConnection,
    spoil: Callable[[Uses], Uses] = lambda found: found,
) -> tuple[list[str] | None, int]:
    """What is wrong with what a query is said to use, None where DuckDB refuses it; and how often something changed."""
    fill(con, tables)
    by_chance = "over (" in sql and ("limit 2" in sql or "distinct on" in sql)  # which rows, their order tells
    answer = used(tables, sql, con) if not by_chance else None
    if answer is None:
        return None, 0
    told, names, rows = answer
    told = spoil(told)
    wrong, free = [], 0
    for size in (0, 1, 1, min(2, len(names)), len(names)):
        numbers = rnd.sample(range(len(names)), min(size, len(names)))
        kept: set[Pair] = {(table, column) for table, columns in told.rows.items() for column in columns}
        for number in numbers:
            kept |= {(table, one) for table, found in told.values[names[number]].items() for one in found}
        others = [changed(table, [column for name, column in kept if name == table.name], rnd) for table in tables]
        free += others != tables
        fill(con, others)
        try:
            new = con.execute(sql).fetchall()
        except duckdb.Error:
            continue  # a value that cannot be cast, in a column that is not looked at
        if bag(rows, numbers) != bag(new, numbers):
            wrong.append(f"{[names[n] for n in numbers]} with {told}")
    return wrong, free


def main(count: int, first: int = 0) -> int:
    """Try many seeds, and print what is wrong."""
    valid = wrong = free = 0
    with connect() as con:
        for seed in range(first, first + count):
            sql, found, some = attempt(seed, con)
            valid += found is not None
            free += some > 0
            if found:
                wrong += 1
                print(seed, found[0], sql, sep="\n  ", flush=True)
    print(f"{valid} of {count} queries were valid, {wrong} had something wrong, {free} left something free")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
