"""What the joins and conditions of a SELECT determine: its functional dependencies, and what is not NULL in its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etlc.analyze.closure import ROW, Dependencies, Place
from etlc.analyze.scope import Scope, Step
from etlc.analyze.values import compares_exactly, is_constant, type_of
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr

_LIKE = words("~~ ~~* !~~ !~~* regexp_matches starts_with contains")
_NULL_IN_NULL_OUT = words("+ - * / lower upper date_trunc date_part year month abs")
_VOLATILE = words("random uuid uuidv4 uuidv7 gen_random_uuid nextval currval setseed")


def depend(scope: Scope) -> None:
    """Fill in the dependencies of a scope, from its keys, joins and conditions."""
    scope.dependencies = _within(scope, range(len(scope.entries)), _filters(scope))
    strong = _filters(scope)
    for step in scope.steps:
        if _keeps_matches(step) and not _undone(step, scope.steps):
            strong += _conditions(step, scope)
            scope.not_null.update(place for pair in step.pairs for place in pair)
    for condition in strong:
        for expr in rejects_null(condition):
            if expr in scope.places:
                scope.not_null.add(scope.places[expr])


def _filters(scope: Scope) -> list[Expr]:
    return _conjuncts(scope.select.where, scope)


def _conditions(step: Step, scope: Scope) -> list[Expr]:
    return _conjuncts(step.join.condition, scope)


def _conjuncts(condition: Expr | None, scope: Scope) -> list[Expr]:
    """What must hold: the sides of AND, and of OR what all its sides have in common."""
    found: list[Expr] = []
    for one in condition.conjuncts() if condition is not None else ():
        found.append(one)
        if one.kind == "or":
            first, *others = [list(side.conjuncts()) for side in one.args]
            found += [part for part in first if all(any(scope.same(part, it) for it in side) for side in others)]
    return found


def _within(scope: Scope, entries: range, filters: list[Expr]) -> Dependencies:
    """The dependencies among the rows that the joins of some neighbouring entries give, and ``filters`` let through."""
    found = Dependencies()
    steps = [step for step in scope.steps if step.span.start >= entries.start and step.span.stop <= entries.stop]
    optional = {number for step in steps for number in step.optional()}
    for number in entries:
        _entry(number, number in optional, scope, found)
    for condition in filters:
        _holds(condition, scope, found)
    for step in steps:
        undone = _undone(step, steps)
        if _keeps_matches(step):
            for one, other in step.pairs:
                _equal(one, other, scope, found)
            for condition in _conditions(step, scope):
                _holds(condition, scope, found, undone)
        if not undone:
            _picks(step, scope, found, filters)
    return found


def _keeps_matches(step: Step) -> bool:
    """Whether only rows that meet the condition are kept. (ASOF takes a NULL for near at times, in DuckDB 1.5.)"""
    return step.join.kind == "inner" and step.join.form not in ("positional", "asof")


def _undone(step: Step, steps: Iterable[Step]) -> bool:
    """Whether a later outer join may put NULLs in place of the rows that this join gave."""
    return any(set(step.span) <= set(other.optional()) for other in steps if other is not step)


def _entry(number: int, optional: bool, scope: Scope, found: Dependencies) -> None:
    """An entry's keys. Where NULLs may stand for its row, a key must be able to tell them from a row."""
    entry = scope.entries[number]
    found.widths[number] = len(entry.relation.fields)
    for key in entry.relation.keys:
        at = [entry.relation.index(name) for name in key]
        places = [(number, one) for one in at if one is not None]
        if len(places) < len(key) or (optional and all(scope.field_at(one).nullable is not False for one in places)):
            continue
        found.add([*places, *((other, ROW) for other in entry.reads)], (number, ROW))


def _holds(condition: Expr, scope: Scope, found: Dependencies, undone: bool = False) -> None:
    """A condition that is true in every row, or in every one that a later outer join did not fill with NULLs."""
    if _is_equality(condition):
        left, right = (scope.places.get(arg) for arg in condition.args)
        if left is not None and right is not None:
            _equal(left, right, scope, found)
    for place in fixed_places(condition, scope) if not undone else ():
        found.add([], place)


def _equal(one: Place, other: Place, scope: Scope, found: Dependencies) -> None:
    """Two columns that were compared and found equal: the same value, unless a cast for the comparison lost something."""
    types = scope.field_at(one).type, scope.field_at(other).type
    if compares_exactly(types[0], types[1]):
        found.add([other], one)
    if compares_exactly(types[1], types[0]):
        found.add([one], other)


