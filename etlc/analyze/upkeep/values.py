"""Which value an expression is, and by which keys it is told."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from etlc.analyze.closure import Place
from etlc.analyze.output import Item
from etlc.analyze.scope import Scope
from etlc.analyze.upkeep.keys import can_key, columns_within, printed
from etlc.analyze.upkeep.rows import NO_KEYS, Joined, Keys, Value
from etlc.sql.syntax import Expr


def value_of(item: Item, scope: Scope) -> Value | None:
    """A column, or a coalesce() of columns; None for anything else."""
    if not isinstance(item, Expr):
        return item
    expr = scope.aliased.get(item, item)
    if expr in scope.places:
        return scope.places[expr]
    if expr.kind == "call" and expr.name == "coalesce":
        values = [value_of(arg, scope) for arg in expr.args]
        places: set[Place] = set()
        for value in values:
            if value is None:
                return None
            places |= {value} if isinstance(value, tuple) else value
        return frozenset(places) if len(places) > 1 else None
    return None


def keys_of(item: Item, rows: Joined, scope: Scope) -> Keys:
    """The keys that tell a value."""
    value = value_of(item, scope)
    if value in rows.values:
        return rows.values[value] if value is not None else NO_KEYS
    return _composed(scope.aliased.get(item, item), rows, scope) if isinstance(item, Expr) else NO_KEYS


def _composed(expr: Expr, rows: Joined, scope: Scope) -> Keys:
    """A function of values is told by the same function of their keys, where all have one."""
    if expr.kind == "column" or not leaves(expr, scope):
        return NO_KEYS
    told = [rows.values.get(place, NO_KEYS) if place is not None else NO_KEYS for place in leaves(expr, scope)]
    found = {}
    for number in set(told[0]).intersection(*told[1:]):
        text = printed(expr, scope, partial(_key_at, rows, scope, number))
        if text is not None:
            found[number] = text
    return found


def _key_at(rows: Joined, scope: Scope, number: int, column: Expr) -> str:
    return rows.values[scope.places[column]][number]


def leaves(expr: Expr, scope: Scope) -> list[Place | None]:
    """The columns within an expression; None for what is no column of this SELECT."""
    found: list[Place | None] = []
    for column in columns_within(expr):
        if column in scope.aliased:
            found += leaves(scope.aliased[column], scope)
        else:
            found.append(scope.places.get(column))
    return found


def told_by(item: Item, exprs: Iterable[Expr | None], rows: Joined, scope: Scope) -> bool:
    """Whether rows that agree in these expressions agree in a value, for it is among them, or worked out of them."""
    given = [expr for expr in exprs if expr is not None]
    value = value_of(item, scope)
    if any(_is(item, value, expr, rows, scope) for expr in given):
        return True
    if not isinstance(item, Expr) or value is not None:
        return False
    places = leaves(scope.aliased.get(item, item), scope)
    return bool(places) and all(
        place is not None and any(_is(place, place, expr, rows, scope) for expr in given) for place in places
    )


def _is(item: Item, value: Value | None, expr: Expr, rows: Joined, scope: Scope) -> bool:
    other = value_of(expr, scope)
    if value is not None or other is not None:
        return value == other or (isinstance(value, tuple) and other in rows.same(value))
    return isinstance(item, Expr) and scope.same(item, expr)


def typed(one: str, other: str) -> bool:
    """Whether values of two types are compared as they are."""
    return one == other and can_key(one)
