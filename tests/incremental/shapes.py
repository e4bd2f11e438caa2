"""Queries of every kind of operator, over relations that all have the columns ``k g x d t m`` and give them again.

So any query can stand on any other. What depends on an order has a total one: rows that tie in it are the same row.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.incremental.draws import COLUMNS, Draw, plain, total
from tests.incremental.kept import KEPT

# Each kind of query: its text over two relations, that may be the same. How many rows it gives: at most as many as the
# first has (1), a few (0), a product by key (2), both together (3).


def _filter(q: Draw, a: str, b: str) -> str:
    p, _, w = q.names
    text = f"select {q.row(p)} from {a} as {p} where {q.where(p)}"
    return q.one(text, f"with {w} as (from {a} as {p} where {q.where(p)}) select {q.row(w)} from {w}", aspect="form")


def _star(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    return q.one(f"from {a} as {p} where {q.where(p)}", f"select * replace (x + 1 as x) from {a}", aspect="form")


def _repeated(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    return f"select {q.row(p, x=f'{p}.x % 2', d='0.5::double', t='null::date')} from {a} as {p}"


def _join(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    on = q.one(
        f"{p}.k = {o}.k", f"{p}.k = {o}.k and {p}.x < {o}.x", f"{p}.k = {o}.k and {p}.g = {o}.g",
        f"{p}.k is not distinct from {o}.k and {p}.t = {o}.t", f"{o}.g = {p}.g and {p}.k < {o}.k", aspect="form",
    )  # fmt: skip
    return f"select {q.row(p, d=f'{o}.d', g=f'{o}.g')} from {a} as {p} join {b} as {o} on {on} where {q.where(p)}"


def _theta(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    few = f"(select distinct k, g from {b} where {q.where(b)}) as {o}"
    on = q.one(f"{p}.k = {o}.k or {p}.g = {o}.g", f"{p}.k < {o}.k", f"coalesce({o}.k, 1) = {p}.k", aspect="form")
    return f"select {q.row(p, g=f'{o}.g')} from {a} as {p} join {few} on {on}"


def _outer(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    on = q.one(f"{p}.k = {o}.k", f"{p}.k = {o}.k and {o}.x > 3", f"{p}.k = {o}.k and {p}.g = 'a'", aspect="form")
    where = q.one("", f" where {o}.k is null", f" where {q.where(p)}", f" where {q.where(o)}", aspect="filter")
    return f"select {q.row(p, d=f'{o}.d', m=f'coalesce({o}.m, 0)')} from {a} as {p} left join {b} as {o} on {on}{where}"


def _nullable_key(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    side = q.one("left", "right", aspect="form")
    return f"select {q.row(p, k=f'{o}.k')} from {a} as {p} {side} join {b} as {o} on {p}.k = {o}.k"


def _full(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    k, on = f"coalesce({p}.k, {o}.k)", f"on {p}.k = {o}.k"
    return q.one(
        f"select {q.row(p, k=k, g=f'{o}.g')} from {a} as {p} full join {b} as {o} {on}",
        f"select k, {p}.g, {o}.x, {o}.d, {p}.t, {p}.m from {a} as {p} full join {b} as {o} using (k)",
        aspect="form",
    )


def _natural(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    return (
        f"select {q.row(p, x='n')} from (select {plain(p)} from {a} as {p}) as {p}"
        f" natural left join (select k, g, count(*) as n from {b} group by all) as {o}"
    )


def _semi(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    kind = q.one("semi", "anti", aspect="form")
    return f"select {q.row(p)} from {a} as {p} {kind} join {b} as {o} on {p}.k = {o}.k and {q.where(o)}"


def _exists(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    inside = f"from {b} as {o} where {o}.k = {p}.k and {q.where(o)}"
    some = f"select k from {b} as {o} where {q.where(o)}"
    test = q.one(
        f"exists ({inside})", f"not exists ({inside})", f"{p}.k in ({some})", f"{p}.k not in ({some})",
        f"{p}.k not in ({some} and k is not null)", f"{p}.x > all (select {o}.x - 5 {inside})",
        f"{p}.x = any (select {o}.x {inside})", f"({p}.k, {p}.g) in (select k, g from {b})", aspect="form",
    )  # fmt: skip
    return f"select {q.row(p)} from {a} as {p} where {test}"


def _scalar(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    tied = q.one(f" where {o}.k = {p}.k", "", f" where {o}.g = {p}.g and {q.where(o)}", aspect="form")
    value = q.one(f"max({o}.x)", "count(*)", f"sum({o}.x)")
    return f"select {q.row(p, x=f'(select {value} from {b} as {o}{tied})')} from {a} as {p}"


def _group(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    keys = q.one("k", "g", "k g", "t", aspect="form").split()
    by = ", ".join(f"{p}.{key}" for key in keys)
    end = q.one("", "", " having count(*) > 1", f" having sum({p}.x) > 3", aspect="filter")
    where = q.one("", f" where {q.where(p)}", aspect="form2")
    return f"select {q.gathered(p, *keys)} from {a} as {p}{where} group by {by}{end}"


def _group_expression(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    key = q.one(f"{p}.k % 2", f"coalesce({p}.k, 1)", f"{p}.k + 1", aspect="form")
    return q.one(
        f"select {q.gathered(p, k=key)} from {a} as {p} group by {key}",
        f"select {q.gathered(p, 'g', k=key)} from {a} as {p} group by all", aspect="form2",
    )  # fmt: skip


def _group_all(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    return f"select {q.gathered(p)} from {a} as {p} where {q.where(p)}"


def _having_total(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    return (
        f"select {q.gathered(p, 'k')} from {a} as {p} group by {p}.k having count(*) * 3 > (select count(*) from {b})"
    )


def _sets(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    sets = q.one(
        f"rollup ({p}.k, {p}.g)", f"cube ({p}.k, {p}.g)", f"grouping sets (({p}.k, {p}.g), ({p}.k))",
        f"grouping sets (({p}.k), ({p}.g), ())", aspect="form",
    )  # fmt: skip
    return f"select {q.gathered(p, 'k', 'g', x=f'grouping({p}.k) + count(*)')} from {a} as {p} group by {sets}"


def _distinct(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    return q.one(
        f"select distinct {q.row(p)} from {a} as {p}", f"select distinct k, g, null as x, d, null::date as t, m from {a}",
        f"select distinct on (k) {plain(p)} from {a} as {p} order by k, {total(p)}",
        f"select distinct on (k, g) {plain(p)} from {a} as {p} where {q.where(p)} order by {total(p, 'x')}", aspect="form",
    )  # fmt: skip


def _window(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    over = q.one(
        f"partition by {p}.k order by {total(p)}", f"partition by {p}.k", f"partition by {p}.k, {p}.g order by {total(p, 'x')}",
        f"order by {total(p)}", "", f"partition by {p}.g order by {total(p)}",
        f"partition by {p}.k order by {total(p)} rows between 1 preceding and current row", aspect="form",
    )  # fmt: skip
    ordered = "order by" in over
    value = q.one(
        f"sum({p}.x) over ({over})", f"count(*) over ({over})", f"max({p}.x) over ({over})",
        *([f"row_number() over ({over})", f"rank() over ({over})", f"lag({p}.x) over ({over})",
           f"first_value({p}.x) over ({over})", f"ntile(3) over ({over})", f"dense_rank() over ({over})"] if ordered else []),
    )  # fmt: skip
    if "rows" in over:
        value = f"sum({p}.x) over ({over})"
    return f"select {q.row(p, x=value)} from {a} as {p}"


def _two_windows(q: Draw, a: str, b: str) -> str:
    p, _, w = q.names
    return (
        f"select {q.row(p, x=f'sum({p}.x) over {w}', d=f'min({p}.d) over (partition by {p}.k, {p}.g)')}"
        f" from {a} as {p} window {w} as (partition by {p}.k order by {total(p)})"
    )


def _qualify(q: Draw, a: str, b: str) -> str:
    p, _, w = q.names
    key = q.one("k", "g", aspect="form")
    test = f"row_number() over (partition by {p}.{key} order by {total(p, q.one('t', 'x', aspect='form2'))})"
    inner = f"select {plain(p)}, {test} as place from {a} as {p}"
    return q.one(
        f"select {plain(p)} from {a} as {p} qualify {test} = 1",
        f"select {plain(p)} from {a} as {p} where {q.where(p)} qualify {test} <= 2",
        f"with {w} as ({inner}) select {plain(w)} from {w} where place = 1", aspect="form3",
    )  # fmt: skip


def _set_operation(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    name = q.one(
        "union all", "union", "union all by name", "except", "except all", "intersect", "intersect all", aspect="form"
    )
    right = ", ".join(f"{o}.{column}" for column in (reversed(COLUMNS) if "name" in name else COLUMNS))
    return f"select {plain(p)} from {a} as {p} where {q.where(p)} {name} select {right} from {b} as {o}"


def _narrow_set_operation(q: Draw, a: str, b: str) -> str:
    p, o, w = q.names
    name = q.one("except", "intersect", "except all", "intersect all", "union", aspect="form")
    inner = f"select k, g from {a} as {p} {name} select k, g from {b} as {o} where {q.where(o)}"
    return f"select {w}.k, {w}.g, {w}.k as x, 0.25::double as d, null::date as t, null::decimal(8, 2) as m from ({inner}) as {w}"


def _with_literals(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    return f"select {plain(p)} from {a} as {p} union all select null, 'z', 0, 0.5, null, (select count(*) from {b})"


def _lateral(q: Draw, a: str, b: str) -> str:
    p, o, w = q.names
    some = f"select {o}.x, {o}.d from {b} as {o} where {o}.k = {p}.k order by {o}.x desc nulls last, {o}.d nulls last limit 2"
    return f"select {q.row(p, x=f'{w}.x', d=f'{w}.d')} from {a} as {p}, lateral ({some}) as {w}"


def _asof(q: Draw, a: str, b: str) -> str:
    """Of times and keys that are there: what DuckDB makes of NULL ones hangs on its plan."""
    p, o, w = q.names
    kind = q.one("asof join", "asof left join", aspect="form")
    there = "k is not null and t is not null"
    left = f"(select {plain(w)} from {a} as {w} where {there}) as {p}"
    right = f"(select k, t, max(x) as x from {b} where {there} group by k, t) as {o}"
    columns = q.row(p, x=f"{o}.x", t=f"{o}.t")
    return f"select {columns} from {left} {kind} {right} on {p}.k = {o}.k and {p}.t >= {o}.t"


def _pivot(q: Draw, a: str, b: str) -> str:
    p, _, w = q.names
    value = q.one("sum(x)", "count(*)", "max(x)")
    rows = f"(select k, t, g, x from {a} as {p} where {q.where(p)})"
    pivoted = f"(pivot {rows} on g in ('a', 'b', 'c') using {value} group by k, t)"
    return f"select k, 'p' as g, a as x, 0.5::double as d, t, null::decimal(8, 2) as m, b as e1, c as e2 from {pivoted} as {w}"


def _unpivot(q: Draw, a: str, b: str) -> str:
    rows = f"(select k, t, x::bigint as x, (x + k)::bigint as y from {a})"
    return f"select k, n as g, v as x, 0.25::double as d, t, null::decimal(8, 2) as m from (unpivot {rows} on x, y into name n value v)"


def _unnest(q: Draw, a: str, b: str) -> str:
    p, _, w = q.names
    return q.one(
        f"select {q.row(p, x=f'unnest([{p}.x, {p}.k, 3])')} from {a} as {p}",
        f"select {q.row(p, x=f'{w}.v')} from {a} as {p}, unnest(range((abs({p}.x) % 3)::bigint)) as {w}(v)", aspect="form",
    )  # fmt: skip


def _recursive(q: Draw, a: str, b: str) -> str:
    p, o, w = q.names
    edge = f"select {o}.k as here, (abs({o}.x) % 5)::integer as there from {b} as {o} where {o}.x is not null"
    reach = (
        f"with recursive {w}(k, y) as (select {p}.k, (abs({p}.x) % 5)::integer from {a} as {p} union"
        f" select {w}.k, edge.there from {w} join ({edge}) as edge on edge.here = {w}.y)"
        f" select k, null::varchar as g, y as x, 0.5::double as d, null::date as t, null::decimal(8, 2) as m from {w}"
    )
    steps = (
        f"with recursive {w} as (select {plain(p)}, 0 as n from {a} as {p} union all"
        f" select {w}.k, {w}.g, {w}.x - 2, {w}.d, {w}.t, {w}.m, n + 1 from {w} where n < 2 and {w}.x > 3)"
        f" select {plain(w)}, n as e1 from {w}"
    )
    return q.one(reach, steps, aspect="form")


def _limit(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    some = q.one("limit 3", "limit 7", "limit 4 offset 2", aspect="form")
    return f"select {plain(p)} from {a} as {p} where {q.where(p)} order by {total(p, q.one('t', 'x'))} {some}"


def _twice(q: Draw, a: str, b: str) -> str:
    p, o, w = q.names
    cte = f"with {w} as (select k, sum(x) as x, min(g) as g, max(d) as d, max(t) as t, sum(m) as m from {a} group by k)"
    return q.one(
        f"{cte} select {q.row(p, x=f'{p}.x - {o}.x')} from {w} as {p} join {w} as {o} on {p}.k = {o}.k",
        f"{cte} select {q.row(p)} from {w} as {p} where {p}.x >= (select max(x) from {w})",
        f"{cte} select {q.row(p, g=f'{o}.g')} from {b} as {p} join {w} as {o} on {o}.k = {p}.k and {q.where(p)}",
        f"select {q.row(p)} from {a} as {p} where {p}.k = (select min({o}.k) from {a} as {o} where {o}.g = {p}.g)", aspect="form",
    )  # fmt: skip


def _joined_groups(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    left = f"(select k, sum(x) as x, count(*) as n, max(g) as g, max(t) as t, sum(d) as d, min(m) as m from {a} group by k)"
    right = f"(select k, sum(m) as m, max(d) as d from {b} as {o} where {q.where(o)} group by k)"
    kind = q.one("join", "left join", aspect="form")
    return f"select {q.row(p, d=f'{o}.d', m=f'{o}.m')} from {left} as {p} {kind} {right} as {o} on {p}.k = {o}.k"


def _group_of_join(q: Draw, a: str, b: str) -> str:
    p, o, _ = q.names
    kind = q.one("join", "left join", aspect="form")
    by = q.one(f"{p}.k", f"{o}.g", aspect="form2")
    keys = {"k": f"{p}.k"} if by.endswith("k") else {"g": f"{o}.g"}
    few = f"(select distinct k, g from {b}) as {o}"
    return f"select {q.gathered(p, **keys)} from {a} as {p} {kind} {few} on {p}.k = {o}.k group by {by}"


def _window_of_group(q: Draw, a: str, b: str) -> str:
    p, _, _ = q.names
    over = q.one(
        f"partition by {p}.k order by {p}.g nulls last", f"order by {p}.k nulls last, {p}.g nulls last", aspect="form"
    )
    value = f"sum(sum({p}.x)) over ({over})"
    return f"select {q.gathered(p, 'k', 'g', x=value)} from {a} as {p} group by {p}.k, {p}.g"


SHAPES: dict[str, tuple[int, Callable[[Draw, str, str], str]]] = {
    "filter": (1, _filter), "star": (1, _star), "repeated": (1, _repeated), "join": (2, _join), "theta": (2, _theta),
    "outer": (2, _outer), "nullable key": (2, _nullable_key), "full": (2, _full), "natural": (1, _natural),
    "semi": (1, _semi), "exists": (1, _exists), "scalar": (1, _scalar), "group": (0, _group), "group again": (0, _group),
    "group expression": (0, _group_expression), "group all": (0, _group_all), "having total": (0, _having_total),
    "sets": (0, _sets), "distinct": (1, _distinct), "window": (1, _window), "two windows": (1, _two_windows),
    "qualify": (0, _qualify), "set operation": (3, _set_operation), "narrow set operation": (0, _narrow_set_operation),
    "with literals": (1, _with_literals), "lateral": (3, _lateral), "asof": (1, _asof), "pivot": (0, _pivot),
    "unpivot": (3, _unpivot), "unnest": (3, _unnest), "recursive": (3, _recursive), "limit": (0, _limit),
    "twice": (1, _twice), "joined groups": (0, _joined_groups), "group of join": (0, _group_of_join),
    "window of group": (0, _window_of_group), **KEPT,
}  # fmt: skip
