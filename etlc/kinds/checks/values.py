"""Checks on the values of one column: accepted_values, between, matches, relationships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from etlc.diagnostics import Located
from etlc.kinds.checks.base import CheckScope
from etlc.sql.quote import ident, literal, string


@dataclass(frozen=True, slots=True)
class AcceptedValues:
    """The column holds one of these values."""

    KEY: ClassVar[str] = "accepted_values"
    column: Located
    values: tuple[object, ...]

    def columns(self) -> tuple[Located, ...]:
        return (self.column,)

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        known = [literal(value) for value in self.values if value is not None]
        test = f"{ident(self.column)} NOT IN ({', '.join(known)})" if known else f"{ident(self.column)} IS NOT NULL"
        return f"SELECT * FROM {scope.relation} WHERE {test}"


@dataclass(frozen=True, slots=True)
class Between:
    """The column lies between ``min`` and ``max``, both included; one of them may be left out."""

    KEY: ClassVar[str] = "between"
    column: Located
    min: object = None
    max: object = None

    def columns(self) -> tuple[Located, ...]:
        return (self.column,)

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        column = ident(self.column)
        tests = [f"{column} < {literal(self.min)}"] if self.min is not None else []
        tests += [f"{column} > {literal(self.max)}"] if self.max is not None else []
        return f"SELECT * FROM {scope.relation} WHERE {' OR '.join(tests) or 'false'}"


@dataclass(frozen=True, slots=True)
class Matches:
    """The regular expression (RE2) is found in the column's text. Anchor it to match the whole."""

    KEY: ClassVar[str] = "matches"
    column: Located
    regex: str

    def columns(self) -> tuple[Located, ...]:
        return (self.column,)

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        test = f"NOT regexp_matches(CAST({ident(self.column)} AS VARCHAR), {string(self.regex)})"
        return f"SELECT * FROM {scope.relation} WHERE {test}"


@dataclass(frozen=True, slots=True)
class Relationships:
    """Every value of the column stands in ``to``, written ``relation.column``."""

    KEY: ClassVar[str] = "relationships"
    column: Located
    to: Located

    def columns(self) -> tuple[Located, ...]:
        return (self.column,)

    def others(self) -> tuple[tuple[Located, Located], ...]:
        relation, _, column = self.to.partition(".")
        return ((Located(relation, self.to.span), Located(column, self.to.span)),)

    def failing(self, scope: CheckScope) -> str:
        ((relation, column),) = self.others()
        other = scope.relations[relation.lower()]
        return (
            f"SELECT * FROM {scope.relation} AS _etlc_this WHERE {ident(self.column)} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM {other} AS _etlc_other WHERE _etlc_other.{ident(column)} = _etlc_this.{ident(self.column)})"
        )
