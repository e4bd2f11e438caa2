"""Functional dependencies between the columns of joined rows, after Armstrong (1974): what determines what.

A place is an entry of FROM and a field of it; field -1 stands for the entry's whole row. A set of places is a key of
the joined rows exactly if its closure holds the rows of all entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Place = tuple[int, int]
ROW = -1


@dataclass(slots=True)
class Dependencies:
    """``widths`` are the numbers of fields of each entry; ``rules`` say that the left sides determine the right ones."""

    widths: dict[int, int] = field(default_factory=dict)
    rules: list[tuple[frozenset[Place], Place]] = field(default_factory=list)
    _known: dict[frozenset[Place], frozenset[Place]] = field(default_factory=dict)

    def add(self, left: Iterable[Place], right: Place) -> None:
        """``left`` determines ``right``; an empty left side says that ``right`` is the same in all rows."""
        self.rules.append((frozenset(left), right))
        self._known.clear()

    def same(self, one: Place, other: Place) -> None:
        """The two are equal in every row."""
        self.add([one], other)
        self.add([other], one)

    def closure(self, places: Iterable[Place]) -> frozenset[Place]:
        """All that these places determine."""
        start = frozenset(places)
        if start not in self._known:
            self._known[start] = self._closed(start)
        return self._known[start]

    def _closed(self, start: frozenset[Place]) -> frozenset[Place]:
        found: set[Place] = set()
        self._take(found, start)
        rules = self.rules
        while True:
            before = len(found)
            pending = []
            for rule in rules:
                if rule[0] <= found:
                    self._take(found, [rule[1]])
                else:
                    pending.append(rule)
            if len(found) == before:
                return frozenset(found)
            rules = pending

    def _take(self, found: set[Place], places: Iterable[Place]) -> None:
        for entry, number in places:
            found.add((entry, number))
            if number == ROW:
                found.update((entry, n) for n in range(self.widths.get(entry, 0)))

    def covers(self, places: Iterable[Place], entries: Iterable[int]) -> bool:
        """Whether these places determine the rows of all these entries."""
        return {(entry, ROW) for entry in entries} <= self.closure(places)

    def smallest(self, places: Iterable[Place], entries: frozenset[int]) -> frozenset[Place]:
        """The key without what it doesn't need, left out from the last on. What stands left in no rule is never needed."""
        of_use = frozenset().union(*(left for left, _ in self.rules))
        kept = sorted(of_use.intersection(places))
        for place in reversed(list(kept)):
            fewer = [one for one in kept if one != place]
            if self.covers(fewer, entries):
                kept = fewer
        return frozenset(kept)
