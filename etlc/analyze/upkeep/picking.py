"""What a SELECT makes of its joined rows: groups, windows, DISTINCT, LIMIT, and the columns that it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from etlc.analyze.output import Item, by_number, items_of
from etlc.analyze.scope import Scope
from etlc.analyze.upkeep.rows import NO_KEYS, Joined, Keys, Linear
from etlc.analyze.upkeep.values import keys_of, told_by
from etlc.analyze.values import aggregates, is_aggregate
from etlc.sql.syntax import Expr

Hinder = Callable[[str, int | None], None]


def is_grouped(scope: Scope) -> bool:
    """Whether a SELECT makes groups of its rows, or one of all."""
    select = scope.select
    grouped = bool(select.group) or bool(select.sets) or select.group_all or select.having is not None
    return grouped or any(is_aggregate(part) for part in scope.parts)


def groups(item: Item, rows: Joined, scope: Scope) -> bool:
    """Whether each group has one value of an item, since the rows are grouped by it in every set of groups."""
    select = scope.select
    if select.group_all:
        return not isinstance(item, Expr) or not aggregates(item)
    by = [by_number(expr, scope) for expr in select.group]
    sets = [[by[n] for n in one] for one in select.sets]
    return bool(sets) and all(told_by(item, one, rows, scope) for one in sets)


def picked(rows: Joined, scope: Scope, hinder: Hinder) -> tuple[tuple[Keys, ...], Linear]:
    """The keys of each column that a SELECT gives, and the relations that it is linear in."""
    tail, grouped = scope.select.tail, is_grouped(scope)
    over = [part for part in scope.parts if part.over is not None]
    plain = not (grouped or over or tail.distinct or tail.distinct_on or tail.limit is not None)
    linear = rows.linear if plain and not scope.select.sampled else {}
    items, complete = items_of(scope)
    if tail.limit is not None:
        hinder("limit", tail.limit_start)
    if tail.limit is not None or scope.select.sampled or not (complete or _all_of_one(scope)):
        return (), linear
    columns = [keys_of(item, rows, scope) for _, item in items]
    for why, start, keeps in _steps(rows, scope, grouped, over):
        kept = [keys if keys and keeps(item) else NO_KEYS for keys, (_, item) in zip(columns, items, strict=True)]
        if why == "total" or (any(columns) and not any(kept)):
            hinder(why, start)
        columns = kept
    return tuple(columns), linear


def _all_of_one(scope: Scope) -> bool:
    """Whether it gives all columns of one entry: those that are known of it come first."""
    items = scope.select.items
    star = items[0] if len(items) == 1 and items[0].kind == "star" else None
    return star is not None and len(scope.entries) == 1 and not (star.excluded or star.replaced or star.renamed)


def _steps(
    rows: Joined, scope: Scope, grouped: bool, over: list[Expr]
) -> Iterator[tuple[str, int | None, Callable[[Item], bool]]]:
    """What brings rows together: why a value may be lost there, where, and which values are not."""
    if grouped:
        start = next((part.start for part in scope.parts if is_aggregate(part)), None)
        whole = not (scope.select.group or scope.select.group_all)
        yield "total" if whole else "group", start, lambda item: groups(item, rows, scope)
    for part in over:
        partition = part.over.partition if part.over is not None else ()
        yield "window", part.start, partial(told_by, exprs=partition, rows=rows, scope=scope)
    if scope.select.tail.distinct_on:
        on = [by_number(expr, scope) for expr in scope.select.tail.distinct_on]
        yield "distinct_on", on[0].start if on[0] else None, partial(told_by, exprs=on, rows=rows, scope=scope)
