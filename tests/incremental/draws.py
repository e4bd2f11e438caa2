"""How a query is drawn: the columns that all relations have, the texts that stand in them, and what is drawn for whom.

``k``, ``x``: integers, ``g``: text, ``d``: multiples of a quarter, whose sums are exact, ``t``: dates, ``m``: decimals;
all may be NULL. Further columns, ``e1`` and so on, are for nobody below. Everything is drawn from a seed, one *aspect*
(filter, columns, alias..) at a time, so that an edit changes just one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS = ("k", "g", "x", "d", "t", "m")

_PREDICATES = """
{p}.x > 2
{p}.x >= $low
{p}.k is not null
{p}.g in ('a', 'c')
{p}.g is distinct from 'b'
{p}.d >= 0.5
{p}.t >= date '2024-01-03'
{p}.k % 2 = 0
{p}.m is null or {p}.m > 1
not ({p}.x > 3 and {p}.g = 'a')
coalesce({p}.x, 0) < 9
{p}.x between 0 and 8
""".strip().split("\n")
_VALUES: dict[str, list[str]] = {
    "k": ["{p}.k"] * 5 + ["coalesce({p}.k, 7)", "{p}.k % 3"],
    "g": ["{p}.g"] * 3 + ["upper({p}.g)", "coalesce({p}.g, 'z')", "left({p}.g, 1)"],
    "x": ["{p}.x"] * 3
    + ["{p}.x + 1", "{p}.x * 2", "case when {p}.x > 3 then {p}.x else 0 end", "coalesce({p}.x, $low)"],
    "d": ["{p}.d"] * 3 + ["{p}.d * 2", "coalesce({p}.d, 0.5)", "{p}.d + 0.25"],
    "t": ["{p}.t"] * 3 + ["{p}.t + 1"],
    "m": ["{p}.m"] * 3 + ["coalesce({p}.m, 0)", "-{p}.m"],
}
_MORE = """
{p}.x > 3
coalesce({p}.g, '-') || '/' || coalesce({p}.k::varchar, '?')
[{p}.x, {p}.k]
{{'a': {p}.x, 'b': {p}.g}}
{p}.d / 4
year({p}.t)
try_cast({p}.g as integer)
{p}.m is null
""".strip().split("\n")
_GATHERED: dict[str, list[str]] = {
    "k": ["min({p}.k)", "max({p}.k)", "count({p}.k)"],
    "g": ["min({p}.g)", "max({p}.g)", "arg_max({p}.g, ({p}.t, {p}.x, {p}.k, {p}.d, {p}.m, {p}.g))"],
    "x": [
        "sum({p}.x)", "sum({p}.x)", "count(*)", "count({p}.x)", "min({p}.x)", "max({p}.x)", "count(distinct {p}.x)",
        "sum(distinct {p}.x)", "sum({p}.x) filter (where {p}.g = 'a')", "bit_xor({p}.x::bigint)",
    ],
    "d": ["sum({p}.d)", "sum({p}.d)", "min({p}.d)", "max({p}.d)", "sum(distinct {p}.d)"],
    "t": ["min({p}.t)", "max({p}.t)"],
    "m": ["sum({p}.m)", "min({p}.m)", "max({p}.m)"],
}  # fmt: skip
_GATHERED_MORE = """
count(*)
count({p}.x)
avg({p}.x)
avg({p}.m)
avg({p}.d)
median({p}.x::bigint)
quantile_cont({p}.x::bigint, 0.25)
quantile_disc({p}.x::bigint, 0.75)
mad({p}.x::bigint)
stddev_samp({p}.d)
corr({p}.d, {p}.x::double)
bool_and({p}.x > 1)
bool_or({p}.x > 5)
bit_and({p}.x::bigint)
bit_or({p}.x::bigint)
count(distinct {p}.g)
sum(distinct {p}.m)
approx_count_distinct({p}.x)
string_agg({p}.g, ',' order by {p}.g)
list({p}.x order by {p}.x nulls last)
list_sort(list(distinct {p}.g))
first({p}.x order by {p}.t nulls last, {p}.x nulls last)
last({p}.g order by {p}.g nulls first)
arg_min({p}.x, ({p}.t, {p}.x))
max({p}.x, 2)
histogram({p}.k)
entropy({p}.g)
count_if({p}.x > 2)
sum({p}.x) filter (where {p}.d > 0)
max({p}.t) - min({p}.t)
sum({p}.x) * 2 + count(*)
""".strip().split("\n")
# Aggregates of which two values make one; the sums of m are exact.
_ADDING: dict[str, list[str]] = {
    "k": ["min({p}.k)", "max({p}.k)", "count({p}.k)"],
    "g": ["min({p}.g)", "max({p}.g)"],
    "x": ["sum({p}.x)", "sum({p}.x)", "count(*)", "count({p}.x)", "sum({p}.x) filter (where {p}.g = 'a')", "sum({p}.x + {p}.k)"],
    "d": ["min({p}.d)", "max({p}.d)"],
    "t": ["min({p}.t)", "max({p}.t)"],
    "m": ["sum({p}.m)", "sum({p}.m)", "min({p}.m)"],
}  # fmt: skip
_ADDING_MORE = """
count(*)
sum({p}.m)
count({p}.d)
bool_and({p}.x > 1)
bool_or({p}.x > 5)
bit_and({p}.x::bigint)
bit_or({p}.x::bigint)
bit_xor({p}.x::bigint)
max(distinct {p}.x)
count(*) filter (where {p}.x > 2)
""".strip().split("\n")
# What few rows meet, and so few changes.
_RARE = """
{p}.x > 10 and {p}.g = 'c'
{p}.k = 4 and {p}.x < -1
{p}.g = 'ü' and {p}.t >= date '2024-01-05'
{p}.m > 8 and {p}.k is not null
{p}.k is null and {p}.x > 8
""".strip().split("\n")
_NAMES = [("p", "q", "w"), ("l", "r", "base"), ("one", "two", "three"), ("t1", "t2", "t3")]


@dataclass(frozen=True)
class Draw:
    """The parts of one query. ``versions`` counts the edits of each aspect."""

    seed: str
    versions: Mapping[str, int]

    def chance(self, aspect: str, salt: str = "") -> random.Random:
        """The randomness of one aspect."""
        return random.Random(f"{self.seed}/{aspect}/{self.versions.get(aspect, 0)}/{salt}")

    @property
    def names(self) -> tuple[str, str, str]:
        """Two aliases and the name of a CTE."""
        return self.chance("alias").choice(_NAMES)

    def where(self, p: str, salt: str = "") -> str:
        """A condition on the rows of an alias."""
        return self.chance("filter", salt).choice(_PREDICATES).format(p=p)

    def rare(self, p: str) -> str:
        """A condition that few rows of an alias meet."""
        return self.chance("filter", "rare").choice(_RARE).format(p=p)

    def row(self, p: str, **instead: str) -> str:
        """The columns of a row, some computed, ``instead`` as given; and further ones."""
        r = self.chance("columns")
        chosen = {name: instead.get(name) or r.choice(_VALUES[name]).format(p=p) for name in COLUMNS}
        return listed(chosen) + self._more(p, _MORE)

    def gathered(self, p: str, *keys: str, **instead: str) -> str:
        """The columns of a group: its keys, and aggregates."""
        return self._grouped(p, _GATHERED, _GATHERED_MORE, keys, instead)

    def added_up(self, p: str, *keys: str, **instead: str) -> str:
        """The same with aggregates of which two values make one."""
        return self._grouped(p, _ADDING, _ADDING_MORE, keys, instead)

    def one(self, *choices: str, aspect: str = "columns") -> str:
        """One of several texts."""
        return self.chance(aspect, str(len(choices))).choice(choices)  # whatever the relations are called

    def _grouped(
        self, p: str, texts: dict[str, list[str]], more: list[str], keys: tuple[str, ...], instead: dict[str, str]
    ) -> str:
        r = self.chance("columns")
        chosen = {name: r.choice(texts[name]).format(p=p) for name in COLUMNS}
        chosen.update({key: f"{p}.{key}" for key in keys}, **instead)
        return listed(chosen) + self._more(p, more)

    def _more(self, p: str, texts: list[str]) -> str:
        count = (self.chance("more").randrange(3) + self.versions.get("added", 0)) % 4
        chosen = self.chance("columns", "more").sample(texts, 3)[:count]
        return "".join(f", {text.format(p=p)} as e{n}" for n, text in enumerate(chosen, 1))


def plain(p: str) -> str:
    """The columns of an alias as they are."""
    return ", ".join(f"{p}.{name}" for name in COLUMNS)


def total(p: str, first: str = "t") -> str:
    """A total order: rows that tie are the same row."""
    rest = [name for name in COLUMNS if name != first]
    return f"{p}.{first} desc nulls last, " + ", ".join(f"{p}.{name} nulls last" for name in rest)


def listed(chosen: Mapping[str, str]) -> str:
    """The items of a SELECT, by their names."""
    return ", ".join(
        text if text.endswith(f".{name}") and text.removesuffix(f".{name}").isidentifier() else f"{text} as {name}"
        for name, text in chosen.items()
    )
