"""W312: UNION goes by position, and the names say otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.relation import Relation
from etlc.analyze.subject import Finding, Subject
from etlc.sql.syntax import Query


def find(subject: Subject) -> Iterator[Finding]:
    """A part of a set operation that has two of the first part's names at each other's places."""
    for combined, arms in subject.resolved.combined:
        if combined.by_name or not all(arm.complete for arm in arms):
            continue
        for query, arm in zip(combined.arms[1:], arms[1:], strict=True):
            moved = _moved(arms[0], arm)
            if moved:
                listed = " and ".join(f'"{name}"' for name in moved[:2])
                word = combined.operation.upper()
                by_name = f", or write {word} {'ALL ' if combined.all else ''}BY NAME" if word == "UNION" else ""
                yield Finding(
                    "W312", _start(query), f"{word} goes by position, and {listed} stand elsewhere in this part than in the first.",
                    f"Put the columns in the same order{by_name}.",
                )  # fmt: skip


def _moved(first: Relation, other: Relation) -> list[str]:
    """The names that both have, at different places, and that are not at the right place as well."""
    names = [field.name.lower() for field in first.fields]
    here = [field.name.lower() for field in other.fields]
    moved = [
        name for at, name in enumerate(here) if name and name in names and names[at] != name and here.count(name) == 1
    ]
    return [name for name in moved if names.count(name) == 1 and name not in _aligned(names, here)]


def _aligned(names: list[str], here: list[str]) -> set[str]:
    return {name for name, other in zip(names, here, strict=False) if name == other}


def _start(query: Query) -> int | None:
    items = getattr(query, "items", ())
    return next((item.start for item in items if item.start is not None), None)
