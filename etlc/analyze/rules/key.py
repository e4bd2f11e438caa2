"""W317: a declared key that the query cannot keep."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import is_constant
from etlc.diagnostics import span_of
from etlc.sql.syntax import Combined, Expr, Select


def find(subject: Subject) -> Iterator[Finding]:
    """A key column that is always NULL; a key that is the same in all rows; the same rows twice."""
    spec = subject.model.model.spec
    key = [str(name) for name in spec.key]
    query = subject.model.model.query.syntax
    if not key or query is None:
        return
    place = span_of(spec.key[0], spec.span)
    scope = next((one for one in subject.scopes if one.select is query), None)
    if scope is not None and isinstance(query, Select):
        names = {name.lower() for name in key}
        empty = [item for item in query.items if item.alias.lower() in names and _is_null(item)]
        for item in empty:
            yield Finding("W317", place, f'The key column "{item.alias}" is always NULL.', "A key is never NULL.")
        if not empty and _always_same(scope, query, names):
            yield Finding(
                "W317",
                place,
                f"The key ({', '.join(key)}) has the same value in every row.",
                "A key tells the rows apart.",
            )
    if isinstance(query, Combined) and query.operation == "union" and query.all and _twice(query):
        yield Finding(
            "W317",
            place,
            "Two parts of the UNION ALL read the same rows, so every key stands twice.",
            "Use UNION, or drop one part.",
        )


def _is_null(item: Expr) -> bool:
    """NULL, also with a type."""
    inner = item.args[0] if item.kind == "cast" else item
    return inner.kind == "literal" and inner.type == "NULL"


def _always_same(scope: Scope, query: Select, key: set[str]) -> bool:
    """Whether every key column is a constant, and there may be more than one row."""
    output = scope.output
    if output is None or output.single:
        return False
    fixed = scope.dependencies.closure([])
    same = set()
    for item in query.items:
        name = (item.alias or (item.path[-1] if item.kind == "column" else "")).lower()
        if is_constant(item, scope) or scope.places.get(item) in fixed:
            same.add(name)
    return key <= same


def _twice(query: Combined) -> bool:
    """Whether two arms are the same plain table as a whole."""
    names = []
    for arm in query.arms:
        if isinstance(arm, Combined):
            return _twice(arm)
        if isinstance(arm, Select) and arm.where is None and [item.kind for item in arm.items] == ["star"]:
            names.append(getattr(arm.source, "name", None))
    return len(names) == len(query.arms) and None not in names and len(set(names)) < len(names)
