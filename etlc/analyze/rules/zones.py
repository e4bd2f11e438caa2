"""W310: time with a zone meets time without one."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import family, type_of
from etlc.sql.syntax import Expr

_NAIVE = ("timestamp", "date")


def find(subject: Subject) -> Iterator[Finding]:
    """Comparisons and differences of TIMESTAMPTZ with TIMESTAMP or DATE, casts between them, and unions that mix them."""
    for scope in subject.scopes:
        for part in scope.all_parts:
            if _mixes(part, scope):
                yield Finding(
                    "W310", part.start, "A time with a zone meets one without: what it means depends on the computer's time zone.",
                    "Say the zone: `ts AT TIME ZONE 'UTC'` turns the one into the other.",
                )  # fmt: skip
    for combined, arms in subject.resolved.combined:
        for columns in zip(*(arm.fields for arm in arms), strict=False) if not combined.by_name else ():
            kinds = {family(column.type) for column in columns}
            if "zoned" in kinds and kinds.intersection(_NAIVE):
                yield Finding(
                    "W310", None, f'Column "{columns[0].name}" of the union has a time zone in one part and none in another.',
                    "Say the zone: `ts AT TIME ZONE 'UTC'` turns the one into the other.",
                )  # fmt: skip


def _mixes(part: Expr, scope: Scope) -> bool:
    if part.kind in ("compare", "between", "in") or (
        part.kind == "call" and part.name in ("-", "coalesce", "date_diff", "datediff")
    ):
        kinds = {family(type_of(arg, scope)) for arg in part.args if arg.kind != "literal"}
        return "zoned" in kinds and bool(kinds.intersection(_NAIVE))
    if part.kind == "cast":
        before, after = family(type_of(part.args[0], scope)), family(part.type)
        return (before == "zoned" and after in _NAIVE) or (before == "timestamp" and after == "zoned")
    return False
