"""Queries over small tables with NULLs and duplicates, one a line, of all that DuckDB's SQL has to offer."""

SETUP = """
create table t (x integer, y integer, name varchar, d date, s struct(a integer, "B" varchar), l integer[], f double);
insert into t values (1, 10, 'a', '2024-01-31', {a: 1, 'B': 'p'}, [1, 2], 1.5), (1, 10, 'a', '2024-01-31', {a: 1, 'B': 'p'}, [1, 2], 1.5),
 (2, 20, 'B', '2024-02-29', {a: 2, 'B': null}, [3], 2.5), (3, null, null, null, null, null, null),
 (null, 5, 'b', '2023-12-31', {a: 5, 'B': 'q'}, [], -1.0), (4, -7, 'A_b', '2024-03-01', {a: 4, 'B': 'r'}, [4, null], 0.1);
create table u (x integer, z integer, name varchar);
insert into u values (1, 100, 'u1'), (2, 200, 'a'), (2, 201, 'b'), (null, 300, null), (7, null, 'u7'), (3, 10, 'A');
create table region (region varchar, k integer, j json);
insert into region values ('n', 1, '{"K": 1, "k": 2}'), ('s', 2, null), (null, 3, '{"K": 3}');
"""
SCHEMA = {
    "t": [("x", "INTEGER"), ("y", "INTEGER"), ("name", "VARCHAR"), ("d", "DATE"), ("s", "STRUCT"), ("l", "INTEGER[]"), ("f", "DOUBLE")],
    "u": [("x", "INTEGER"), ("z", "INTEGER"), ("name", "VARCHAR")],
    "region": [("region", "VARCHAR"), ("k", "INTEGER"), ("j", "JSON")],
}  # fmt: skip

