"""Checks that the query itself keeps, whatever the data: they need not be run."""

from __future__ import annotations

from collections.abc import Iterable

from etlc.analyze.relation import Relation
from etlc.analyze.scope import Scope
from etlc.ir.graph import BoundCheck
from etlc.kinds.checks.columns import NotNull, Unique


def proven(
    output: Relation, scopes: Iterable[Scope], columns: Iterable[str], checks: Iterable[BoundCheck]
) -> frozenset[str]:
    """The names of the checks that hold for the rows of a query, of which ``output`` is known.

    ``columns`` are its names as DuckDB has them. What ``output`` says follows from the query, and from what holds for the
    relations that it reads: their own keys and contracts are checked before anything is built from them. What rests on
    LIMIT or on a numbered row is not taken for a proof: DuckDB 1.5.5 was seen to give a row of NULLs for the first of no
    rows, and 2.0.0 two rows for LIMIT 1.
    """
    names = [name.lower() for name in columns]
    given = [field.name.lower() or name for field, name in zip(output.fields, names, strict=False)]
    if not output.complete or given != names or any(_picks_rows(scope) for scope in scopes):
        return frozenset()
    filled = {name for name, field in zip(names, output.fields, strict=True) if field.nullable is False}
    found = set()
    for bound in checks:
        check = bound.check.spec.check
        wanted = {str(name).lower() for name in check.columns()}
        unique = isinstance(check, Unique) and any(key <= wanted for key in output.keys)
        if unique or (isinstance(check, NotNull) and wanted <= filled):
            found.add(bound.name)
    return frozenset(found)


def _picks_rows(scope: Scope) -> bool:
    """Whether a SELECT may take the first of some rows: by LIMIT, or by a number that a window gives them."""
    limited = scope.select.tail.limit is not None or bool(scope.select.tail.distinct_on)
    return limited or any(part.kind == "window" for part in scope.parts)
