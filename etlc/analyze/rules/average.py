"""W309: the average of averages is not the average."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import aggregates, is_mean


def find(subject: Subject) -> Iterator[Finding]:
    """avg() or sum() of a value that is an average already, here or in the models below."""
    for scope in subject.scopes:
        for item in (*scope.select.items, *([scope.select.having] if scope.select.having else [])):
            for call in aggregates(item):
                if call.name in ("avg", "mean", "sum") and call.args and is_mean(call.args[0], scope):
                    result = (
                        "the average of averages weighs small groups like big ones"
                        if call.name != "sum"
                        else "a sum of averages has no meaning where groups differ in size"
                    )
                    yield Finding(
                        "W309", call.start, f"{subject.text(call.args[0])} is an average: {result}.",
                        "Keep sum and count in the lower model, and divide their sums here.",
                    )  # fmt: skip
