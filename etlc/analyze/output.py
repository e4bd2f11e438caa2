"""What is known of the rows that a SELECT gives: its fields, and its keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from etlc.analyze.closure import Place
from etlc.analyze.fanout import repeated_by
from etlc.analyze.relation import Field, Key, Relation
from etlc.analyze.scope import Scope
from etlc.analyze.tags import carried, everything, shown
from etlc.analyze.values import aggregates, is_mean, nullable_of, type_of
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr

_MOST_KEYS = 8
_UNNEST = words("unnest unlist generate_subscripts regexp_split_to_table")


Item = Expr | Place | None  # what a field is a copy of; None where no column has its value alone


@dataclass(frozen=True, slots=True)
class _Given:
    """The fields that a SELECT gives, with what each was written as, and the names that keys may use: "" where none is certain."""

    scope: Scope
    items: list[tuple[Field, Item]]
    names: list[str]

    def at(self, expr: Expr | None) -> int | None:
        """Where a value is among the fields."""
        if expr is None:
            return None
        target = self.scope.aliased.get(expr, expr)
        place = self.scope.places.get(target)
        for number, (_, item) in enumerate(self.items):
            if isinstance(item, Expr) and self.scope.same(item, target):
                return number
            if item is not None and not isinstance(item, Expr) and item == place:
                return number
        return None

    def key(self, exprs: Iterable[Expr | None]) -> Key | None:
        """The names of these values; None where one of them is not given, or without a name."""
        return self.named(self.at(expr) for expr in exprs)

    def named(self, numbers: Iterable[int | None]) -> Key | None:
        """The names of these fields; None where one has none."""
        names = [self.names[number] if number is not None else "" for number in numbers]
        return frozenset(names) if all(names) else None


def output_of(scope: Scope) -> Relation:
    """The relation that a resolved SELECT gives."""
    items, complete = items_of(scope)
    rest = everything(scope)
    tagged = (
        replace(field, tags=carried(item, scope)) if rest and isinstance(item, Expr) else field for field, item in items
    )
    fields = distinct_names(tuple(tagged))
    given = _Given(scope, items, [field.name.lower() for field in fields])
    keys = _keys(given) if scope.sure and complete else frozenset()
    return Relation("", fields, keys, complete, frozenset() if complete else rest)


def items_of(scope: Scope) -> tuple[list[tuple[Field, Item]], bool]:
    """What a resolved SELECT gives, its stars written out, and whether that is all."""
    if scope.items is None:
        scope.items = _items(scope)
    return scope.items


def _items(scope: Scope) -> tuple[list[tuple[Field, Item]], bool]:
    items: list[tuple[Field, Item]] = []
    complete = True
    for item in scope.select.items:
        if item.kind == "star":
            complete = _star(item, scope, items) and complete
        elif item.kind == "other" and item.name == "columns":
            complete = False
        else:
            items.append((_field(item, scope), item))
    return items, complete


def distinct_names(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields, without the names that DuckDB changes since they stand there twice: a second ``a`` becomes ``a_1``."""
    counts = Counter(field.name.lower() for field in fields)
    if len(counts) == len(fields):
        return fields
    twice = tuple(f"{name}_" for name, count in counts.items() if name and count > 1)
    seen: set[str] = set()
    found = []
    for field in fields:
        name = field.name.lower()
        found.append(replace(field, name="") if name in seen or (twice and name.startswith(twice)) else field)
        seen.add(name)
    return tuple(found)


def _star(item: Expr, scope: Scope, items: list[tuple[Field, Item]]) -> bool:
    """The columns that a star stands for. False where not all of them are known."""
    without = {name.lower() for name in item.excluded}
    replaced = {name.lower(): expr for name, expr in item.replaced}
    renamed = {old.lower(): new for old, new in item.renamed}
    seen: set[int] = set()
    given: set[Expr] = set()
    complete = True
    for number, entry in enumerate(scope.entries):
        if not entry.shown or (item.name and entry.key != item.name.lower()):
            continue
        complete = complete and entry.relation.complete
        for at, column in enumerate(entry.relation.fields):
            group = scope.group((number, at)) if not item.name else None
            lower = column.name.lower()
            if (lower and lower in without) or (group is not None and id(group) in seen):
                continue
            seen.add(id(group))
            if lower and lower in replaced:
                if replaced[lower] not in given:  # only the first column of that name is there then
                    items.append((replace(_field(replaced[lower], scope), name=column.name), replaced[lower]))
                given.add(replaced[lower])
                continue
            place = (number, at) if group is None else group.value
            name = renamed.get(lower, column.name)
            copy = _copied(place, name, scope) if place is not None else Field(name)
            tags = shown((number, at), scope)
            items.append((replace(copy, tags=tags) if tags != copy.tags else copy, place))
    return complete


def _copied(place: Place, name: str, scope: Scope) -> Field:
    """A field as it comes out of the joins and conditions, under this name."""
    entry = scope.entries[place[0]]
    field = scope.field_at(place)
    nullable = False if place in scope.not_null else True if entry.optional else field.nullable
    if scope.select.grouping_sets:
        nullable = None  # a column that a row is not grouped by is NULL in it
    grouped = bool(scope.select.group) or scope.select.group_all
    repeated = field.repeated or ("" if grouped else repeated_by(scope, {place[0]}))
    return field.shown_as(name, nullable, repeated)


