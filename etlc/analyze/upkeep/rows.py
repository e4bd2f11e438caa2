"""Rows on their way through a query: by which keys of its inputs each of their values is told, and what is linear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from etlc.analyze.closure import Place
from etlc.analyze.scope import Scope

# By the number of an occurrence of a relation, its key. What is not in it is static: all its rows may count.
Keys = Mapping[int, str]
# A column of an entry; or several that a FULL JOIN compares, for the one of them that is there.
Value = Place | frozenset[Place]
Ties = dict[tuple[Scope, Place], Keys]

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
    linear: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    ties: Ties = field(default_factory=dict)

    def column(self, number: int) -> Keys:
        """The keys of a column."""
        return self.columns[number] if number < len(self.columns) else NO_KEYS


@dataclass(slots=True)
class Joined:
    """Rows of FROM, as far as it is joined. ``alike`` holds for a column those that are the same in every row."""

    values: dict[Value, Keys] = field(default_factory=dict)
    alike: dict[Place, set[Place]] = field(default_factory=dict)
    linear: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()

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


def joined(left: Joined, right: Joined) -> Joined:
    """Every row of one side with every row of the other."""
    linear = (left.linear - right.reads) | (right.linear - left.reads)
    return Joined(left.values | right.values, left.alike | right.alike, linear, left.reads | right.reads)


def preserved(side: Joined, other: Joined) -> Joined:
    """Every row of one side, whatever it finds on the other."""
    return Joined(dict(side.values), dict(side.alike), side.linear - other.reads, side.reads | other.reads)


def without(keys: Keys, gone: Iterable[int]) -> Keys:
    """The keys of all but some occurrences."""
    left = set(gone)
    return {number: key for number, key in keys.items() if number not in left}
