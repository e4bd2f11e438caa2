"""W304: NOT IN over a column that may be NULL gives no rows as soon as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import nullable_of
from etlc.sql.syntax import Expr, Select


def find(subject: Subject) -> Iterator[Finding]:
    """``x NOT IN (SELECT y ...)`` where y may be NULL, and ``x NOT IN (1, NULL)``."""
    by_select = {scope.select: scope for scope in subject.scopes}
    for scope in subject.scopes:
        for part in scope.parts:
            if part.kind == "not" and part.args[0].kind in ("in", "in_query"):
                inner = part.args[0]
                if inner.kind == "in" and any(arg.type == "NULL" and arg.kind == "literal" for arg in inner.args[1:]):
                    yield Finding(
                        "W304", part.start, "NOT IN with a NULL in its list is never true.", "Take the NULL out of the list.",
                    )  # fmt: skip
                elif inner.kind == "in_query" and inner.name == "=":
                    yield from _query(part, inner, by_select, subject)


def _query(part: Expr, inner: Expr, scopes: Mapping[Select, Scope], subject: Subject) -> Iterator[Finding]:
    query = inner.query
    if not isinstance(query, Select) or query not in scopes:
        return
    scope = scopes[query]
    if len(query.items) == 1 and query.items[0].kind != "star" and nullable_of(query.items[0], scope) is True:
        name = subject.text(query.items[0])
        yield Finding(
            "W304", part.start, f"{name} may be NULL, and then NOT IN is never true: the result would be empty.",
            f"Add `where {name} is not null` to the subquery, or use NOT EXISTS; or declare the column `nullable: false`.",
        )  # fmt: skip
