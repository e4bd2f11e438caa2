"""What a query is said to read, held against DuckDB: what it cannot do without, it reads."""

from __future__ import annotations

import duckdb
import pytest

from etlc.engines.binder import DuckBinder
from etlc.ir.binding import SqlError
from etlc.lower.used import columns_of
from etlc.sql.fallback import read_query
from etlc.sql.tree import Facts, read_tree
from tests.binding.scoping import RELATIONS, Writer
from tests.binding.support import TABLES, accepted, plain, without_end

pytestmark = pytest.mark.duckdb


@pytest.fixture(scope="module")
def binder() -> DuckBinder:
    return DuckBinder()


def facts_of(binder: DuckBinder, text: str) -> Facts:
    tree = binder.parse(text)
    facts = read_query(text, binder.parse) if isinstance(tree, SqlError) else read_tree(tree, text)
    assert facts is not None and not facts.refused, text
    return facts


def described(con: duckdb.DuckDBPyConnection, text: str) -> object:
    """Names and types of a query, None where it cannot be bound."""
    try:
        return con.execute(f"describe {text}").fetchall()
    except duckdb.Error:
        return None


def test_no_dependency_is_missed_whatever_hides_what(binder: DuckBinder) -> None:
    con = duckdb.connect()
    for name in RELATIONS:
        con.execute(f"create table {name} (x integer, y integer)")
    valid, others = 0, 0
    for seed in range(700):
        text = Writer(seed).query(3, RELATIONS)
        if described(con, text) is None:
            continue
        valid += 1
        facts = facts_of(binder, text)
        assert not [table for table in facts.tables if table.prefix], text
        found = {table.name.lower() for table in facts.tables}
        for name in RELATIONS:
            if name not in found:
                con.execute(f"alter table {name} rename to gone")
                assert described(con, text) is not None, f"{name} is missed, seed {seed}: {text}"
                con.execute(f"alter table gone rename to {name}")
                others += 1
    assert valid > 400 and others > 300


PIVOTS = {
    "pivot t on x": {"t"},
    "pivot t on x, y using sum(x), max(y)": {"t"},
    "pivot t on x + 1, (y) using sum(x) group by y order by y limit 3": {"t"},
    "with t as (select * from u) pivot t on x using sum(y)": {"u"},
    "with c as (pivot t on x) select * from c, (with t as (from v) from t)": {"t", "v"},
    "from (pivot t on x) union all by name from (pivot u on y using count(*))": {"t", "u"},
    "pivot (from t join u using (x)) on x using sum(t.y)": {"t", "u"},
    "pivot t join u using (x) on y using count(*)": {"t", "u"},
    "pivot t on x in (select x from w) using sum(y)": {"t", "w"},
    "select (select count(*) from v) from (pivot t on x)": {"t", "v"},
    "pivot_wider t on x using sum(y)": {"t"},
    'select q."pivot" from (select 1 as "pivot") q, (pivot t /* on */ on x -- using\n using sum(y))': {"t"},
    "from t pivot (sum(x) for y in (1, 2)) union all by name from (pivot u on x)": {"t", "u"},
    "with t as (pivot t on x) from t": {"t"},
}


@pytest.mark.parametrize("text", PIVOTS)
def test_pivots_without_in_are_read_from_duckdbs_tree(binder: DuckBinder, text: str) -> None:
    facts = facts_of(binder, text)
    assert {table.name for table in facts.tables} == PIVOTS[text]
    places = [(table.name, table.offset) for table in facts.tables if table.offset is not None]
    assert all(text[place:].startswith((name, "on")) for name, place in places)  # a query within IN is placed at its ON
    assert facts.dynamic == isinstance(binder.parse(text), SqlError)


def test_no_used_column_is_missed(binder: DuckBinder) -> None:
    """A column that is not used can be taken away, and the query is what it was."""
    con = plain().cursor()
    con.execute("create schema less; set schema = 'less'")
    kept = {name: [row[0] for row in con.execute(f'describe main."{name}"').fetchall()] for name in TABLES}
    wrong, spared = [], 0
    for text in accepted().values():
        body = without_end(text)
        facts = facts_of(binder, body)
        before = described(con, body)
        read = [name for name in TABLES if name in {table.name.lower() for table in facts.tables}]
        for name in read:
            used = columns_of(facts, name, kept[name])
            spared += len(kept[name]) - len(used)
            chosen = ", ".join(f'"{column}"' for column in used) or "1 as _etlc_none"
            con.execute(f'create view less."{name}" as select {chosen} from main."{name}"')
        if described(con, body) != before:
            wrong.append(body)
        for name in read:
            con.execute(f'drop view less."{name}"')
    assert wrong == []
    assert spared > 100
