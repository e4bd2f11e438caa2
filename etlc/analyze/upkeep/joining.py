"""Joins: what becomes of the keys of either side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Protocol

from etlc.analyze.closure import Place
from etlc.analyze.scope import Scope, Step
from etlc.analyze.upkeep.rows import NO_KEYS, Joined, Keys, Ties, Value, both, joined, preserved, tie
from etlc.analyze.upkeep.values import keys_of, typed, value_of
from etlc.analyze.values import type_of
from etlc.sql.syntax import Expr

Hinder = Callable[[str, int | None], None]


class Within(Protocol):
    """The SELECT that a join stands in."""

    scope: Scope
    own: Ties
    outer: Ties


def compared(condition: Expr, scope: Scope) -> Iterator[tuple[Expr, Expr]]:
    """The two sides of an equality of values of one type."""
    if condition.kind == "compare" and condition.name in ("=", "is not distinct from"):
        one, other = (scope.aliased.get(arg, arg) for arg in condition.args)
        if typed(type_of(one, scope), type_of(other, scope)):
            yield one, other


def join(step: Step, left: Joined, right: Joined, within: Within, hinder: Hinder) -> Joined:
    """The rows of a join."""
    node = step.join
    if node.form == "positional" or (node.form == "asof" and node.kind not in ("inner", "left")):
        hinder(node.form, node.start)
        within.own.clear()
        return Joined({}, {}, {}, left.reads | right.reads)
    if node.kind == "inner" and node.form != "asof":
        rows = joined(left, right)
        _equated(step, rows, within)
    elif node.kind == "full":
        hinder("full_join", node.start)
        rows = _full(step, left, right, within)
    else:
        near, far, span = (right, left, step.left) if node.kind == "right" else (left, right, step.right)
        rows = preserved(near, far, node, span)
        if not _found(step, rows, far, span, within):
            hinder("join", node.start)
    _settle(step, rows, within)
    return rows


def _settle(step: Step, rows: Joined, within: Within) -> None:
    """Ties to the columns of this join: those of rows that NULLs may stand for say nothing of what comes out."""
    lost = set(step.optional()) | (set(step.right) if step.join.kind in ("semi", "anti") else set())
    for where in [where for where in within.own if where[1][0] in step.span]:
        keys = within.own.pop(where)
        if where[1][0] not in lost:
            rows.learn(where[1], keys)


def _equalities(step: Step, scope: Scope) -> Iterator[tuple[Expr | Place, Expr | Place]]:
    if step.join.form != "asof":  # the last of its pairs is no equality
        for one, other in step.pairs:
            if typed(scope.field_at(one).type, scope.field_at(other).type):
                yield one, other
    condition = step.join.condition
    yield from chain.from_iterable(compared(one, scope) for one in condition.conjuncts()) if condition else ()


def _equated(step: Step, rows: Joined, within: Within) -> None:
    """An inner join: all its rows meet the condition."""
    for one, other in _equalities(step, within.scope):
        equate(one, other, rows, within)


def equate(one: Expr | Place, other: Expr | Place, rows: Joined, within: Within) -> None:
    """Two values are equal in all rows. One may be a column of a query around this one: then the other is tied to it."""
    scope = within.scope
    for inner, outside in ((one, other), (other, one)):
        if isinstance(outside, Expr) and outside in scope.around:
            tie(within.outer, scope.around[outside], keys_of(inner, rows, scope))
    left, right = value_of(one, scope), value_of(other, scope)
    if left is not None and right is not None:
        rows.equal(left, right)
    elif left is not None:
        rows.learn(left, keys_of(other, rows, scope))
    elif right is not None:
        rows.learn(right, keys_of(one, rows, scope))


def _found(step: Step, rows: Joined, far: Joined, span: range, within: Within) -> bool:
    """What the far side of an outer, semi or ASOF join has for a row is told by the values that it is compared with."""
    scope, tied = within.scope, False
    for pair in _equalities(step, scope):
        for near, other in (pair, pair[::-1]):
            keys = keys_of(other, far, scope) if _reads(other, scope) <= set(span) else NO_KEYS
            value = value_of(near, scope)
            if not keys or not _reads(other, scope):
                continue
            if isinstance(near, Expr) and near in scope.around:
                tie(within.outer, scope.around[near], keys)
            elif value is not None and not _reads(near, scope) & set(span):
                rows.learn(value, keys)
                tied = True
    return tied


def _reads(item: Expr | Place, scope: Scope) -> set[int]:
    return scope.entries_of(item) if isinstance(item, Expr) else {item[0]}


def _full(step: Step, left: Joined, right: Joined, within: Within) -> Joined:
    """Of a full join only what coalesce() makes of the two sides is told."""
    values: dict[Value, Keys] = {}
    for pair in _equalities(step, within.scope):
        one, other = (value_of(item, within.scope) for item in pair)
        if one is None or other is None:
            continue
        near, far = (one, other) if one in left.values else (other, one)
        if near in left.values and far in right.values:
            places = frozenset().union(*({v} if isinstance(v, tuple) else v for v in (near, far)))
            values[places] = both(left.values[near], right.values[far])
    return Joined(values, {}, {}, left.reads | right.reads)
