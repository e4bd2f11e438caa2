"""Rows on their way through a query: by which keys of its inputs each of their values is told, and what is linear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from etlc.analyze.closure import Place
from etlc.analyze.scope import Scope
from etlc.sql.syntax import Join

# By the number of an occurrence of a relation, its key. What is not in it is static: all its rows may count.
Keys = Mapping[int, str]
# A column of an entry; or several that a FULL JOIN compares, for the one of them that is there.
Value = Place | frozenset[Place]
Ties = dict[tuple[Scope, Place], Keys]
# Relations that rows are linear in, each with those that are to be empty where it shows what is added to it: the other
# arms of a UNION ALL would else come again. All of these are read in one place only.
Linear = Mapping[str, frozenset[str]]

NO_KEYS: Keys = {}


def both(one: Keys, other: Keys) -> Keys:
    """The keys of the first, and those of the second for what has none."""
    return {**other, **one}


def tie(ties: Ties, where: tuple[Scope, Place], keys: Keys) -> None:
    """One more tie between a column around a query and what the query reads."""
    if keys:
        ties[where] = both(ties.get(where, NO_KEYS), keys)


@dataclass(frozen=True, slots=True)
class Flow:
    """What a query gives.

    ``columns``: for each column the keys that tell its value: the rows with a value among some depend only on the rows
    of the inputs with a key among them. ``ties``: the same of all its rows, for a column of a query around it that
    they are worked out for. ``linear`` are the relations that it is linear in, ``reads`` all that it reads.
    """

    columns: tuple[Keys, ...] = ()
    linear: Linear = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    ties: Ties = field(default_factory=dict)

    def column(self, number: int) -> Keys:
        """The keys of a column."""
        return self.columns[number] if number < len(self.columns) else NO_KEYS


@dataclass(slots=True)
class Joined:
    """Rows of FROM, as far as it is joined. ``alike`` holds for a column those that are the same in every row; ``far``,
    for a relation on the far side of an outer or a semi join, that join and the entries on that side: the rows of the
    near side that its rows match are all that its changes change."""

    values: dict[Value, Keys] = field(default_factory=dict)
    alike: dict[Place, set[Place]] = field(default_factory=dict)
    linear: Linear = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    far: Mapping[str, tuple[Join, range]] = field(default_factory=dict)

    def same(self, place: Place) -> set[Place]:
        """A column, and those that are the same in every row."""
        return self.alike.get(place) or {place}

    def learn(self, value: Value, keys: Keys) -> None:
        """More keys that tell a value."""
        for one in self.same(value) if isinstance(value, tuple) else (value,):
            self.values[one] = both(self.values.get(one, NO_KEYS), keys)

    def equal(self, one: Value, other: Value) -> None:
        """Two values are the same in every row."""
        keys = both(self.values.get(one, NO_KEYS), self.values.get(other, NO_KEYS))
        if isinstance(one, tuple) and isinstance(other, tuple):
            group = self.same(one) | self.same(other)
            self.alike.update(dict.fromkeys(group, group))
        self.learn(one, keys)
        self.learn(other, keys)


def beside(linear: Linear, reads: Set[str]) -> Linear:
    """What stays linear beside something that reads these relations."""
    return {name: empty for name, empty in linear.items() if name not in reads and empty.isdisjoint(reads)}


def packed(linear: Linear) -> dict[str, tuple[str, ...]]:
    """As plain data, in order."""
    return {name: tuple(sorted(linear[name])) for name in sorted(linear)}


def added(flows: Sequence[Flow]) -> Linear:
    """What a UNION ALL is linear in."""
    found: dict[str, frozenset[str]] = {}
    for name in sorted(frozenset[str]().union(*(flow.linear for flow in flows))):
        own = [flow for flow in flows if name in flow.reads]
        read = frozenset[str]().union(*(flow.reads for flow in own))
        empty = {one for flow in own for one in flow.linear.get(name, ())}
        for flow in flows:
            if name not in flow.reads:
                most = ((one, more) for one, more in flow.linear.items() if one not in read and more.isdisjoint(read))
                one, more = min(most, default=("", frozenset[str]()), key=lambda pair: (len(pair[1]), pair[0]))
                empty |= {one, *more}
        if all(name in flow.linear for flow in own) and "" not in empty and read.isdisjoint(empty):
            found[name] = frozenset(empty)
    return found


def joined(left: Joined, right: Joined) -> Joined:
    """Every row of one side with every row of the other."""
    linear = {**beside(left.linear, right.reads), **beside(right.linear, left.reads)}
    far = {**_apart(left.far, right.reads), **_apart(right.far, left.reads)}
    return Joined(left.values | right.values, left.alike | right.alike, linear, left.reads | right.reads, far)


def preserved(side: Joined, other: Joined, join: Join, span: range) -> Joined:
    """Every row of one side, whatever it finds on the other, whose entries are ``span``."""
    far = _apart(side.far, other.reads)
    if join.form != "asof":
        far |= {name: (join, span) for name, empty in beside(other.linear, side.reads).items() if not empty}
    linear = beside(side.linear, other.reads)
    return Joined(dict(side.values), dict(side.alike), linear, side.reads | other.reads, far)


def _apart(far: Mapping[str, tuple[Join, range]], reads: Set[str]) -> dict[str, tuple[Join, range]]:
    return {name: where for name, where in far.items() if name not in reads}


def without(keys: Keys, gone: Iterable[int]) -> Keys:
    """The keys of all but some occurrences."""
    left = set(gone)
    return {number: key for number, key in keys.items() if number not in left}
