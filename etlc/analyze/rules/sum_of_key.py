"""W314: keys are names, not amounts."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import aggregates, nullable_of
from etlc.sql.syntax import Expr


def find(subject: Subject) -> Iterator[Finding]:
    """sum() or avg() of a key; count() of one that an outer join or the files may leave NULL, next to count(*)."""
    for scope in subject.scopes:
        for item in scope.select.items:
            for call in aggregates(item):
                if call.name in ("sum", "avg", "mean") and call.args and _is_key(call.args[0], scope):
                    name = subject.text(call.args[0])
                    empty = " (and some may be NULL)" if nullable_of(call.args[0], scope) is True else ""
                    yield Finding(
                        "W314", call.start, f"{name} is a key{empty}: adding up keys says nothing.",
                        f"To count them, write count({name}) or count(DISTINCT {name}).",
                    )  # fmt: skip


def _is_key(expr: Expr, scope: Scope) -> bool:
    """A column that is a key of its relation all by itself."""
    if expr not in scope.places:
        return False
    number, at = scope.places[expr]
    relation = scope.entries[number].relation
    field = relation.fields[at]
    return frozenset([field.name.lower()]) in relation.keys and field.type not in ("DOUBLE", "FLOAT")
