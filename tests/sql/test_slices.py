"""What an edit changes: as a table of kinds, and by running random edits of random queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest

from etlc.sql import blocks, slices
from etlc.sql.aggregates import AGGREGATES
from etlc.sql.slices import Changed, changes
from tests.sql.corpus import QUERIES
from tests.sql.corpus import SCHEMA as CORPUS
from tests.sql.edits import Text, Writer, attempt, connect, judged

SCHEMA = {
    "t": (("k", "INTEGER"), ("x", "INTEGER"), ("y", "INTEGER"), ("l", "INTEGER[]")),
    "u": (("k", "INTEGER"), ("z", "INTEGER")),
}
# The query before and after, the columns of the new one, and those that change: "rows" where the set of rows may, too.
CASES = """
select x from t | select x, y from t | x y | y
select x, y from t | select x from t | x | -
select x, y from t | select y, x from t | y x | -
select x, y as b from t | select x, y + 1 as b from t | x b | b
select x as a from t | select x as b from t | b | b
select distinct x from t | select distinct x, y from t | x y | rows
select x from t union select z from u | select x, y from t union select z, k from u | x y | rows
select x from t union all select z from u | select x, y from t union all select z, k from u | x y | y
select x from t except select z from u | select x, y from t except select z, k from u | x y | rows
select k, sum(x) as s from t group by all | select k, y, sum(x) as s from t group by all | k y s | rows
select k, sum(x) as s from t group by k | select k, sum(x) as s, max(y) as m from t group by k | k s m | m
select x from t order by all limit 2 | select x, y from t order by all limit 2 | x y | rows
select x from t | select x, count(*) as n from t | x n | rows
select sum(x) as a from t | select sum(x) as a, max(y) as b from t | a b | b
select 1 as a from t | select 1 as a, max(y) as b from t | a b | rows
select x from t | select x, unnest(l) as e from t | x e | rows
select x, unnest(l) as e from t | select x, y, unnest(l) as e from t | x y e | y
select x, y from t order by 2 limit 3 | select y, x from t order by 2 limit 3 | y x | rows
select k, count(*) as n from t group by 1 | select count(*) as n, k from t group by 2 | n k | rows
select y, count(*) as n from t group by y | select x as y, count(*) as n from t group by y | y n | rows
select x, sum(y) over (order by k) as s from t | select x, sum(y) over (order by k, x) as s from t | x s | s
select x, row_number() over (order by k) as r from t qualify r = 1 | select x, row_number() over (order by y) as r from t qualify r = 1 | x r | rows
with c as (select x, y from t) select x from c | with c as (select x, y + 1 as y from t) select x from c | x | -
with c as (select x, y from t) select x, y from c | with c as (select x, y + 1 as y from t) select x, y from c | x y | y
with c as (select x, y from t) select * from c | with c as (select x, y + 1 as y from t) select * from c | x y | y
with c as (select x, y from t) select * from c | with c as (select x, y, k from t) select * from c | x y k | k
with c as (select x from t) select count(*) as n from c | with c as (select x, y from t) select count(*) as n from c | n | -
with c as (select distinct x from t) select x from c | with c as (select distinct x, y from t) select x from c | x | rows
with c as (select x, y from t), d as (select x, y * 2 as y from c where x > 0) select x, y from d | with c as (select x, y from t), d as (select x, y * 3 as y from c where x > 0) select x, y from d | x y | y
select x from t | with e as (select 1 as one) select x from t | x | -
select q.x from (select x, y from t) q | select q.x from (select x, y + 1 as y from t) q | x | -
select x from t natural join u | select x, y from t natural join u | x y | rows
select x from t where y > 1 | select x from t where y > 2 | x | rows
select x from t | select x from t order by y | x | -
select t.x, u.z from t join u on t.k = u.k | select a.x, b.z from t a join u b on (a.k = b.k) | x z | -
select t.x, u.z from t join u on t.k = u.k | select t.x, u.z from t left join u on t.k = u.k | x z | rows
select columns('x|y') from t | select columns('x|y|k') from t | x y k | rows
select t from t | select t, x from t | t x | rows
select * from t | select *, x + 1 as p from t | k x y l p | p
select * from t | select * exclude (l) from t | k x y | k x y
select x, (select max(z) from u where u.k = t.k) as m from t | select x, (select min(z) from u where u.k = t.k) as m from t | x m | m
select sum(x) as s, s + 1 as p from t | select max(x) as s, s + 1 as p from t | s p | p s
select x + 1 as a, y as b from t where a > 1 | select x + 2 as a, y as b from t where a > 1 | a b | rows
select x, count(*) from t group by x | select x, count(*), max(y) as m from t group by x | x count_star() m | m
select x from t limit 2 | select x, y from t limit 2 | x y | y
select x from t | SELECT  x  FROM t -- nothing | x | -
select x from t where (y > 1) | select t.x from t where y > 1 | x | -
with c as (select x from t) select x from c | with d as (select x from t) select d.x from d | x | -
select x, y from t | select x, cast(y as varchar) as y from t | x y | y
select x from t intersect select z from u | select x, y from t intersect select z, k from u | x y | rows
select x from t union all by name select z from u | select x, y from t union all by name select z from u | x z y | rows
select * from t pivot (sum(y) for x in (1, 2)) | select * from t pivot (sum(y) for x in (1, 3)) | k l 1 3 | rows
select count(t) as n from t | select count(t) as n, max(x) as m from t | n m | rows
select x from t where k in (select k from u) | select x, y from t where k in (select k from u) | x y | y
select distinct on (k) k, x from t order by k, y | select distinct on (k) k, x, l from t order by k, y | k x l | l
select distinct on (k) k, x from t order by k, y | select distinct on (k) k, x from t order by k, l | k x | rows
select x, y from t group by x, y having count(*) > 1 | select x, y, max(l) as m from t group by x, y having count(*) > 1 | x y m | m
select x, y as d from t group by x, d | select x, y + 1 as d from t group by x, d | x d | rows
with c as (select x, y as k from t), d as (select k, z from u) select x from c | with c as (select x, y + 1 as k from t), d as (select k, z from u) select x from c | x | -
with c as (select x, y as k from t) select x from c join u on c.k = u.k | with c as (select x, y + 1 as k from t) select x from c join u on c.k = u.k | x | rows
with c as (select x, y from t union all select k, z from u) select x from c | with c as (select x, y + 1 as y from t union all select k, z from u) select x from c | x | -
with c as (select x, y from t) select list(x order by y) as a, max(x) as b from c | with c as (select x, -y as y from t) select list(x order by y) as a, max(x) as b from c | a b | a
select a.x, b.y from t a join t b on a.k = b.k | select b.x, a.y from t a join t b on a.k = b.k | x y | x y
select x as p, y as q from t | select y as p, x as q from t | p q | p q
select x from t limit 2 | select x, rank() over (order by y) as r from t limit 2 | x r | rows
select x from t where x > 1 and y > 1 | select x from t where y > 1 and x > 1 | x | rows
with recursive r as (select 1 as n union all select n + 1 from r where n < 3) select n from r | with recursive r as (select 1 as n union all select n + 1 from r where n < 4) select n from r | n | rows
select x from t | select z as x from u | x | rows
select * as x from (select x, y from t) | select * as x from (select x, y + 1 as y from t) | x x_1 | rows
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_kinds(case: str) -> None:
    before, after, columns, wanted = (part.strip() for part in case.split(" | "))
    found = changes(Text(before, SCHEMA), Text(after, SCHEMA), columns.split())
    assert ("rows" if found.rows else " ".join(sorted(found.columns)) or "-") == wanted


