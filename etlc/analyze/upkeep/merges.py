"""Queries whose rows can be brought up to date from themselves: aggregates that add up, and the latest of each key."""

from __future__ import annotations

from collections.abc import Sequence

from etlc.analyze.closure import Place
from etlc.analyze.output import Item, by_number, items_of
from etlc.analyze.scope import Scope
from etlc.analyze.upkeep.keys import can_key
from etlc.analyze.upkeep.picking import groups, is_grouped
from etlc.analyze.upkeep.rows import Joined, packed
from etlc.analyze.values import FLOATS, INTEGERS, is_aggregate
from etlc.ir.binding import Column
from etlc.ir.upkeep import Latest, Merge
from etlc.sql.syntax import Expr, Select, Table

_WAYS = {
    "count": "sum", "count_star": "sum", "sum": "sum", "min": "min", "max": "max", "bool_and": "and", "bool_or": "or",
    "bit_and": "bit_and", "bit_or": "bit_or", "bit_xor": "bit_xor",
}  # fmt: skip
_FIRSTS = ("row_number", "rank", "dense_rank")


def merge_of(scope: Scope, rows: Joined, columns: Sequence[Column]) -> Merge | None:
    """How the rows of an outermost SELECT are merged. ``columns`` are those that it gives."""
    select, tail = scope.select, scope.select.tail
    filtered = select.having is not None or select.qualify is not None or tail.limit is not None or select.sampled
    if filtered or tail.distinct_on or select.grouping_sets or any(part.over is not None for part in scope.parts):
        return None
    items, complete = items_of(scope)
    grouped = is_grouped(scope)
    if grouped == tail.distinct or not complete or len(items) != len(columns) or not rows.linear:
        return None
    keys: list[str] = []
    ways: dict[str, str] = {}
    shown: list[Item] = []
    for (_, item), column in zip(items, columns, strict=True):
        way = _way(item, column.type) if grouped else ""
        if way:
            ways[column.name] = way
        elif can_key(column.type) and (tail.distinct or groups(item, rows, scope)):
            keys.append(column.name)
            shown.append(item)
        else:
            return None
    if grouped and not _all_given(scope, shown):
        return None
    return Merge(tuple(keys), ways, packed(rows.linear))


def _way(item: Item, kind: str) -> str:
    """How two values of an aggregate become one; "" where it is none, or they don't."""
    if not isinstance(item, Expr) or not is_aggregate(item) or item.name not in _WAYS or len(item.args) > 1:
        return ""
    way = _WAYS[item.name]
    exact = kind in INTEGERS or kind.startswith("DECIMAL")
    fits = {"sum": exact, "min": can_key(kind) or kind in FLOATS, "max": can_key(kind) or kind in FLOATS}
    fits |= {"and": kind == "BOOLEAN", "or": kind == "BOOLEAN"}
    again = not item.distinct or way in ("min", "max")
    return way if again and not item.order and fits.get(way, kind in INTEGERS) else ""


def _all_given(scope: Scope, shown: list[Item]) -> bool:
    """Whether all that the rows are grouped by is among the columns, so that they tell the groups apart."""
    if scope.select.group_all:
        return True
    for group in scope.select.group:
        wanted = by_number(group, scope)
        if wanted is None or not any(_same(wanted, item, scope) for item in shown):
            return False
    return True


def _same(wanted: Expr, item: Item, scope: Scope) -> bool:
    if isinstance(item, Expr):
        return scope.same(wanted, item)
    return item is not None and scope.places.get(wanted) == item


def latest_of(scope: Scope, relation: str, columns: Sequence[Column]) -> Latest | None:
    """How the rows that an outermost SELECT picks of a relation are picked again, from themselves and new ones."""
    select, tail = scope.select, scope.select.tail
    if not isinstance(select.source, Table) or is_grouped(scope) or tail.limit is not None or tail.distinct:
        return None
    by = _picks_by(select, scope)
    if by is None or select.sampled or any(part.query is not None for part in scope.parts):
        return None
    items, complete = items_of(scope)
    given: dict[Place, str] = {}
    for (_, item), column in zip(items, columns, strict=False):
        place = scope.places.get(scope.aliased.get(item, item)) if isinstance(item, Expr) else item
        if place is None or scope.field_at(place).type != column.type:
            return None
        given.setdefault(place, column.name)
    read = {place for clause in select.clauses() for _, place in scope.columns(clause)}
    keys = [scope.places.get(scope.aliased.get(expr, expr)) for expr in by]
    if not complete or len(items) != len(columns) or not read <= given.keys():
        return None
    names = [given[key] for key in keys if key is not None and can_key(scope.field_at(key).type)]
    if len(names) < len(by) or not names:
        return None
    shown = {scope.field_at(place).name: name for place, name in given.items()}
    return Latest(relation, tuple(dict.fromkeys(names)), shown)


def _picks_by(select: Select, scope: Scope) -> tuple[Expr, ...] | None:
    """The keys within whose values rows are picked by their order alone."""
    over = {part for part in scope.parts if part.over is not None}
    if select.tail.distinct_on:
        by = [by_number(expr, scope) for expr in select.tail.distinct_on]
        found = tuple(expr for expr in by if expr is not None)
        return found if len(found) == len(by) and not over and select.qualify is None else None
    condition = select.qualify
    if condition is None or condition.kind != "compare" or condition.name not in ("=", "<="):
        return None
    number, limit = (scope.aliased.get(arg, arg) for arg in condition.args)
    if number.over is None or number.name not in _FIRSTS or over != {number} or number.filter is not None:
        return None
    counted = limit.kind == "literal" and limit.type in INTEGERS and limit.name.isdecimal()
    return number.over.partition if counted and (limit.name == "1" or condition.name == "<=") else None
