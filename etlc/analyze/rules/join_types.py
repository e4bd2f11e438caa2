"""W303: columns of different kinds are compared, so DuckDB casts one of them."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import family, type_of
from etlc.sql.syntax import Expr

_ODD = (
    frozenset({"text", "number"}), frozenset({"text", "date"}), frozenset({"text", "timestamp"}),
    frozenset({"text", "boolean"}), frozenset({"text", "uuid"}), frozenset({"number", "boolean"}),
)  # fmt: skip


def find(subject: Subject) -> Iterator[Finding]:
    """Comparisons of columns whose types differ in kind, and of a date with a time of day."""
    for scope in subject.scopes:
        for compare in _comparisons(scope):
            left, right = compare.args
            kinds = frozenset({family(type_of(left, scope)), family(type_of(right, scope))})
            if kinds in _ODD and _column(left, scope) and _column(right, scope):
                types = [f"{subject.text(arg)} is {_article(type_of(arg, scope))}" for arg in compare.args]
                cast = ": one value that does not cast stops the run" if "text" in kinds else ""
                yield Finding(
                    "W303", compare.start, f"{types[0]} and {types[1]}{cast}.",
                    "Cast one side on purpose (CAST or TRY_CAST), best where the column is first read.",
                )  # fmt: skip
            elif (
                kinds == {"date", "timestamp"}
                and compare.name == "="
                and _column(left, scope)
                and _column(right, scope)
            ):
                stamp = left if family(type_of(left, scope)) == "timestamp" else right
                yield Finding(
                    "W303", compare.start, f"A date equals {subject.text(stamp)}, a TIMESTAMP, at midnight only.",
                    f"Compare days: CAST({subject.text(stamp)} AS DATE).",
                )  # fmt: skip


def _comparisons(scope: Scope) -> Iterator[Expr]:
    return (part for part in scope.all_parts if part.kind == "compare" and len(part.args) == 2)


def _column(expr: Expr, scope: Scope) -> bool:
    return expr in scope.places or expr in scope.outer


def _article(type_name: str) -> str:
    return f"{'an' if type_name[:1] in 'AEIO' else 'a'} {type_name}"
