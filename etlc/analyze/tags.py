"""Which tags a value carries: those of every column that flows into it.

What filters, joins, groups or orders rows does not flow into them, nor does a count tell values. Where a name cannot
be resolved, all that it might mean counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from etlc.analyze.closure import Place
from etlc.analyze.relation import Carried, Relation, Tags
from etlc.analyze.scope import Scope
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr

_COUNTS = words("count count_star count_if countif approx_count_distinct regr_count")
# The first argument is what they give; the others say which row it is taken from.
_PICKS = words(
    "arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null arg_min_nulls_last argmax argmin max_by min_by"
)
_NONE: Tags = frozenset()


def union(relations: Iterable[Relation]) -> Tags:
    """All that any of these relations carries."""
    return _NONE.union(*(relation.tags for relation in relations))


def everything(scope: Scope) -> Tags:
    """All that is to be seen from within a SELECT: its own relations and subqueries, and those around it."""
    found: set[Carried] = set()
    here: Scope | None = scope
    while here is not None:
        found |= union(entry.relation for entry in here.entries) | union(here.subqueries.values())
        here = here.parent
    return frozenset(found)


def shown(place: Place, scope: Scope) -> Tags:
    """The tags of a column that a star stands for. One of USING has the values of both sides."""
    group = scope.group(place)
    return _NONE.union(*(scope.field_at(one).tags for one in ({place} if group is None else group.places)))


def carried(expr: Expr, scope: Scope) -> Tags:
    """The tags of the value of an expression."""
    found: set[Carried] = set()
    met: set[Expr] = set()
    stack = [expr]
    while stack:
        here = stack.pop()
        if here in met:
            continue
        met.add(here)
        if here in scope.aliased:
            stack.append(scope.aliased[here])
        else:
            found |= _own(here, scope)
            stack.extend(_values(here))
    return frozenset(found)


def _values(expr: Expr) -> Iterator[Expr]:
    """The parts of an expression that flow into its value."""
    if expr.kind == "case":
        yield from (*expr.args[1:-1:2], expr.args[-1])
    elif expr.kind in ("call", "window"):
        yield from () if expr.name in _COUNTS else expr.args[:1] if expr.name in _PICKS else expr.args
    elif expr.kind not in ("lambda", "exists"):
        yield from expr.args
        yield from (part for _, part in expr.replaced)


def _own(expr: Expr, scope: Scope) -> Tags:
    """The tags of an expression itself, without its parts."""
    if expr.kind == "column":
        return _column(expr, scope)
    if expr.kind == "star":
        key = expr.name.lower()
        return union(entry.relation for entry in scope.entries if entry.shown and key in ("", entry.key))
    if expr.kind == "lambda":
        # What means nothing here is a parameter, and its values are those of a list that is looked at as well.
        columns = [part for part in expr.walk() if part.kind == "column"]
        return _NONE.union(*(_named(column.path, scope)[1] for column in columns))
    if expr.kind in ("scalar", "in_query"):
        return scope.subqueries[expr].tags if expr in scope.subqueries else everything(scope)
    if expr.kind == "position" or (expr.kind == "other" and expr.name == "columns"):
        return everything(scope)
    return _NONE


def _column(expr: Expr, scope: Scope) -> Tags:
    place = scope.places.get(expr)
    if place is not None and scope.group(place) is None:
        return scope.field_at(place).tags
    known, tags = _named(expr.path, scope)
    return tags if known else everything(scope)


def _named(path: tuple[str, ...], scope: Scope) -> tuple[bool, Tags]:
    """Whether a dotted name means anything in a SELECT or around it, and the tags of all that it may mean.

    A column, a field of one, or a whole row.
    """
    names = [name.lower() for name in path]
    found: set[Carried] = set()
    here: Scope | None = scope
    while here is not None:
        known = False
        for entry in here.entries:
            found |= entry.relation.rest
            at = [entry.relation.index(names[0])] if entry.shown else []
            at += [entry.relation.index(name) for key, name in pairwise(names) if key == entry.key]
            for number in (one for one in at if one is not None):
                known, found = True, found | entry.relation.fields[number].tags
            if entry.key == names[0] and len(names) == 1 and not known:
                known, found = True, found | entry.relation.tags
        if known:
            return True, frozenset(found)
        here = here.parent
    return False, frozenset(found)


def following(known: Relation, start: Relation) -> Relation:
    """What the step of a recursion reads: each field is marked, to be known again in what the step makes of it."""
    # By the identity of the start, since a recursion may stand within one of the same name.
    fields = tuple(
        replace(field, tags=frozenset({Carried("", str(id(start)), str(n))})) for n, field in enumerate(known.fields)
    )
    return replace(known, fields=fields, complete=start.complete, rest=start.rest)


def settled(known: Relation, start: Relation, step: Relation) -> Relation:
    """The relation of a recursion: each field carries what its start does, and all that its steps ever bring into it."""
    marks = [next(iter(field.tags)) for field in known.fields]
    if not (start.complete and step.complete and len(step.fields) == len(known.fields)):
        tags = [(start.tags | step.tags).difference(marks)] * len(marks)
    else:
        tags = [field.tags for field in start.fields]
        brought = [field.tags for field in step.fields]
        while True:
            new = [
                old | one.difference(marks) | _NONE.union(*(tags[n] for n, mark in enumerate(marks) if mark in one))
                for old, one in zip(tags, brought, strict=True)
            ]
            if new == tags:
                break
            tags = new
    fields = tuple(replace(field, tags=one) for field, one in zip(known.fields, tags, strict=True))
    return replace(known, fields=fields, rest=_NONE if start.complete else (start.tags | step.tags).difference(marks))
