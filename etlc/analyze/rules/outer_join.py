"""W305: WHERE undoes an outer join."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.joins import rejects_null
from etlc.analyze.subject import Finding, Subject


def find(subject: Subject) -> Iterator[Finding]:
    """A condition in WHERE that drops just the rows that the outer join was written to keep."""
    for scope in subject.scopes:
        if scope.select.where is None:
            continue
        for condition in scope.select.where.conjuncts():
            for column in rejects_null(condition):
                place = scope.places.get(column)
                if place is None or not scope.entries[place[0]].optional:
                    continue
                step = next((one for one in scope.steps if place[0] in one.right and one.join.kind == "left"), None)
                if step is None:
                    continue
                entry = scope.entries[place[0]]
                name = entry.key or entry.relation.name
                yield Finding(
                    "W305", condition.start, "This drops the rows that the LEFT JOIN keeps:"
                    f' {subject.text(column)} is NULL where "{name}" has no match.',
                    "Move the condition into the join's ON, or write JOIN if only matches are wanted.",
                )  # fmt: skip
                break
