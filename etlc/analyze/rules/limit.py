"""W306: which rows come first is left open."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.closure import Place
from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import aggregates
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr, Order

_ORDERED = words("row_number lag lead first_value last_value nth_value ntile")


def find(subject: Subject) -> Iterator[Finding]:
    """LIMIT, row_number and their like without an order, or with one that a known key says has ties."""
    for scope in subject.scopes:
        yield from _limit(scope)
        for part in scope.parts:
            if part.kind == "window" and part.name in _ORDERED and part.over is not None:
                yield from _window(part, scope)
    for combined, _ in subject.resolved.combined:
        if combined.tail.limit is not None and combined.tail.limit != 0 and not combined.tail.order:
            yield Finding("W306", combined.tail.limit_start, "LIMIT without ORDER BY takes any rows.", _HELP)


_HELP = "Add an ORDER BY that tells all rows apart, with a key as its last column."


def _limit(scope: Scope) -> Iterator[Finding]:
    tail = scope.select.tail
    if tail.limit is None or tail.limit == 0 or tail.order_all or (scope.output is not None and _single(scope)):
        return
    if not tail.order:
        yield Finding("W306", tail.limit_start, "LIMIT without ORDER BY takes any rows.", _HELP)
    elif not _grouped(scope) and _ties(tail.order, (), scope):
        yield Finding("W306", tail.limit_start, "LIMIT takes any of the rows that are equal in this ORDER BY.", _HELP)


def _single(scope: Scope) -> bool:
    """Whether the SELECT has one row at most without its LIMIT: an aggregate without groups, or a constant."""
    select = scope.select
    bare = not select.group and not select.group_all and any(aggregates(item) for item in select.items)
    return bare or not scope.entries or scope.dependencies.covers([], _shown(scope))


def _grouped(scope: Scope) -> bool:
    select = scope.select
    return bool(select.group) or select.group_all or select.tail.distinct or any(map(aggregates, select.items))


def _shown(scope: Scope) -> list[int]:
    return [number for number, entry in enumerate(scope.entries) if entry.shown]


def _window(part: Expr, scope: Scope) -> Iterator[Finding]:
    over = part.over
    assert over is not None
    if not over.order:
        yield Finding(
            "W306", part.start, f"{part.name}() without ORDER BY numbers or picks rows in any order.",
            "Add ORDER BY within OVER (...), with a key as its last column.",
        )  # fmt: skip
    elif part.name == "row_number" and not _grouped(scope) and _ties(over.order, over.partition, scope):
        yield Finding(
            "W306", part.start, "row_number() numbers rows that are equal in this ORDER BY in any order.",
            "Add a key as the last column of its ORDER BY, so that the same row comes first each time.",
        )  # fmt: skip


def _ties(order: tuple[Order, ...], partition: tuple[Expr, ...], scope: Scope) -> bool:
    """Whether rows may agree in all of these, as far as a known key says. No known key, no word."""
    shown = _shown(scope)
    if not all(scope.entries[number].relation.keys for number in shown):
        return False
    keyed = {
        (number, at)
        for number in shown
        for key in scope.entries[number].relation.keys
        for name in key
        if (at := scope.entries[number].relation.index(name)) is not None
    }
    within = {scope.places[expr] for expr in partition if expr in scope.places}
    places: set[Place] = set()
    for expr in [one.expr for one in order] + list(partition):
        target = scope.aliased.get(expr, expr)
        if target in scope.places:
            places.add(scope.places[target])
        elif target.kind == "literal" or target.kind == "star":
            return False
        else:
            # A value of columns: two rows with one value may have the same columns, so it tells apart no more than they do.
            places.update(place for _, place in scope.columns(target))
    # A column of a key among the order is a tie-break that somebody thought of: the key that is known may be wider than need be.
    return not places.intersection(keyed - within) and not scope.dependencies.covers(places, shown)
