"""What a query uses: as a table of kinds, and by running random queries over tables that change where it does not matter."""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partialmethod
from pathlib import Path

import duckdb
import pytest

from etlc.analyze import uses as room
from etlc.ir.codec import decode
from etlc.ir.upkeep import Uses
from etlc.pipeline.compiling import compile_project, need_plan
from etlc.pipeline.project import Options, Project
from tests.analyze.bearing import attempt, connect, judged, used
from tests.analyze.facts import VALUES, Table
from tests.cli import write_project

pytestmark = pytest.mark.duckdb

TABLES = [
    Table(
        "t", [("k", "INTEGER"), ("x", "INTEGER"), ("y", "INTEGER"), ("l", "INTEGER[]")], frozenset(), frozenset(), ()
    ),
    Table("u", [("k", "INTEGER"), ("z", "INTEGER")], frozenset(), frozenset(), ()),
]
# A query, what of t and u decides its rows, and what of them its columns besides.
CASES = """
select x, y from t | t | x: t.x; y: t.y
select 1 as one from t | t |
select count(*) as n from t | t |
select x from t where y > 1 | t.y | x: t.x
select k, sum(x) as s from t group by k | t.k | s: t.x
select k, sum(x) as s from t group by 1 | t.k | s: t.x
select x + 1 as p, count(*) as n from t group by p | t.x |
select k, sum(x) as s from t group by all | t.k t.x |
select k, sum(x) as s from t group by k having max(y) > 1 | t.k t.y | s: t.x
select sum(x) filter (y > 1) as s from t | t | s: t.x t.y
select list(x order by y) as s from t | t | s: t.x t.y
select distinct x, y from t | t.x t.y |
select distinct on (k) k, x from t order by k, y | t.k t.y | x: t.x
select x from t union select z from u | t.x u.z |
select x from t union all select z from u | t u | x: t.x u.z
select x from t except all select z from u | t.x u.z |
select x as z from t union all by name select z from u | t.x u.z |
select x from t order by y | t | x: t.x
select x from t order by y limit 2 | t.y | x: t.x
select x, y from t order by 2 limit 2 | t.y | x: t.x
select x, y from t order by all limit 2 | t.x t.y |
select x from (select x, y from t order by y) | t.y | x: t.x
select x, row_number() over (partition by k order by y) as n from t | t | x: t.x; n: t.k t.y
select x, row_number() over (partition by k order by y) as n from t qualify n = 1 | t.k t.y | x: t.x
select x, sum(x) over (order by y rows between k preceding and current row) as n from t | t | x: t.x; n: t.x t.y t.k
select t.x, u.z from t join u on t.k = u.k | t.k u.k | x: t.x; z: u.z
select t.x, u.z from t left join u using (k) | t.k u.k | x: t.x; z: u.z
select t.x from t semi join u using (k) | t.k u.k | x: t.x
select t.x, u.z from t, u | t u | x: t.x; z: u.z
select t.x, u.z from t asof join u on t.k >= u.k | t.k u.k | x: t.x; z: u.z
select t.x from t natural join u | * |
select t.x from t positional join u | * |
select x from t where exists (select z from u where u.k = t.k) | t.k u.k | x: t.x
select x from t where y in (select z from u where k > 1) | t.y u.k u.z | x: t.x
select x, (select max(z) from u where u.k = t.k) as m from t | t u | x: t.x; m: t.k u.k u.z
select x from t where y > (select max(z) from u) | t.y u.z | x: t.x
select x, v from t, lateral (select z + t.y as v from u) as q | t u | x: t.x; v: t.y u.z
select x, unnest(l) as e from t | t.l | x: t.x
select x, e from t, unnest(l) as w(e) | t.l | x: t.x
with c as (select k, x + y as s from t where y > 0) select s, c.k from c join u on u.k = c.k | t.k t.y u.k | s: t.x
with c as (select k, x, y from t), d as (select * exclude (y) from c) select * from d | t | k: t.k; x: t.x
with c as (select x from t) select count(*) as n from c | t |
with c as (select x from t) select 1 as one | t |
with recursive r as (select x from t union all select x + 1 from r where x < 3) select x from r | t.x |
select * from t | t | k: t.k; x: t.x; y: t.y; l: t.l
select * exclude (l, y) from t | t | k: t.k; x: t.x
select * replace (x + y as x) from u, t | t u | k: u.k; z: u.z; k_1: t.k; x: t.x t.y; y: t.y; l: t.l
select x_1 from (select * as x from t) | * |
select * rename (k as key) from u | u | key: u.k; z: u.z
select t from t | * |
select count(t) as n from t | * |
select columns('x|y') from t | * |
select sum(x) as total, total + 1 as more from t | t | total: t.x; more: t.x
select -x as x from t order by x limit 1 | t.x |
select -x as y from t where y > 1 | t.x t.y |
select list_transform(l, lambda e: e + x) as m from t | t | m: t.l t.x
select * from t pivot (sum(y) for x in (1, 2)) | * |
select x from t limit 2 offset (select max(z) from u) | * |
select x from range(2) r(n), t where n = 1 | t | x: t.x
select p from (values (1), (2)) v(p), t | t |
"""


PROJECT = """
pipeline: p
sources: {t: {path: "t*.csv", columns: {k: INTEGER, x: INTEGER}}}
models:
  m: {sql: "select k, x + 1 as p from t where k > 0"}
  n: {sql: "select count(*) as n, max(p) as p from m"}
"""