def test_new_columns_of_what_is_read() -> None:
    more = {**SCHEMA, "t": (*SCHEMA["t"], ("m", "INTEGER"))}
    star, named = "select * from t", "select x from t"
    assert changes(Text(star, SCHEMA), Text(star, more), "k x y l m".split()) == Changed(False, frozenset({"m"}))
    assert changes(Text(named, SCHEMA), Text(named, more), ["x"]) == Changed(False, frozenset())
    # A name that meant another column now means this one.
    inner = "select x from t where exists (select 1 from u where y > z)"
    other = {**SCHEMA, "u": (*SCHEMA["u"], ("y", "INTEGER"))}
    assert changes(Text(inner, SCHEMA), Text(inner, other), ["x"]).rows


def test_types_of_what_is_read() -> None:
    other = {**SCHEMA, "t": (("k", "INTEGER"), ("x", "DOUBLE"), ("y", "INTEGER"), ("l", "INTEGER[]"))}
    sql = "select x, y from t"
    assert changes(Text(sql, SCHEMA), Text(sql, other), ["x", "y"]) == Changed(False, frozenset({"x"}))


@pytest.mark.parametrize(
    "sql", [*QUERIES, "", "select", "((", "with", "select from", "select a from (", "with c as (select"]
)
def test_never_raises(sql: str) -> None:
    schema = {name: tuple(columns) for name, columns in CORPUS.items()}
    same = changes(Text(sql, schema), Text(sql, schema), ["x"])
    assert same == Changed(False, frozenset())
    assert isinstance(changes(Text(sql, schema), Text("select x + 1 as x from t", schema), ["x"]), Changed)


