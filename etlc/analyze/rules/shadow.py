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
            item = aliases.get(clause.path[0].lower()) if clause.kind == "column" and len(clause.path) == 1 else None
            if item is None or clause not in scope.places or aggregates(item) or not _about(item, clause, scope):
                continue
            yield Finding(
                "W313", clause.start,
                f'"{clause.path[0]}" in GROUP BY is the column, not the "{clause.path[0]}" that this SELECT computes.',
                "Give the computed value another name, or write GROUP BY ALL or the expression itself.",
            )  # fmt: skip


def _about(item: Expr, column: Expr, scope: Scope) -> bool:
    """Whether the item is computed from the very column, and is not just the same again."""
    place = scope.places[column]
    inside = item.args[0] if item.kind == "cast" else item
    return inside not in scope.places and any(found == place for _, found in scope.columns(item))
