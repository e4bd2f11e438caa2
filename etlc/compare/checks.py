"""Checks: which came, which went, which ask for less or for more than before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from etlc.ir.difference import CheckChange, Side
from etlc.ir.graph import BoundCheck
from etlc.ir.spec import CheckSpec
from etlc.kinds.checks import AcceptedValues, Between, Check, Fresh, NotNull, RowCount, Unique
from etlc.sql.canonical import canonical

# What a change asks for: less than before (-1), more (1), or nobody can tell (0); and a few words for it.
Finding = tuple[int, str]
Pair = tuple[BoundCheck | None, BoundCheck | None]


def compare_checks(old: Side, was: str, new: Side, name: str) -> tuple[CheckChange, ...]:
    """The changes of the checks of one source or model."""
    found = []
    for before, after in _paired(old, was, new, name):
        if before is None and after is not None:
            found.append(CheckChange("added", after.name, _severity(after)))
        elif after is None and before is not None:
            found.append(CheckChange("removed", before.name, _severity(before)))
        elif before is not None and after is not None:
            findings = _compare(before, after, _same_query(old, was, before, new, name, after))
            if findings:
                ways = {way for way, _ in findings}
                kind = {frozenset({-1}): "loosened", frozenset({1}): "tightened"}.get(frozenset(ways), "changed")
                found.append(CheckChange(kind, after.name, tuple(words for _, words in findings)))
    return tuple(found)


def _severity(check: BoundCheck) -> tuple[str, ...]:
    return () if check.check.spec.severity == "error" else (f"severity: {check.check.spec.severity}",)


def _paired(old: Side, was: str, new: Side, name: str) -> list[Pair]:
    """Old and new checks side by side: by name, else the same under another name, else of one kind on common columns."""
    before, after = list(old.bound.checks.get(was, ())), list(new.bound.checks.get(name, ()))
    found: list[Pair] = []

    def pair(fits: Callable[[BoundCheck, BoundCheck], bool]) -> None:
        for one in list(after):
            other = next((each for each in before if fits(each, one)), None)
            if other is not None:
                found.append((other, one))
                before.remove(other)
                after.remove(one)

    pair(lambda a, b: a.name.lower() == b.name.lower() and a.check.spec.check.KEY == b.check.spec.check.KEY)
    pair(lambda a, b: replace(a.check.spec, name=None) == replace(b.check.spec, name=None))
    pair(lambda a, b: a.check.spec.check.KEY == b.check.spec.check.KEY and bool(_columns(a) & _columns(b)))
    return [*found, *((None, check) for check in after), *((check, None) for check in before)]


def _columns(check: BoundCheck) -> set[str]:
    return {column.lower() for column in check.check.spec.check.columns()}


def _same_query(old: Side, was: str, before: BoundCheck, new: Side, name: str, after: BoundCheck) -> bool:
    if before.sql == after.sql:
        return True
    schemas = []
    for side, relation in ((old, was), (new, name)):
        columns = [(column.name, column.type) for column in side.plan.relation_columns(relation)]
        schemas.append({"this": columns})
    return canonical(before.sql, schemas[0]) == canonical(after.sql, schemas[1])


def _compare(before: BoundCheck, after: BoundCheck, same: bool) -> list[Finding]:
    old, new = before.check.spec, after.check.spec
    found: list[Finding] = []
    if old.severity != new.severity:
        found.append((-1 if new.severity == "warn" else 1, f"severity: {old.severity} to {new.severity}"))
    if (old.tolerate, old.tolerate_share) != (new.tolerate, new.tolerate_share):
        comparable = old.tolerate_share == new.tolerate_share or 0 in (old.tolerate, new.tolerate)
        way = (-1 if new.tolerate > old.tolerate else 1) if comparable else 0
        found.append((way, f"tolerate: {_tolerated(old)} to {_tolerated(new)}"))
    return found + _payload(old.check, new.check, same)


def _tolerated(spec: CheckSpec) -> str:
    return f"{spec.tolerate * 100:g}%" if spec.tolerate_share else f"{spec.tolerate:g}"


def _payload(old: Check, new: Check, same: bool) -> list[Finding]:
    """What a check asks of the rows; ``same``: its query says the same."""
    match old, new:
        case (NotNull(), NotNull()):
            return _names(old.names, new.names, 1)
        case (Unique(), Unique()):
            return _names(old.names, new.names, -1)
        case (RowCount(), RowCount()):
            return _range(old, new)
        case (Between(), Between()) if old.column.lower() == new.column.lower():
            return _range(old, new)
        case (Fresh(), Fresh()) if old.column.lower() == new.column.lower():
            words = f"within: {old.within} s to {new.within} s"
            return [] if old.within == new.within else [(-1 if new.within > old.within else 1, words)]
        case (AcceptedValues(), AcceptedValues()) if old.column.lower() == new.column.lower():
            return _values(old, new)
        case _:
            return [] if same else [(0, "it asks for something else")]


def _names(old: Sequence[str], new: Sequence[str], sign: int) -> list[Finding]:
    """One more column asks for more of ``not_null`` (``sign`` 1), and for less of ``unique``."""
    before, after = [name.lower() for name in old], [name.lower() for name in new]
    found = [(sign, f"also {name}") for name in new if name.lower() not in before]
    return found + [(-sign, f"no longer {name}") for name in old if name.lower() not in after]


def _range(old: Between | RowCount, new: Between | RowCount) -> list[Finding]:
    return [*_bound("min", old.min, new.min, 1), *_bound("max", old.max, new.max, -1)]


def _bound(name: str, old: object, new: object, sign: int) -> list[Finding]:
    """A limit that went up (``sign`` 1: that asks for more), down, came or went."""
    if old == new:
        return []
    if old is None or new is None:
        return [(1 if old is None else -1, f"{name}: {_limit(old)} to {_limit(new)}")]
    return [(sign * _way(_ordered(old), _ordered(new)), f"{name}: {_limit(old)} to {_limit(new)}")]


def _way(old: Decimal | str, new: Decimal | str) -> int:
    """1 up, -1 down; 0 where the two have no order."""
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        return 1 if new > old else -1
    if isinstance(old, str) and isinstance(new, str):
        return 1 if new > old else -1
    return 0


def _ordered(value: object) -> Decimal | str:
    """A limit as something that has an order among its like: numbers as one kind, dates and texts as text."""
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _limit(value: object) -> str:
    return "none" if value is None else str(value)


def _values(old: AcceptedValues, new: AcceptedValues) -> list[Finding]:
    added = [str(value) for value in new.values if value not in old.values]
    removed = [str(value) for value in old.values if value not in new.values]
    found = [(-1, f"also {', '.join(added)}")] if added else []
    return found + ([(1, f"no longer {', '.join(removed)}")] if removed else [])
