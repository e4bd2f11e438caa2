from t

from t select x, y

from t where x > 1

from t select x order by all

select * from t

select t.* from t

select x, y, from t

select x as a, y as b, from t group by all

a: x + 1, b: y from t

select a: x, b: y + 1 from t

select T.X, "Y", t."name" from T

select x as "A b", y as "c""d", name as "SELECT" from t

select x as ünïcode, y as "日本", name as "naïve 😀" from t

select x, x, x from t

select x as a, y as a, name as A from t

select x + 1, x + 1, count(*) over () from t

select sum(x), sum(x), max(y) from t

select 1, 'a', null, true, 1.5, [1, 2], {'k': 1}

select null as n

select x, null as n, null::integer as i, [] as l, [null] as ln, {'a': null} as sn from t

select "group", "a b", "ünï", "x$y", CamelCase from "order"

from "order" select * exclude ("a b")

select "order"."group" from "order"

select o."x$y", o."a b" || '!' as "p q" from "order" as o where o."group" > 1

select x$y, camelcase from "order"

table t

table "order"

values (1, 'a'), (2, 'b')

from (values (1, 'a'), (2, null)) as v(n, s)

from (values (1), (2)) v

select * from (select x from t) sub

select * from (from t) as q(a, b)

select * exclude (l, s) from t

select * exclude name from t

select * replace (x * 2 as x) from t

select * exclude (d) replace (upper(name) as name) from t

select * rename (x as ex, name as nm) from t

select t.* exclude (s, l), u.z from t join u on t.x = u.x

select columns('^[xy]$') from t

select columns('(x|y)') as 'c_\1' from t

select columns(c -> c in ('x', 'y')) from t

select columns(lambda c : c like 'n%') from t

select min(columns(['x', 'y'])), max(columns(['x', 'y'])) from t

select sum(columns(* exclude (name, d, s, l))) from t

select coalesce(*columns(['x', 'y'])) as first_known from t

select columns(* replace (x + 1 as x)) from u

select * like 'n%' from t

select * similar to '[xy]' from t

select unnest(l) as e from t

select x, unnest(l) as e from t

select unnest(s) from t

select unnest([{'a': 1, 'b': [2]}, {'a': 3, 'b': [4]}], recursive := true)

select x, e from t, unnest(l) as q(e)

select t.x, q.e from t, lateral (select unnest(t.l) as e) as q

select t.x, r.i from t, range(t.x) as r(i)

select * from range(3)

select * from range(1, 10, 3) as r(n)

select * from generate_series(1, 3) as g(n)

select i, j from range(3) a(i), range(2) b(j)

select * from unnest([1, 2, 3]) with ordinality as q(v, o)

select * from range(date '2024-01-01', date '2024-01-04', interval 1 day) as days(day)

select * from repeat('x', 3)

select key, value, type from json_each('{"a": 1, "b": [2]}')

select fullkey, atom from json_tree('{"a": {"b": 1}}')

select r.region, e.key, e.value from region r, json_each(r.j) e

select t.x, u.z from t join u on t.x = u.x

select t.x, u.z from t left join u using (x)

select x, t.name, u.name from t full outer join u using (x)

select * from t natural join u

select t.x, u.x as ux from t cross join u

select t.x, u.x from t, u where t.x = u.x

select x from t semi join u using (x)

select x from t anti join u using (x)

select x, y from t semi join u on t.x = u.x and u.z > 150

select a.x, b.x from u a left join u b on a.x = b.x and b.z > 100

select t.x, v.z from (select * from t order by x) t positional join (select * from u order by z) v

select t.x, u.z from t asof join u on t.x >= u.x

select t.x, u.z from t asof left join (select * from u where x is not null) u on t.x >= u.x

select t.x, u.z from t asof join u using (x)

select * from t join lateral (select max(z) as mz from u where u.x = t.x) m on true

select x, (select max(z) from u where u.x = t.x) as mz from t

select x from t where exists (select 1 from u where u.x = t.x)

select x from t where x in (select x from u)

select x from t where x in (from u select x)

select x from t where (x, name) in (select x, name from u)

select x from t where x not in (1, 2)

select x from t where x > all (select 1)

select x from t where x = any (select x from u)

select x from t where x in [1, 2]

select name, x in l as inside from t

select array(select x from u order by x) as xs

select x, row_number() over (partition by name order by y, x) as rn from t qualify rn = 1

select x, sum(y) over w as s from t window w as (partition by x)

select x, sum(y) over (order by x, y rows between 1 preceding and current row) as s from t where d is distinct from date '2024-01-31'

select x, sum(y) over (order by x range between unbounded preceding and current row exclude ties) as s from t

select x, count(*) over (order by x groups between 1 preceding and 1 following) as c from t

