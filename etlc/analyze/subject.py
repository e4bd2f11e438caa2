"""What an analysis is given: a bound model with all that is known of it, and the project around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from etlc.analyze.relation import Relation
from etlc.analyze.resolver import Resolved, resolve_query
from etlc.analyze.scope import Scope
from etlc.diagnostics import Span
from etlc.ir.graph import BoundGraph, BoundModel
from etlc.sql.syntax import Expr, Query, Select
from etlc.sql.tokens import name_at


@dataclass(frozen=True, slots=True)
class Finding:
    """What an analysis has to say, at a place of the model's SQL (a number of characters) or anywhere else (a span)."""

    code: str
    place: int | Span | None
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out about a model: the findings on it, its checks that are proven, the named items of its outermost
    SELECT with their places, and the tags that its columns carry."""

    findings: tuple[Finding, ...] = ()
    proven: frozenset[str] = frozenset()
    items: tuple[tuple[str, int], ...] = ()
    carried: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """A model under analysis. ``relations`` are the sources and models before it, by lower-case name; ``fits`` tells
    whether a text is a value of a type."""

    model: BoundModel
    relations: Mapping[str, Relation]
    fits: Callable[[str, str], bool]
    known: Known = Known()

    @cached_property
    def resolved(self) -> Resolved:
        """The query with its names resolved; nothing where it has no tree, or is nested too deep to be followed."""
        query = self.model.model.query.syntax
        try:
            return resolve_query(query, self.relations) if query is not None else Resolved()
        except RecursionError:
            return Resolved()

    @property
    def output(self) -> Relation:
        """What is known of the model's rows."""
        return self.relations[self.name.lower()]

    @property
    def name(self) -> str:
        """The model's name as declared."""
        return self.model.model.name

    @property
    def scopes(self) -> Iterator[Scope]:
        """The SELECTs of the model of which all names are resolved."""
        return (scope for scope in self.resolved.scopes if scope.sure)

    def text(self, expr: Expr) -> str:
        """A short name for an expression in a message: a column as it is written, or what kind of thing it is."""
        if expr.kind == "column":
            return ".".join(expr.path)
        if expr.kind in ("call", "window"):
            return f"{expr.name}(...)" if expr.name[:1].isalpha() else "the value"
        return expr.name if expr.kind == "literal" and expr.name else "the value"

    def span(self, place: int | Span | None) -> Span:
        """Where a place is in the user's file: as long as the name that stands there."""
        if isinstance(place, Span):
            return place
        query = self.model.model.query
        if place is None:
            return query.text.span if not query.text.mapped else query.text.at(0)
        return query.text.at(query.bound.written(place), name_at(query.bound.text, place))


@dataclass(frozen=True, slots=True)
class Whole:
    """The project under analysis: all models that were bound, by name."""

    graph: BoundGraph
    subjects: Mapping[str, Subject]


def outer_items(query: Query | None) -> tuple[tuple[str, int], ...]:
    """The named items of a query's outermost SELECT, with their places; none where leaving one out changes the rows."""
    if not isinstance(query, Select) or query.tail.distinct or query.group_all:
        return ()
    named = ((item.alias or (item.path[-1] if item.kind == "column" else ""), item.start) for item in query.items)
    return tuple((name, start) for name, start in named if name and start is not None)
