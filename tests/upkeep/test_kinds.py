"""What is claimed of the kinds of queries that are known to be local, of traps, and of more shapes."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from etlc.ir.upkeep import Upkeep
from etlc.sql.aggregates import AGGREGATES
from etlc.sql.scalars import SCALARS
from tests.upkeep.claims import Tables, claimed, connect
from tests.upkeep.kinds import LOCAL, MORE, SCHEMA, TRAPS

pytestmark = pytest.mark.duckdb


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as opened:
        Tables(opened, SCHEMA).make({name: [] for name in SCHEMA})
        yield opened


def _claimed(sql: str, con: duckdb.DuckDBPyConnection) -> Upkeep:
    found = claimed(sql, SCHEMA, con)
    assert found is not None, sql
    return found


def _local(found: Upkeep) -> bool:
    """Whether changes of all inputs can be followed by ``k``."""
    return any(grain.column == "k" and all(grain.inputs.values()) for grain in found.grains)


@pytest.mark.parametrize("kind", LOCAL)
def test_local(kind: str, con: duckdb.DuckDBPyConnection) -> None:
    assert _local(_claimed(LOCAL[kind], con))


@pytest.mark.parametrize("trap", TRAPS)
def test_traps(trap: str, con: duckdb.DuckDBPyConnection) -> None:
    assert not _local(_claimed(TRAPS[trap], con))


def _names(found: Upkeep) -> set[str]:
    """The claims in short; a grain where it follows each input that the query is not linear in."""
    names = {f"linear {relation}" for relation in found.linear}
    names |= {
        f"grain {grain.column}"
        for grain in found.grains
        if all(keys or relation in found.linear for relation, keys in grain.inputs.items())
    }
    return names | ({"merge"} if found.merge else set()) | ({"latest"} if found.latest else set())


@pytest.mark.parametrize("sql", MORE)
def test_more(sql: str, con: duckdb.DuckDBPyConnection) -> None:
    found = _names(_claimed(sql, con))
    wanted = {name for name in MORE[sql].split(", ") if name}
    assert wanted <= found
    # Grains by other columns are there too; any other claim is expected.
    assert {name for name in found if not name.startswith("grain")} <= wanted


@pytest.mark.parametrize(
    ("sql", "column", "keys"),
    [
        ("select k % 2 as odd from r", "odd", '("k" % 2)'),
        ("select upper(g) as u, count(*) as n from r group by u", "u", 'upper("g")'),
        ("select g || '-' || lower(g) as u from r", "u", """(("g" || '-') || lower("g"))"""),
        ("select coalesce(k, x) as c from (select k, x + 0 as x from r)", "c", 'coalesce("k", ("x" + 0))'),
        ("select coalesce(k, x) as c from r", "c", 'coalesce("k", "x")'),
        ("select k::varchar as c from r", "c", 'cast("k" AS VARCHAR)'),
        ("select g::integer as c from r", "c", ""),  # it may fail for a row that the query leaves out
        ("select try_cast(g as integer) as c from r", "c", 'try_cast("g" AS INTEGER)'),
        ("select k / 2 as c from r", "c", ""),  # a float
        ("select k % 0 as c from r", "c", ""),
        ("select d as c from (select k % 2 as d from (select * from r) a) b", "c", '("k" % 2)'),
        ("select l as c from r", "c", ""),
        ("select g collate nocase as c from r", "c", ""),
        ("""select "g" as c from (select g as "a""b" from r) q("g")""", "c", '"g"'),
    ],
)
def test_keys(sql: str, column: str, keys: str, con: duckdb.DuckDBPyConnection) -> None:
    grains = {grain.column: grain.inputs for grain in _claimed(sql, con).grains}
    assert grains.get(column, {"r": ()}) == {"r": (keys,) if keys else ()}


@pytest.mark.parametrize(
    ("sql", "kind", "at"),
    [
        ("select k from r limit 3", "limit", "3"),
        ("select k, count(*) over () as n from r", "window", "count"),
        ("select sum(x) as s from r", "total", "sum"),
        ("select k from r where k not in (select k from s)", "not_in", "k not"),
        ("select k from r where x < (select avg(y) from s)", "subquery", "(select"),
        ("select r.k from r left join s on r.x < s.y", "join", "left"),
        ("select k from r full join s using (k)", "names", "k"),
        ("select r.k from r positional join s", "positional", "positional"),
        ("select k, string_agg(g) as t from r group by k", "unsteady", "string_agg"),
        ("select k, sum(x::double) over (partition by k) as t from r", "unsteady", ""),
        ("select r.k, o.x from r join (select distinct on (g) g, x from r) o using (g)", "mixed", "g)"),
        ("select g collate nocase as c from r", "expression", "g"),
        ("select s.*, k from (select {'k': x, 'x': k} as s, k from r) a", "expression", "s.*"),
        (
            "with a0 as (select 1 as k), "
            + ", ".join(f"a{n + 1} as (select * from a{n} union all from a{n})" for n in range(12))
            + " select k from a12",
            "size",
            "",
        ),
        ("select unnest(s), k from (select {'k': x, 'x': k} as s, k from r) a", "", ""),
    ],
)
def test_obstacles(sql: str, kind: str, at: str, con: duckdb.DuckDBPyConnection) -> None:
    claims = _claimed(sql, con)
    found = {one.kind: one.start for one in claims.obstacles}
    assert kind in found or (not kind and not claims.grains)
    start = found.get(kind)
    assert start is None if not at else start is not None and sql[start:].lstrip("(").startswith(at.lstrip("("))


def test_every_function_is_known_for_what_it_is(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("select lower(function_name), function_type, stability from duckdb_functions()").fetchall()
    aggregates = {name for name, kind, _ in rows if kind == "aggregate"}
    assert aggregates <= AGGREGATES
    assert aggregates & SCALARS == set()
    moody = {name for name, kind, stability in rows if kind == "scalar" and stability != "CONSISTENT"}
    assert moody & SCALARS == {"error"}  # which gives no value at all
    # A macro is an aggregate where it takes many rows for one.
    macros = {name for name, kind, _ in rows if kind == "macro"} & SCALARS
    assert [name for name in sorted(macros) if _adds_up(name, con)] == []


def _adds_up(macro: str, con: duckdb.DuckDBPyConnection) -> bool:
    for arguments in ("a", "a, a", "[a]", "[a], a", "[a], [a]", "a::varchar", "date '2024-01-01' + a::integer"):
        try:
            rows = con.execute(f'select "{macro}"({arguments}) from range(3) q(a)').fetchall()
        except duckdb.Error:
            continue
        return len(rows) < 3
    return False
