"""Random tables, random queries over them, and whether what is derived of a query is true of its rows.

``python -m tests.analyze.facts 20000`` tries that many (from the seed in the second argument on).
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from etlc.analyze.relation import Field, Relation
from etlc.analyze.resolver import resolve_query
from etlc.sql.reader import read_syntax

VALUES = {
    "INTEGER": ["0", "1", "2"],
    "BIGINT": ["0", "1", "2", "9007199254740992", "9007199254740993"],
    "DOUBLE": ["0.0", "1.0", "0.5", "9007199254740992.0"],
    "DECIMAL(6,2)": ["0.00", "1.00", "1.50"],
    "VARCHAR": ["'0'", "'1'", "'01'", "'x'"],
    "DATE": ["'2024-01-01'", "'2024-01-02'", "'infinity'"],
    "TIMESTAMP": ["'2024-01-01 00:00:00'", "'2024-01-01 10:00:00'"],
    "BOOLEAN": ["true", "false"],
    "STRUCT(k INTEGER, v VARCHAR)": ["{'k': 0, 'v': 'a'}", "{'k': 1, 'v': 'a'}", "{'k': 1, 'v': 'b'}"],
    "INTEGER[]": ["[0, 1]", "[]", "[1, 1]"],
}
COMMON = ("INTEGER", "BIGINT", "VARCHAR", "INTEGER", "DATE")
NAMES = ("id", "k", "x", "y", "z")

Columns = list[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """A table with rows that keep its keys."""

    name: str
    columns: Columns
    filled: frozenset[str]
    keys: frozenset[frozenset[str]]
    rows: tuple[tuple[str, ...], ...]

    @property
    def relation(self) -> Relation:
        """What is declared of it."""
        fields = tuple(Field(name, kind, name not in self.filled, (self.name, name)) for name, kind in self.columns)
        return Relation(self.name, fields, self.keys)

    def statements(self) -> list[str]:
        """What makes it in DuckDB."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns)
        made = [f"create or replace table {self.name} ({columns})"]
        if self.rows:
            made.append(f"insert into {self.name} values " + ", ".join(f"({', '.join(row)})" for row in self.rows))
        return made


