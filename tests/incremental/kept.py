"""Queries that some strategy or other is for: few of the others are of a form that it keeps up, or have rows left alone."""

from __future__ import annotations

from collections.abc import Callable

from tests.incremental.draws import Draw, plain, total

_AT_LEAST = "0.25::double as d, null::date as t, null::decimal(8, 2) as m"


def _keys(q: Draw) -> list[str]:
    return q.one("k", "g", "k g", "t g", aspect="form").split()


def _sums(q: Draw, a: str, b: str) -> str:
    """What adds up, by nullable keys or in all."""
    p, _, _ = q.names
    if q.one("total", "keys", "keys", aspect="form2") == "total":
        return f"select {q.added_up(p)} from {a} as {p} where {q.where(p)}"
    keys = _keys(q)
    return f"select {q.added_up(p, *keys)} from {a} as {p} group by {', '.join(f'{p}.{key}' for key in keys)}"


def _counted(q: Draw, a: str, b: str) -> str:
    """Small groups of what can be taken out again: when rows go, so do groups."""
    p, o, _ = q.names
    keys = q.one("k g t", "k t", "g t x", aspect="form").split()
    made = {
        "k": f"count({p}.k)", "g": "null::varchar", "x": "count(*)", "d": "null::double", "t": "null::date",
        "m": q.one(f"sum({p}.m)", f"sum({p}.m + {p}.x)", aspect="m"),
    }  # fmt: skip
    chosen = ", ".join(f"{f'{p}.{name}' if name in keys else text} as {name}" for name, text in made.items())
    joined = q.one("", f" join {b} as {o} on {p}.k = {o}.k", aspect="form2")
    by = ", ".join(f"{p}.{key}" for key in keys)
    return f"select {chosen} from {a} as {p}{joined} where {q.where(p)} group by {by}"


def _sums_of_join(q: Draw, a: str, b: str) -> str:
    """Sums of which each input may have new rows."""
    p, o, _ = q.names
    keys = _keys(q)
    on = q.one(f"{p}.k = {o}.k", f"{p}.k = {o}.k and {p}.x < {o}.x", aspect="filter")
    by = ", ".join(f"{p}.{key}" for key in keys)
    return f"select {q.added_up(p, *keys, x=f'sum({o}.x)', m=f'sum({p}.m)')} from {a} as {p} join {b} as {o} on {on} group by {by}"


def _sums_of_both(q: Draw, a: str, b: str) -> str:
    """Sums over two relations one after the other: of one source twice, or of two."""
    p, _, _ = q.names
    keys = _keys(q)
    both = f"(select {plain(a)} from {a} where {q.where(a)} union all select {plain(b)} from {b}) as {p}"
    by = ", ".join(f"{p}.{key}" for key in keys)
    columns = q.one(q.added_up(p, *keys), q.gathered(p, *keys), aspect="form2")
    return f"select {columns} from {both} group by {by}"


def _measures(q: Draw, a: str, b: str) -> str:
    """Sums of floats and averages over a join."""
    p, o, _ = q.names
    by = q.one(f"{p}.k", f"{o}.g", f"{p}.k, {o}.g", aspect="form")
    k = f"{p}.k" if f"{p}.k" in by else f"count({p}.k)"
    g = f"{o}.g" if f"{o}.g" in by else f"max({o}.g)"
    on = q.one(f"{p}.k = {o}.k", f"{p}.k = {o}.k and {o}.x > 3", aspect="filter")
    kind = q.one("join", "left join", aspect="form2")
    return (
        f"select {k} as k, {g} as g, sum({o}.x) as x, sum({p}.d * {o}.d) as d, min({p}.t) as t, sum({o}.m) as m,"
        f" avg({p}.d) as e1, avg({o}.x) as e2 from {a} as {p} {kind} {b} as {o} on {on} group by {by}"
    )


def _untouched(q: Draw, a: str, b: str) -> str:
    """Totals and picks over rows of which there are few: most changes leave them as they are."""
    p, o, w = q.names
    few = f"select {plain(p)} from {a} as {p} where {q.rare(p)}"
    return q.one(
        f"select {q.gathered(p)} from {a} as {p} where {q.rare(p)}",
        f"{few} order by {total(p)} limit 3",
        f"select {q.row(w, x=f'row_number() over (order by {total(w)})')} from ({few}) as {w}",
        f"select {q.gathered(p)} from {a} as {p} join {b} as {o} on {p}.k = {o}.k where {q.rare(p)} and {o}.x > 3",
        f"select {q.row(p)} from {a} as {p} left join {b} as {o} on {p}.k = {o}.k"
        f" where {q.rare(p)} order by {total(p)}, {total(o)} limit 5",
        aspect="form",
    )


