"""W301: a join multiplies rows, and then they are added up."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.fanout import repeated_by
from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import aggregates, is_constant
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr

_ADDS = words(
    "sum avg mean count fsum kahan_sum sumkahan favg median stddev variance stddev_samp var_samp list array_agg"
)


def find(subject: Subject) -> Iterator[Finding]:
    """Sums, counts and averages over columns whose rows a join has repeated, in this SELECT or in an earlier one."""
    for scope in subject.scopes:
        clauses = [*scope.select.items, *([scope.select.having] if scope.select.having else [])]
        for call in [call for clause in clauses for call in aggregates(clause)]:
            if call.name not in _ADDS or call.distinct or not call.args or is_constant(call.args[0], scope):
                continue
            relation = repeated_by(scope, scope.entries_of(call)) or _earlier(call, scope)
            if relation:
                what = subject.text(call.args[0])
                yield Finding(
                    "W301", call.start, f'A join repeats {what} for each row of "{relation}", so {call.name}() takes it more than once.',
                    f"Aggregate before the join. If the join finds one row of \"{relation}\" at most, declare that as its key.",
                )  # fmt: skip


def _earlier(call: Expr, scope: Scope) -> str:
    """The relation that an earlier join repeated every column of the argument for."""
    found = {scope.field_at(place).repeated for _, place in scope.columns(call)}
    return found.pop() if len(found) == 1 else ""
