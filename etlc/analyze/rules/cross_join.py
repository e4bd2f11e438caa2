"""W302: a join without a condition, by mistake."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope, Step
from etlc.analyze.subject import Finding, Subject
from etlc.sql.syntax import Computed, Derived, From, Rows


def find(subject: Subject) -> Iterator[Finding]:
    """Relations with many rows each that no condition connects. CROSS JOIN in so many words is taken as meant."""
    for scope in subject.scopes:
        for step in scope.steps:
            join = step.join
            if join.form not in ("comma", "regular") or join.kind in ("semi", "anti") or join.using:
                continue
            if join.form == "regular" and join.condition is not None and join.condition.kind == "literal":
                continue  # ON true
            if _connected(scope, step) or _few(scope, step.left) or _few(scope, step.right):
                continue
            right = scope.entries[step.right[0]]
            names = ", ".join(f'"{scope.entries[n].key or scope.entries[n].relation.name}"' for n in step.left)
            place = getattr(right.node, "start", None)
            yield Finding(
                "W302", place, f'Nothing connects "{right.key or right.relation.name}" with {names}:'
                " every row of one meets every row of the other.",
                "Add the condition that belongs to it (ON ... or USING ...), or write CROSS JOIN if this is meant.",
            )  # fmt: skip


def _connected(scope: Scope, step: Step) -> bool:
    conditions = list(scope.conditions())
    if step.join.condition is not None:
        conditions.append(step.join.condition)
    groups = [scope.entries_of(one) for one in conditions]
    reached = set(step.left)
    while True:
        # Through others as well: a, b, c with a = c and c = b connects a with b.
        more = {entry for group in groups if group & reached for entry in group} - reached
        if not more:
            return bool(reached.intersection(step.right))
        reached |= more


def _few(scope: Scope, side: range) -> bool:
    """Whether one row at most comes from a side, or rows that are made from those before it."""
    return all(
        isinstance(scope.entries[number].node, Computed | Rows)
        or scope.entries[number].reads
        or _literal(scope.entries[number].node)
        or scope.dependencies.covers([], [number])
        for number in side
    )


def _literal(node: From) -> bool:
    """A derived table that reads no relation: VALUES, unnest, a SELECT without FROM."""
    source = getattr(node.query, "source", None) if isinstance(node, Derived) else node
    return source is None or isinstance(source, Rows | Computed)
