"""Checks on a relation as a whole: row_count, fresh, expression, sql."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from etlc.diagnostics import Located, SqlText
from etlc.kinds.checks.base import CheckScope
from etlc.sql.quote import ident


@dataclass(frozen=True, slots=True)
class RowCount:
    """The relation has at least ``min`` and at most ``max`` rows."""

    KEY: ClassVar[str] = "row_count"
    min: int | None = None
    max: int | None = None

    def columns(self) -> tuple[Located, ...]:
        return ()

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        tests = [f"count(*) < {int(self.min)}"] if self.min is not None else []
        tests += [f"count(*) > {int(self.max)}"] if self.max is not None else []
        return f"SELECT count(*) AS row_count FROM {scope.relation} HAVING {' OR '.join(tests) or 'false'}"


@dataclass(frozen=True, slots=True)
class Fresh:
    """The newest value of the column is at most ``within`` seconds old. Naive timestamps are read as UTC."""

    KEY: ClassVar[str] = "fresh"
    column: Located
    within: int

    def columns(self) -> tuple[Located, ...]:
        return (self.column,)

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        newest = f"max({ident(self.column)})"
        zoned = "WITH TIME ZONE" in scope.types.get(self.column.lower(), "").upper()
        moment = f"epoch_us({newest})" if zoned else f"epoch_us(CAST({newest} AS TIMESTAMP))"
        oldest = f"epoch_us(CAST($_etlc_now AS TIMESTAMP)) - {int(self.within)}::BIGINT * 1000000"
        return f"SELECT {newest} AS newest FROM {scope.relation} HAVING {moment} < {oldest}"


@dataclass(frozen=True, slots=True)
class Expression:
    """The expression is true, or NULL, for every row."""

    KEY: ClassVar[str] = "expression"
    sql: SqlText

    def columns(self) -> tuple[Located, ...]:
        return ()

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        return f"SELECT * FROM {scope.relation} AS this WHERE NOT (\n{self.sql.text}\n)"


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT whose rows are the failures; ``this`` in it is the checked relation."""

    KEY: ClassVar[str] = "sql"
    sql: SqlText

    def columns(self) -> tuple[Located, ...]:
        return ()

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        return self.sql.text
