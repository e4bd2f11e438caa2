"""Random rows and changes; every claim on a query is applied, and what comes of it is compared with the query itself.

``python -m tests.upkeep.refresh 2000`` tries that many random queries (from the seed in the second argument on).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping, Sequence

import duckdb

from etlc.ir.upkeep import Upkeep
from tests.analyze.facts import VALUES, Maker
from tests.upkeep.claims import Delta, Schema, Tables, claimed, connect

OWN = {
    "INTEGER": ["0", "1", "2", "3", "4"],
    "VARCHAR": ["'a'", "'b'"],
    "INTEGER[]": ["[]", "[1]", "[1, 1, 2]"],
}
Rows = dict[str, list[str]]


class Changes:
    """Random rows for tables: few values, NULLs, a quarter of them twice."""

    def __init__(self, schema: Schema, seed: int, values: Mapping[str, Sequence[str]]) -> None:
        self.schema, self.random = schema, random.Random(seed)
        self.values = values

    def row(self, name: str) -> str:
        """One row as SQL."""
        rnd = self.random
        kinds = [kind for _, kind in self.schema[name]]
        return f"({', '.join('NULL' if rnd.random() < 0.15 else rnd.choice(self.values[kind]) for kind in kinds)})"

    def rows(self, name: str, most: int) -> list[str]:
        """Some rows."""
        found: list[str] = []
        for _ in range(self.random.randint(0, most)):
            found.append(self.random.choice(found) if found and self.random.random() < 0.25 else self.row(name))
        return found

    def start(self) -> Rows:
        """Rows to begin with."""
        return {name: self.rows(name, 9) for name in self.schema}

    def delta(self, rows: Sequence[str], name: str, minus: bool) -> Delta:
        """Rows that come, and some of those that are there go."""
        gone = self.random.sample(list(rows), self.random.randint(0, min(3, len(rows)))) if minus else []
        return self.rows(name, 3), gone


Apply = Callable[[Tables], bool | None]  # False where nothing is claimed after all


def claims_of(
    sql: str, found: Upkeep, texts: Mapping[str, str] | None = None
) -> list[tuple[str, list[str], bool, Apply]]:
    """Each claim: its name, the relations whose changes it covers, whether rows may go, and how it is applied. ``texts``:
    the queries of models that are read and not stored."""
    made: list[tuple[str, list[str], bool, Apply]] = []
    for relation, empty in found.linear.items():
        apply = lambda on, it=relation, beside=empty: on.linear(sql, it, beside)  # noqa: E731
        made.append((f"linear {relation}", [relation], True, apply))
    for grain in found.grains:
        keyed = [name for name, keys in grain.inputs.items() if keys]
        made.append((f"{grain}", keyed, True, lambda on, it=grain: on.grain(sql, it)))
    if found.merge is not None:
        merge = found.merge
        for relation in merge.inputs:
            made.append((f"{merge}", [relation], False, lambda on, it=relation: on.merge(sql, merge, it)))
    if found.cores is not None:
        cores = found.cores
        made.append((f"{cores}", list(cores.covered), True, lambda on: on.cores(sql, cores, texts or {})))
    if found.latest is not None:
        latest = found.latest
        made.append((f"{latest}", [latest.relation], False, lambda on: on.latest(sql, latest)))
    return made


def refreshed(sql: str, covers: Sequence[str], minus: bool, apply: Apply, on: Tables, changes: Changes) -> bool | None:
    """Whether a claim gave the right rows after one random change; None where the query has no one answer."""
    rows = changes.start()
    on.make(rows)
    on.store(sql)
    if ambiguous(sql, on):
        return None
    deltas = {name: changes.delta(rows[name], name, minus) for name in covers}
    on.change(deltas)
    if apply(on) is False:
        on.show_all()
        return None
    if not on.wrong(sql):
        return True
    return None if ambiguous(sql, on) else False


def ambiguous(sql: str, on: Tables) -> bool:
    """Whether the order of rows counts."""
    on.show_all()
    on.con.execute(f"create or replace temp table forth as {sql}")
    for name in on.schema:
        on.show(name, f"select * from _{name} order by all desc nulls first")
    on.con.execute(f"create or replace temp table back as {sql}")
    for name in on.schema:
        on.show(name, f"select * from _{name} order by all")
    on.con.execute(f"create or replace temp table again as {sql}")
    on.show_all()
    tables = ("forth", "back"), ("back", "forth"), ("back", "again"), ("again", "back")
    return any(on.con.execute(f"from {a} except all from {b} limit 1").fetchall() for a, b in tables)


def attempt(seed: int, con: duckdb.DuckDBPyConnection) -> tuple[str, list[str], int]:
    """A random query: its text, the claims that were wrong, and how many refreshes were right."""
    maker = Maker(seed)
    schema = {table.name: [(name, kind) for name, kind in table.columns] for table in maker.tables}
    sql, _ = maker.query(2)
    on, right = Tables(con, schema), 0
    on.make({name: [] for name in schema})
    found = claimed(sql, schema, con)
    if found is None:
        return sql, [], 0
    wrong = []
    changes = Changes(schema, seed, VALUES)
    for name, covers, minus, apply in claims_of(sql, found):
        for _ in range(4):
            try:
                fine = refreshed(sql, covers, minus, apply, on, changes)
            except duckdb.Error:
                on.show_all()
                continue
            right += fine is True
            if fine is False:
                wrong.append(name)
    return sql, wrong, right


def main() -> None:
    """Try many, and tell of what is wrong."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    total = 0
    with connect() as con:
        for seed in range(first, first + count):
            sql, wrong, right = attempt(seed, con)
            total += right
            if wrong:
                print(seed, sql, *sorted(set(wrong)), sep="\n  ")
    print(total, "refreshes were right")


if __name__ == "__main__":
    main()