def _field(item: Expr, scope: Scope) -> Field:
    name = item.alias or (item.path[-1] if item.kind == "column" else "")
    target = scope.aliased.get(item, item)
    if target in scope.places:
        return _copied(scope.places[target], name, scope)
    known = scope.outer.get(target)
    if known is not None:
        return Field(name, known.type, None if scope.select.grouping_sets else known.nullable)
    return Field(name, type_of(item, scope), nullable_of(item, scope), mean=is_mean(item, scope))


def _keys(given: _Given) -> frozenset[Key]:
    scope, select = given.scope, given.scope.select
    if any(_is_unnest(item) for item in select.items):
        return frozenset()
    found: set[Key | None] = set()
    if select.group or select.group_all or any(aggregates(item) for item in select.items) or select.having:
        found.update(_group_keys(given))
    else:
        found.update(_row_keys(given))
    if select.tail.distinct:
        found.add(given.named(range(len(given.items))))
    if select.tail.distinct_on:
        found.add(given.key(by_number(expr, scope) for expr in select.tail.distinct_on))
    if select.qualify is not None:
        found.update(_first_of(condition, given) for condition in select.qualify.conjuncts())
    found.update(_numbered(number, item, given) for number, (_, item) in enumerate(given.items))
    if select.tail.limit in (0, 1):
        found.add(frozenset())
    known = sorted((key for key in found if key is not None), key=lambda key: (len(key), sorted(key)))
    least = [key for n, key in enumerate(known) if not any(smaller <= key for smaller in known[:n])]
    return frozenset(least[:_MOST_KEYS])


def _is_unnest(item: Expr) -> bool:
    return any(part.kind == "call" and part.name in _UNNEST for part in item.walk())


def _group_keys(given: _Given) -> Iterator[Key | None]:
    """What a SELECT is grouped by tells its rows apart, as far as it is given out."""
    scope, select = given.scope, given.scope.select
    if select.grouping_sets:
        return
    if select.group_all:
        yield given.named(
            number for number, (_, item) in enumerate(given.items) if not isinstance(item, Expr) or not aggregates(item)
        )
        return
    exprs = [by_number(group, scope) for group in select.group]
    yield given.key(exprs)
    # A group that the others determine may be left out: group by id, name where id is a key.
    places = {scope.places[expr]: expr for expr in exprs if expr is not None and expr in scope.places}
    if len(places) == len(exprs):
        for place in list(places):
            if place in scope.dependencies.closure(one for one in places if one != place):
                del places[place]
        yield given.key(places.values())


def by_number(group: Expr, scope: Scope) -> Expr | None:
    """GROUP BY 1 is the first item. None where a star stands before it."""
    if group.kind == "literal" and group.name.isdecimal():
        items = scope.select.items[: int(group.name)]
        if len(items) < int(group.name) or not items or any(item.kind == "star" for item in items):
            return None
        group = items[-1]
    return scope.aliased.get(group, group)


def _row_keys(given: _Given) -> Iterator[Key | None]:
    """The keys of the joined rows, as far as their columns are given out."""
    scope = given.scope
    dependencies = scope.dependencies
    entries = frozenset(number for number, entry in enumerate(scope.entries) if entry.shown)
    if not entries:
        yield frozenset()
        return
    names: dict[Place, str] = {}
    for (_, item), name in zip(given.items, given.names, strict=True):
        place = scope.places.get(scope.aliased.get(item, item)) if isinstance(item, Expr) else item
        if place is not None and name:
            names.setdefault(place, name)
    if not dependencies.covers(names, entries):
        return
    for number in sorted(entries):
        relation = scope.entries[number].relation
        for key in relation.keys:
            places = [(number, at) for at in map(relation.index, key) if at is not None]
            shown = [_equal_given(one, names, scope) for one in places]
            if None not in shown and dependencies.covers([one for one in shown if one is not None], entries):
                least = dependencies.smallest([one for one in shown if one is not None], entries)
                yield frozenset(names[one] for one in least)
    yield frozenset(names[place] for place in dependencies.smallest(names, entries))


def _equal_given(place: Place, given: dict[Place, str], scope: Scope) -> Place | None:
    """The place itself, or one that determines it and is determined by it, among those given out."""
    if place in given:
        return place
    closure = scope.dependencies.closure
    rules = scope.dependencies.rules
    twins = [left for left, right in rules if right == place and len(left) == 1 and next(iter(left)) in given]
    return next((one for left in twins for one in left if one in closure([place])), None)


def _first_of(condition: Expr, given: _Given) -> Key | None:
    """QUALIFY row_number() OVER (PARTITION BY k ...) = 1 keeps one row of each k."""
    if condition.kind == "compare" and condition.name == "=":
        for one, other in (condition.args, condition.args[::-1]):
            counted = given.scope.aliased.get(one, one)
            if other.kind == "literal" and _counts_rows(counted) and counted.over is not None:
                return given.key(counted.over.partition)
    return None


def _numbered(number: int, item: Item, given: _Given) -> Key | None:
    """A row_number tells the rows apart within what it is partitioned by."""
    target = given.scope.aliased.get(item, item) if isinstance(item, Expr) else None
    if target is None or not _counts_rows(target) or target.over is None:
        return None
    key = given.key(target.over.partition)
    own = given.named([number])
    return key | own if key is not None and own is not None else None


def _counts_rows(expr: Expr) -> bool:
    return expr.kind == "window" and expr.name == "row_number"
