"""What is the same thing under another name."""

from __future__ import annotations

from collections.abc import Mapping

from etlc.ir.difference import Side
from etlc.ir.plan import PlanSource


def same_names(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, str]:
    """Old name to new, of what is called the same without regard to case."""
    known = {name.lower(): name for name in after}
    return {name: known[name.lower()] for name in before if name.lower() in known}


def renamed_sources(old: Side, new: Side) -> dict[str, str]:
    """Old name to new, of every source that is still there: by its name, else by where and how it is read."""
    found = same_names(old.plan.sources, new.plan.sources)
    models = {name.lower() for name in (*old.plan.models, *new.plan.models)}
    taken = set(found.values())
    for name, source in old.plan.sources.items():
        for other, candidate in new.plan.sources.items() if name not in found else ():
            free = other not in taken and not {name.lower(), other.lower()} & models
            if free and _identity(source) == _identity(candidate):
                found[name] = other
                taken.add(other)
                break
    return found


def _identity(source: PlanSource) -> tuple[object, ...]:
    columns = tuple((column.name.lower(), column.type) for column in source.columns)
    return source.kind, source.paths, dict(source.options), source.rows, columns
