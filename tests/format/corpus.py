"""Queries to lay out: those of the examples, and one for each form that DuckDB has besides."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"

FORMS = (
    "select 1",
    "select a,b -- one\n, c /* x */ from t where a='x' and b between 1 and 2 -- end\n;-- last",
    "/* head */ select /*a*/ 1 as x, /* b */ 2 -- z\n from (from t select * exclude (a)) u -- t\n-- own\nwhere x",
    "select 'a'\n'b', 'c' as \"d\", e'x\\n', $$a 'b' c$$, $q$ -- no comment $q$, \"Odd -- name\", '/* no comment */' from t",
    "select case when a then 1 -- one\n when b then 2 else 3 end, case x when 1 then 'a' end as \"end\" from t",
    "select [1,2\n,3], {'a':1,'b':{'c':2}}, x[1:2], t.*, f(a:=1), list_transform(l, y -> y+1), map{'a':1} from t",
    "select DECIMAL '1', a::DECIMAL(12,2), cast(b as STRUCT(a INT,b VARCHAR[])), x.y.z, -a, a- -1, 1e-5, .5, a//b from t",
    "select * from t pivot (sum(x) for y in (1,2) group by z)",
    "from t",
    "from t select x where y group by all order by all limit 5 offset 2",
    "(select 1) union all by name (select 2) order by 1",
    "select 1 union select 2 intersect select 3 except all select 4",
    "values (1,2),(3,4)",
    "select * from (values (1,'a'),(2,'b')) as v(i,s)",
    "with recursive a(n) as (select 1 union all select n+1 from a where n<5), b as materialized (select 2) from a, b",
    "select sum(x) filter (where y>1) over (partition by a,b order by c desc nulls last rows between unbounded preceding"
    " and current row) from t window w as (partition by a) qualify row_number() over w = 1",
    "select a is not distinct from b, extract(year from d), trim(both ' ' from s), a in (1,2,3), a not in (select 1),"
    " exists (select 1 from u where u.a=t.a), interval 1 day, date '2024-01-01', a similar to 'b' from t",
    "select * from a join b using (x) left join c on a.x=c.x and (a.y=c.y or a.z=c.z) asof join d on a.t>=d.t"
    " positional join e, lateral (select a.x) f cross join g",
    "select * replace (a+1 as a), columns('x.*'), count(*), count(distinct a), t from t using sample 10%",
    "select a, (select max(b) from u where u.a = t.a and u.c = (select min(c) from v)) as m from t where (a or b) and not c",
    "select left(a, 1), right(b, 2), if(a, b, c), coalesce(a, b), $p, $other_param + 1 from t where day >= $p",
    "select grouping(a), a from t group by grouping sets ((a), (a, b), ()), rollup (c, d), cube (e)",
    "select aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb + cccccccccccccccccc"
    " + dddddddddddddddddd as total from t where x in (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26)",
    'select first(x order by y) as from_, "select", t."order", [z for z in l if z > 1] from t as "where"',
)


def corpus() -> list[str]:
    """All queries."""
    found = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.rglob("*.sql"))]
    assert len(found) > 30
    return [*FORMS, *found]
