"""Random queries and edits of them, and whether what an edit is said to leave alone is left alone: plain DuckDB tells.

``python -m tests.sql.edits 20000`` tries that many (from the seed in the second argument on).
"""

from __future__ import annotations

import copy
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from etlc.sql.slices import Changed, changes
from tests.sql.mutants import mutated, relaid

TABLES = {"a": "k x y".split(), "b": "k x z".split(), "c": "k y z l".split()}
SCHEMA = {
    name: tuple((column, "INTEGER[]" if column == "l" else "INTEGER") for column in columns)
    for name, columns in TABLES.items()
}
NAMES = "k x y z p q r".split()
Rows = tuple[list[str], list[tuple[object, ...]]]


@dataclass(frozen=True)
class Text:
    """A query as it is written, with what it reads."""

    sql: str
    schema: dict[str, tuple[tuple[str, str], ...]]


@dataclass
class Stage:
    """A SELECT."""

    name: str
    items: list[tuple[str, str]]
    source: str
    columns: list[str]
    head: str = ""
    where: str = ""
    group: str = ""
    having: str = ""
    qualify: str = ""
    tail: str = ""
    arm: str = ""

    def text(self) -> str:
        """As SQL."""
        items = ", ".join(f"{text} as {alias}" if alias else text for text, alias in self.items)
        clauses = (self.where, self.group, self.having, self.qualify, self.arm, self.tail)
        return f"select {self.head}{items} from {self.source}{''.join(clauses)}"


@dataclass
class Made:
    """A query of several stages: CTEs, the last of them without a name."""

    stages: list[Stage] = field(default_factory=list)
    derived: bool = False

    def text(self) -> str:
        """As SQL."""
        *ctes, last = self.stages
        if self.derived and len(ctes) == 1 and last.source.count(ctes[0].name + " ") == 1:
            inner = Stage(**{**vars(last), "source": last.source.replace(ctes[0].name + " ", f"({ctes[0].text()}) ")})
            return inner.text()
        listed = ", ".join(f"{stage.name} as ({stage.text()})" for stage in ctes)
        return (f"with {listed} " if listed else "") + last.text()