def _is_equality(condition: Expr) -> bool:
    return condition.kind == "compare" and condition.name in ("=", "is not distinct from")


def fixed_places(condition: Expr, scope: Scope) -> Iterator[Place]:
    """The column that an equality, or IS NULL, or IN with one value, leaves one value."""
    if _is_equality(condition) or (condition.kind == "in" and len(condition.args) == 2):
        for one, other in (condition.args, condition.args[::-1]):
            fixed = one in scope.places and (is_constant(other, scope) or _scalar(other, scope))
            if fixed and compares_exactly(type_of(one, scope), type_of(other, scope)):
                yield scope.places[one]
    if condition.kind == "is_null" and condition.args[0] in scope.places:
        yield scope.places[condition.args[0]]


def _scalar(expr: Expr, scope: Scope) -> bool:
    """A subquery that reads nothing of the rows around it has one value for all of them."""
    return expr.kind == "scalar" and not scope.correlated.get(expr)


def rejects_null(condition: Expr) -> Iterator[Expr]:
    """The columns that are not NULL where the condition is true."""
    kind, args = condition.kind, condition.args
    if (kind == "compare" and "distinct" not in condition.name) or kind == "between":
        yield from (column for arg in args for column in _strict_columns(arg))
    elif kind in ("in", "in_query", "is_not_null") or (kind == "call" and condition.name in _LIKE):
        yield from _strict_columns(args[0])
    elif kind == "column":
        yield condition
    elif kind == "not":
        yield from _rejects_when_false(args[0])


def _rejects_when_false(condition: Expr) -> Iterator[Expr]:
    """The columns that are not NULL where the condition is false. ``x IN (SELECT ...)`` is false for NULL over no rows,
    and BETWEEN is as soon as one of its two comparisons is."""
    if condition.kind == "compare" and "distinct" not in condition.name:
        yield from (column for arg in condition.args for column in _strict_columns(arg))
    elif condition.kind in ("in", "between", "is_null"):
        yield from _strict_columns(condition.args[0])
    elif condition.kind == "column":
        yield condition


def _strict_columns(expr: Expr) -> Iterator[Expr]:
    """The columns whose NULL makes the whole value NULL."""
    if expr.kind == "column":
        yield expr
    elif expr.kind == "cast" and expr.name == "cast":
        yield from _strict_columns(expr.args[0])
    elif expr.kind == "call" and expr.name in _NULL_IN_NULL_OUT:
        yield from (column for arg in expr.args for column in _strict_columns(arg))


def _picks(step: Step, scope: Scope, found: Dependencies, filters: list[Expr]) -> None:
    """A join that finds one row at most: an outer one by a key of its far side, and ASOF, which takes the nearest."""
    join = step.join
    if join.form == "asof" and join.kind in ("inner", "left"):
        for number in step.right:
            found.add([(near, ROW) for near in step.left], (number, ROW))
    if join.kind not in ("left", "right") or join.form == "positional" or not _steady(step):
        return
    near, far = (step.left, step.right) if join.kind == "left" else (step.right, step.left)
    if any(other in near for number in far for other in scope.entries[number].reads):
        return
    if _within(scope, far, filters).covers(join_places(scope, step, far), far):
        of_near = {place for one in _conditions(step, scope) for _, place in scope.columns(one) if place[0] in near}
        of_near |= {place for pair in step.pairs for place in pair if place[0] in near}
        for number in far:
            found.add(of_near, (number, ROW))


def _steady(step: Step) -> bool:
    """Whether the condition depends on nothing but the columns that are written in it."""
    parts = step.join.condition.walk() if step.join.condition is not None else ()
    return not any(
        part.query is not None or part.kind in ("lambda", "other") or (part.kind == "call" and part.name in _VOLATILE)
        for part in parts
    )


def join_places(scope: Scope, step: Step, side: range) -> set[Place]:
    """The columns on one side of a join that its condition gives one value for each row of the other side."""
    found = set()
    for pair in step.pairs:
        for one, other in (pair, pair[::-1]):
            if one[0] in side and compares_exactly(scope.field_at(one).type, scope.field_at(other).type):
                found.add(one)
    for condition in _conditions(step, scope):
        found.update(place for place in fixed_places(condition, scope) if place[0] in side)
        for near, far in (condition.args, condition.args[::-1]) if _is_equality(condition) else ():
            exact = near in scope.places and compares_exactly(type_of(near, scope), type_of(far, scope))
            if exact and scope.places[near][0] in side and not scope.entries_of(far).intersection(side):
                found.add(scope.places[near])
    return found
