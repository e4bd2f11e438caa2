"""What the joins and conditions of a SELECT determine: its functional dependencies, and what is not NULL in its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etlc.analyze.closure import ROW, Place
from etlc.analyze.scope import Scope, Step
from etlc.analyze.values import is_constant
from etlc.sql.syntax import Expr


def depend(scope: Scope) -> None:
    """Fill in the dependencies of a scope, from its keys, joins and conditions."""
    found = scope.dependencies
    for number, entry in enumerate(scope.entries):
        found.widths[number] = len(entry.relation.fields)
        for key in entry.relation.keys:
            places = [(number, entry.relation.index(name)) for name in key]
            found.add([(n, at) for n, at in places if at is not None], (number, ROW))
    for condition in scope.conditions():
        _holds(condition, scope)
    for one, other in shared_columns(scope, (step for step in scope.inner_steps)):
        found.same(one, other)
        scope.not_null.update((one, other))
    for step in scope.steps:
        _outer(step, scope)
    _numbered(scope)


def shared_columns(scope: Scope, steps: Iterable[Step]) -> Iterator[tuple[Place, Place]]:
    """The pairs of columns that USING or NATURAL compare."""
    for step in steps:
        names = [name.lower() for name in step.join.using]
        if step.join.form == "natural":
            names = [one.name.lower() for n in step.right for one in scope.entries[n].relation.fields]
        for name in names:
            left, right = _named(scope, step.left, name), _named(scope, step.right, name)
            if left is not None and right is not None:
                yield left, right


def _named(scope: Scope, entries: range, name: str) -> Place | None:
    for number in entries:
        at = scope.entries[number].relation.index(name)
        if at is not None:
            return number, at
    return None


def _holds(condition: Expr, scope: Scope) -> None:
    """A condition that holds in every row."""
    found = scope.dependencies
    for pair in equal_places(condition, scope):
        found.same(*pair)
    for place in fixed_places(condition, scope):
        found.add([], place)
    for expr in rejects_null(condition):
        if expr in scope.places:
            scope.not_null.add(scope.places[expr])


def equal_places(condition: Expr, scope: Scope) -> Iterator[tuple[Place, Place]]:
    """The two columns that an equality compares."""
    if condition.kind == "compare" and condition.name in ("=", "is not distinct from"):
        left, right = (scope.places.get(arg) for arg in condition.args)
        if left is not None and right is not None:
            yield left, right


def fixed_places(condition: Expr, scope: Scope) -> Iterator[Place]:
    """The column that an equality, or IS NULL, or IN with one value, leaves one value."""
    equality = condition.kind == "compare" and condition.name in ("=", "is not distinct from")
    if equality or (condition.kind == "in" and len(condition.args) == 2):
        for one, other in (condition.args, condition.args[::-1]):
            if one in scope.places and (is_constant(other, scope) or _scalar(other, scope)):
                yield scope.places[one]
    if condition.kind == "is_null" and condition.args[0] in scope.places:
        yield scope.places[condition.args[0]]


def _scalar(expr: Expr, scope: Scope) -> bool:
    """A subquery that reads nothing of the rows around it has one value for all of them."""
    return expr.kind == "scalar" and not scope.correlated.get(expr)


def rejects_null(condition: Expr) -> Iterator[Expr]:
    """The columns that are not NULL where the condition is true."""
    if condition.kind in ("compare", "between", "in", "is_not_null", "in_query") and "distinct" not in condition.name:
        for arg in condition.args if condition.kind != "in" else condition.args[:1]:
            yield from _strict_columns(arg)
    elif condition.kind == "column":
        yield condition
    elif condition.kind == "not" and condition.args[0].kind in ("compare", "between", "in", "in_query", "column"):
        if "distinct" not in condition.args[0].name:
            yield from rejects_null(condition.args[0])
    elif condition.kind == "not" and condition.args[0].kind == "is_null":
        yield from _strict_columns(condition.args[0].args[0])
    elif condition.kind == "call" and condition.name in (
        "~~",
        "~~*",
        "!~~",
        "!~~*",
        "regexp_matches",
        "starts_with",
        "contains",
    ):
        yield from _strict_columns(condition.args[0])


def _strict_columns(expr: Expr) -> Iterator[Expr]:
    """The columns whose NULL makes the whole value NULL."""
    if expr.kind == "column":
        yield expr
    elif expr.kind == "cast" and expr.name == "cast":
        yield from _strict_columns(expr.args[0])
    elif expr.kind == "call" and expr.name in (
        "+",
        "-",
        "*",
        "/",
        "lower",
        "upper",
        "date_trunc",
        "date_part",
        "year",
        "month",
        "abs",
    ):
        for arg in expr.args:
            yield from _strict_columns(arg)


def _outer(step: Step, scope: Scope) -> None:
    """An outer join's far row is determined by the near columns of its condition, if it can match one row only."""
    join = step.join
    if join.form == "positional" or join.form == "asof":
        for number in step.right:
            scope.dependencies.add([(n, ROW) for n in step.left], (number, ROW))
        return
    if join.kind not in ("left", "right"):
        return
    near, far = (step.left, step.right) if join.kind == "left" else (step.right, step.left)
    conditions = list(join.condition.conjuncts()) if join.condition is not None else []
    if unique_in(scope, far, join_places(scope, step, far)):
        of_near = [place for one in conditions for _, place in scope.columns(one) if place[0] in near]
        of_near += [place for pair in shared_columns(scope, [step]) for place in pair if place[0] in near]
        for number in far:
            scope.dependencies.add(of_near, (number, ROW))


def join_places(scope: Scope, step: Step, side: range) -> set[Place]:
    """The columns on one side of a join that its condition gives one value for each row of the other side."""
    found = {place for pair in shared_columns(scope, [step]) for place in pair if place[0] in side}
    for condition in step.join.condition.conjuncts() if step.join.condition is not None else ():
        found.update(place for place in fixed_places(condition, scope) if place[0] in side)
        if condition.kind == "compare" and condition.name in ("=", "is not distinct from"):
            for one, other in (condition.args, condition.args[::-1]):
                reads = scope.entries_of(other)
                if one in scope.places and scope.places[one][0] in side and not reads.intersection(side):
                    found.add(scope.places[one])
    return found


def unique_in(scope: Scope, side: range, places: set[Place]) -> bool:
    """Whether no two rows of one side of a join share these columns."""
    return scope.dependencies.covers(places, side)


def _numbered(scope: Scope) -> None:
    """``where rn = 1`` keeps one row of each partition that ``rn`` was counted in."""
    for condition in scope.conditions():
        if condition.kind == "compare" and condition.name == "=":
            for one, other in (condition.args, condition.args[::-1]):
                if one in scope.places and other.kind == "literal":
                    number, at = scope.places[one]
                    relation = scope.entries[number].relation
                    partition = relation.fields[at].numbers
                    if partition is not None:
                        places = [(number, relation.index(name)) for name in partition]
                        scope.dependencies.add([(n, i) for n, i in places if i is not None], (number, ROW))
