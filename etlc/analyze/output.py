"""What is known of the rows that a SELECT gives: its fields, and its keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from etlc.analyze.closure import ROW, Place
from etlc.analyze.fanout import repeated_by
from etlc.analyze.relation import Field, Key, Relation, Tags
from etlc.analyze.scope import Scope
from etlc.analyze.tags import carried, everything, shown
from etlc.analyze.values import aggregates, is_mean, known_field, nullable_of, type_of
from etlc.sql.syntax import Expr

_MOST_KEYS = 8


def output_of(scope: Scope) -> Relation:
    """The relation that a resolved SELECT gives."""
    pairs: list[tuple[Field, Expr | Place]] = []
    complete = True
    for item in scope.select.items:
        if item.kind == "star":
            complete = _star(item, scope, pairs) and complete
        elif item.kind == "other" and item.name == "columns":
            complete = False
        else:
            pairs.append((_field(item, scope), item))
    rest = everything(scope)
    fields = tuple(replace(field, tags=_tags(item, scope)) if rest else field for field, item in pairs)
    keys = _keys(scope, pairs) if scope.sure and complete else frozenset()
    return Relation("", fields, keys, complete, frozenset() if complete else rest)


def _tags(item: Expr | Place, scope: Scope) -> Tags:
    return shown(item, scope) if isinstance(item, tuple) else carried(item, scope)


def _star(item: Expr, scope: Scope, pairs: list[tuple[Field, Expr | Place]]) -> bool:
    """The columns that a star stands for. False where not all of them are known."""
    without = {name.lower() for name in item.excluded}
    replaced = {name.lower(): expr for name, expr in item.replaced}
    renamed = {old.lower(): new for old, new in item.renamed}
    seen: set[str] = set()
    complete = True
    for number, entry in enumerate(scope.entries):
        if not entry.shown or (item.name and entry.key != item.name.lower()):
            continue
        complete = complete and entry.relation.complete
        for at, field in enumerate(entry.relation.fields):
            lower = field.name.lower()
            if lower in without or (lower in scope.using and lower in seen and not item.name):
                continue
            seen.add(lower)
            if lower in replaced:
                pairs.append((replace(_field(replaced[lower], scope), name=field.name), replaced[lower]))
                continue
            shown = _copied(field, (number, at), scope)
            pairs.append((replace(shown, name=renamed.get(lower, field.name)), (number, at)))
    return complete


def _copied(field: Field, place: Place, scope: Scope) -> Field:
    """A field as it comes out of the joins and conditions."""
    entry = scope.entries[place[0]]
    nullable = False if place in scope.not_null else True if entry.optional else field.nullable
    grouped = bool(scope.select.group) or scope.select.group_all
    repeated = field.repeated or ("" if grouped else repeated_by(scope, {place[0]}))
    origin = field.origin
    return replace(field, nullable=nullable, repeated=repeated, origin=origin, numbers=None)


def _field(item: Expr, scope: Scope) -> Field:
    name = item.alias or (item.path[-1] if item.kind == "column" else "")
    target = scope.aliased.get(item, item)
    if target in scope.places and type_of(target, scope):
        place = scope.places[target]
        return replace(_copied(scope.field_at(place), place, scope), name=name)
    known = known_field(target, scope) if target.kind == "column" else None
    if known is not None and type_of(target, scope):
        return Field(name, known.type, known.nullable)
    return Field(
        name, type_of(item, scope), nullable_of(item, scope), mean=is_mean(item, scope), numbers=_numbers(item, scope)
    )


def _numbers(item: Expr, scope: Scope) -> Key | None:
    """The output columns that a row_number is partitioned by, where all of them are given out."""
    if item.kind != "window" or item.name != "row_number" or item.over is None:
        return None
    names = [_shown_as(part, scope) for part in item.over.partition]
    return frozenset(name for name in names if name is not None) if None not in names else None


def _shown_as(expr: Expr, scope: Scope) -> str | None:
    """The name under which a value is among the items."""
    for item in scope.select.items:
        if item.kind != "star" and scope.same(item, expr):
            return (item.alias or (item.path[-1] if item.kind == "column" else "")).lower() or None
        if item.kind == "star" and expr in scope.places and not item.replaced and not item.renamed:
            place = scope.places[expr]
            of_entry = not item.name or scope.entries[place[0]].key == item.name.lower()
            name = scope.field_at(place).name.lower()
            if of_entry and name not in {one.lower() for one in item.excluded}:
                return name
    return None


def _keys(scope: Scope, pairs: list[tuple[Field, Expr | Place]]) -> frozenset[Key]:
    select = scope.select
    names = [field.name.lower() for field, _ in pairs]
    if not all(names) or len(set(names)) != len(names):
        names = [name if names.count(name) == 1 else "" for name in names]
    found: set[Key] = set()
    grouped = bool(select.group) or select.group_all or any(aggregates(item) for item in select.items) or select.having
    if grouped:
        found |= set(_group_key(scope))
    else:
        found |= set(_row_keys(scope, pairs, names))
    if select.tail.distinct and all(names):
        found.add(frozenset(names))
    found |= set(_picked(scope, select.tail.distinct_on))
    if select.qualify is not None:
        for condition in select.qualify.conjuncts():
            found |= set(_first_of(condition, scope))
    if select.tail.limit in (0, 1):
        found.add(frozenset())
    if any(_is_unnest(item) for item in select.items):
        return frozenset()
    return frozenset(sorted(found, key=lambda key: (len(key), sorted(key)))[:_MOST_KEYS])


def _is_unnest(item: Expr) -> bool:
    return any(part.kind == "call" and part.name in ("unnest", "unlist", "generate_subscripts") for part in item.walk())


def _group_key(scope: Scope) -> Iterator[Key]:
    """What a SELECT is grouped by tells its rows apart, as far as it is given out."""
    select = scope.select
    if select.grouping_sets:
        return
    groups: Iterable[Expr] = select.group
    if select.group_all:
        groups = [item for item in select.items if not aggregates(item)]
        if any(item.kind == "star" for item in groups):
            return
    exprs = [_by_number(group, scope) for group in groups]
    names = {expr: _shown_as(expr, scope) for expr in exprs}
    if None not in names.values():
        yield frozenset(name for name in names.values() if name)
    # A group that the others determine may be left out: group by id, name where id is a key.
    places = {scope.places[expr]: names[expr] for expr in exprs if expr in scope.places}
    if len(places) == len(exprs):
        for place in list(places):
            others = [one for one in places if one != place]
            if place in scope.dependencies.closure(others):
                del places[place]
        if None not in places.values():
            yield frozenset(name for name in places.values() if name)


def _by_number(group: Expr, scope: Scope) -> Expr:
    """GROUP BY 1 is the first item."""
    if group.kind == "literal" and group.name.isdecimal() and 0 < int(group.name) <= len(scope.select.items):
        group = scope.select.items[int(group.name) - 1]
    return scope.aliased.get(group, group)


def _row_keys(scope: Scope, pairs: list[tuple[Field, Expr | Place]], names: list[str]) -> Iterator[Key]:
    """The keys of the joined rows, as far as their columns are given out."""
    entries = frozenset(number for number, entry in enumerate(scope.entries) if entry.shown)
    if not entries:
        yield frozenset()
        return
    given: dict[Place, str] = {}
    for (_, item), name in zip(pairs, names, strict=True):
        place = item if isinstance(item, tuple) else scope.places.get(scope.aliased.get(item, item))
        if place is not None and name:
            given.setdefault(place, name)
    if not scope.dependencies.covers(given, entries):
        return
    for number in sorted(entries):
        for key in scope.entries[number].relation.keys:
            places = {(number, at) for at in map(scope.entries[number].relation.index, key) if at is not None}
            shown = {one: _equal_given(one, given, scope) for one in places}
            if scope.dependencies.covers(places, entries) and None not in shown.values():
                yield frozenset(given[one] for one in shown.values() if one is not None)
    yield frozenset(given[place] for place in scope.dependencies.smallest(given, entries))


def _equal_given(place: Place, given: dict[Place, str], scope: Scope) -> Place | None:
    """The place itself, or one that it has the same value as, among those given out."""
    if place in given:
        return place
    pairs = scope.dependencies.rules
    twins = [next(iter(left)) for left, right in pairs if right == place and len(left) == 1]
    return next((one for one in twins if one in given and one[1] != ROW and (frozenset([place]), one) in pairs), None)


def _picked(scope: Scope, exprs: tuple[Expr, ...]) -> Iterator[Key]:
    names = [_shown_as(_by_number(expr, scope), scope) for expr in exprs]
    if exprs and None not in names:
        yield frozenset(name for name in names if name)


def _first_of(condition: Expr, scope: Scope) -> Iterator[Key]:
    """QUALIFY row_number() OVER (PARTITION BY k ...) = 1 keeps one row of each k."""
    if condition.kind != "compare" or condition.name != "=":
        return
    for one, other in (condition.args, condition.args[::-1]):
        counted = scope.aliased.get(one, one)
        if other.kind == "literal" and counted.kind == "window" and counted.name == "row_number" and counted.over:
            names = [_shown_as(part, scope) for part in counted.over.partition]
            if None not in names:
                yield frozenset(name for name in names if name)