select x, first_value(y) over (partition by x order by y nulls last) as f, nth_value(y, 2) over (partition by x order by y) as n from t

select x, lag(y, 1, 0) over (order by x, y) l, lead(y ignore nulls) over (order by x, y, name) as le from t

select x, ntile(2) over (order by x, y), rank() over (order by x), dense_rank() over (order by x), percent_rank() over (order by x), cume_dist() over (order by x) from t

select x, sum(y) filter (where y > 5) over (partition by x) as s from t

select x, count(*) filter (where y > 5), sum(y) filter (y > 5) from t group by x

select name, count(*) from t group by name having count(*) > 1

select x, y, count(*) from t group by rollup (x, y)

select x, y, count(*), grouping(x, y) from t group by cube (x, y)

select x, y, count(*) from t group by grouping sets ((x), (y), ())

select x as k, count(*) from t group by k

select x, count(*) from t group by 1 order by 1

select x, y % 10 as m, count(*) as n from t group by all having n > 0

select count(*), count(x), count(distinct x), sum(distinct y) from t

select quantile_cont(y, 0.5), percentile_cont(0.5) within group (order by y), mode() within group (order by x) from t

select string_agg(name, ',' order by name), list(x order by x desc), arg_max(name, y), first(x order by y) from t

select histogram(x), approx_count_distinct(x), bool_and(x > 0), bit_or(x), product(x), kurtosis(f) from t

select distinct x from t

select distinct on (x) x, y from t order by x, y nulls last

select distinct on (x % 2) x % 2 as odd, x from t where x is not null order by x % 2, x

select x from t order by x limit 2

select x from t order by x nulls first limit 2 offset 1

select x from t order by x desc nulls last fetch first 3 rows only

select x from t order by all limit 50%

select x, y from t order by x, y, all

select x from t limit (select count(*) from u)

select name from t order by name collate nocase, name limit 3

select name from t where name collate nocase = 'A'

select x from t union select x from u

select x from t union all select x from u

select x, name from t union by name select name, x, z from u

select x, name from t union all by name select z, x from u

select x from t intersect select x from u

select x from t except all select x from u

(select x from t) union (select x from u) order by x limit 3

select x from t union all (select x from u except select 1)

with c as (select x from t) select * from c

with c as (select x from t), d as (select * from c where x > 1) from d

with t as (select x + 1 as x from t) select * from t

with u as (select 1 as k) select * from t, u

with c(a, b) as (select x, y from t) select a, b from c

with c as materialized (select x from t), d as not materialized (from c) select * from c join d using (x)

select * from (with t as (select 7 as seven) from t) a, u

(with t as (select 1 as x) select x from t) union all select x from t

with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) from r

with recursive t(x, y) as (select x, y from t where x = 1 union select x + 1, y from t where x < 4) select * from t

with recursive r(k, n) using key (k) as (select 1, 1 union select k, n + 1 from r where n < 4) from r

with recursive w(k, n) using key (k) as (select 1, 1 union select w.k, w.n + old.n from w, recurring.w as old where w.n < 9) from w

with recursive a as (select 1 as n union all select n + 1 from a where n < 3), b as (select n * 2 as m from a) select m, z from b left join u on u.x = b.m

pivot t on x in (1, 2) using sum(y)

pivot t on x in (1, 2) using sum(y) as s, count(*) as c group by name

pivot (select x, name, y from t) on x in (1, 2), name in ('a', 'B') using max(y)

from t pivot (sum(y) for x in (1, 2) group by name)

select * from (pivot u on x in (1, 2) using count(*) group by name) order by name

with p as (pivot u on x in (1 as one, 2 as two) using sum(z) group by name) from p

pivot_wider u on x in (1, 2) using sum(z) group by name

unpivot (select x, y from t) on x, y into name k value v

unpivot t on columns(* exclude (name, d, s, l, f)) into name k value v

from (select x, y, name from t) unpivot (v for k in (x, y))

from (select x, y, name from t) unpivot include nulls (v for k in (x, y))

unpivot (select x, y, y + 1 as z, x + 1 as w from t) on (x, y), (w, z) into name k value v1, v2

select s.a, s."B", s['a'] as sa, (s).a as sb, t.s.a as sc from t

select s.* from t

select struct_pack(a := x, b := y) as st, {'p': x, 'q': {'r': y}} as nested, row(x, y) as rw from t

select struct_insert(s, c := 1) as s2, struct_extract(s, 'a') from t

select l[1], l[-1], l[1:2], l[:-1:2], l[2:], len(l), list_contains(l, 1) from t

select [x, y] as p, [[1, 2], [3]] as nested, [1, 2] || [3] as cat, array_value(1, 2, 3) as arr, [1, 2, 3]::integer[3] as fixed from t