def test_the_plan_has_it_and_keeps_it(tmp_path: Path) -> None:
    write_project(tmp_path, "project: p\n", {"pipelines/p.yaml": PROJECT})
    for _ in range(2):  # the second time from the plan that was kept
        models = need_plan(compile_project(Project.find(tmp_path), Options(), upkeep=True)).models
        assert decode(Uses, json.loads(models["m"].dependence)) == Uses({"t": ("k",)}, {"k": {}, "p": {"t": ("x",)}})
        assert decode(Uses, json.loads(models["n"].dependence)) == Uses({"m": ()}, {"n": {}, "p": {"m": ("p",)}})
    # Now from what is kept of each model.
    write_project(tmp_path, "project: p\n", {"pipelines/p.yaml": PROJECT + "  o: {sql: select k from m}\n"})
    again = need_plan(compile_project(Project.find(tmp_path), Options(), upkeep=True)).models
    assert [again[name].dependence for name in ("m", "n")] == [models[name].dependence for name in ("m", "n")]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as opened:
        yield opened


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_kinds(case: str, con: duckdb.DuckDBPyConnection) -> None:
    sql, rows, values = (part.strip() for part in case.rsplit("|", 2))
    for table in TABLES:
        con.execute(table.statements()[0])
    found = used(TABLES, sql, con)
    assert found is not None
    told = found[0]
    every = {f"{table.name}.{name}" for table in TABLES for name, _ in table.columns}
    decides = {f"{name}.{column}" for name, columns in told.rows.items() for column in columns}
    assert decides == (every if rows == "*" else {one for one in rows.split() if "." in one})
    wanted = dict(one.split(":") for one in values.split(";") if one.strip())
    shown = {
        name: {f"{table}.{column}" for table, columns in used_.items() for column in columns}
        for name, used_ in told.values.items()
        if used_
    }
    assert shown == {name.strip(): set(columns.split()) for name, columns in wanted.items()}


@pytest.mark.parametrize("block", range(6))
def test_what_does_not_matter(block: int, con: duckdb.DuckDBPyConnection) -> None:
    found = {seed: attempt(seed, con) for seed in range(block * 40, block * 40 + 40)}
    assert {seed: one[:2] for seed, one in found.items() if one[1]} == {}
    # Were it nearly nothing, the test would say nothing.
    assert sum(free > 0 for _, _, free in found.values()) >= 10


@pytest.mark.soak
@pytest.mark.skipif("not config.getoption('-m')", reason="a soak test: choose it with -m soak")
@pytest.mark.parametrize("block", range(40))
def test_what_does_not_matter_at_length(block: int, con: duckdb.DuckDBPyConnection) -> None:
    found = {seed: attempt(seed, con) for seed in range(10_000 + block * 200, 10_200 + block * 200)}
    assert {seed: one[:2] for seed, one in found.items() if one[1]} == {}


def _no_rows(told: Uses) -> Uses:
    return replace(told, rows=dict.fromkeys(told.rows, ()))


def _no_values(told: Uses) -> Uses:
    return replace(told, values={name: {} for name in told.values})


@pytest.mark.parametrize("spoil", [_no_rows, _no_values])
def test_what_is_left_out_is_missed(spoil: Callable[[Uses], Uses], con: duckdb.DuckDBPyConnection) -> None:
    assert any(attempt(seed, con, spoil)[1] for seed in range(40))


# A rule that is forgotten, and a query that shows it.
WRONG = [
    ("_compared", lambda walk, join, scope: iter(()), "select t.y from t join u using (k)"),
    ("_clause", lambda walk, expr, scope: frozenset(), "select x from t where y > 0"),
    ("_outside", lambda walk, expr, scope: frozenset(), "select x from t where exists (select 1 from u where k = t.y)"),
    ("_numbered", lambda walk, expr, columns: frozenset(), "select count(*) as n, x from t group by 2"),
    ("_is_many", lambda walk, item, scope: False, "select unnest(l) as e, x from t"),
    ("_lambda", lambda walk, expr, scope: frozenset(), "select list_transform([1], lambda e: e + x) as m from t"),
    ("_from", lambda walk, *rest, right: right(walk, *rest) and frozenset(), "select x from t join u on t.k = z"),
    ("_combined", lambda walk, *rest, right: replace(right(walk, *rest), rows=frozenset()), "select x from t union select z from u"),
    ("_select", lambda walk, *rest, right: replace(right(walk, *rest), rows=frozenset()), "select distinct x from t"),
    ("_recursion", lambda walk, *rest, right: replace(right(walk, *rest), rows=frozenset()),
     "with recursive r as (select x from t union all select x + 1 from r where x < 3) select x from r"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wrong", "sql"), WRONG, ids=[name for name, _, _ in WRONG])
def test_wrong_rules_are_caught(
    name: str,
    wrong: Callable[..., object],
    sql: str,
    con: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rnd = random.Random(1)
    tables = [replace(table, rows=rows(table, rnd)) for table in TABLES]
    assert not any(judged(tables, sql, rnd, con)[0] for _ in range(20))
    right = getattr(room._Walk, name)
    takes = "right" in inspect.signature(wrong).parameters
    monkeypatch.setattr(room._Walk, name, partialmethod(wrong, right=right) if takes else wrong)
    assert any(judged(tables, sql, rnd, con)[0] for _ in range(20))


def rows(table: Table, rnd: random.Random) -> tuple[tuple[str, ...], ...]:
    """Some rows for a table."""
    return tuple(tuple(rnd.choice(["NULL", *VALUES[kind]]) for _, kind in table.columns) for _ in range(6))