@pytest.mark.duckdb
def test_every_aggregate_is_known() -> None:
    """One that is not would be taken for a value of a row."""
    with duckdb.connect() as con:
        kinds = "select function_name, function_type, coalesce(macro_definition, '') from duckdb_functions()"
        functions = con.execute(kinds).fetchall()
    known = AGGREGATES | blocks.AGGREGATE_MACROS
    assert {name for name, kind, _ in functions if kind == "aggregate"} <= known
    macros = {name: text for name, kind, text in functions if kind == "macro"}
    hidden = {name for name, text in macros.items() if any(f"{one}(" in text.replace('"', "") for one in known)}
    calls = {name for name in hidden if not name.startswith("list_")}
    assert {name for name in calls if _aggregates(name, macros[name])} <= known


def _aggregates(name: str, text: str) -> bool:
    """Whether a macro over a column of many rows gives one row."""
    with duckdb.connect() as con:
        parameters = con.execute(
            "select any_value(parameters) from duckdb_functions() where function_name = ? group by len(parameters) limit 1",
            [name],
        ).fetchone()
        assert parameters is not None
        arguments = ", ".join("v" for _ in parameters[0])
        try:
            found = con.execute(f"select {name}({arguments}) from (values (1), (2)) t(v)").fetchall()
        except duckdb.Error:
            return False
    return len(found) == 1


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as opened:
        yield opened


@pytest.mark.duckdb
@pytest.mark.parametrize("block", range(6))
def test_what_is_left_alone(block: int, con: duckdb.DuckDBPyConnection) -> None:
    found = {seed: attempt(seed, con) for seed in range(block * 50, block * 50 + 50)}
    assert {seed: one[:2] for seed, one in found.items() if one[1]} == {}
    # Were it nearly nothing, the test would say nothing.
    assert sum(left > 0 for _, _, left in found.values()) >= 4


@pytest.mark.duckdb
@pytest.mark.soak
@pytest.mark.skipif("not config.getoption('-m')", reason="a soak test: choose it with -m soak")
@pytest.mark.parametrize("block", range(40))
def test_what_is_left_alone_at_length(block: int, con: duckdb.DuckDBPyConnection) -> None:
    found = {seed: attempt(seed, con) for seed in range(100_000 + block * 300, 100_300 + block * 300)}
    assert {seed: one[:2] for seed, one in found.items() if one[1]} == {}


NOTE = slices._Slicer._note
# A rule that is forgotten, and an edit that shows it.
WRONG: list[tuple[type, str, Callable[..., object], tuple[str, str]]] = [
    (blocks.Blocks, "_aggregates", lambda *a: False, ("select 1 as n from a", "select 1 as n, count(*) as m from a")),
    (blocks.Blocks, "_calls", lambda *a: False, ("select k from c", "select k, unnest(l) as e from c")),
    (blocks.Blocks, "_keys", lambda *a: None, ("select k, y from c group by all", "select k, y, z from c group by all")),
    (blocks.Blocks, "count_order", lambda *a: None, ("select k, y from c order by 1 limit 2", "select y, k from c order by 1 limit 2")),
    (blocks.Blocks, "_numbers", lambda *a: None, ("select k, count(*) as n from c group by 1", "select y as q, count(*) as n from c group by 1")),
    (slices._Slicer, "_note", lambda *a: (NOTE(*a), a[1].bare.clear()), ("select k as p from c where p > 1", "select y as p from c where p > 1")),
    (slices._Slicer, "_idle_order", lambda slicer: range(*slicer.root.arms[0].order),
     ("select k from c order by k, y, z limit 2", "select k from c order by y, k, z limit 2")),
    (slices._Slicer, "_note", lambda *a: (NOTE(*a), setattr(a[1], "row", False)),
     ("with t as (select k, y from c) select count(distinct t) as n from t", "with t as (select k, l as y from c) select count(distinct t) as n from t")),
    (slices._Slicer, "_pass", lambda *a: None, ("with w as (select k, x from a) select * from w", "with w as (select k, k as x from a) select * from w")),
    (slices._Slicer, "_readers", lambda *a: {}, ("with w as (select k, x from a) select x from w", "with w as (select k, k as x from a) select x from w")),
]  # fmt: skip


@pytest.mark.duckdb
@pytest.mark.parametrize(("room", "name", "wrong", "pair"), WRONG, ids=[name for _, name, _, _ in WRONG])
def test_wrong_rules_are_caught(
    room: type,
    name: str,
    wrong: Callable[..., object],
    pair: tuple[str, str],
    con: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not any(judged(pair, Writer(seed), con)[1] for seed in range(20))
    monkeypatch.setattr(room, name, wrong)
    assert any(judged(pair, Writer(seed), con)[1] for seed in range(20))


@pytest.mark.duckdb
def test_everything_left_alone_is_caught(con: duckdb.DuckDBPyConnection) -> None:
    faults = [attempt(seed, con, lambda *a: Changed(False, frozenset()))[1] for seed in range(60)]
    assert sum(fault is not None for fault in faults) >= 4