select list_transform(l, lambda e : e + x) as m, list_filter(l, lambda e, i : e > i) as f, list_reduce(l, lambda a, b : a + b, 0) as r from t

select [e * 2 for e in l] as doubled, [e for e in l if e > 1] as big, [e + i for e, i in l] as moved from t where l is not null

select list_sort(l, 'desc'), list_aggregate(l, 'sum'), l.list_sum(), list_distinct(l), flatten([l, l]) from t

select map {'a': 1, 'b': 2} as m, map(['k'], [x]) as m2, map_keys(map {'z': y}), (map {'a': x})['a'] as v from t

select map_from_entries([(1, 'x'), (2, 'y')]) as m, cardinality(map {1: 2})

select union_value(num := x) as un, union_tag(union_value(num := x)) as tag from t

select union_value(num := 1)::union(num integer, txt varchar) as un, ('a'::union(num integer, txt varchar)).txt as txt

select name[1:2], name[1], name[-1], 'duckdb'[2:3] as uc from t

select upper(name), name.upper(), name.upper().lower().replace('a', 'ä'), name || '!' || x from t

select 'a' 'b' as one, e'tab\there' as tabbed, $$dollar 'quoted' $x$$ as dq, $tag$in $$ tag$tag$ as tq, 'it''s' as ap

select 'semi;colon' as a, '-- no comment' as b, '/* nor this */' as c, 'percent % and $sign' as d, ':x ?' as e

select format('{} is {:.2f}', name, f), printf('%d', x), concat_ws('-', name, x, null) from t

select regexp_matches(name, '^[a-z]'), regexp_extract(name, '(.)(.)', 1), name similar to 'a|b', name ~ 'a', name !~~ 'b%' from t

select name like 'A\_%' escape '\', name ilike 'a%', name glob 'A*', name not like 'b', starts_with(name, 'a') from t

select trim(both 'x' from 'xax'), substring('abc' from 2 for 1), position('b' in 'abc'), overlay('abc' placing 'X' from 2), extract(year from d) from t

select left(name, 1), right(name, 1), lpad(name, 5, '*'), repeat('ab', 2), reverse('abc'), split_part('a,b', ',', 2), string_split('a b', ' ') from t

select 1 + 2 * 3 as a, 7 // 2 as b, 7 / 2 as c, 7 % 3 as d, 2 ** 10 as e, 5 & 3 as f, 5 | 3 as g, 1 << 3 as h, -(-1) as i, ~5 as j, 5! as k, @(-5) as l

select 1_000_000 as a, 1e3 as b, .5 as c, 5. as d, 0xff as e, 0b101 as f, 123456789012345678901234567890 as g, 1.50::decimal(10, 3) as h

select x::varchar, cast(x as double), try_cast(name as integer), x::bigint::decimal(10, 2), integer '7', cast('[1,2]' as integer[]) from t

select date '2024-02-29' + interval 1 year as a, timestamp '2024-01-01 10:00:00' - interval '90 minutes' as b, d - date '2024-01-01' as c, interval (x) day as e, d + x as f from t

select timestamptz '2024-01-01 10:00:00+02' at time zone 'UTC' as a, '2024-01-01 00:00:00'::timestamptz as b, ts at time zone 'Europe/Berlin' as c, tz from ev

select date_trunc('month', ts), date_part('dow', ts), extract(epoch from ts), strftime(ts, '%Y-%m'), strptime('2024-01', '%Y-%m'), time '10:11:12', ts::date, ts::time from ev

select date_diff('day', d, date '2024-12-31'), age(timestamp '2024-12-31', d::timestamp), last_day(d), d.year(), dayname(d), time_bucket(interval '1 week', d) from t

select iv, iv * 2, iv + interval 1 hour, ts + iv, tz - iv, datepart('hour', ts), epoch_ms(ts), make_timestamp(2024, 1, 2, 3, 4, 5.6) from ev

select m['a'], map_extract(m, 'a'), m.map_keys(), e, e::varchar, v, v * 2, v / 3, sum(v) over () from ev

select uu, h, h + 1, bl, bl || '\xAA'::blob, arr, arr[2], array_cosine_similarity(arr::float[3], arr::float[3]), b, b & b from ev

select nested, nested[1].a.b[1], nested[1]['a']['b'] from ev

select j -> 'K', j ->> 'k', j -> '$.K', j ->> '$.k', json_extract_string(j, '$.K')::int, j.K from region

select '{"a": [1, {"b": 2}]}'::json as j, '{"a": [1, 2]}'::json -> 'a' ->> 0 as z, json_object('x', x), to_json(s), [1, 2]::json from t

select json_transform('{"a": 1}', '{"a": "INTEGER"}') as st, from_json('[1]', '["INTEGER"]') as li, json_group_array(x order by x, y) from t

