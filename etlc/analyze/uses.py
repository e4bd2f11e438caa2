"""What of its inputs decides a query's rows, and what its values: for what must be computed again, and what not.

Everything that may matter counts. Where a name cannot be followed for certain, all columns of all inputs decide the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from etlc.analyze.closure import Place
from etlc.analyze.output import Item, items_of
from etlc.analyze.resolver import Resolved
from etlc.analyze.scope import Scope
from etlc.analyze.values import type_of
from etlc.ir.binding import Column
from etlc.ir.codec import encode
from etlc.ir.graph import BoundGraph, BoundModel
from etlc.ir.upkeep import Uses
from etlc.sql.pieces import words
from etlc.sql.syntax import (
    Combined,
    Computed,
    Cte,
    Derived,
    Expr,
    From,
    Join,
    Opaque,
    Query,
    Recursion,
    Rows,
    Select,
    Table,
    Tail,
)

Pair = tuple[str, str]  # a relation and a column of it, as declared
Pairs = frozenset[Pair]
_NONE: Pairs = frozenset()
_SERIES = words("range generate_series")
_UNNEST = words("unnest unlist generate_subscripts regexp_split_to_table")
# What gives a list whatever it is given: to unnest a struct would give more than one column.
_LISTS = words(
    "range generate_series list_value string_split str_split string_to_array split string_split_regex list_transform"
    " list_filter list_distinct list_sort regexp_extract_all"
)


class _Unsure(Exception):
    """Something that cannot be followed."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What decides the rows of a relation, and what the values of each of its columns besides."""

    rows: Pairs
    columns: Sequence[Pairs]

    @property
    def all(self) -> Pairs:
        return self.rows.union(*self.columns)


_Ctes = Mapping[str, _Given]


def uses(
    query: Query | None, resolved: Resolved, columns: Sequence[Column], reads: Mapping[str, Sequence[Column]]
) -> Uses:
    """What a query uses of the relations that it ``reads``, by name as declared; ``columns`` are those that it gives."""
    named = {name: tuple(column.name for column in found) for name, found in reads.items()}
    try:
        given = _Walk(resolved, named).outermost(query)
        fields = resolved.output.fields
        if not resolved.output.complete or not len(fields) == len(given.columns) == len(columns):
            raise _Unsure
        if any(
            one.name and one.name.lower() != column.name.lower() for one, column in zip(fields, columns, strict=True)
        ):
            raise _Unsure
    except (_Unsure, RecursionError):
        return Uses(named, {column.name: {} for column in columns})
    pairs = zip(columns, given.columns, strict=True)
    order = {pair: at for at, pair in enumerate((name, column) for name, found in named.items() for column in found)}
    rows = {name: tuple(column for column in found if (name, column) in given.rows) for name, found in named.items()}
    return Uses(rows, {column.name: _by_relation(found - given.rows, order) for column, found in pairs})


def uses_of(model: BoundModel, resolved: Resolved, graph: BoundGraph) -> str:
    """What a model uses, as JSON; everything where its columns or its rows are left to the data or to chance."""
    query = model.model.query
    reads: dict[str, Sequence[Column]] = {}
    for need in model.model.reads:
        schema = graph.schemas.get(need)
        reads[need] = [Column(one.name, one.type) for one in schema.columns] if schema else graph.models[need].columns
    followed = None if query.facts.dynamic or query.facts.sampled else query.syntax
    return json.dumps(encode(uses(followed, resolved, model.columns, reads)), separators=(",", ":"))


def _by_relation(pairs: Pairs, order: Mapping[Pair, int]) -> dict[str, tuple[str, ...]]:
    """Pairs by relation, its columns in their order."""
    parts = groupby(sorted(pairs, key=order.__getitem__), key=lambda pair: pair[0])
    return {name: tuple(column for _, column in found) for name, found in parts}


