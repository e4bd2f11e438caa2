"""The canonical form: equal where nothing changed, different where anything might have, and of the same meaning."""

import random

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etlc.sql.canonical import canonical
from tests.sql.corpus import QUERIES, SCHEMA, SETUP
from tests.sql.mutants import fault, mutated, relaid, run

REFUSED = ["select x, 'a' 'b' from t", "select x from t order by t.y, u_ limit 2"]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(SETUP)
    connection.execute("set threads = 1")
    return connection


@pytest.mark.parametrize("text", QUERIES)
def test_same_meaning(con: duckdb.DuckDBPyConnection, text: str) -> None:
    form = canonical(text, SCHEMA)
    wanted = con.execute(text).fetchall() if text not in REFUSED else None
    assert "recursive" in text or (run(con, text) is None) == (wanted is None)
    assert run(con, form) == run(con, text), form


@pytest.mark.parametrize("text", QUERIES)
def test_idempotent(text: str) -> None:
    form = canonical(text, SCHEMA)
    assert canonical(form, SCHEMA) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ";",
        "select",
        "select (",
        "'",
        '"',
        "/*",
        "\0",
        "\ud800",
        "select 1;;",
        "))((",
        "(" * 3000,
        "select " + "(" * 500 + "1" + ")" * 500,
        "with t as (",
        "from",
        "{#",
        "$$",
    ],
)
def test_never_raises(text: str) -> None:
    form = canonical(text, SCHEMA)
    assert canonical(form, SCHEMA) == form


EQUAL = """
select x from t | SELECT   x\tFROM T -- comment
select x from t | select /* a */ x from t;
select x from t | select t.x from t
select x from t | select o.x from t o
select x from t | select o.x from t as o
select x from t | select "o"."X" from "T" "o"
select x from t | select (x) from t
select x from t | select ((o.x)) from t o
select x as k from t | select x k from t
select x from t | select x as x from t
select x from t where x <> 1 | select x from t where x != 1
select x from t where x = 1 | select x from t where (x = 1)
select x from t where x = 1 | select x from t where ((x) = 1)
select x from t where x = 1 and y = 2 | select x from t where (x = 1) and (y = 2)
select x from t where x = 1 and y = 2 | select x from t where (x = 1 and y = 2)
select x::varchar as a from t | select cast(x as varchar) as a from t
select x::int as a from t | select cast(x as integer) as a from t
select (x + 1)::bigint as a from t | select cast(x + 1 as int8) as a from t
select x::text as a from t | select cast(t.x as string) as a from t
select sum(x)::decimal(10,2) as a from t | select cast(sum(x) as decimal(10, 2)) as a from t
select x from t limit 1000 | select x from t limit 1_000
select x as a from t where x > 7 | select x as a from t where x > 007
select a.x, b.z from t a join u b on a.x = b.x | select t.x, u.z from t join u on t.x = u.x
select a.x, b.z from t a, u b where a.x = b.x | select p.x, z from t p, u q where p.x = q.x
select a.x from t a, t b where a.x = b.y | select b.x from t b, t a where b.x = a.y
with c as (select x from t) select x from c | with d as (select x from t) select x from d
with c as (select x from t) select x from c | with c as (select x from t) select c.x from c
with c as (select x from t) select x from c | with c as (select x from t) select o.x from c o
with c as (select x as k from t) select k as x from c | with c as (select x as j from t) select j as x from c
with c as (select x as k from t) select k as x from c | with c as (select x from t) select x from c
with c(a) as (select x from t) select a as q from c | with c(b) as (select x from t) select b as q from c
with c as (select sum(y) s, x from t group by x) select s as a, x from c | with c as (select sum(y) r, x from t group by x) select r as a, x from c
with c as (select x + 1 as p, p * 2 as q from t) select q as a from c | with d as (select x + 1 as r, r * 2 as s from t) select s as a from d
with c as (select x from t), d as (select x from c) select x from d | with d as (select x from t), c as (select x from d) select x from c
select q.k as a from (select x as k from t) q | select r.j as a from (select x as j from t) as r
select x from t where exists (select 1 from u where u.x = t.x) | select x from t a where exists (select 1 from u b where b.x = a.x)
select (select max(z) from u where u.x = t.x) as m from t | select (select max(b.z) from u b where b.x = a.x) as m from t a
select x from t where x in (select z from u) | select x from t where x in (select u.z from u)
select x, count(*) as n from t group by x | select o.x, COUNT(*) n from t o group by o.x
select x, count(*) as n from t group by x | select x, count(*) as n from t GROUP\tby x
select x from t order by x limit 2 | select o.x from t o order by o.x limit 2
select x, row_number() over (partition by name order by y) as r from t | select x, ROW_NUMBER() OVER (PARTITION BY o.name ORDER BY o.y) r from t o
select * from t join u using (x) | SELECT * FROM t a JOIN u b USING (x)
select a.* from t a | select b.* from t b
select s.a as k from t | select o.s.a as k from t o
select list_transform(l, lambda e: e + y) as k from t | select list_transform(o.l, lambda e: e + o.y) as k from t o
select x from t union all select z from u | select a.x from t a union all select b.z from u as b
select x as p from t union all select z as q from u | select x as p from t union all select z as r from u
select x from t qualify row_number() over (order by y) = 1 | select o.x from t o qualify row_number() over (order by o.y) = 1
select case when x = 1 then 2 end as a from t | select case when (x = 1) then (2) end as a from t
select x from t where x > -1 | select x from t where x>-1
select {'a': x} as k from t | select {'a': o.x} as k from t o
"""