select case when x > 2 then 'big' when x is null then null else 'small' end as size, case x when 1 then 'one' end as word, if(x > 1, 1, 0) as flag, ifnull(y, 0), nullif(x, 1), coalesce(y, x, 0) from t

select x is null, x isnull, x notnull, x is not null, x is distinct from 1, x is not distinct from null, x between 1 and 2, x not between symmetric 2 and 1 from t

select not x = 1 and y > 3 or name is null as p, (x > 1) is true as q, (x > 1) is not unknown as r from t where not (x is null)

select greatest(x, y), least(x, y, 3), abs(x), round(f, 1), floor(f), sign(y), pi(), mod(x, 2), gcd(4, 6), width: x from t

select t from t where x = 4

select t.x, u from t join u on t.x = u.x

select count(t) as n, any_value(t) is null as nothing from t where x = 3

select q from (select 1 as a, 2 as b) q

select hash(x) = hash(x) as h, md5(name), typeof(x), typeof(l), encode(name), base64(encode('abc')), alias(x) from t

select x as "order", y as "limit", name as "from" from t order by "order", "limit" limit 3

select x as filter, y as year, name as date, f as timestamp, d as interval from t

select year, month from (select extract(year from d) as year, month(d) as month from t)

select x first, y last, name key, f value, d type from t

-- a comment first
select x -- one behind
     , y /* within */
from /* a /* nested */ one */ t -- the last, without a line end

select x from t; -- a comment behind the end

select x from t ;;

/* head */ select /* a */ x /* b */ as /* c */ y /* d */ from /* e */ t /* f */ ; /* g */

	select	x	from	t

SELECT x
FROM t
WHERE name = 'a
b' OR x = 2

select 'ünï' as a, x from t where name <> '日本語' and x = 1

SeLeCt X, nAmE fRoM T wHeRe NaMe Is NoT nUlL

select (((x))) as x from (((t)))

(((select x from t)))

select * from (t join u using (x))

select * from (t cross join (u join region on region.k = u.x))

select a.x, b.x, c.k from t as a join u as b on (a.x = b.x) left join region c on c.k = a.x

select t1.x from t t1 where not exists (from u t2 where t2.x = t1.x and t2.z > (select avg(z) from u))

select max(x) as x from t having max(x) > 0

select 1 where false

select x from t where false

select count(*) from (select 1 where false)

select exists(from t where x = 9) as a, (select x from t where x = 4) as b, x in (select x from u) as c from t

select sum(x) over (), sum(sum(x)) over () from t group by x

select x, list({'y': y, 'n': name} order by y, name) as ys from t group by x

select first(name order by y desc) as f, max(x, 2) as top, min_by(name, y, 2) as low from t

select x, y from t group by x, y order by sum(f) nulls last, x, y limit 4

select x from t tablesample 100%

from t using sample 100 percent (bernoulli)

select #1, #2 from u

select * from t where s.a > 1 and list_contains(l, 3)

select name, count(*)::int as n from (select name from t union all select name from u) group by name order by n desc, name limit 2

select equi_width_bins(0, 10, 2, true), bar(2, 0, 4, 4), format_bytes(1024), chr(65), unicode('a'), ascii('b'), strip_accents('é')

select try(cast('x' as integer)) as a, error is null as b from (select null as error)

select variant_typeof(1::variant) as a, x::variant as v from t where x = 1

select x'4142' as hex, b'101' as bits from t where x = 4

select getbit: get_bit('101'::bit, 1), cast(3 as utinyint), 3::uhugeint, 3::int1, 3::float4, 'x'::text, true::bool, 1::signed

select * from t as "My T" where "My T".x = 1

select x as "this" from t

select greatest(d, date '2024-01-01'), d >= '2024-02-01' as later, d::timestamp, d || '' from t

select is_finite: isfinite(f), f::decimal(4, 1), 'nan'::double as nn, 'inf'::double as i, '-infinity'::date as dinf from t

select approx_quantile(x, 0.5), reservoir_quantile(1, 0.5), entropy(x), corr(x, y), regr_slope(y, x), stddev(f), var_pop(f) from t

select unnest(generate_series(1, 3)) as n, unnest([10, 20]) as m

select generate_subscripts([7, 8, 9], 1) as i

select list_zip([1, 2], ['a', 'b']), list_slice([1, 2, 3], 1, 2), array_to_string([1, 2], ','), range(3), list_value(1, 2)

select cast({'a': 1, 'b': 'x'} as struct(a bigint, b varchar)) as st, cast(row(1, 2) as struct(p int, q int)) as r2

select x from t where name in ('a', 'B') and x is not null order by case when x = 1 then 0 else 1 end, x, y
