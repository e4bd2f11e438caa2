"""The words for what changed between two revisions, the same in every format."""

from __future__ import annotations

from collections.abc import Sequence

from etlc.ir.difference import Change, CheckChange, ColumnChange, Difference, Property
from etlc.report.text import clean, counted

NOTHING = "Nothing changes in meaning."
SIGNS = {"added": "+", "removed": "-"}
_KINDS = ("added", "removed", "renamed", "changed")


def sign(kind: str) -> str:
    """``+`` for what came, ``-`` for what went, ``~`` for the rest."""
    return SIGNS.get(kind, "~")


def summary(difference: Difference) -> str:
    """One sentence, with the numbers."""
    said = [
        words
        for changes, one in (
            (difference.models, "model"),
            (difference.sources, "source"),
            (difference.outputs, "output"),
        )
        if (words := _counts(changes, one))
    ]
    affected = sum(change.kind == "affected" for change in difference.models)
    if affected:
        said.append(f"{counted(affected, 'model')} below {'is' if affected == 1 else 'are'} affected")
    if difference.settings:
        said.append(f"{counted(len(difference.settings), 'setting')} changed")
    broken = sum(bool(breach.reasons) for breach in difference.breaches)
    if broken:
        said.append(f"{counted(broken, 'published contract')} broken without a new version")
    lowered = sum(breach.lowered for breach in difference.breaches)
    if lowered:
        said.append(f"{counted(lowered, 'version')} lowered")
    if difference.unknown:
        said.append(f"{len(difference.unknown):,} not compared")
    return f"{'; '.join(said)}." if said else NOTHING


def _counts(changes: Sequence[Change], one: str) -> str:
    numbers = [(kind, sum(change.kind == kind for change in changes)) for kind in _KINDS]
    said = [(kind, number) for kind, number in numbers if number]
    if not said:
        return ""
    (kind, number), *rest = said
    return ", ".join([f"{counted(number, one)} {kind}", *(f"{number:,} {kind}" for kind, number in rest)])


def headline(change: Change) -> str:
    """What happened, in a few words; "" where the details say all."""
    said = []
    if change.kind == "renamed":
        said.append(f"was called {clean(change.was)}")
    if change.kind in ("added", "removed") and change.published:
        said.append("published")
    if change.rows == "query":
        said.append("its query changed")
    elif change.rows == "columns":
        said.append("only the columns below change")
    elif change.rows == "source":
        said.append("other rows are read")
    elif change.rows == "upstream":
        said.append(f"rows may change, by way of {' > '.join(map(clean, change.through))}")
    return ", ".join(said)


def column(change: ColumnChange) -> str:
    """What happened to a column."""
    name = clean(change.name)
    match change.kind:
        case "added":
            return f"column {name} {clean(change.after)}"
        case "removed":
            return f"column {name} {clean(change.before)}"
        case "renamed":
            return f"column {name} was called {clean(change.before)}"
        case "retyped":
            return f"column {name} is {clean(change.after)}, was {clean(change.before)}"
        case _:
            return f"column {name} is computed otherwise"


def check(change: CheckChange) -> str:
    """What happened to a check."""
    said = "; ".join(map(clean, change.details))
    name = f"check {clean(change.name)}"
    if change.kind in SIGNS:
        return f"{name} ({said})" if said else name
    return f"{name} {change.kind}: {said}"


def fact(change: Property) -> str:
    """What happened to a property."""
    name, before, after = clean(change.name), clean(change.before), clean(change.after)
    if not before:
        return f"{name}: {after}"
    return f"{name}: {after}, was {before}" if after else f"{name}: none, was {before}"


def details(change: Change) -> list[tuple[str, str]]:
    """All that happened to a thing, as (sign, words)."""
    found = [(sign(one.kind), column(one)) for one in change.columns]
    found += [(sign(one.kind), check(one)) for one in change.checks]
    return found + [("~" if change.kind not in SIGNS else " ", fact(one)) for one in change.properties]
