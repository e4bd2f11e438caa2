"""Queries that are local in their column ``k``, and some that only seem to be. Names of the kinds as they are told."""

SCHEMA = {
    "r": [("k", "INTEGER"), ("g", "VARCHAR"), ("x", "INTEGER"), ("ts", "INTEGER"), ("l", "INTEGER[]")],
    "s": [("k", "INTEGER"), ("y", "INTEGER"), ("ts", "INTEGER")],
    "t": [("k", "INTEGER"), ("z", "INTEGER")],
}

LOCAL = {
    "filter and project": "select k, x + 1 as x1 from r where x > 0",
    "projection that makes duplicates": "select k from r",
    "group by k with every aggregate": (
        "select k, count(*) as n, count(x) as c, sum(x) as s, avg(x) as a, min(x) as lo, max(g) as hi, median(x) as m,"
        " count(distinct g) as d, string_agg(g, ',' order by g) as t from r group by k"
    ),
    "group by k and another, having": "select k, g, sum(x) as s from r group by k, g having count(*) > 1",
    "distinct": "select distinct k, g from r",
    "grouping sets that all hold k": "select k, g, count(*) as n from r group by grouping sets ((k), (k, g))",
    "windows by k": (
        "select k, x, sum(x) over (partition by k) as s, rank() over (partition by g, k order by ts) as n from r"
    ),
    "qualify latest by k": "select * from r qualify row_number() over (partition by k order by ts desc, x, g, l) = 1",
    "distinct on k": "select distinct on (k) k, x, ts from r order by k, ts desc, x",
    "inner join on k": "select r.k, x, y from r join s on r.k = s.k",
    "inner join with a range": "select r.k, x, y from r join s on r.k = s.k and r.ts between s.ts and s.ts + 1",
    "left join on k": "select r.k, x, y from r left join s on r.k = s.k",
    "left join with more in on": "select r.k, x, y from r left join s on r.k = s.k and s.y > r.x",
    "left join where the right is null": "select r.k, x from r left join s on r.k = s.k where s.k is null",
    "full join on the coalesced k": "select coalesce(r.k, s.k) as k, x, y from r full join s on r.k = s.k",
    "exists": "select k, x from r where exists (select 1 from s where s.k = r.k)",
    "not exists": "select k, x from r where not exists (select 1 from s where s.k = r.k and s.y > r.x)",
    "in a subquery": "select k, x from r where k in (select k from s where y > 0)",
    "correlated scalar subqueries": (
        "select k, (select max(y) from s where s.k = r.k) as hi, (select count(*) from s where s.k = r.k) as n from r"
    ),
    "aggregation over a left join": (
        "select r.k, count(s.y) as n, sum(r.x) as s from r left join s on r.k = s.k group by r.k"
    ),
    "join of two aggregations": (
        "with a as (select k, sum(x) as sx from r group by k), b as (select k, count(*) as n from s group by k)"
        " select a.k, sx, n from a left join b on a.k = b.k"
    ),
    "window over an aggregation": (
        "select k, g, sum(x) as s, rank() over (partition by k order by sum(x)) as n from r group by k, g"
    ),
    "union all": "select k, x from r union all select k, y from s",
    "union": "select k, x from r union select k, y from s",
    "except": "select k, x from r except select k, y from s",
    "except all": "select k, x from r except all select k, y from s",
    "intersect all": "select k, x from r intersect all select k, y from s",
    "unnest": "select k, unnest(l) as e from r",
    "lateral with a limit": (
        "select r.k, r.x, b.y from r, lateral (select y from s where s.k = r.k order by y, ts limit 1) b"
    ),
    "asof join": "select r.k, r.ts, s.y from r asof left join (select k, ts, max(y) as y from s group by k, ts) s"
    " on r.k = s.k and r.ts >= s.ts",
    "self join on k": "select a.k, a.x, b.x as bx from r a join r b on a.k = b.k and a.ts < b.ts",
    "pivot with in": "select * from (select k, g, x from r) pivot (sum(x) for g in ('a', 'b') group by k)",
    "recursion that carries k": (
        "with recursive w as (select k, x from r union select w.k, s.y from w join s on s.k = w.k and s.y > w.x)"
        " select k, x from w"
    ),
}

