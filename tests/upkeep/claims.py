"""What is claimed of a query, and what comes of it when it is applied: plain DuckDB, nothing of the inference.

Each relation is a table ``_name``, and a view ``name`` of what the query is to see of it. A refresh is applied as a run
does it: by showing other rows, never by another text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from etlc.analyze.relation import Field, Relation
from etlc.analyze.resolver import resolve_query
from etlc.analyze.upkeep import upkeep
from etlc.ir.binding import Column
from etlc.ir.upkeep import Cores, Grain, Latest, Merge, Upkeep
from etlc.sql.cores import KEY, Unprintable, core_query, restricted_query
from etlc.sql.reader import read_syntax

SAME = "IS NOT DISTINCT FROM"
Schema = Mapping[str, Sequence[tuple[str, str]]]
Delta = tuple[list[str], list[str]]  # rows as SQL: those that come, those that go


def ident(name: str) -> str:
    """A quoted name."""
    return '"' + name.replace('"', '""') + '"'


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB without the rewriting that gives a row of NULLs for the first of no rows in 1.5."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("set disabled_optimizers = 'top_n_window_elimination'")
    return con


def claimed(sql: str, schema: Schema, con: duckdb.DuckDBPyConnection) -> Upkeep | None:
    """What is claimed of a query; None where DuckDB refuses it. Its relations are there."""
    try:
        con.execute(f"create or replace temp table named as {sql}")  # which gives names that stand twice other ones
        columns = [Column(row[0], row[1]) for row in con.execute("describe named").fetchall()]
    except duckdb.Error:
        return None
    tree = json.loads(con.execute("select json_serialize_sql(?::varchar)", [sql]).fetchone()[0])
    query = read_syntax(tree, sql)
    relations = {
        name: Relation(name, tuple(Field(column, kind) for column, kind in fields)) for name, fields in schema.items()
    }
    return None if query is None else upkeep(query, resolve_query(query, relations), relations, columns)


@dataclass
class Tables:
    """The relations, and what they show."""

    con: duckdb.DuckDBPyConnection
    schema: Schema

    def make(self, rows: Mapping[str, Sequence[str]]) -> None:
        """Make them, with these rows, and show them as they are."""
        for name, fields in self.schema.items():
            columns = ", ".join(f"{ident(column)} {kind}" for column, kind in fields)
            for table in (f"_{name}", f"_{name}_plus", f"_{name}_minus"):
                self.con.execute(f"create or replace table {table} ({columns})")
            self._insert(f"_{name}", rows[name])
            self.show(name)

    def show(self, name: str, sql: str = "") -> None:
        """Show what a query gives under a relation's name: all its rows, if none is given."""
        self.con.execute(f"create or replace temp view {name} as {sql or f'select * from _{name}'}")

    def show_all(self) -> None:
        """Show all rows of all."""
        for name in self.schema:
            self.show(name)

    def change(self, deltas: Mapping[str, Delta]) -> None:
        """Rows come and go. A row that goes takes one copy with it."""
        for name in self.schema:
            plus, minus = deltas.get(name, ([], []))
            for table, rows in ((f"_{name}_plus", plus), (f"_{name}_minus", minus)):
                self.con.execute(f"delete from {table}")
                self._insert(table, rows)
            self.con.execute(
                f"create or replace table _{name} as (select * from _{name} except all select * from _{name}_minus)"
                f" union all select * from _{name}_plus"
            )
            self.show(name)

    def _insert(self, table: str, rows: Sequence[str]) -> None:
        if rows:
            self.con.execute(f"insert into {table} values {', '.join(rows)}")

    def store(self, sql: str) -> None:
        """Store the rows of the query."""
        self.con.execute(f"create or replace table v as {sql}")

    def wrong(self, sql: str) -> bool:
        """Whether what is stored is not what the query gives."""
        self.show_all()
        self.con.execute(f"create or replace table full_v as {sql}")
        sides = ("v", "full_v"), ("full_v", "v")
        return any(self.con.execute(f"from {a} except all from {b} limit 1").fetchall() for a, b in sides)

    # -- how each claim is applied

    def linear(self, sql: str, relation: str, empty: Sequence[str] = (), minus: bool = True) -> None:
        """The rows that came, and those that went, each through the query, in which others are ``empty``."""
        self._show_empty(empty)
        for side, word in (("plus", "union all"), ("minus", "except all"))[: 2 if minus else 1]:
            self.show(relation, f"select * from _{relation}_{side}")
            self.con.execute(f"create or replace temp table part as {sql}")
            self.con.execute(f"create or replace table v as (from v) {word} (from part)")
        self.show_all()

    def grain(self, sql: str, grain: Grain, same: str = SAME, minus: bool = True) -> None:
        """What belongs to the keys that were touched, anew. ``same`` compares keys."""
        keyed = {name: keys for name, keys in grain.inputs.items() if keys}
        sides = ("plus", "minus") if minus else ("plus",)
        touched = " union ".join(
            f"select {key} as touched_key from _{name}_{side}"
            for name, keys in keyed.items()
            for key in keys
            for side in sides
        )
        self.con.execute(f"create or replace temp table touched as select distinct touched_key from ({touched})")
        for name, keys in keyed.items():
            own = " or ".join(f"exists (select 1 from touched where touched_key {same} {key})" for key in keys)
            self.show(name, f"select o.* from _{name} o where {own}")
        column = ident(grain.column)
        is_touched = f"exists (select 1 from touched where touched_key {same} o.{column})"
        self.con.execute(f"create or replace temp table whole as {sql}")
        self.con.execute(f"create or replace temp table part as select * from whole o where {is_touched}")
        self.con.execute(
            f"create or replace table v as (select * from v o where not {is_touched}) union all (from part)"
        )
        self.show_all()

    def _show_empty(self, names: Sequence[str]) -> None:
        for name in names:
            self.show(name, f"select * from _{name} limit 0")

    def cores(self, sql: str, cores: Cores, texts: Mapping[str, str]) -> bool:
        """What has a key that a core's change touched, anew. False where nothing is claimed: a core without keys was
        touched. ``texts`` are the queries of other models."""
        kinds = {row[0]: row[1] for row in self.con.execute("describe v").fetchall()}
        types = [kinds[name] for name in cores.columns]
        found = ", ".join(f"null::{kind} as {KEY}{n}" for n, kind in enumerate(types)) or f"1 as {KEY}0"
        self.con.execute(f"create or replace temp table touched as select {found} limit 0")
        for core in cores.cores:
            for name, empty in core.relations.items():
                for other in core.relations:
                    self.show(other, f"from _{other} union all from _{other}_minus")
                self.show(name, f"from _{name}_plus union all from _{name}_minus")
                self._show_empty(empty)
                for keys in core.keys or ((),):
                    kept = core.select, core.inner, core.kept
                    try:
                        query = core_query(
                            texts.get(core.model, sql), *kept, keys, types if keys else (), self._read, self._text
                        )
                    except Unprintable:
                        return False
                    if keys:
                        self.con.execute(f"insert into touched {query}")
                    elif self.con.execute(f"from ({query}) limit 1").fetchall():
                        return False
                self.show_all()
        if not cores.columns:
            return True
        keyed: dict[int, list[tuple[str, ...]]] = {}
        for core in cores.cores:
            if core.keys:
                keyed.setdefault(core.select, []).extend(core.keys)
        text = restricted_query(sql, keyed, types, "touched", self._read, self._text)
        self.con.execute(
            f"create or replace temp table whole as select * from ({text}) q({', '.join(map(ident, kinds))})"
        )
        own = " and ".join(f"{KEY}{n} {SAME} o.{ident(name)}" for n, name in enumerate(cores.columns))
        is_touched = f"exists (select 1 from touched where {own})"
        self.con.execute(
            f"create or replace table v as (select * from v o where not {is_touched}) union all"
            f" (select * from whole o where {is_touched})"
        )
        return True

    def _read(self, text: str) -> dict[str, Any]:
        return dict(json.loads(self.con.execute("select json_serialize_sql(?::varchar)", [text]).fetchall()[0][0]))

    def _text(self, tree: dict[str, Any]) -> str:
        return str(self.con.execute("select json_deserialize_sql(?::json)", [json.dumps(tree)]).fetchall()[0][0])

    def merge(self, sql: str, merge: Merge, relation: str) -> None:
        """The rows of what came, combined with those that are stored."""
        self._show_empty(merge.inputs[relation])
        self.show(relation, f"select * from _{relation}_plus")
        self.con.execute(f"create or replace temp table part as {sql}")
        self.show_all()
        names = [row[0] for row in self.con.execute("describe v").fetchall()]
        columns = ", ".join(
            ident(name) if name in merge.keys else f"{_WAYS[merge.ways[name]]}({ident(name)}) as {ident(name)}"
            for name in names
        )
        by = f"group by {', '.join(map(ident, merge.keys))}" if merge.keys else ""
        self.con.execute(f"create or replace table v as select {columns} from (from v union all from part) {by}")

    def latest(self, sql: str, latest: Latest) -> None:
        """The stored rows of the keys that were touched, and the new ones, through the query."""
        plus = f"_{latest.relation}_plus"
        back = latest.columns
        fields = self.schema[latest.relation]
        reads = ", ".join(
            f"{ident(back[name])} as {ident(name)}" if name in back else f"null::{kind} as {ident(name)}"
            for name, kind in fields
        )
        by = {given: column for column, given in latest.columns.items()}
        keys = " and ".join(f"p.{ident(by[key])} {SAME} v.{ident(key)}" for key in latest.keys)
        is_touched = f"exists (select 1 from {plus} p where {keys})"
        self.con.execute(f"create or replace temp table kept as select {reads} from v where {is_touched}")
        self.show(latest.relation, f"from kept union all from {plus}")
        self.con.execute(f"create or replace temp table part as {sql}")
        self.show_all()
        self.con.execute(f"create or replace table v as (select * from v where not {is_touched}) union all (from part)")


_WAYS = {
    "sum": "sum", "min": "min", "max": "max", "and": "bool_and", "or": "bool_or", "bit_and": "bit_and",
    "bit_or": "bit_or", "bit_xor": "bit_xor",
}  # fmt: skip