class Maker:
    """Random tables and queries. Not all queries are valid."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tables = [self.table(name) for name in "abc"]
        self.ctes: list[tuple[str, Columns]] = []
        self.count = 0

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.random.random() < share

    def name(self, prefix: str) -> str:
        """A new name."""
        self.count += 1
        return f"{prefix}{self.count}"

    def table(self, name: str) -> Table:
        """A table with a key of one or two columns, mostly."""
        rnd = self.random
        names = rnd.sample(NAMES, rnd.randint(2, 4))
        columns = [(one, rnd.choice(COMMON) if self.chance(0.8) else rnd.choice(list(VALUES))) for one in names]
        keys = [frozenset(rnd.sample(names, rnd.choice([1, 1, 2]))) for _ in range(rnd.choice([0, 1, 1, 2]))]
        filled = frozenset(one for key in keys for one in key) | {one for one in names if self.chance(0.3)}
        rows: list[tuple[str, ...]] = []
        for _ in range(rnd.choice([0, 1, 4, 6, 8])):
            row = tuple(
                "NULL" if one not in filled and self.chance(0.3) else f"{rnd.choice(VALUES[kind])}"
                for one, kind in columns
            )
            at = {one: n for n, one in enumerate(names)}
            if all(any(row[at[one]] != old[at[one]] for one in key) for key in keys for old in rows):
                rows.append(row)
        return Table(name, columns, filled, frozenset(keys), tuple(rows))

    # -- queries

    def query(self, depth: int, around: Columns = ()) -> tuple[str, Columns]:
        """A query and its columns, as far as they have names."""
        if depth > 0 and self.chance(0.15):
            return self.combined(depth, around)
        if depth > 1 and self.chance(0.25):
            name = self.name("w")
            before = list(self.ctes)
            inner, columns = self.query(depth - 1)
            self.ctes.append((name, columns))
            outer, found = self.query(depth - 1, around)
            self.ctes = before
            return f"with {name} as {'materialized ' if self.chance(0.2) else ''}({inner}) {outer}", found
        return self.select(depth, around)

    def combined(self, depth: int, around: Columns) -> tuple[str, Columns]:
        """A set operation."""
        left, columns = self.query(depth - 1, around)
        right, _ = (left, columns) if self.chance(0.5) else self.query(depth - 1, around)
        words = ["union", "union all", "except", "except all", "intersect", "union all by name", "union by name"]
        word = self.random.choice(words)
        tail = self.random.choice(["", "", " order by 1 limit 1"])
        return f"({left}) {word} ({right}){tail}", columns

    def entry(self, depth: int, before: Columns) -> tuple[str, Columns]:
        """An entry of FROM, and its columns as they can be named."""
        rnd = self.random
        choice = rnd.random()
        alias = self.name("t")
        if self.ctes and choice < 0.3:
            name, columns = rnd.choice(self.ctes)
        elif depth > 0 and choice < 0.5:
            sql, columns = self.query(depth - 1, before if self.chance(0.5) else ())
            name = f"({sql})"
            if self.chance(0.15) and columns:
                renamed = [self.name("r") for _ in columns]
                return f"{name} {alias}({', '.join(renamed)})", [
                    (f"{alias}.{new}", kind) for new, (_, kind) in zip(renamed, columns, strict=True)
                ]
        elif choice < 0.55:
            width = rnd.randint(1, 2)
            rows = ", ".join(
                f"({', '.join(rnd.choice(['0', '1', 'NULL']) for _ in range(width))})"
                for _ in range(rnd.choice([1, 1, 3]))
            )
            names = [self.name("v") for _ in range(width)]
            return f"(values {rows}) {alias}({', '.join(names)})", [(f"{alias}.{one}", "INTEGER") for one in names]
        elif choice < 0.6:
            text = rnd.choice(["range(3)", "generate_series(1, 3)", "unnest([1, 1, 2])"])
            ints = [one for one, kind in before if kind == "INTEGER"]
            lists = [one for one, kind in before if kind == "INTEGER[]"]
            if ints and self.chance(0.5):
                text = f"range({rnd.choice(ints)})"
            if lists:
                text = f"unnest({rnd.choice(lists)})"
            return f"{text} {alias}(n)", [(f"{alias}.n", "BIGINT")]
        else:
            table = rnd.choice(self.tables)
            name, columns = table.name, table.columns
        return f"{name} {alias}", [(f"{alias}.{one}", kind) for one, kind in columns if one]

    def source(self, depth: int, around: Columns) -> tuple[str, Columns]:
        """A FROM clause with joins."""
        text, columns = self.entry(depth, around)
        for _ in range(self.random.choice([0, 0, 1, 1, 1, 2])):
            text, columns = self.join(text, columns, depth, around)
        return text, columns

    def join(self, left: str, mine: Columns, depth: int, around: Columns) -> tuple[str, Columns]:
        """One more join."""
        rnd = self.random
        if depth > 0 and self.chance(0.15):
            right, theirs = self.source(0, around)
            right = f"({right})"
        else:
            right, theirs = self.entry(depth - 1, [*around, *mine])
        both = mine + theirs
        form = rnd.random()
        kind = rnd.choice(["", "", "left ", "left ", "right ", "full ", "semi ", "anti "])
        shown = mine if kind in ("semi ", "anti ") else both
        shared = sorted({one.rpartition(".")[2] for one, _ in mine} & {one.rpartition(".")[2] for one, _ in theirs})
        if form < 0.12:
            return f"{left}, {right}", both
        if form < 0.18:
            return f"{left} cross join {right}", both
        if form < 0.21:
            return f"{left} positional join {right}", both
        if form < 0.3 and shared:
            return f"{left} natural {kind}join {right}", shown
        if form < 0.45 and shared:
            names = rnd.sample(shared, rnd.randint(1, len(shared)))
            bare = [(one, kind_) for one in names for full, kind_ in mine if full.endswith(f".{one}")]
            return f"{left} {kind}join {right} using ({', '.join(names)})", shown + bare
        if form < 0.5:
            asof = rnd.choice(["", "left "])  # ASOF RIGHT and FULL JOIN may never end in DuckDB
            extra = f" and {self.equal(mine, theirs)}" if self.chance(0.5) else ""
            one, other = rnd.choice(mine)[0], rnd.choice(theirs)[0]
            return f"{left} asof {asof}join {right} on {one} >= {other}{extra}", both
        conditions = [self.equal(mine, theirs) for _ in range(rnd.choice([1, 1, 2]))]
        if self.chance(0.3):
            conditions.append(self.condition(both, depth))
        return f"{left} {kind}join {right} on {' and '.join(conditions)}", shown

    def equal(self, mine: Columns, theirs: Columns) -> str:
        """An equality of columns, mostly of one type."""
        pairs = [(one, other) for one, kind in mine for other, kind_ in theirs if kind == kind_]
        if not pairs or self.chance(0.15):
            pairs = [(one, other) for one, _ in mine for other, _ in theirs]
        one, other = self.random.choice(pairs)
        return f"{one} {self.random.choice(['=', '=', '=', '=', 'is not distinct from'])} {other}"

    def literal(self, kind: str) -> str:
        """A value of a type, or of another one."""
        kind = kind if kind in VALUES and self.chance(0.85) else self.random.choice(["INTEGER", "VARCHAR", "DOUBLE"])
        return self.random.choice(VALUES[kind])

    def condition(self, columns: Columns, depth: int) -> str:
        """A condition on columns."""
        rnd = self.random
        one, kind = rnd.choice(columns)
        other = rnd.choice(columns)[0]
        forms: list[Callable[[], str]] = [
            lambda: f"{one} = {self.literal(kind)}",
            lambda: f"{one} = {self.literal(kind)}",
            lambda: f"{one} in ({self.literal(kind)})",
            lambda: f"{one} in ({self.literal(kind)}, {self.literal(kind)})",
            lambda: f"{one} not in ({self.literal(kind)}, {self.literal(kind)})",
            lambda: f"{one} is null",
            lambda: f"{one} is not null",
            lambda: f"{one} > {self.literal(kind)}",
            lambda: f"not ({one} between {self.literal(kind)} and {other})",
            lambda: f"{one} between {self.literal(kind)} and {other}",
            lambda: f"{one} is distinct from {self.literal(kind)}",
            lambda: f"({one} = {self.literal(kind)} or {other} is null)",
            lambda: f"{one} = {other}",
            lambda: f"{one} is not distinct from {other}",
            lambda: f"not {one} = {other}",
            lambda: f"lower({one}) = 'x'",
            lambda: f"coalesce({one}, {self.literal(kind)}) = {self.literal(kind)}",
            lambda: f"({one}, {other}) = ({other}, {one})",
        ]
        if depth > 0:
            forms += [
                lambda: f"{one} in (select {self.random.choice(self.tables[0].columns)[0]} from a)",
                lambda: f"{one} not in (select {self.random.choice(self.tables[1].columns)[0]} from b where false)",
                lambda: f"{one} = (select max({self.random.choice(self.tables[0].columns)[0]}) from a)",
                lambda: (
                    f"{one} = (select max({self.random.choice(self.tables[1].columns)[0]}) from b where {other} is not null)"
                ),
                lambda: f"exists (select 1 from b where {self.random.choice(self.tables[1].columns)[0]} = {one})",
                lambda: f"{one} > all (select {self.random.choice(self.tables[1].columns)[0]} from b)",
            ]
        return rnd.choice(forms)()

    def expression(self, columns: Columns) -> str:
        """A value of columns."""
        rnd = self.random
        one, kind = rnd.choice(columns)
        other = rnd.choice(columns)[0]
        text = self.literal(kind)
        return rnd.choice(
            [
                one, one, one, one, text, f"{one} + 1", f"{one} + {other}", f"{one} * {other}", f"{one} - {other}", f"{one} / {other}",
                f"{one} // 2", f"{one} % 2", f"-{one}", f"coalesce({one}, {other})", f"coalesce({one}, {text})", f"lower({one})",
                f"concat({one}, {other})", f"{one} || {other}", f"case when {one} is null then {other} else {one} end",
                f"case {one} when {text} then 1 end", f"case when {other} = {text} then {one} end", f"{one}::varchar", f"{one}::bigint",
                f"try_cast({one} as integer)", f"{one}::double", f"{one}::float + {other}", f"{one}::decimal(9,3)", f"{one}::date",
                f"{one}::timestamptz", f"{one}::json", f"year({one})", f"date_trunc('month', {one})", f"length({one})", f"abs({one})",
                f"round({one})", f"round({one}, 1)", f"{one} is null", f"{one} = {other}", f"{one} is distinct from {other}",
                f"{one} in (1, NULL)", f"greatest({one}, {other})", f"nullif({one}, {text})", f"{one}.k", f"{one}::struct(k integer, v varchar)",
                "NULL", "1", "'t'", "1.5", "true", "1e3", "date '2024-01-01'", "interval 1 day", "10000000000", f"{one} between {text} and {other}",
                f"substring({one}, 1, 1)", f"sqrt({one})", f"floor({one})", f"strftime({one}, '%Y')", f"epoch({one})", f"{one} - {text}",
                f"[{one}, {other}]", f"{{'k': {one}}}", f"list_transform([{one}], lambda q: q)", f"(select {one})", f"exists (select 1 from a where {one} is null)",
            ]
        )  # fmt: skip

    def aggregate(self, columns: Columns) -> str:
        """An aggregate of columns."""
        one, other = self.random.choice(columns)[0], self.random.choice(columns)[0]
        return self.random.choice(
            [
                "count(*)", f"count({one})", f"count(distinct {one})", f"sum({one})", f"min({one})", f"max({one})", f"avg({one})",
                f"any_value({one})", f"list({one})", f"sum({one}) filter (where {other} is not null)", f"max({one}) + 1", f"first({one})",
                f"string_agg({one}::varchar, ',')", f"count(*) filter (where {one} is null)", f"max({one}, 2)", f"arg_max({one}, {other})",
                f"median({one})", f"coalesce(sum({one}), 0)", f"stddev({one})", f"sum({one}) / count(*)", f"mode({one})", f"bool_or({one} is null)",
            ]
        )  # fmt: skip

    def window(self, columns: Columns) -> str:
        """A window function over columns."""
        rnd = self.random
        one, by, other = (rnd.choice(columns)[0] for _ in range(3))
        call = rnd.choice(
            [
                "row_number()", "row_number()", "row_number()", "rank()", "dense_rank()", f"lag({one})", f"lag({one}, 1, {other})",
                f"sum({one})", "count(*)", f"max({one})", f"first_value({one})", "ntile(2)", "percent_rank()", f"avg({one})",
            ]
        )  # fmt: skip
        partition = f"partition by {by}{f', {one}' if self.chance(0.3) else ''} " if self.chance(0.8) else ""
        return f"{call} over ({partition}order by {other})"

    def star(self, columns: Columns) -> str:
        """A star, with names left out or replaced."""
        one = self.random.choice(columns)[0]
        alias, _, name = one.rpartition(".")
        whose = f"{alias}." if alias and self.chance(0.4) else ""
        return whose + self.random.choice(
            [
                "*", "*", f"* exclude ({name})", f"* replace ({self.expression(columns)} as {name})", f"* rename ({name} as {self.name('n')})",
                f"* exclude ({name}), {one} as {self.name('n')}",
            ]
        )  # fmt: skip

    def items(self, columns: Columns) -> list[tuple[str, str, str]]:
        """The select list of a SELECT without groups: texts, names and types."""
        found = []
        for _ in range(self.random.randint(1, 4)):
            one, kind = self.random.choice(columns)
            if self.chance(0.6):
                bare = one.rpartition(".")[2]
                if self.chance(0.6):
                    found.append((one if self.chance(0.8) else bare, bare, kind))
                else:
                    name = self.random.choice(NAMES)
                    found.append((f"{one} as {name}", name, kind))
            else:
                name = self.random.choice(NAMES)
                text = self.window(columns) if self.chance(0.3) else self.expression(columns)
                found.append((f"{text} as {name}" if self.chance(0.9) else text, name, "INTEGER"))
        return found

    def select(self, depth: int, around: Columns) -> tuple[str, Columns]:
        """A SELECT."""
        rnd = self.random
        source, columns = self.source(depth, around)
        seen = [*columns, *around] if around and self.chance(0.5) else columns
        where = (
            f" where {' and '.join(self.condition(seen, depth) for _ in range(rnd.choice([1, 1, 2])))}"
            if self.chance(0.4)
            else ""
        )
        if self.chance(0.3):
            return self.grouped(source, columns, where)
        if self.chance(0.3):
            text, found = self.star(columns), [(one.rpartition(".")[2], kind) for one, kind in columns]
            if self.chance(0.4):
                text, found = f"{text}, {self.window(columns)} as rn", [*found, ("rn", "BIGINT")]
        else:
            items = self.items(seen)
            text, found = ", ".join(one for one, _, _ in items), [(name, kind) for _, name, kind in items]
        if self.chance(0.06):
            text, found = f"{text}, unnest([1, 1]) as u", [*found, ("u", "INTEGER")]
        head = rnd.choice(["", "", "", "", "distinct ", f"distinct on ({rnd.choice(found)[0]}) "])
        qualify = ""
        if self.chance(0.2):
            qualify = f" qualify {self.window(columns)} {rnd.choice(['= 1', '= 1', '= 1', '< 2', '= 2'])}"
        elif self.chance(0.1) and found[-1][0] == "rn":
            qualify = " qualify rn = 1"
        tail = rnd.choice(["", "", "", "", " order by 1 limit 1", " limit 2", " limit 0"])
        text = f"select {head}{text} from {source}{where}{qualify}{tail}"
        names = [name for name, _ in found]
        found = [(name, kind) for n, (name, kind) in enumerate(found) if name not in names[:n]]
        if self.chance(0.1) and found:
            name = rnd.choice(found)[0]
            return f"select * from ({text}) q where {name} = 1", found
        return text, found

    def grouped(self, source: str, columns: Columns, where: str) -> tuple[str, Columns]:
        """A SELECT with groups, or with an aggregate alone."""
        rnd = self.random
        by = [rnd.choice(columns) for _ in range(rnd.choice([0, 1, 1, 2]))]
        shown = [one for one in by if self.chance(0.85)]
        items = [(one, one.rpartition(".")[2], kind) for one, kind in shown]
        items += [
            (f"{self.aggregate(columns)} as {name}", name, "BIGINT")
            for name in rnd.sample(NAMES, rnd.choice([0, 1, 2]))
        ]
        if not items:
            items = [("count(*) as y", "y", "BIGINT")]
        names = ", ".join(one for one, _ in by)
        clause = f" group by {names}" if by else ""
        if shown and self.chance(0.2):
            clause = " group by all"
        elif shown == by and by and self.chance(0.2):
            clause = f" group by {', '.join(str(n + 1) for n in range(len(by)))}"
        elif by and self.chance(0.15):
            clause = rnd.choice(
                [f" group by rollup ({names})", f" group by cube ({names})", f" group by grouping sets (({names}), ())"]
            )
        having = f" having {self.aggregate(columns)} is not null" if self.chance(0.15) else ""
        qualify = (
            f" qualify row_number() over (partition by {by[0][0]} order by count(*)) = 1"
            if by and self.chance(0.1)
            else ""
        )
        text = ", ".join(one for one, _, _ in items)
        names_ = [name for _, name, _ in items]
        found = [(name, kind) for n, (_, name, kind) in enumerate(items) if name not in names_[:n]]
        return f"select {text} from {source}{where}{clause}{having}{qualify}", found


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB without the rewriting of ``row_number() over (order by x) = 1`` that gives a row of NULLs for no rows in 1.5."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("set disabled_optimizers = 'top_n_window_elimination'")
    return con


def falsehoods(tables: Sequence[Table], sql: str, con: duckdb.DuckDBPyConnection) -> list[str] | None:
    """What is derived of a query and is not true of its rows; None where DuckDB refuses the query."""
    for table in tables:
        for statement in table.statements():
            con.execute(statement)
    try:
        done = con.execute(sql)
        names = [one[0] for one in done.description]
        rows = done.fetchall()
        types = [row[1] for row in con.execute(f"describe {sql}").fetchall()]
    except duckdb.Error:
        return None
    tree = json.loads(con.execute("select json_serialize_sql(?::varchar)", [sql]).fetchone()[0])
    query = read_syntax(tree, sql)
    if query is None:
        return ["it cannot be read"]
    return untrue(resolve_query(query, {table.name: table.relation for table in tables}).output, names, types, rows)


def untrue(found: Relation, names: list[str], types: list[str], rows: list[tuple[object, ...]]) -> list[str]:
    """What is said of a relation and is not true of these rows."""
    if not found.complete:
        return [f"keys {set(found.keys)} of an incomplete relation"] if found.keys else []
    wrong = []
    if len(found.fields) != len(names):
        return [f"fields {[one.name for one in found.fields]}, not {names}"]
    for field, name, kind, values in zip(
        found.fields, names, types, zip(*rows, strict=True) if rows else [()] * len(names), strict=True
    ):
        if field.name and field.name.lower() != name.lower():
            wrong.append(f"name {field.name}, not {name}")
        if field.type and field.type != kind:
            wrong.append(f"{name} is {field.type}, not {kind}")
        if field.nullable is False and None in values:
            wrong.append(f"{name} has a NULL")
    for key in found.keys:
        at = [found.index(name) for name in sorted(key)]
        if None in at:
            wrong.append(f"the key {sorted(key)} names no field")
            continue
        seen = [repr([row[n] for n in at if n is not None]) for row in rows]
        if len(set(seen)) < len(seen):
            wrong.append(f"the key {sorted(key)} is not one")
    return wrong


def attempt(seed: int, con: duckdb.DuckDBPyConnection) -> tuple[str, list[str] | None]:
    """A random query, and what is wrong with what is derived of it."""
    maker = Maker(seed)
    sql, _ = maker.query(maker.random.choice([0, 1, 1, 2, 3]))
    return sql, falsehoods(maker.tables, sql, con)


def main(count: int, first: int = 0) -> int:
    """Try many seeds, and print what is wrong."""
    valid = wrong = 0
    with connect() as con:
        for seed in range(first, first + count):
            sql, found = attempt(seed, con)
            valid += found is not None
            if found:
                wrong += 1
                print(seed, found, sql, sep="\n  ", flush=True)
    print(f"{valid} of {count} queries were valid, {wrong} had something wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