class _Walk:
    """One walk through one query, in the order in which the resolver went."""

    def __init__(self, resolved: Resolved, reads: Mapping[str, Sequence[str]]) -> None:
        self.scopes = {scope.select: scope for scope in resolved.scopes}
        self.arms = dict(resolved.combined)
        self.reads = {name.lower(): (name, columns) for name, columns in reads.items()}
        self.entries: dict[Scope, list[_Given]] = {}
        self.ctes: dict[Scope, _Ctes] = {}

    def outermost(self, query: Query | None) -> _Given:
        """The whole query; the order of its rows is nobody's."""
        if query is None:
            raise _Unsure
        return self.query(query, {}, ordered=False)

    def query(self, query: Query, ctes: _Ctes, ordered: bool = True) -> _Given:
        """A query of any form. ``ordered``: the order of its rows may be seen, by a list or a LIMIT around it."""
        if any(part.query is not None for count in query.tail.counts for part in count.walk()):
            raise _Unsure
        if isinstance(query, Recursion):
            return self._recursion(query, "", ctes)
        ctes = self._with(query.tail.ctes, ctes)
        if isinstance(query, Select):
            return self._select(query, ctes, ordered)
        return self._combined(query, ctes, ordered)

    def _with(self, entries: Iterable[Cte], ctes: _Ctes) -> _Ctes:
        inner = dict(ctes)
        for cte in entries:
            if isinstance(cte.query, Recursion):
                inner[cte.name.lower()] = self._recursion(cte.query, cte.name.lower(), inner)
            else:
                inner[cte.name.lower()] = self.query(cte.query, inner)
        return inner

    def _recursion(self, query: Recursion, name: str, ctes: _Ctes) -> _Given:
        """What any round reads decides the rows of the next."""
        ctes = self._with(query.tail.ctes, ctes)
        start = self.query(query.start, ctes)
        nothing = [_NONE] * len(start.columns)
        step = self.query(query.step, {**ctes, name: _Given(_NONE, nothing)})
        return _Given(start.all | step.all, nothing)

    def _combined(self, query: Combined, ctes: _Ctes, ordered: bool) -> _Given:
        arms = [self.query(arm, ctes) for arm in query.arms]
        tail = query.tail
        sought = bool(tail.order or tail.order_all) and (ordered or tail.limit is not None)
        if any(part.query is not None for order in tail.order for part in order.expr.walk()):
            raise _Unsure
        rows = _NONE.union(*(arm.rows for arm in arms))
        if query.by_name:  # which columns there are is the union's to say
            known = self.arms.get(query, [])
            names = {field.name.lower() for arm in known for field in arm.fields}
            if "" in names or not known or not all(arm.complete for arm in known):
                raise _Unsure
            return _Given(_NONE.union(*(arm.all for arm in arms)), [_NONE] * len(names))
        if any(len(arm.columns) != len(arms[0].columns) for arm in arms):
            raise _Unsure
        columns = [_NONE.union(*found) for found in zip(*(arm.columns for arm in arms), strict=True)]
        whole = query.operation != "union" or not query.all or tail.distinct or tail.distinct_on or sought
        return _Given(rows.union(*columns) if whole else rows, columns)

    def _select(self, select: Select, ctes: _Ctes, ordered: bool) -> _Given:
        scope = self.scopes.get(select)
        keys = [entry.key for entry in scope.entries if entry.key] if scope else []
        if scope is None or not scope.sure or scope.open or select.sampled or len(set(keys)) < len(keys):
            raise _Unsure
        self.entries[scope], self.ctes[scope] = [], ctes
        rows = set(self._from(select.source, scope)) if select.source is not None else set()
        items, complete = items_of(scope)
        if not complete or any(item.kind == "star" and item.alias for item in select.items):
            raise _Unsure
        columns = [self._item(item, scope) for _, item in items]
        for (_, item), found in zip(items, columns, strict=True):
            if isinstance(item, Expr) and (self._is_many(item, scope) or _orders(item, select.tail)):
                rows |= found
        tail = select.tail
        if tail.distinct or select.group_all or tail.order_all:
            rows = rows.union(*columns)
        deciding = [one for one in (select.where, select.having, select.qualify) if one is not None]
        deciding += [*select.group, *tail.distinct_on]
        if (ordered or tail.limit is not None or tail.distinct_on) and not (tail.order_all and len(tail.order) == 1):
            deciding += [order.expr for order in tail.order]
        numbered = {*select.group, *tail.distinct_on, *(order.expr for order in tail.order)}
        for expr in deciding:
            rows |= self._numbered(expr, columns) if expr in numbered else _NONE
            rows |= self._clause(expr, scope)
        return _Given(frozenset(rows), columns)

    def _from(self, node: From, scope: Scope) -> Pairs:
        """The entries of a FROM clause, and what of all decides which rows it gives."""
        if isinstance(node, Join):
            if node.form in ("natural", "positional"):
                raise _Unsure
            rows = self._from(node.left, scope) | self._from(node.right, scope)
            if node.condition is not None:
                rows |= self._of(node.condition, scope)
            return rows.union(*self._compared(node, scope))
        given = self._entry(node, scope)
        number = len(self.entries[scope])
        if len(given.columns) != len(scope.entries[number].relation.fields) or scope.entries[number].node is not node:
            raise _Unsure
        self.entries[scope].append(given)
        return given.rows

    def _compared(self, join: Join, scope: Scope) -> Iterator[Pairs]:
        """The columns that USING compares, in all entries so far."""
        wanted = {name.lower() for name in join.using}
        for entry, given in zip(scope.entries, self.entries[scope], strict=False):
            yield from (
                found
                for field, found in zip(entry.relation.fields, given.columns, strict=True)
                if field.name.lower() in wanted
            )

    def _entry(self, node: From, scope: Scope) -> _Given:
        ctes = self.ctes[scope]
        if isinstance(node, Table):
            if node.name.lower() in ctes:
                return ctes[node.name.lower()]
            if node.name.lower() not in self.reads:
                raise _Unsure
            name, columns = self.reads[node.name.lower()]
            return _Given(_NONE, [frozenset({(name, column)}) for column in columns])
        if isinstance(node, Derived):
            return self.query(node.query, ctes)
        if isinstance(node, Rows):
            values = [[self._clause(value, scope) for value in column] for column in zip(*node.rows, strict=True)]
            return _Given(_NONE, [_NONE.union(*column) for column in values])
        if isinstance(node, Opaque | Join):
            raise _Unsure
        return self._computed(node, scope)

    def _computed(self, node: Computed, scope: Scope) -> _Given:
        call = node.call
        if call.name not in _SERIES and not (call.name == "unnest" and _is_list(call, scope)):
            raise _Unsure
        return _Given(_NONE.union(*(self._clause(part, scope) for part in call.parts())), [_NONE])

    def _is_many(self, item: Expr, scope: Scope) -> bool:
        """Whether an item gives a row for each of its values."""
        calls = [part for part in item.walk() if part.kind == "call" and part.name in _UNNEST]
        if any(call.name in ("unnest", "unlist") and not _is_list(call, scope) for call in calls):
            raise _Unsure
        return bool(calls)

    def _item(self, item: Item, scope: Scope) -> Pairs:
        """What a column of a SELECT depends on. One that USING made of two has values of columns that decide the rows."""
        if item is None:
            return _NONE
        return self._of(item, scope) if isinstance(item, Expr) else self._at(scope, item)

    def _numbered(self, expr: Expr, columns: Sequence[Pairs]) -> Pairs:
        """GROUP BY 2 is the second column."""
        if expr.kind != "literal" or not expr.name.isdecimal():
            return _NONE
        number = int(expr.name)
        return columns[number - 1] if 0 < number <= len(columns) else _NONE

    def _clause(self, expr: Expr, scope: Scope) -> Pairs:
        """What a clause reads: a name in it may mean an item as well as a column."""
        parts = list(expr.walk())
        if any(part.kind == "call" and part.name in _UNNEST for part in parts):
            raise _Unsure
        names = {part.path[0].lower() for part in parts if part.kind == "column"}
        meant = [item for item in scope.select.items if item.alias.lower() in names]
        return self._of(expr, scope).union(*(self._of(item, scope) for item in meant))

    def _of(self, expr: Expr, scope: Scope) -> Pairs:
        """What the value of an expression depends on."""
        found: set[Pair] = set()
        met: set[Expr] = set()
        stack = [expr]
        while stack:
            here = stack.pop()
            if here in met:
                continue
            met.add(here)
            if here in scope.aliased:
                self._refuse_rows(here, scope)
                stack.append(scope.aliased[here])
            elif here.kind == "lambda":
                found |= self._lambda(here, scope)
            else:
                found |= self._own(here, scope)
                stack.extend(here.parts())
        return frozenset(found)

    def _own(self, expr: Expr, scope: Scope) -> Pairs:
        """What an expression depends on itself, without its parts."""
        if expr.kind == "column":
            place = scope.places.get(expr) or scope.inside.get(expr)
            return self._at(scope, place) if place is not None else self._outside(expr, scope)
        if expr.query is not None:
            given = self.query(expr.query, self.ctes[scope])
            return given.rows if expr.kind == "exists" else given.all
        if expr.kind in ("star", "position", "param") or (expr.kind == "other" and expr.name != "collate"):
            raise _Unsure
        return _NONE

    def _at(self, scope: Scope, place: Place) -> Pairs:
        entries = self.entries[scope]
        if place[0] >= len(entries):
            raise _Unsure
        return entries[place[0]].columns[place[1]]

    def _outside(self, expr: Expr, scope: Scope) -> Pairs:
        """A column of a query around this one, as the resolver found it."""
        if expr not in scope.outer:
            raise _Unsure
        self._refuse_rows(expr, scope)
        here = scope.parent
        while here is not None:
            found = [place for place in here.find(expr.path)[0] if place and place[0] < len(self.entries[here])]
            if found:
                return _NONE.union(*(self._at(here, place) for place in found))
            here = here.parent
        raise _Unsure

    def _refuse_rows(self, expr: Expr, scope: Scope) -> None:
        """A name that is a relation's here may mean its whole row before it means what was found elsewhere."""
        name = expr.path[0].lower()
        aliases = {item.alias.lower() for item in scope.select.items} if expr in scope.outer else set()
        if name == "alias" or name in aliases or any(entry.key == name for entry in scope.entries):
            raise _Unsure

    def _lambda(self, expr: Expr, scope: Scope) -> Pairs:
        """Names in a lambda are its parameters' or columns': all that they may mean."""
        found: set[Pair] = set()
        for part in expr.walk():
            if part.query is not None or part.kind in ("star", "position", "param", "other"):
                raise _Unsure
            if part.kind == "column":
                found |= self._named(part.path, scope)
        return frozenset(found)

    def _named(self, path: tuple[str, ...], scope: Scope) -> Pairs:
        """All that a dotted name may mean, here and around."""
        found = _NONE
        here: Scope | None = scope
        while here is not None:
            for number, entry in enumerate(here.entries[: len(self.entries[here])]):
                given = self.entries[here][number]
                if entry.key == path[0].lower():
                    found |= given.all
                at = entry.relation.index(path[0])
                found |= given.columns[at] if at is not None else _NONE
            items = [item for item in here.select.items if item.alias.lower() == path[0].lower()]
            if any(_has_lambda(item) for item in items):  # it may have this very name in it
                raise _Unsure
            found = found.union(*(self._of(item, here) for item in items))
            here = here.parent
        return found


def _orders(item: Expr, tail: Tail) -> bool:
    """Whether a window or a subquery sorts the rows that LIMIT or DISTINCT ON picks the first of."""
    picked = tail.limit is not None or bool(tail.distinct_on)
    return picked and any(part.kind == "window" or part.query is not None for part in item.walk())


def _has_lambda(item: Expr) -> bool:
    return any(part.kind == "lambda" for part in item.walk())


def _is_list(call: Expr, scope: Scope) -> bool:
    """Whether what is unnested is a list for certain, one level of it."""
    if len(call.args) != 1:
        return False
    value = scope.aliased.get(call.args[0], call.args[0])
    return (value.kind == "call" and value.name in _LISTS) or type_of(value, scope).endswith("]")