def _far(q: Draw, a: str, b: str) -> str:
    """What a left join's far side decides, under a window or in groups."""
    p, o, w = q.names
    on = q.one(f"{p}.k = {o}.k", f"{p}.k = {o}.k and {o}.x > 3", f"{p}.g = {o}.g and {o}.k = 4", aspect="filter")
    joined = f"from {a} as {p} left join {b} as {o} on {on}"
    return q.one(
        f"select {q.gathered(p, 'k', m=f'sum({o}.m)', d=f'max({o}.d)')} {joined} group by {p}.k",
        f"select {q.row(p, x=f'count({o}.x) over (partition by {p}.k)')} {joined}",
        f"select {q.row(p, x=f'sum({o}.x) over (partition by {p}.k)')} {joined} where {o}.k is null or {o}.x > 3",
        f"select {q.gathered(p, 'g')} {joined} where {o}.x is null group by {p}.g",
        f"select {q.row(p, x=f'count(*) over (partition by {p}.k)')} {joined} where {o}.k is null",
        f"select {w}.k, {w}.g, {w}.n as x, {_AT_LEAST} from"
        f" (select {p}.k, {p}.g, count({o}.x) as n {joined} where {q.where(p)} group by all) as {w} where {w}.n <> 1",
        aspect="form",
    )  # fmt: skip


def _windowed_join(q: Draw, a: str, b: str) -> str:
    """A window over a join by keys of the one side: its rows have keys that not every input has."""
    p, o, _ = q.names
    value = q.one(f"sum({o}.x) over (partition by {p}.g)", f"count(*) over (partition by {p}.t, {p}.g)", aspect="form")
    return f"select {q.row(p, g=f'{p}.g', t=f'{p}.t', x=value)} from {a} as {p} join {b} as {o} on {p}.k = {o}.k where {q.where(o)}"


def _arms(q: Draw, a: str, b: str) -> str:
    """Arms of a UNION ALL, that the changes of one relation come through while the others show nothing."""
    p, o, _ = q.names
    one = f"select {plain(p)} from {a} as {p} where {q.where(p)}"
    joined = f"select {plain(o)} from {b} as {p} join {b} as {o} on {p}.k = {o}.k and {p}.x < {o}.x"
    return q.one(
        f"{one} union all select {plain(o)} from {b} as {o}",
        f"{one} union all select {plain(o)} from {b} as {o} where {q.where(o, 'o')}",
        f"{one} union all select {plain(o)} from {a} as {o} where {q.where(o, 'o')}",
        f"{one} union all {joined}",
        aspect="form",
    )


def _picked(q: Draw, a: str, b: str) -> str:
    """The first or the first two rows of each key."""
    p, _, _ = q.names
    key = q.one("k", "g", aspect="form")
    order = total(p, q.one("t", "x", aspect="form2"))
    return q.one(
        f"select distinct on ({p}.{key}) {plain(p)} from {a} as {p} order by {p}.{key}, {order}",
        f"select {plain(p)} from {a} as {p} qualify row_number() over (partition by {p}.{key} order by {order}) <= 2",
        f"select {plain(p)} from {a} as {p} where {q.where(p)}"
        f" qualify row_number() over (partition by {p}.{key} order by {order}) = 1", aspect="form3",
    )  # fmt: skip


def _beside(q: Draw, a: str, b: str) -> str:
    """Keyed rows beside a value of few rows of the same relation: that is asked for, whatever comes."""
    p, o, _ = q.names
    few = f"from {a} as {o} where {q.rare(o)}"
    return q.one(
        f"select {q.gathered(p, 'k')} from {a} as {p} group by {p}.k having count(*) > (select count(*) {few})",
        f"select {q.row(p)} from {a} as {p} where {p}.x > (select coalesce(max({o}.x), 0) {few})",
        f"select {q.row(p, x=f'(select sum({o}.x) {few})')} from {a} as {p} where {q.where(p)}",
        aspect="form",
    )


KEPT: dict[str, tuple[int, Callable[[Draw, str, str], str]]] = {
    "sums": (0, _sums), "sums of join": (0, _sums_of_join), "sums of both": (0, _sums_of_both), "measures": (0, _measures),
    "untouched": (0, _untouched), "far": (2, _far), "windowed join": (2, _windowed_join), "arms": (3, _arms),
    "picked": (0, _picked), "beside": (1, _beside), "counted": (0, _counted),
}  # fmt: skip