TRAPS = {
    "a window whose partition lacks k": "select k, sum(x) over (partition by g) as s from r",
    "a window over all": "select k, count(*) over () as n from r",
    "limit": "select k, x from r order by x, k, ts, g, l limit 3",
    "not in with nulls": "select k, x from r where k not in (select k from s)",
    "an uncorrelated scalar subquery": "select k, x from r where x < (select avg(y) from s)",
    "a key from the nullable side": "select s.k, r.x from r left join s on r.k = s.k",
    "k = min(k) of another grouping": "select r.k, r.x from r join (select g, min(k) as k from r group by g) b on r.k = b.k",
    "rollup to the total": "select k, sum(x) as s from r group by rollup (k)",
    "having against a total": "select k, sum(x) as s from r group by k having sum(x) * 2 > (select sum(x) from r)",
    "a join with or": "select r.k, r.x, s.y from r join s on r.k = s.k or r.x = s.y",
    "ntile over all": "select k, ntile(2) over (order by x, k, ts, g, l) as n from r",
    "a join on coalesce(k, 1)": "select r.k, r.x, s.y from r join s on coalesce(r.k, 1) = s.k",
}

# More shapes, of which no claim may be wrong; with the claims that are expected: "linear r", "grain k", "merge", "latest".
MORE = {
    "select * from r": "linear r, grain x",
    "select k % 2 as odd, g || '!' as h, x from r": "linear r, grain odd, grain h",
    "select * from r join s using (k)": "linear r, linear s, grain k",
    "select k, x, z from r natural join t": "linear r, linear t, grain k",
    "select k, x, y from r left join s using (k)": "linear r, grain k",
    "select k, x, y from r right join s using (k)": "linear s, grain k",
    "select k, x from r semi join s using (k)": "linear r, grain k",
    "select k, x from r anti join s using (k)": "linear r, grain k",
    "select s.k, r.x from r left join s on r.k is not distinct from s.k where s.k is not distinct from r.k": "linear r",
    "select r.k, y, z from r, s, t where r.k = s.k and s.k = t.k": "linear r, linear s, linear t, grain k",
    "select r.k, y, z from r left join s on r.k = s.k left join t on r.k = t.k": "linear r, grain k",
    "select r.k, y, z from r left join s on r.k = s.k left join t on s.k = t.k": "linear r",
    "select coalesce(r.k, s.k, t.k) as k, x, y, z from r full join s on r.k = s.k full join t on coalesce(r.k, s.k) = t.k": (
        "grain k"
    ),
    "select coalesce(s.k, r.k) as k, count(*) as n from r full join s on r.k = s.k group by all": "grain k",
    "select k, x from r where k in (select k from s where k in (select z from t))": "linear r, grain k",
    "select k, x from r where k = (select max(k) from s)": "linear r",
    "select k, x, (select sum(y) from s where s.k = r.k and s.y > r.x) as n from r": "linear r, grain k",
    "select r.k, (select count(*) from s join t on s.k = t.k where t.k = r.k) as n from r": "linear r, grain k",
    "select k, (select max(y) from (select * from s where s.k = r.k) d) as m from r": "linear r, grain k",
    "select r.k, d.n from r left join lateral (select count(*) as n from s where s.k = r.k) d on true": "linear r, grain k",
    "select k, x from r union all by name select y as x, k from s": "linear r, linear s, grain k",
    "select k, x from r union all select k, ts from r": "linear r, grain k",
    "select k, 1 as c from r union all select z, 2 from t": "linear r, linear t, grain k",
    "with c as (select k, x from r) select a.k, b.x from c a join c b on a.k = b.k": "grain k",
    "with c as (select k, x from r) select a.k, b.x from c a, c b": "",
    "with recursive w as (select k, 1 as d from r union all select k, d + 1 from w where d < 3) select * from w": "grain k",
    "with recursive w as (select k, 1 as d from r union select k + 1, d + 1 from w where d < 3) select * from w": "",
    "select k, count(*) as n, sum(x) as s, min(x) as lo, max(g) as hi from r group by k": "merge, grain k",
    "select k, g, bool_or(x > 1) as o, bit_xor(x) as b, count(x) filter (x > 1) as c from r group by 1, 2": "merge, grain k",
    "select count(*) as n, sum(x) as s, min(distinct ts) as lo from r": "merge",
    "select r.g as h, count(*) as n from r join t on r.k = t.k where z > 0 group by h": "merge",
    "select r.g, count(*) as n, bool_and(z > 0) as o from r left join t on r.k = t.k group by all": "merge",
    "select distinct k, x from r": "merge, grain k",
    "select k % 2 as odd, sum(x) as s from r group by odd": "merge, grain odd",
    "select sum(x) as s from r group by k": "",
    "select k, count(distinct x) as n from r group by k": "grain k",
    "select k, avg(x) as n from r group by k": "grain k",
    "select k, sum(x::double / 4) as n from r group by k": "grain k",
    "select k, count(*) as n from r group by k having count(*) > 1": "grain k",
    "select k, x as v, ts as at from r where x > 0 qualify rank() over (partition by k order by ts desc) = 1": (
        "latest, grain k"
    ),
    "select distinct on (k, g) k, g, x from r order by k, g, x desc": "latest, grain k, grain g",
    "select k, x from r qualify row_number() over (partition by k order by ts, x) <= 1": "grain k",
    "select k, x, ts from r qualify row_number() over (partition by k order by ts, x) <= 2": "latest, grain k",
    "select k, x, ts from r qualify row_number() over (partition by k order by ts, x) = 2": "grain k",
    "select k, g, x from r qualify row_number() over (partition by k order by x, g) = 1 and g = 'a'": "grain k",
    "select k, g, rank() over (partition by k order by x) as n, count(*) over (partition by k, g) as m from r": "grain k",
    "select k, g, rank() over (partition by k order by x) as n, count(*) over (partition by g) as m from r": "",
    "select k, x from (select k, x, row_number() over (partition by k order by x, ts) as n from r) where n = 1": "grain k",
    "select a.k, n, m from (select k, count(*) n from r group by k) a full join (select k, max(y) m from s group by k) b on a.k = b.k": (
        ""
    ),
    "select r.k, count(*) as n from r join s on r.k = s.k or r.x = s.y group by r.k": "merge",
    "select k, x from r where exists (select 1 from s where s.k = r.k or s.y = r.x)": "linear r",
    "select k, e, count(*) as n from (select k, unnest(l) as e from r) group by all": "merge, grain k",
    "select r.k, u.e from r, unnest(r.l) u(e)": "linear r, grain k",
    "select g, (select count(*) from s) as n from r": "linear r",
    "pivot (select k, x % 2 as p, g from r) on p in (0, 1) using count(*) as n group by k, g": "grain k, grain g",
    "select * from (pivot t on z in (1, 2) using sum(k) group by z)": "grain z",
    "select * from t pivot (count(*) for z in (1, 2))": "",
    "select k, x from r order by x": "linear r, grain k",
    "select 1 as one from r group by ()": "",
    "select r.k, t.k as o from r positional join t": "",
    "select r.k, n from r join (select k, count(*) as n from s group by k) c on r.k = c.k": "linear r, grain k",
    "select k, x, (select first(y) from s) as y from r": "",
    "select r.k, x, d.y from r, (select y from s limit 1) d": "",
    "select k, x, (select max(y * r.x) from s where s.k = r.k) as m from r": "linear r, grain k",
    "select k, string_agg(g) as t from r left join t using (k) group by k": "grain k",
    "select k, x from r where (k, x) in (select k, y from s)": "linear r",
    "select r.k, b.k as o from r left join r b on r.k = b.k": "grain k",
    "select k from r except select z from t": "grain k",
    "select k, x from r where x > all (select y from s where s.k = r.k)": "linear r",
    "select coalesce(k, 9) as c, count(*) as n from r group by coalesce(k, 9)": "merge, grain c",
    "select k, sum(sum(x)) over (partition by k) as n from r group by k, g": "grain k",
}
