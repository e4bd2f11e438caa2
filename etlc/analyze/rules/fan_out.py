"""W301: a join multiplies rows, and then they are added up."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.fanout import repeated_by
from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import BOOLEANS, aggregates, is_constant
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr

_ADDS = words(
    "sum avg mean count fsum kahan_sum sumkahan favg median stddev variance stddev_samp var_samp list array_agg"
)


def find(subject: Subject) -> Iterator[Finding]:
    """Sums, counts and averages over columns whose rows a join has repeated, in this SELECT or in an earlier one."""
    for scope in subject.scopes:
        clauses = [*scope.select.items, *([scope.select.having] if scope.select.having else [])]
        windows = [part for part in scope.parts if part.kind == "window"]
        for call in [*(call for clause in clauses for call in aggregates(clause)), *windows]:
            if call.name not in _ADDS or call.distinct or not call.args:
                continue
            values = [value for value in _values(call.args[0]) if not is_constant(value, scope)]
            if not values:
                continue  # it counts rows
            entries = {entry for value in values for entry in scope.entries_of(value)}
            relation = repeated_by(scope, entries) or _earlier(values, scope)
            if relation:
                what = subject.text(call.args[0])
                yield Finding(
                    "W301", call.start, f'A join repeats {what} for each row of "{relation}", so {call.name}() takes it more than once.',
                    f"Aggregate before the join. If the join finds one row of \"{relation}\" at most, declare that as its key.",
                )  # fmt: skip


def _values(expr: Expr) -> Iterator[Expr]:
    """What is added up: of CASE its results, not its conditions; and nothing where a truth is counted."""
    if expr.kind == "case":
        for result in (*expr.args[1:-1:2], expr.args[-1]):
            yield from _values(result)
    elif expr.kind == "cast":
        yield from _values(expr.args[0])
    elif expr.kind not in BOOLEANS:
        yield expr


def _earlier(values: list[Expr], scope: Scope) -> str:
    """The relation that an earlier join repeated every column of these values for."""
    found = {scope.field_at(place).repeated for value in values for _, place in scope.columns(value)}
    return found.pop() if len(found) == 1 else ""
