"""Expected rows held against those that came: as bags, or in order; and who stands in whose place."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence

from etlc.ir.unit import Row, RowPair

_RELATIVE = 1e-9
_MOST = 300  # rows on either side that are held against each other cell by cell


def equal(left: object, right: object) -> bool:
    """Whether two values are the same: NULL is NULL, floats to nine digits, all else exactly, parts one by one."""
    if isinstance(left, float) and isinstance(right, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or math.isclose(left, right, rel_tol=_RELATIVE, abs_tol=0.0)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    return type(left) is type(right) and left == right


def compare(
    expected: Sequence[Row], actual: Sequence[Row], key: Sequence[int], ordered: bool
) -> tuple[tuple[RowPair, ...], tuple[Row, ...], tuple[Row, ...]]:
    """Pairs of rows in the order of the expected ones; the rows that are missing, and those that are too many.

    Without ``ordered`` they are bags. ``key`` are the places of columns that identify a row.
    """
    known = _Kinds()
    left, right = known.of(expected), known.of(actual)
    missing = _without(expected, left, right)
    extra = _without(actual, right, left)
    made = _in_order(expected, actual, left, right) if ordered else _as_bags(expected, actual, left, right, key)
    return tuple(made), missing, extra


class _Kinds:
    """Gives equal rows the same number."""

    def __init__(self) -> None:
        self._found: dict[object, list[tuple[int, Row]]] = {}
        self._next = 0

    def of(self, rows: Iterable[Row]) -> list[int]:
        """The number of each row."""
        return [self._number(row) for row in rows]

    def _number(self, row: Row) -> int:
        alike = self._found.setdefault(_frozen(row), [])
        for number, other in alike:
            if equal(row, other):
                return number
        self._next += 1
        alike.append((self._next, row))
        return self._next


def _frozen(value: object) -> object:
    """A value that can be hashed, the same for all that may be equal: floats are left out."""
    if isinstance(value, float):
        return float
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if isinstance(value, Mapping):
        return frozenset((key, _frozen(inner)) for key, inner in value.items())
    return type(value), value


def _without(rows: Sequence[Row], mine: Sequence[int], others: Sequence[int]) -> tuple[Row, ...]:
    """The rows that the other side has not, or not as often."""
    left: dict[int, int] = {}
    for number in others:
        left[number] = left.get(number, 0) + 1
    found = []
    for row, number in zip(rows, mine, strict=True):
        left[number] = left.get(number, 0) - 1
        if left[number] < 0:
            found.append(row)
    return tuple(found)


def _pair(expected: Row, actual: Row) -> RowPair:
    return RowPair(expected, actual, tuple(i for i, cell in enumerate(expected) if not equal(cell, actual[i])))


def _in_order(expected: Sequence[Row], actual: Sequence[Row], left: list[int], right: list[int]) -> list[RowPair]:
    if sorted(left) == sorted(right):
        return [_pair(mine, other) for mine, other in zip(expected, actual, strict=True)]
    made: list[RowPair] = []
    for _, begin, end, start, stop in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        both = min(end - begin, stop - start)
        made += [_pair(expected[begin + i], actual[start + i]) for i in range(both)]
        made += [RowPair(row, None) for row in expected[begin + both : end]]
        made += [RowPair(None, row) for row in actual[start + both : stop]]
    return made


def _as_bags(
    expected: Sequence[Row], actual: Sequence[Row], left: list[int], right: list[int], key: Sequence[int]
) -> list[RowPair]:
    """Equal rows first, then those with the same key, then by the most equal cells."""
    partner: dict[int, int] = {}
    by_number: dict[int, list[int]] = {}
    for place in reversed(range(len(actual))):
        by_number.setdefault(right[place], []).append(place)
    for place, number in enumerate(left):
        if by_number.get(number):
            partner[place] = by_number[number].pop()
    open_left = [place for place in range(len(expected)) if place not in partner]
    open_right = sorted(place for places in by_number.values() for place in places)
    if key:
        by_key: dict[object, int] = {_frozen(tuple(actual[p][i] for i in key)): p for p in reversed(open_right)}
        for place in open_left:
            found = by_key.pop(_frozen(tuple(expected[place][i] for i in key)), None)
            if found is not None:
                partner[place] = found
    _by_likeness(expected, actual, partner, open_left, open_right)
    taken = set(partner.values())
    made = [
        _pair(row, actual[partner[place]]) if place in partner else RowPair(row, None)
        for place, row in enumerate(expected)
    ]
    return [*made, *(RowPair(None, actual[place]) for place in open_right if place not in taken)]


def _by_likeness(
    expected: Sequence[Row], actual: Sequence[Row], partner: dict[int, int], lefts: list[int], rights: list[int]
) -> None:
    taken = set(partner.values())
    here = [place for place in lefts if place not in partner][:_MOST]
    there = [place for place in rights if place not in taken][:_MOST]
    scores = []
    for mine in here:
        for other in there:
            score = sum(map(equal, expected[mine], actual[other]))
            if score:
                scores.append((-score, mine, other))
    for _, mine, other in sorted(scores):
        if mine not in partner and other not in taken:
            partner[mine] = other
            taken.add(other)
