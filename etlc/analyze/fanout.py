"""Which join repeats the rows of an entry."""

from __future__ import annotations

from etlc.analyze.closure import ROW
from etlc.analyze.scope import Scope
from etlc.sql.syntax import Computed


def repeated_by(scope: Scope, entries: set[int]) -> str:
    """The relation that a join repeats the rows of ``entries`` for, as far as that is certain; "" where there is none.

    Certain is only what a known key says: the joined side has one, and the join leaves it open. And only the written
    order says which side was meant to be looked up: ``from sales join products`` repeats products on purpose.
    """
    if not scope.sure or len(scope.entries) < 2 or not entries:
        return ""
    reached = scope.dependencies.closure((number, ROW) for number in entries)
    for step in scope.steps:
        sides = [(step.left, step.right)] if step.join.kind != "right" else [(step.right, step.left)]
        if step.join.kind in ("semi", "anti") or step.join.form in ("positional", "asof", "natural"):
            continue
        for near, far in sides:
            if not entries <= set(near):
                continue
            for number in far:
                entry = scope.entries[number]
                known = bool(entry.relation.keys) or isinstance(entry.node, Computed)
                if known and (number, ROW) not in reached:
                    return entry.relation.name or entry.key
    return ""