@pytest.mark.parametrize("case", EQUAL.strip().splitlines())
def test_equal(case: str) -> None:
    left, right = case.replace("\\t", "\t").split(" | ")
    assert canonical(left, SCHEMA) == canonical(right, SCHEMA)


DIFFERENT = """
select x from t | select y from t
select x from t | select x from u
select x from t | select x as k from t
select x as k from t | select x as K from t
select x from t | select -x from t
select x, y from t | select y, x from t
select x from t | select distinct x from t
select distinct x, y from t | select distinct on (x) x, y from t
select x from t | select x from t limit 2
select x from t limit 1 | select x from t limit 2
select x from t limit 1 | select x from t limit 1 offset 1
select x from t limit 10 | select x from t limit 10%
select x from t order by x limit 1 | select x from t order by y limit 1
select x from t order by x limit 1 | select x from t order by x desc limit 1
select x from t order by x limit 1 | select x from t order by x nulls first limit 1
select x from t where x = 1 | select x from t where x = 2
select x from t where x = 1 | select x from t where x <> 1
select x from t where x < 1 | select x from t where x <= 1
select x from t where x = 1 | select x from t where y = 1
select x from t where x = 1 | select x from t
select x from t where x = 1 and y = 2 | select x from t where x = 1 or y = 2
select x from t where x = 1 and (y = 2 or f = 1) | select x from t where x = 1 and y = 2 or f = 1
select x from t where not (x = 1 and y = 2) | select x from t where not x = 1 and y = 2
select x from t where x between 1 and (2 = y) | select x from t where x between 1 and 2 = y
select x from t where name = 'a' | select x from t where name = 'A'
select x from t where name = 'a b' | select x from t where name = 'a  b'
select x from t where name = '--a' | select x from t where name = '--b'
select x from t where name like 'a' | select x from t where name ilike 'a'
select x from t where name glob 'a' | select x from t where name like 'a'
select x from t where name like 'a' | select x from t where name similar to 'a'
select x from t where x is null | select x from t where x is not null
select x from t where x = y | select x from t where x is not distinct from y
select x from t where x in (1, 2) | select x from t where x not in (1, 2)
select x - (y - 1) as a from t | select x - y - 1 as a from t
select (x + 1) * 2 as a from t | select x + 1 * 2 as a from t
select -(x + 1) as a from t | select -x + 1 as a from t
select x / 2 as a from t | select x // 2 as a from t
select x ^ 2 as a from t | select x * 2 as a from t
select 1.0 as a from t | select 1.00 as a from t
select 1 as a from t | select 1.0 as a from t
select 1 as a from t | select '1' as a from t
select 1e0 as a from t | select 1.0 as a from t
select 'a\\nb' as a from t | select e'a\\nb' as a from t
select x::int as a from t | select x::bigint as a from t
select x::int as a from t | select try_cast(x as int) as a from t
select (-1)::int ** 2 as a from t | select -1::int ** 2 as a from t
select cast(x + y as int) as a from t | select x + y::int as a from t
select l[1] as a from t | select l[2] as a from t
select l[1:2] as a from t | select l[1:3] as a from t
select cast(l as int[])[1] as a from t | select cast(l as int[][1]) as a from t
select s.a as k from t | select s."B" as k from t
select j.K as a from region | select j.k as a from region
select j->'K' as a from region | select j->>'K' as a from region
select {'a': x} as k from t | select {'A': x} as k from t
select {a: x}::varchar as k from t | select {A: x}::varchar as k from t
select struct_pack(a := x)::varchar as k from t | select struct_pack(A := x)::varchar as k from t
select to_json(c) as k from (select x as a from t) c | select to_json(c) as k from (select x as A from t) c
select to_json(c) as k from (select x as a from t) c | select to_json(c) as k from (select x as b from t) c
select count(*) as a from t | select count(x) as a from t
select count(x) as a from t | select count(distinct x) as a from t
select sum(x) as a from t | select max(x) as a from t
select sum(x) as a from t | select sum(x) filter (where y > 1) as a from t
select list(x order by y) as a from t | select list(x order by y desc) as a from t
select x, count(*) as n from t group by x | select x, count(*) as n from t group by x, y
select x from t group by x having count(*) > 1 | select x from t group by x
select x, y, count(*) as n from t group by rollup (x, y) | select x, y, count(*) as n from t group by cube (x, y)
select x, count(*) as n from t group by x | select x, count(*) as n from t group by grouping sets ((x), ())
select sum(y) over (order by x) as a from t | select sum(y) over (order by x rows unbounded preceding) as a from t
select sum(y) over (order by x) as a from t | select sum(y) over (partition by x) as a from t
select sum(y) over (order by x rows 1 preceding) as a from t | select sum(y) over (order by x rows 2 preceding) as a from t
select sum(y) over (order by x rows 1 preceding) as a from t | select sum(y) over (order by x rows 1 preceding exclude current row) as a from t
select lag(y) over (order by x) as a from t | select lag(y ignore nulls) over (order by x) as a from t
select x from t union select x from u | select x from t union all select x from u
select x from t except select x from u | select x from u except select x from t
select x from t intersect select x from u | select x from t except select x from u
select x, name from t union all by name select x, name from u | select x, name from t union all select x, name from u
select x, name from t union all by name select x, name from u | select x, name from t union all by name select x as name, name as x from u
select t.x from t join u on t.x = u.x | select t.x from t left join u on t.x = u.x
select t.x from t left join u on t.x = u.x | select t.x from t right join u on t.x = u.x
select t.x from t left join u on t.x = u.x | select t.x from t full join u on t.x = u.x
select t.x from t left join u on t.x = u.x | select t.x from u left join t on t.x = u.x
select t.x from t left join u on t.x = u.x and u.z > 1 | select t.x from t left join u on t.x = u.x where u.z > 1
select t.x from t join u on t.x = u.x | select u.x from t join u on t.x = u.x
select t.x from t join u using (x) | select t.x from t join u using (name)
select x from t full join u using (x) | select t.x from t full join u using (x)
select t.x from t semi join u on t.x = u.x | select t.x from t anti join u on t.x = u.x
select a.x from t a positional join u b | select a.x from t a, u b
select a.x, b.z from t a asof join u b on a.y >= b.z | select a.x, b.z from t a join u b on a.y >= b.z
select t.x from t positional join u | select positional.x from t positional join u on true
select a.x, b.y from t a, t b where a.f < b.f | select b.x, a.y from t a, t b where a.f < b.f
select a.x, b.y from t a, t b where a.f < b.f | select a.x, b.y from t a, t b where b.f < a.f
select o from t o, u p | select o from t p, u o
select count(o) as n from t o, u p | select count(p) as n from t o, u p
select o.* from t o, u p | select p.* from t o, u p
select x from t where exists (select 1 from u where u.x = t.x) | select x from t where exists (select 1 from u where u.x = u.z)
select x from t where exists (select 1 from u where u.x = t.x) | select x from t where not exists (select 1 from u where u.x = t.x)
select x from t a where x in (select b.x from t b where b.y = a.y) | select x from t a where x in (select a.x from t b where b.y = a.y)
select (select max(z) from u where u.x = t.x) as m from t | select (select max(z) from u where x = x) as m from t
select a.y from t a where y > (select min(a.y) from t a) | select a.y from t a where y > (select min(a.y) from t b)
with t as (select z as x from u) select x from t | with c as (select z as x from u) select x from t
with c as (select x from t) select x from c | with c as (select y as x from t) select x from c
with c as (select x as a, y as b from t) select a as k from c | with c as (select x as b, y as a from t) select a as k from c
with c as (select x from t), d as (select y as x from t) select x from c | with c as (select x from t), d as (select y as x from t) select x from d
with c(a, b) as (select x, y from t) select a as k from c | with c(b, a) as (select x, y from t) select a as k from c
with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select n from r | with recursive r as (select 1 as n union all select n + 1 from r where n < 6) select n from r
select -x as x from t order by x limit 2 | select -x as k from t order by x limit 2
select -x as x from t order by x limit 2 | select -x as x from t order by t.x limit 2
select -x as x, y from t group by x, y | select -x as k, y from t group by k, y
select x as p, (select p) as q from t | select x as p, (select y) as q from t
select * exclude (x) from u | select * exclude (z) from u
select * replace (x + 1 as x) from u | select * replace (x + 1 as z) from u
select * rename (x as k) from u | select * rename (x as j) from u
select columns('x') from u | select columns('X') from u
select min(columns(*)) from u | select max(columns(*)) from u
select k, v from (select x, z from u) unpivot (v for k in (x, z)) | select k, v from (select x, z as Z from u) unpivot (v for k in (x, Z))
select alias(x) as a from (select x from t) | select alias(k) as a from (select x as k from t)
select list_transform(l, lambda e: e + x) as a from t | select list_transform(l, lambda x: x + x) as a from t
select list_filter(l, lambda e: e > 1) as a from t | select list_filter(l, lambda e: e > 2) as a from t
select [e + 1 for e in l] as a from t | select [e + 1 for e in l if e > 1] as a from t
select to_json(c) as k from (values (1)) c(Over) | select to_json(c) as k from (values (1)) c(over)
select to_json(c) as k from (select x as Filter from t) c | select to_json(c) as k from (select x as filter from t) c
select x from t using sample 3 rows (reservoir, 1) | select x from t using sample 3 rows (reservoir, 2)
select name from t order by name collate nocase limit 2 | select name from t order by name limit 2
select timestamp '2024-01-01' at time zone 'UTC' as a | select timestamp '2024-01-01' at time zone 'Asia/Tokyo' as a
select interval 1 day as a from t | select interval 1 month as a from t
select extract(year from d) as a from t | select extract(month from d) as a from t
select case when x = 1 then 1 else 2 end as a from t | select case when x = 1 then 1 end as a from t
select x from t where name = 'a' --' and x = 1 | select x from t where name = 'a'' and x = 1 --'
"""


