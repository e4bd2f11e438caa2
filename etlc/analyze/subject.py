"""What an analysis is given: a bound model with all that is known of it, and the project around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from etlc.analyze.relation import Relation
from etlc.analyze.resolver import Resolved
from etlc.analyze.scope import Scope
from etlc.diagnostics import Span
from etlc.ir.graph import BoundGraph, BoundModel
from etlc.sql.syntax import Expr
from etlc.sql.tokens import reference_at, tokens_of


@dataclass(frozen=True, slots=True)
class Finding:
    """What an analysis has to say, at a place of the model's SQL (a number of characters) or anywhere else (a span)."""

    code: str
    place: int | Span | None
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model under analysis. ``relations`` are the sources and models that it reads, by lower-case name."""

    model: BoundModel
    resolved: Resolved
    relations: Mapping[str, Relation]
    output: Relation

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
        named = reference_at(tokens_of(query.bound.text), place)
        length = named[1].end - place if named is not None else 1
        return query.text.at(query.bound.written(place), length)


@dataclass(frozen=True, slots=True)
class Whole:
    """The project under analysis: all subjects that could be resolved, by name."""

    graph: BoundGraph
    subjects: Mapping[str, Subject]
    relations: Mapping[str, Relation] = field(default_factory=dict)