class Writer:
    """Writes random queries and edits. Not all are valid."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.random.random() < share

    def query(self) -> Made:
        """A query of one to four stages."""
        made = Made(derived=self.chance(0.4))
        for number in range(self.random.choice([1, 1, 2, 2, 3, 4])):
            made.stages.append(self.stage(f"w{number}", made.stages))
        return made

    def stage(self, name: str, before: list[Stage]) -> Stage:
        """A SELECT from tables or from the stages before."""
        rnd = self.random
        known = {
            **TABLES,
            **{stage.name: [alias or text.rpartition(".")[2] for text, alias in stage.items] for stage in before},
        }
        first = before[-1].name if before and self.chance(0.8) else rnd.choice(list(known))
        source, columns = f"{first} t", [f"t.{one}" for one in known[first]]
        bare = list(known[first])
        if self.chance(0.4):
            second = rnd.choice(list(known))
            joined = rnd.choice(["join", "left join", "full join", "semi join", "cross join", "natural join"])
            condition = f" on t.{rnd.choice(known[first])} = u.{rnd.choice(known[second])}"
            if joined.startswith(("cross", "natural")):
                condition = ""
            elif self.chance(0.2) and set(known[first]) & set(known[second]):
                condition = f" using ({rnd.choice(sorted(set(known[first]) & set(known[second])))})"
            source, bare = f"{source} {joined} {second} u{condition}", []
            columns += [f"u.{one}" for one in known[second]] if joined != "semi join" else []
        stage = Stage(name, [], source, [*columns, *bare])
        grouped = self.chance(0.3)
        keys = rnd.sample(columns, min(len(columns), rnd.choice([0, 1, 1, 2]))) if grouped else []
        for key in keys:
            stage.items.append((key, rnd.choice(["", "", rnd.choice(NAMES)])))
        for _ in range(rnd.choice([1, 2, 3])):
            stage.items.append(self.item(stage, grouped))
        if keys:
            stage.group = rnd.choice(
                [
                    f" group by {', '.join(keys)}",
                    " group by all",
                    f" group by {', '.join(str(n + 1) for n in range(len(keys)))}",
                ]
            )
        if not grouped and self.chance(0.2):
            stage.items = [("*", ""), *stage.items[1:]]
        for _ in range(rnd.choice([0, 1, 1, 2])):
            self.clause(stage)
        return stage

    def item(self, stage: Stage, grouped: bool) -> tuple[str, str]:
        """An item and its alias."""
        rnd = self.random
        text = self.aggregate(stage) if grouped else self.value(stage)
        plain = text in stage.columns
        return text, "" if plain and self.chance(0.6) else rnd.choice(NAMES)

    def value(self, stage: Stage) -> str:
        """A value of a row."""
        rnd = self.random
        one, other = rnd.choice(stage.columns), rnd.choice(stage.columns)
        window = f"over (partition by {one} order by {other})"
        return rnd.choice(
            [one, one, one, f"{one} + 1", f"{one} + {other}", f"coalesce({one}, {other})", f"-{one}", "1",
             f"sum({one}) {window}", f"rank() {window}", f"(select max(z) from b where b.k = {one})", f"(select count(*) from c where y > {other})",
             rnd.choice(NAMES) + " + 1", f"case when {one} > 1 then {other} end", f"{one} in (select k from b)"]
        )  # fmt: skip

    def aggregate(self, stage: Stage) -> str:
        """A value of a group."""
        one, other = self.random.choice(stage.columns), self.random.choice(stage.columns)
        return self.random.choice(
            [
                "count(*)",
                f"sum({one})",
                f"max({one})",
                f"min({one}) + 1",
                f"count(distinct {one})",
                f"sum({one}) filter (where {other} > 0)",
            ]
        )

    def clause(self, stage: Stage) -> None:
        """One more clause, or one less, or another one."""
        rnd = self.random
        one, name = rnd.choice(stage.columns), rnd.choice([*NAMES, rnd.choice(stage.columns)])
        which = rnd.choice(["where", "where", "head", "tail", "tail", "qualify", "having", "group", "arm"])
        texts = {
            "where": [f" where {one} > 0", f" where {name} is not null", f" where exists (select 1 from b where b.k = {one})", ""],
            "head": ["distinct ", "", f"distinct on ({name}) "],
            "tail": [f" order by {name}", f" order by {name} limit 3", " order by 1 limit 2", " order by all limit 2", " order by 2", " order by all", ""],
            "qualify": [f" qualify rank() over (order by {name}) <= 2", f" qualify {name} > 0", ""],
            "having": [" having count(*) > 1", f" having {name} > 1", ""],
            "group": [" group by all", f" group by {name}", " group by 1", ""],
            "arm": [f" {rnd.choice(['union all', 'union', 'except', 'intersect all', 'union all by name'])} select {', '.join(rnd.choice(['k', 'x', 'k + x as q']) for _ in stage.items)} from a", ""],
        }  # fmt: skip
        setattr(stage, which, rnd.choice(texts[which]))

    def edit(self, made: Made) -> Made:
        """The query with something else in it."""
        rnd = self.random
        new = copy.deepcopy(made)
        for _ in range(rnd.choice([1, 1, 1, 2])):
            stage = rnd.choice(new.stages)
            grouped = bool(stage.group) or any(text == "count(*)" for text, _ in stage.items)
            at = rnd.randrange(len(stage.items))
            how = rnd.choice(
                ["add", "add", "put", "put", "drop", "swap", "name", "clause", "wild", "join", "stage", "derived"]
            )
            if how == "add":
                stage.items.insert(rnd.choice([at, len(stage.items)]), self.item(stage, grouped))
            elif how == "put":
                stage.items[at] = (self.item(stage, grouped)[0], stage.items[at][1] or rnd.choice(NAMES))
            elif how == "drop" and len(stage.items) > 1:
                del stage.items[at]
            elif how == "swap":
                rnd.shuffle(stage.items)
            elif how == "name":
                stage.items[at] = (stage.items[at][0], rnd.choice(NAMES))
            elif how == "clause":
                self.clause(stage)
            elif how == "wild":
                wild = [
                    "count(*)",
                    "unnest([1, 1])",
                    "sum(k)",
                    "columns('k|x')",
                    "t",
                    "*",
                    "t.*",
                    "* exclude (k)",
                    "rank() over (order by k)",
                ]
                text = rnd.choice(wild)
                stage.items.append((text, "" if "*" in text[-1:] or "exclude" in text else rnd.choice(NAMES)))
            elif how == "join":
                stage.source = stage.source.replace("left join", rnd.choice(["join", "semi join"]))
            elif how == "stage":
                new.stages.insert(0, Stage("w9", [("1", "one")], "a", ["k"]))
            else:
                new.derived = not new.derived
        return new

    def pair(self) -> tuple[str, str]:
        """A query and an edit of it."""
        made = self.query()
        before = made.text()
        if self.chance(0.2):
            return before, mutated(before, self.random)
        after = self.edit(made).text()
        return before, relaid(after, self.random) if self.chance(0.2) else after

    def tables(self) -> list[str]:
        """Statements that make the tables anew, with few values in many rows."""
        found = []
        for name, columns in SCHEMA.items():
            rows = [
                ", ".join(self.random.choice(["[1, 2]", "[]", "NULL"] if kind == "INTEGER[]" else ["0", "1", "2", "3", "NULL"]) for _, kind in columns)
                for _ in range(self.random.choice([0, 3, 7, 9]))
            ]  # fmt: skip
            found.append(
                f"create or replace table {name} ({', '.join(f'{column} {kind}' for column, kind in columns)})"
            )
            found += [f"insert into {name} values {', '.join(f'({row})' for row in rows)}"] if rows else []
        return found


def run(con: duckdb.DuckDBPyConnection, sql: str) -> Rows | None:
    """The columns, as a table names them, and the rows of a query; None where DuckDB refuses it."""
    if "recursive" in sql.lower() or len(sql) > 4000:
        return None
    try:
        con.execute(f"create or replace temp table result as {sql.strip().rstrip(';')}\n")
        done = con.execute("select * from result")
        return [one[0].lower() for one in done.description], done.fetchall()
    except duckdb.Error:
        return None


def bag(rows: Rows, columns: list[str]) -> Counter[str]:
    """Rows in some of their columns."""
    places = [rows[0].index(column) for column in columns]
    return Counter(repr([row[place] for place in places]) for row in rows[1])


def attempt(
    seed: int, con: duckdb.DuckDBPyConnection, judge: Callable[..., Changed] = changes
) -> tuple[tuple[str, str], str | None, int]:
    """An edit, what is wrong with what it is said to change, and how much it is said to leave: -1 where one is not valid."""
    writer = Writer(seed)
    pair = writer.pair()
    return judged(pair, writer, con, judge)


def judged(
    pair: tuple[str, str], writer: Writer, con: duckdb.DuckDBPyConnection, judge: Callable[..., Changed] = changes
) -> tuple[tuple[str, str], str | None, int]:
    """What is wrong with what an edit is said to change."""
    left = -1
    for _ in range(3):
        for statement in writer.tables():
            con.execute(statement)
        old, new = run(con, pair[0]), run(con, pair[1])
        if old is None or new is None:
            return pair, None, -1
        told = judge(Text(pair[0], SCHEMA), Text(pair[1], SCHEMA), new[0])
        if told.rows:
            return pair, None, 0
        same = [column for column in new[0] if column in old[0] and column not in told.columns]
        left = 1 + len(same)
        if any(column not in old[0] and column not in told.columns for column in new[0]):
            return pair, f"a new column that is not told of: {told}", left
        if bag(old, same) != bag(new, same):
            return pair, f"other rows in {same}: {told}", left
    return pair, None, left


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB that makes the same choice where a tie leaves one."""
    return duckdb.connect(config={"threads": 1})


def main(count: int, first: int = 0) -> int:
    """Try many seeds, and print what is wrong."""
    valid = wrong = free = 0
    with connect() as con:
        for seed in range(first, first + count):
            pair, fault, left = attempt(seed, con)
            valid += left >= 0
            free += left > 0
            if fault:
                wrong += 1
                print(seed, fault, *pair, sep="\n  ", flush=True)
    print(f"{valid} of {count} edits were valid, {free} left the rows, {wrong} had something wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
