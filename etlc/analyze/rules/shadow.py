"""W313: a name that means the column where the alias was meant."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import aggregates
from etlc.sql.syntax import Expr


def find(subject: Subject) -> Iterator[Finding]:
    """GROUP BY a bare name that is a column and the alias of something computed from it: DuckDB takes the column."""
    for scope in subject.scopes:
        aliases = {item.alias.lower(): item for item in scope.select.items if item.alias and item.kind != "column"}
        for clause in scope.select.group:
            for part in clause.walk():
                item = aliases.get(part.path[0].lower()) if part.kind == "column" and len(part.path) == 1 else None
                if item is None or part not in scope.places or aggregates(item) or not _about(item, part, scope):
                    continue
                yield Finding(
                    "W313", part.start,
                    f'"{part.path[0]}" in GROUP BY is the column, not the "{part.path[0]}" that this SELECT computes.',
                    "Give the computed value another name, or write GROUP BY ALL or the expression itself.",
                )  # fmt: skip


def _about(item: Expr, column: Expr, scope: Scope) -> bool:
    """Whether the item is computed from the very column, and is not just the same again."""
    place = scope.places[column]
    inside = item.args[0] if item.kind == "cast" else item
    return inside not in scope.places and any(found == place for _, found in scope.columns(item))