QUERIES = r"""
select x, y from t
select X, "Y" as "Yy" from T
select t.x, u.z from t join u on t.x = u.x
select a.x, b.x from t a left join u b on a.x = b.x and b.z > 100
select a.x, b.x from t a left join u b on a.x = b.x where b.z > 100
select a.x, b.z from t a right join u b using (x)
select x, z from t full join u using (x)
select t.x, u.x, x from t full join u using (x)
select * from t natural join u
select * from t join u using (x)
select * exclude (d, s), x + 1 as x1 from t
select * replace (x + 1 as x) from t
select * rename (x as xx) from t
select t.* exclude (x), u.* from t, u where t.x = u.x
select x from t where (x = 1) and (y <> 20)
select x from t where (x = 1 or x = 2) and y = 10
select x from t where not (x = 1) and not (y = 20)
select x from t where x between 1 and (2) and y > 0
select x from t where (x between 1 and 2) and (y > 0)
select x from t where x in (1, 2) or (x) in ((3))
select x from t where (x, y) in ((1, 10), (2, 20))
select (x), ((y)), (x + 1) * 2, -(x), - (x + 1) from t
select cast(x as varchar) || 'a', x::varchar || 'a', cast(x + 1 as bigint)::varchar from t
select cast(l as varchar[])[1], cast(x as decimal(10, 2)), cast(d as timestamp) from t
select cast(-1 as integer) ** 2, -1::integer ** 2, -cast(1 as integer) from t
select try_cast(name as integer), try_cast('1' as int) from t
select x, count(*) c, sum(y) s from t group by x having count(*) > 1
select x, count(*) c from t group by all order by all
select x + 1 as p, count(*) from t group by p order by p
select -x as x, count(*) as n from t group by x
select -x as x from t order by x limit 2
select -x as x from t order by x + 0, y limit 2
select x as y, y as x from t order by x, y limit 3
select x as k, y from t order by k nulls first limit 2
select x from t order by x nulls first limit 1
select x from t order by x desc nulls last limit 2 offset 1
select distinct x, y from t
select distinct on (x) x, y from t order by x, y
select x from t union select x from u
select x from t union all select x from u
select x from t intersect select x from u
select x from t except all select x from u
select x, name from t union all by name select name, x from u
select x as p from t union all select z as q from u order by p limit 3
(select x from t order by x limit 1) union all (select z from u order by z limit 1)
with c as (select x, sum(y) as total from t group by x) select c.x, total from c join u on u.x = c.x
with c as (select x as p, y as q from t), e as (select p, q + 1 as r from c where q > 5) select e.p, r from e
with c(a, b) as (select x, y from t) select b, a from c where a > 1
with c as materialized (select * from t) select x from c a join c b using (x)
with t as (select x + 1 as x from t) select x from t
with c as (select 1 as x union all select 2) select x from c order by x
with c as (select * from t), e as (select * exclude (y) from c) select x, name from e
with c as (select t.*, u.z from t left join u on t.x = u.x) select x, z from c
with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select n from r
select q.p from (select x as p, y from t) q where q.p > 1
select p from (select x as p from t) where p > 1
select p from (select x p from t) s(pp), (select z as p from u) where pp = 1
select k from (select x from t) d(k) order by k limit 2
select x, (select max(z) from u where u.x = t.x) as m from t
select x from t o where exists (select 1 from u where u.x = o.x and z > o.y)
select x from t where x in (select x from u where z > 100)
select x from t where x not in (select x from u where x is not null)
select x from t where y > all (select x from u where x is not null)
select x from t where y = any (select z / 10 from u)
select a.x from t a where (select count(*) from t b where b.x = a.x) > 1
select x, (select y from u where u.x = t.x limit 1) as c from t
select x, row_number() over (partition by name order by y, x) as rn from t
select x, sum(y) over (order by x rows between 1 preceding and current row exclude current row) from t
select x, sum(y) over w, min(y) over w from t window w as (partition by x order by y)
select x, lag(y ignore nulls) over (order by x, y) from t
select x from t qualify row_number() over (partition by x order by y) = 1
select x, row_number() over (order by y, x, name) as rn from t qualify rn <= 2
select sum(y) filter (where x > 1), count(distinct name), list(x order by y desc) from t
select string_agg(name, ',' order by name), max(x) - min(x) from t
select x, y, sum(f) from t group by grouping sets ((x), (y), ())
select x, y, count(*) from t group by rollup (x, y)
select s.a, s."B", t.s.a, (s).a, s['B'] from t
select o.s.a as sa from t as o where o.s.a > 1
select l[1], l[1:2], l[-1], len(l) from t
select list_transform(l, lambda e: e + x) from t
select list_filter(l, lambda x: x > 1) from t
select [e + 1 for e in l if e > 1] from t
select unnest(l) as e, x from t
select x, e from t, unnest(l) as w(e)
select x, e from t cross join lateral (select unnest(t.l) as e)
select n, x from range(3) r(n) join t on t.x = n
select g.n from generate_series(1, 3) as g(n)
select v.p, v.q from (values (1, 'a'), (2, null)) as v(p, q)
select p from (values (1), (2)) v(p)
values (1, 'a'), (2, 'b')
select {a: x, 'b': y}, struct_pack(k := x, "K2" := y) from t
select struct_pack(x, y) from t
select row(x, y), (x, y) from t
select t from t
select o from t o, u p
select count(o) from t o
select to_json(c) from (select x as "Foo", y from t) c
select columns('x|y') from t
select min(columns(*)) from u
select * like 'n%' from t
select region from region
select region.region, k from region
select r.region from region r where region is not null
select region.k from region
select j.K, j.k, j->'K', j->>'$.k' from region
select x from t where name like 'a\_%' escape '\'
select x from t where name ilike 'A%' or name similar to '[a-z]+' or name glob 'A*'
select name collate nocase from t order by name collate nocase, name limit 3
select x is distinct from y, x is not distinct from 1, x is null, y notnull from t
select x // 2, x / 2, x % 2, x ^ 2, x ** 2, 7 & x, x << 1 from t
select 1.0, 1.00, 1e2, 1_000, 007, .5, 5., 1.0 + 1.00 from t
select typeof(1.0 + 1.00), typeof(1), typeof(1::smallint), typeof(1e0) from t
select 'it''s', e'a\tb', $$d'q$$, 'a -- no /* comment', "name" from t
select e'it\'s -- x' as p, x from t
select date '2024-01-01', interval 1 day, interval '2' month, d + interval (x) day from t
select extract(year from d), date_part('month', d), date_trunc('month', d), year(d) from t
select timestamptz '2024-01-01 12:00:00+00' = timestamp '2024-01-01 12:00:00' at time zone 'UTC' from t
select case when x = 1 then 'one' when (x = 2) then 'two' else (name) end from t
select case x when 1 then 2 else (x + 1) end from t
select coalesce(x, y), nullif(x, 1), greatest(x, y), ifnull(x, 0) from t
select x from t tablesample 100 percent
select x from t using sample 100% (bernoulli)
select name from t where name ~ '^a' or regexp_matches(name, 'B') or name ^@ 'A'
select substring(name from 1 for 1), trim(both 'a' from name), position('a' in name) from t
from t
from t select x where x > 1
from t as o select o.x, y order by all
select x: 1, t.y from t
select x as 'lit', y "quoted alias" from t
select x select_, y from_ from t
select count(*), count(x), count(distinct x), count(*) filter (x > 1) from t
select a.x from t a semi join u b on a.x = b.x
select x from t anti join u using (x)
select a.x, b.z from t a asof join u b on a.y >= b.z
select a.x, b.z from t a positional join u b
select t.x from t cross join u where t.x = u.x
select a.x, b.x, c.x from t a join (u b join t c on b.x = c.x) on a.x = b.x
select x from (t join u using (x))
select a.name, b.name from t a, t b where a.x = b.x and a.y = b.y
pivot t on name using sum(y) group by x
select * from (pivot t on x in (1, 2) using sum(y) group by name)
unpivot u on x, z into name k value v
select * from t pivot (sum(y) for x in (1, 2))
select k, v from (select x, z from u) unpivot (v for k in (x, z))
select alias(x), alias(x + 1) from t
select current_date is not null, today() is not null from t
select x from t limit (select 2)
select x from t order by 1, y limit 50%
select max(x) as x from t having x > 1
select sum(x) as total, total + 1 as more from t
select x + 1 as a, a * 2 as b, b - a as c from t where a > 1
select x as p, (select p) as q from t
select y as p, (select max(p) from (select z as p from u)) from t
select name, x from t group by name, x having sum(y) > 5 order by sum(y) desc, name
select first(x order by y), arg_max(name, y), mode(x), quantile_cont(y, 0.5) from t
select main.t.x from main.t
select t.x from main.t
select x from t -- comment's end
select /* a /* nested */ b */ x from t
select 'a'
select x, 'a' 'b' from t
select x from t where x<-1 or x>-1 or x!=2 or x=-1
select x from t where x != -1 and y!=10 and 1<>2
select not x = 1, not (x = 1), (not x) = 1 from t where (x > 0) or not (y > 0)
select (x = 1) = (y = 10), x = 1 and (y = 10) = true, ((x)) from t
select x from t where (x = 1) is not true and (y > 0) is not null
select x - (y - 1), x - (y), (x - y) - 1, x / (y * 2), 2 ** (3 ** 1) from t
select (x)::varchar, (x + 1)::varchar, (sum(x))::varchar from t group by x
select x in (1, 2) and (y) in (10), (x) between (1) and (2) from t
select (select x), (select (select x + y)) from t
select (with c as (select t.x as k) select k + 1 from c) from t
select max(case when (x > 1) then (y) end) over (partition by (name)) from t
select 0x1F, 0b11, 1e-2, -0.0 from t
select array(select x from u order by z), array[1, 2], [x, y], map {'k': x} from t
select map {'a': 1}['a'], {'a': {'b': x}}.a.b from t
select unnest({a: x, b: y}) from t
select unnest(s) from t
select list(s) from t
select struct_insert(s, c := x), s.a as a from t order by a
select s.a from t order by s.a
select x from t order by t.y, u_ limit 2
select u1.x from u u1 join u u2 on u1.x = u2.x and u1.z < u2.z
select cast(x as struct(A int)) from (select {a: 1} as x)
select 1 as "Select", 2 as "from"
select t1.x t1 from t t1 order by t1
select x z from t order by z
select x y from t order by y, t.y
select x y from t where y > 5
select x y from t group by x having y > 1
select u.x, (select count(*) from t where x = u.x) n from u
select u.x, (select count(*) from t where t.x = x) n from u
with a as (select x from t), b as (select x from a) select * from b, a where a.x = b.x
with a as (select x from t), b as (select x, x + 1 as "X1" from a) select b.* from b
with c as (select x, x from t) select * from c
with c as (select x, count(*) from t group by x) select * from c
with c as (select x, count(*) from t group by x) select "count_star()" from c
with c as (select s.a from t) select a from c
with c as (with d as (select x as k from t) select k from d) select k from c
select * from (select * from (select x as a1, y as b1 from t) where b1 > 5) order by a1
select d1.* from (select x, name from t) d1 join (select x, z from u) d2 on d1.x = d2.x
select name, (select list(k order by k) from (select z as k from u where u.x = t.x)) from t
with c as (select s.a, x as "A2", y as a from t) select a from c
with c as (select unnest(s), y as a from t) select a from c
with c as (select #1, y as x from t) select x from c
with c as (select x, (s).a from t) select x from c
with c as (select *, 1 as v from unnest([1, 2]) as w(v)) select v from c
select x from t where x in ((l[1]))
select x from t where x in (y) or (x) in (select (x) from u)
select to_json(c) from (select x as Filter, y "Over" from t) c
select 1 where (1) in ((1)) and ((2) = (2))
select a.* from (select x as k, y from t) a, (select x as k from u) b where a.k = b.k
select k, count(*) from (select x % 2 as k, y from t) group by k order by k
select k + 1 as k, k as j from (select x as k from t) order by k, j
select x, sum(y) over (order by x range between 1 preceding and 1 following exclude ties) from t
select grouping(x), x, count(*) from t group by cube ((x), (y))
""".strip().split("\n")