@pytest.mark.parametrize("case", DIFFERENT.strip().splitlines())
def test_different(case: str) -> None:
    left, right = case.split(" | ")
    assert canonical(left, SCHEMA) != canonical(right, SCHEMA)


NAMES = st.from_regex(r"[a-z]{2,4}_[a-z0-9]{1,3}|\"[A-Z][a-z]{1,3} [a-z]\"", fullmatch=True)
TEMPLATES = [
    "with {a} as (select x as {b} from t), {c} as (select {b} + 1 as {d} from {a}) select {d} as k from {c} where {d}>1",
    "select {a}.x, {b}.z from t {a} left join u as {b} on {a}.x = {b}.x and {b}.z > 100",
    "select {a}.x as p from t {a} where exists (select 1 from u {b} where {b}.x = {a}.x and {b}.z > {a}.y)",
    "select {a}.{b} as k, count(*) as n from (select x as {b}, y as {c} from t) {a} where {c} > 1 group by {a}.{b}",
    "with {a}({b}, {c}) as (select x, sum(y) from t group by x) select {d}.{b} as k, {c} as s from {a} {d}",
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEMPLATES), st.lists(NAMES, min_size=4, max_size=4, unique_by=str.lower))
def test_names_do_not_matter(template: str, names: list[str]) -> None:
    renamed = template.format(**dict(zip("abcd", names, strict=True)))
    plain = template.format(a="k1", b="k2", c="k3", d="k4")
    assert canonical(renamed, SCHEMA) == canonical(plain, SCHEMA)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(QUERIES), st.integers(0, 2**32))
def test_layout_does_not_matter(text: str, seed: int) -> None:
    assert canonical(relaid(text, random.Random(seed)), SCHEMA) == canonical(text, SCHEMA)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.sampled_from(QUERIES), seed=st.integers(0, 2**32))
def test_a_change_is_seen(con: duckdb.DuckDBPyConnection, text: str, seed: int) -> None:
    """A token changed: where DuckDB's answer differs the form does too, and it means what the changed text means."""
    assert fault(con, text, mutated(text, random.Random(seed))) is None
