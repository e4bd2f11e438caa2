"""Checks that take a list of columns: not_null, unique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from etlc.diagnostics import Located
from etlc.kinds.checks.base import CheckScope
from etlc.sql.quote import ident, idents


@dataclass(frozen=True, slots=True)
class NotNull:
    """No row may have NULL in any of these columns."""

    KEY: ClassVar[str] = "not_null"
    names: tuple[Located, ...]

    def columns(self) -> tuple[Located, ...]:
        return self.names

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        test = " OR ".join(f"{ident(name)} IS NULL" for name in self.names)
        return f"SELECT * FROM {scope.relation} WHERE {test}"


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows may agree in all of these columns. A row with a NULL in one of them passes."""

    KEY: ClassVar[str] = "unique"
    names: tuple[Located, ...]

    def columns(self) -> tuple[Located, ...]:
        return self.names

    def others(self) -> tuple[tuple[Located, Located], ...]:
        return ()

    def failing(self, scope: CheckScope) -> str:
        known = " AND ".join(f"{ident(name)} IS NOT NULL" for name in self.names)
        return (
            f"SELECT {idents(self.names)}, count(*) AS copies FROM {scope.relation} WHERE {known}"
            f" GROUP BY {idents(self.names)} HAVING count(*) > 1"
        )
