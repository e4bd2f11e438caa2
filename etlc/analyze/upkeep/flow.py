"""From the leaves of a query up: which keys of its inputs tell the values of each column, and what it is linear in.

What is held throughout, for a column K with keys: the rows whose K is among some values depend only on the rows of each
keyed occurrence whose key is among them, and on the static occurrences. So to lose a key is always right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from etlc.analyze.relation import Relation
from etlc.analyze.resolver import Resolved
from etlc.analyze.scope import Scope
from etlc.analyze.upkeep.cores import Block, blocks_of, label
from etlc.analyze.upkeep.joining import compared, equate, join
from etlc.analyze.upkeep.keys import can_key
from etlc.analyze.upkeep.picking import picked
from etlc.analyze.upkeep.rows import NO_KEYS, Flow, Joined, Keys, Ties, Value, added, beside, both, tie, without
from etlc.analyze.upkeep.steady import Unclear, check_parts, chooses
from etlc.analyze.upkeep.values import typed, value_of
from etlc.analyze.values import type_of
from etlc.ir.upkeep import Obstacle
from etlc.sql.quote import ident
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
)

_MOST_OCCURRENCES = 64
_MOST_QUERIES = 500  # a name of WITH is followed wherever it is read


@dataclass(frozen=True, slots=True)
class _Name:
    """What a name of WITH stands for: a query and the names that it knows. Without one: what a recursion came to."""

    cte: Cte
    names: Mapping[str, _Name]
    before: bool = False


_Names = Mapping[str, _Name]


@dataclass(slots=True)
class Frame:
    """A SELECT on the way. ``own`` are ties to its columns that wait for the join that they belong to."""

    scope: Scope
    names: _Names
    number: int = 0
    flows: dict[Expr, Flow] = field(default_factory=dict)
    own: Ties = field(default_factory=dict)
    outer: Ties = field(default_factory=dict)

    def absorb(self, flow: Flow, tied: bool) -> None:
        """Take up the ties of a query within."""
        for where, keys in flow.ties.items():
            if where[0] is not self.scope:
                tie(self.outer, where, keys)
            elif tied:
                tie(self.own, where, keys)


class Follower:
    """Follows a query. ``occurrences`` are the relations that it reads, "" for what a recursion reads of itself;
    ``choices`` those that stand under something with several right answers; ``blocks`` what may be a core of it, a
    block's keys being numbered from -1 down; ``visits`` how often each SELECT was met."""

    def __init__(self, resolved: Resolved, relations: Mapping[str, Relation]) -> None:
        self.relations = relations
        self.scopes = {scope.select: scope for scope in resolved.scopes}
        self.arms = dict(resolved.combined)
        self.occurrences: list[str] = []
        self.obstacles: list[Obstacle] = []
        self.cores: dict[Select, Joined] = {}
        self.choices: list[range] = []
        self.blocks: list[Block] = []
        self.visits = Counter[Select]()
        self.followed = self.recursing = 0

    def hinder(self, kind: str, start: int | None) -> None:
        """Note an obstacle, once."""
        found = Obstacle(kind, start)
        if found not in self.obstacles:
            self.obstacles.append(found)

    def query(self, query: Query, names: _Names) -> Flow:
        """What a query gives. Raises Unclear."""
        self.followed += 1
        if self.followed > _MOST_QUERIES:
            raise Unclear("size")
        for cte in query.tail.ctes:
            names = {**names, cte.name.lower(): _Name(cte, names)}
        if isinstance(query, Select):
            return self._select(query, names)
        if isinstance(query, Combined):
            return self._combined(query, names)
        raise Unclear("recursion")

    # -- SELECT

    def _select(self, select: Select, names: _Names) -> Flow:
        scope = self.scopes.get(select)
        if scope is None or not scope.sure:
            raise Unclear("names", next((item.start for item in select.items), None))
        check_parts(scope.all_parts, scope)
        frame, first = Frame(scope, names), len(self.occurrences)
        rows = self._from(select.source, frame) if select.source is not None else Joined()
        self._block(select, rows, scope, range(first, len(self.occurrences)))
        within = set(scope.parts)
        for expr in scope.subqueries:
            if expr not in frame.flows:
                self.subquery(expr, frame, expr in within)
        for (_, place), keys in frame.own.items():
            rows.learn(place, keys)
        for condition in select.where.conjuncts() if select.where is not None else ():
            self._where(condition, rows, frame)
        lost = frozenset[str]().union(*(flow.reads for flow in frame.flows.values()))
        rows.linear, rows.reads = beside(rows.linear, lost), rows.reads | lost
        self.cores[select] = rows
        if chooses(scope):
            self.choices.append(range(first, len(self.occurrences)))
        return Flow(*picked(rows, scope, self.hinder), rows.reads, frame.outer)

    def _block(self, select: Select, rows: Joined, scope: Scope, span: range) -> None:
        self.visits[select] += 1
        for block in blocks_of(select, scope, rows, span) if not self.recursing else ():
            self.blocks.append(block)
            label(rows, scope, -len(self.blocks), block.far)

    def subquery(self, expr: Expr, frame: Frame, tied: bool) -> None:
        """Follow a subquery in an expression. ``tied``: it is worked out for the very rows that come out."""
        assert expr.query is not None
        flow = frame.flows[expr] = self.query(expr.query, frame.names)
        frame.absorb(flow, tied)
        if flow.reads and not flow.ties and not (expr.kind == "in_query" and any(flow.columns)):
            self.hinder("subquery", expr.start)

    def _where(self, condition: Expr, rows: Joined, frame: Frame) -> None:
        """A condition that all rows meet."""
        scope = frame.scope
        if condition.kind == "in_query" and condition.name == "=":
            sought, given = condition.args[0], scope.subqueries[condition].fields
            value, keys = value_of(sought, scope), frame.flows[condition].column(0)
            fits = bool(given) and typed(type_of(sought, scope), given[0].type)
            if fits and value is not None:
                rows.learn(value, keys)
            elif fits and sought in scope.around:
                tie(frame.outer, scope.around[sought], keys)
        elif condition.kind == "not" and condition.args[0].kind == "in_query":
            self.hinder("not_in", condition.start)
        for one, other in compared(condition, scope):
            equate(one, other, rows, frame)

    # -- FROM

    def _from(self, node: From, frame: Frame) -> Joined:
        if isinstance(node, Join):
            left, right = self._from(node.left, frame), self._from(node.right, frame)
            step = next(step for step in frame.scope.steps if step.join is node)
            for part in node.condition.walk() if node.condition is not None else ():
                if part.query is not None:
                    self.subquery(part, frame, node.kind == "inner")
            return join(step, left, right, frame, self.hinder)
        number = frame.number
        frame.number += 1
        return self._leaf(node, number, frame)

    def _leaf(self, node: From, number: int, frame: Frame) -> Joined:
        if isinstance(node, Table):
            return self._placed(self._table(node, frame), number, frame)
        if isinstance(node, Derived):
            flow = self.query(node.query, frame.names)
            frame.absorb(flow, True)
            return self._placed(flow, number, frame)
        if isinstance(node, Opaque):
            return self._placed(self._pivot(node, frame), number, frame)
        exprs = [value for row in node.rows for value in row] if isinstance(node, Rows) else []
        exprs += [node.call] if isinstance(node, Computed) else []
        for expr in exprs:
            check_parts(expr.walk(), frame.scope)
            for part in expr.walk():
                if part.query is not None:
                    self.subquery(part, frame, False)
        if isinstance(node, Computed) and node.call.name not in ("unnest", "range", "generate_series"):
            raise Unclear("function", node.start)
        return Joined()

    def _pivot(self, node: Opaque, frame: Frame) -> Flow:
        """A PIVOT of fixed values gives a row for each group, and first the columns that it groups by."""
        source = node.source
        if isinstance(source, Table) and source.name.lower() not in frame.names and not source.columns:
            flow, relation = self._table(source, frame), self.relations.get(source.name.lower())
        elif isinstance(source, Derived) and isinstance(source.query, Select) and not source.columns:
            flow, relation = self.query(source.query, frame.names), self.scopes[source.query].output
            frame.absorb(flow, False)
        else:
            raise Unclear("pivot")
        if relation is None or not node.groups:
            raise Unclear("pivot")
        places = [relation.index(name) for name in node.groups]
        return Flow(tuple(flow.column(at) if at is not None else NO_KEYS for at in places), {}, flow.reads)

    def _placed(self, flow: Flow, number: int, frame: Frame) -> Joined:
        kinds = [one.type for one in frame.scope.entries[number].relation.fields]
        values: dict[Value, Keys] = {}
        for at, (keys, kind) in enumerate(zip(flow.columns, kinds, strict=False)):
            if keys and can_key(kind):
                values[number, at] = keys
        return Joined(values, {}, flow.linear, flow.reads)

    def _table(self, node: Table, frame: Frame) -> Flow:
        name = node.name.lower()
        known = frame.names.get(name)
        if known is not None and not known.before:
            query = known.cte.query
            flow = self._recursion(known) if isinstance(query, Recursion) else self.query(query, known.names)
            frame.absorb(flow, True)
            return flow
        relation = self.relations.get(name) if known is None else None
        number = self._occurrence(relation.name if relation is not None else "")
        if known is not None:
            width = len(frame.scope.entries[frame.number - 1].relation.fields)
            return Flow(tuple({number: f"#{at}"} for at in range(width)))
        if relation is None:
            raise Unclear("names", node.start)
        reads = frozenset([relation.name])
        return Flow(tuple({number: ident(one.name)} for one in relation.fields), {relation.name: frozenset()}, reads)

    def _occurrence(self, relation: str) -> int:
        if len(self.occurrences) == _MOST_OCCURRENCES:
            raise Unclear("size")
        self.occurrences.append(relation)
        return len(self.occurrences) - 1

    # -- WITH RECURSIVE, UNION

    def _recursion(self, name: _Name) -> Flow:
        """A column that each step carries along as it is, is told by the keys of the start and those of the step."""
        query = name.cte.query
        assert isinstance(query, Recursion)
        if query.keyed or query.tail.limit is not None:
            raise Unclear("recursion")
        names = name.names
        for cte in query.tail.ctes:
            names = {**names, cte.name.lower(): _Name(cte, names)}
        self.recursing += 1
        start = self.query(query.start, names)
        first = len(self.occurrences)
        step = self.query(query.step, {**names, name.cte.name.lower(): replace(name, before=True)})
        self.recursing -= 1
        marks = [n for n in range(first, len(self.occurrences)) if not self.occurrences[n]]
        columns: list[Keys] = []
        for at, keys in enumerate(start.columns):
            carried = step.column(at)
            whole = bool(marks) and all(carried.get(mark) == f"#{at}" for mark in marks)
            columns.append(both(keys, without(carried, marks)) if whole else NO_KEYS)
        ties: Ties = dict(start.ties)
        for where, keys in step.ties.items():
            tie(ties, where, without(keys, marks))
        return Flow(tuple(columns), {}, start.reads | step.reads, ties)

    def _combined(self, query: Combined, names: _Names) -> Flow:
        first = len(self.occurrences)
        flows = [self.query(arm, names) for arm in query.arms]
        reads = frozenset[str]().union(*(flow.reads for flow in flows))
        ties: Ties = {}
        for flow in flows:
            for where, keys in flow.ties.items():
                tie(ties, where, keys)
        if query.tail.limit is not None:
            self.hinder("limit", query.tail.limit_start)
            self.choices.append(range(first, len(self.occurrences)))
            return Flow((), {}, reads, ties)
        adds = query.operation == "union" and query.all
        linear = added(flows) if adds else {}
        columns = []
        for places in self._aligned(query):
            keys = NO_KEYS
            for flow, at in zip(flows, places, strict=True):
                keys = both(keys, flow.column(at)) if at is not None else keys
            columns.append(keys)
        return Flow(tuple(columns), linear, reads, ties)

    def _aligned(self, query: Combined) -> Iterator[tuple[int | None, ...]]:
        """For each column of a set operation, where it is in each arm; in none, where it is another type there."""
        arms = self.arms[query]
        if any(not arm.complete for arm in arms):
            return
        if query.by_name:
            names = [one.name.lower() for arm in arms for one in arm.fields]
            if "" in names:
                return
            rows = [tuple(arm.index(name) for arm in arms) for name in dict.fromkeys(names)]
        elif len({len(arm.fields) for arm in arms}) == 1:
            rows = [(at,) * len(arms) for at in range(len(arms[0].fields))]
        else:
            return
        for row in rows:
            kinds = {arm.fields[at].type for arm, at in zip(arms, row, strict=True) if at is not None}
            yield row if len(kinds) == 1 and can_key(min(kinds)) else (None,) * len(arms)
