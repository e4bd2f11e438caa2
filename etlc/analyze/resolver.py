"""From a query's syntax to what is known of its rows, with a scope for each SELECT on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from types import MappingProxyType

from etlc.analyze.closure import Place
from etlc.analyze.joins import depend
from etlc.analyze.output import distinct_names, output_of
from etlc.analyze.relation import UNKNOWN, Carried, Field, Key, Relation
from etlc.analyze.scope import Entry, Merged, Scope, Step
from etlc.analyze.tags import carried, following, settled, union
from etlc.sql.syntax import (
    Combined,
    Computed,
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

_SERIES = ("range", "generate_series")


@dataclass(slots=True)
class Resolved:
    """A query with all its scopes, innermost first, and the relations of the arms of its set operations."""

    output: Relation = UNKNOWN
    scopes: list[Scope] = field(default_factory=list)
    combined: list[tuple[Combined, list[Relation]]] = field(default_factory=list)
    ctes: dict[str, Relation] = field(default_factory=dict)


def resolve_query(query: Query, relations: Mapping[str, Relation]) -> Resolved:
    """Resolve a query against the sources and models that it reads, by lower-case name."""
    resolver = _Resolver(relations)
    resolver.found.output = resolver.query(query, None, {})
    return resolver.found


class _Resolver:
    def __init__(self, relations: Mapping[str, Relation]) -> None:
        self.relations = relations
        self.found = Resolved()

    def query(self, query: Query, parent: Scope | None, ctes: Mapping[str, Relation]) -> Relation:
        """What is known of the rows of a query."""
        ctes = self._with(query, parent, ctes)
        if isinstance(query, Select):
            return self._select(query, parent, ctes)
        if isinstance(query, Combined):
            return self._combined(query, parent, ctes)
        return self._recursive(query, "", (), parent, ctes)

    def _with(self, query: Query, parent: Scope | None, ctes: Mapping[str, Relation]) -> Mapping[str, Relation]:
        inner = dict(ctes)
        for cte in query.tail.ctes:
            if isinstance(cte.query, Recursion):
                seen = self._with(cte.query, parent, inner)
                inner[cte.name.lower()] = self._recursive(cte.query, cte.name, cte.columns, parent, seen)
            else:
                found = self.query(cte.query, parent, inner)
                inner[cte.name.lower()] = _renamed(replace(found, name=cte.name), cte.columns)
            self.found.ctes[cte.name.lower()] = inner[cte.name.lower()]
        return inner

    def _recursive(
        self, query: Recursion, name: str, columns: tuple[str, ...], parent: Scope | None, ctes: Mapping[str, Relation]
    ) -> Relation:
        """Of what comes in later rounds only the names are known; and the types, which DuckDB takes from the start."""
        start = _renamed(self.query(query.start, parent, ctes), columns)
        known = following(Relation(name, tuple(Field(one.name, one.type) for one in start.fields)), start)
        step = self.query(query.step, parent, {**ctes, name.lower(): known})
        return settled(known, start, step)

    def _combined(self, query: Combined, parent: Scope | None, ctes: Mapping[str, Relation]) -> Relation:
        arms = [self.query(arm, parent, ctes) for arm in query.arms]
        self.found.combined.append((query, arms))
        if query.by_name or any(len(arm.fields) != len(arms[0].fields) or not arm.complete for arm in arms):
            return replace(UNKNOWN, rest=union(arms)) if not query.by_name else _by_name(arms)
        fields = tuple(_either([arm.fields[n] for arm in arms]) for n in range(len(arms[0].fields)))
        if query.operation != "union":  # rows of the first part only
            # What is in both parts is a value of the second one as well.
            later = query.operation == "intersect"
            fields = tuple(
                replace(one, type=both.type, origin=None, tags=both.tags if later else one.tags)
                for one, both in zip(arms[0].fields, fields, strict=True)
            )
        found = Relation("", fields)
        keys = frozenset[Key]() if query.all else _all_fields(found)
        if query.operation != "union":
            # A key may be lost where a column is cast to the type of another part.
            typed = {one.name.lower() for one in fields if one.type}
            keys |= {key for key in arms[0].keys if key <= typed}
        return replace(found, keys=keys | (_at_most_one(1) if query.tail.limit in (0, 1) else set()))

    def _select(self, select: Select, parent: Scope | None, ctes: Mapping[str, Relation]) -> Relation:
        scope = Scope(select, parent)
        if select.source is not None:
            self._from(select.source, scope, ctes)
        aliases: dict[str, Expr] = {}  # an item may use those of the items before it
        for item in select.items:
            self._names(item, scope, ctes, aliases)
            if item.alias:
                aliases[item.alias.lower()] = item
        done = set(select.items)
        for clause in select.clauses():
            if clause not in done:
                self._names(clause, scope, ctes, aliases)
        depend(scope)
        scope.output = output_of(scope)
        self.found.scopes.append(scope)
        return scope.output if scope.sure else replace(scope.output, keys=frozenset())

    def _from(self, node: From, scope: Scope, ctes: Mapping[str, Relation]) -> None:
        if isinstance(node, Join):
            first = len(scope.entries)
            self._from(node.left, scope, ctes)
            middle = len(scope.entries)
            self._from(node.right, scope, ctes)
            self._join(Step(node, range(first, middle), range(middle, len(scope.entries))), scope, ctes)
            return
        before = len(self.found.scopes)
        relation = self._relation(node, scope, ctes)
        alias = node.alias or (node.name if isinstance(node, Table) else "")
        reads = {place[0] for one in self.found.scopes[before:] for place in _reaches(one, scope)}
        if isinstance(node, Computed):
            reads |= scope.entries_of(node.call)
        scope.add(Entry(alias.lower(), relation, node, reads=frozenset(reads)))

    def _relation(self, node: From, scope: Scope, ctes: Mapping[str, Relation]) -> Relation:
        if isinstance(node, Table):
            name = node.name.lower()
            found = ctes.get(name) or self.relations.get(name) or UNKNOWN
            return _renamed(found, node.columns)
        if isinstance(node, Derived):
            found = self.query(node.query, scope, ctes)
            return _renamed(replace(found, name=node.alias), node.columns)
        if isinstance(node, Rows):
            for row in node.rows:
                for value in row:
                    self._names(value, scope, ctes)
            tags = [[carried(value, scope) for value in column] for column in zip(*node.rows, strict=True)]
            made = tuple(Field(f"col{n}", tags=frozenset[Carried]().union(*one)) for n, one in enumerate(tags))
            found = Relation(node.alias, made, _at_most_one(len(node.rows)))
            return _renamed(found, node.columns)
        if isinstance(node, Computed):
            return self._computed(node, scope, ctes)
        if isinstance(node, Opaque) and node.source is not None:
            inside = Scope(_NOTHING, scope)
            self._from(node.source, inside, ctes)
            named = [inside.named(name, range(len(inside.entries))) for name in node.groups]
            places = [one[0] for one in named if len(one) == 1 and one[0] is not None]
            known = [inside.field_at(place) for place in places] if len(places) == len(named) else []
            fields = tuple(Field(one.name, one.type, tags=one.tags) for one in known)
            return replace(UNKNOWN, fields=fields, rest=union(entry.relation for entry in inside.entries))
        return UNKNOWN

    def _computed(self, node: Computed, scope: Scope, ctes: Mapping[str, Relation]) -> Relation:
        self._names(node.call, scope, ctes)
        tags = carried(node.call, scope)
        if node.call.name not in (*_SERIES, "unnest") or len(node.columns) > 1:
            return replace(UNKNOWN, rest=tags)
        if node.alias and not node.columns:
            return replace(UNKNOWN, rest=tags)  # named by the function in DuckDB 1.5, by the alias in 2.0
        name = node.columns[0] if node.columns else node.call.name
        keys = frozenset([frozenset([name.lower()])]) if node.call.name in _SERIES else frozenset()
        return Relation(node.alias or node.call.name, (Field(name, tags=tags),), keys)

    def _join(self, step: Step, scope: Scope, ctes: Mapping[str, Relation]) -> None:
        join = step.join
        scope.steps.append(step)
        for name in self._shared(step, scope):
            _merge(name, step, scope)
        if join.condition is not None:
            self._names(join.condition, scope, ctes)
        for number in step.optional():
            scope.entries[number].optional = True
        for number in step.right if join.kind in ("semi", "anti") else ():
            scope.entries[number].shown = False

    def _shared(self, step: Step, scope: Scope) -> list[str]:
        """The names of the columns that USING or NATURAL compare."""
        if step.join.form != "natural":
            return [name.lower() for name in step.join.using]
        left, right = (
            [one.name.lower() for n in side if scope.entries[n].shown for one in scope.entries[n].relation.fields]
            for side in (step.left, step.right)
        )
        if scope.open or "" in left or "" in right:
            last = scope.entries[-1]
            last.relation, scope.open = replace(last.relation, complete=False), True
        return [name for name in dict.fromkeys(right) if name and name in left]

    def _names(
        self, expr: Expr, scope: Scope, ctes: Mapping[str, Relation], aliases: Mapping[str, Expr] = MappingProxyType({})
    ) -> None:
        """Resolve the names in an expression. ``aliases`` are items that may be meant where no column is."""
        for part in _outside_lambdas(expr):
            if part.kind == "column":
                self._column(part, scope, aliases)
            elif part.kind == "position":
                scope.sure = False
            elif part.query is not None:
                before = len(self.found.scopes)
                scope.subqueries[part] = self.query(part.query, scope, ctes)
                scope.correlated[part] = {
                    place[0] for one in self.found.scopes[before:] for place in _reaches(one, scope)
                }

    def _column(self, expr: Expr, scope: Scope, aliases: Mapping[str, Expr]) -> None:
        name = expr.path[0].lower()
        item = aliases.get(name) if len(expr.path) == 1 else None
        tail = scope.select.tail
        if item is not None and (any(order.expr is expr for order in tail.order) or expr in tail.distinct_on):
            scope.aliased[expr] = item  # ORDER BY and DISTINCT ON take the alias first, all else the column
            return
        found, used = scope.find(expr.path)
        place = found[0] if len(found) == 1 else None
        if place is not None and not (len(expr.path) == 1 and scope.open):
            (scope.places if used == len(expr.path) else scope.inside)[expr] = place
        elif item is not None and not found and not scope.open:
            scope.aliased[expr] = item
        elif found or scope.open:
            scope.sure = False
        else:
            self._outside(expr, scope)

    def _outside(self, expr: Expr, scope: Scope) -> None:
        """A column of a query around this one."""
        here = scope.parent
        while here is not None:
            found, used = here.find(expr.path)
            place = found[0] if len(found) == 1 else None
            if place is not None and not here.open:
                column = here.field_at(place)
                known = replace(column, nullable=True if here.entries[place[0]].optional else column.nullable)
                scope.outer[expr] = known if used == len(expr.path) else Field("")
                scope.reached.append((here, place))
                if used == len(expr.path):
                    scope.around[expr] = here, place
                return
            if found or here.open:
                break
            here = here.parent
        scope.sure = False


def _outside_lambdas(expr: Expr) -> list[Expr]:
    """The parts of an expression, but for lambdas: the names within may be their parameters."""
    found, stack = [], [expr]
    while stack:
        here = stack.pop()
        if here.kind != "lambda":
            found.append(here)
            stack.extend(here.parts()[::-1])
    return found


def _reaches(inner: Scope, scope: Scope) -> list[tuple[int, int]]:
    return [place for here, place in inner.reached if here is scope]


def _renamed(relation: Relation, names: tuple[str, ...]) -> Relation:
    """A relation with its first columns renamed, as an alias with columns does it."""
    if not names:
        return relation
    if len(names) > len(relation.fields):
        return replace(UNKNOWN, name=relation.name, rest=relation.tags)
    fields = tuple(
        replace(one, name=name or one.name)
        for one, name in zip_longest(relation.fields, names, fillvalue="")
        if isinstance(one, Field)
    )
    new = {one.name.lower(): other.name.lower() for one, other in zip(relation.fields, fields, strict=True)}
    fields = distinct_names(fields)
    shown = {one.name.lower() for one in fields}
    keys = {frozenset(new[name] for name in key) for key in relation.keys if new.keys() >= key}
    return replace(relation, fields=fields, keys=frozenset(key for key in keys if key <= shown))


def _merge(name: str, step: Step, scope: Scope) -> None:
    """Make one column of those that USING or NATURAL compare."""
    left, right = (scope.named(name, side) for side in (step.left, step.right))
    if len(left) != 1 or len(right) != 1:
        scope.sure = False
        return
    if left[0] is not None and right[0] is not None:
        step.pairs.append((left[0], right[0]))
    if step.join.kind in ("semi", "anti"):
        return
    places: set[Place] = set()
    for number in step.span:
        at = scope.entries[number].relation.index(name) if scope.entries[number].shown else None
        places |= {(number, at)} if at is not None else set()
    scope.merged = [one for one in scope.merged if not one.places & places]
    value = {"full": None, "right": right[0]}.get(step.join.kind, left[0])
    scope.merged.append(Merged(name, frozenset(places), value))


def _at_most_one(rows: int) -> frozenset[Key]:
    return frozenset([frozenset()]) if rows <= 1 else frozenset()


def _all_fields(relation: Relation) -> frozenset[Key]:
    names = [one.name.lower() for one in relation.fields]
    return frozenset([frozenset(names)]) if all(names) else frozenset()


def _either(fields: list[Field]) -> Field:
    """A column of a union."""
    first = fields[0]
    types = {one.type for one in fields}
    values = {one.nullable for one in fields}
    nullable = True if True in values else None if None in values else False
    repeated = next((one.repeated for one in fields if one.repeated), "")
    mean = all(one.mean for one in fields)
    tags = frozenset[Carried]().union(*(one.tags for one in fields))
    return Field(first.name, first.type if len(types) == 1 else "", nullable, mean=mean, repeated=repeated, tags=tags)


def _by_name(arms: list[Relation]) -> Relation:
    """The columns of UNION BY NAME: NULL where an arm lacks one."""
    names: dict[str, list[Field]] = {}
    for arm in arms:
        for one in arm.fields:
            names.setdefault(one.name.lower(), []).append(one)
    fields = tuple(
        _either(found if len(found) == len(arms) else [*found, Field(found[0].name, found[0].type, True)])
        for found in names.values()
    )
    complete = all(arm.complete for arm in arms) and "" not in names
    return Relation("", fields, complete=complete, rest=frozenset() if complete else union(arms))


_NOTHING = Select((), None, Tail())
