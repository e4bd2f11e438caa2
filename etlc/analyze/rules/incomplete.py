"""W318: a published model that others cannot rely on (with ``strict: true`` only)."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.subject import Finding, Subject, Whole
from etlc.diagnostics import Span


def find(whole: Whole) -> Iterator[tuple[Subject | None, Finding]]:
    """A published model without owner, description, key or check."""
    if not whole.graph.graph.spec.strict:
        return
    for subject in whole.subjects.values():
        spec = subject.model.model.spec
        if not subject.model.model.published:
            continue
        have = {
            "an owner": spec.owner,
            "a description": spec.description,
            "a key": spec.key,
            "a check": spec.checks or spec.key,
        }
        missing = [word for word, value in have.items() if not value]
        if missing:
            span = spec.name.span
            listed = ", ".join(missing[:-1]) + (" or " if len(missing) > 1 else "") + missing[-1]
            yield (
                None,
                Finding(
                    "W318",
                    Span(span.file, span.line, span.column, span.line, span.column + len(spec.name)),
                    f'Published model "{spec.name}" has no {listed.replace("an ", "").replace("a ", "")}.',
                    f"Add {'it' if len(missing) == 1 else 'them'}, or hide the model with `publish: false`.",
                ),
            )
