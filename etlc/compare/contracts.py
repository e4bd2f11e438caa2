"""Published contracts: what readers outside the project rely on."""

from __future__ import annotations

from collections.abc import Mapping

from etlc.diagnostics import Span
from etlc.ir.difference import Side
from etlc.ir.plan import PlanModel


def broken_contracts(
    old: Side, before: PlanModel, new: Side, after: PlanModel | None, renames: Mapping[str, str]
) -> tuple[str, ...]:
    """How readers of a published model break, a few words each. ``renames``: old column to new, lower case."""
    if not before.published:
        return ()
    if after is None:
        return ("it is gone",)
    found = []
    if before.name.lower() != after.name.lower():
        found.append(f"it is called {after.name} now")
    if not after.published:
        found.append("it is not published any more")
    columns = {column.name.lower(): column for column in after.columns}
    for column in before.columns:
        lower = column.name.lower()
        if lower in renames:
            found.append(f"column {column.name} is called {columns[renames[lower]].name} now")
        elif lower not in columns:
            found.append(f"column {column.name} is gone")
        elif columns[lower].type != column.type:
            found.append(f"column {column.name} is {columns[lower].type} now, and was {column.type}")
    earlier, now = key_of(old, before), key_of(new, after)
    if earlier and {renames.get(name.lower(), name.lower()) for name in earlier} != {name.lower() for name in now}:
        words = f"is ({', '.join(now)}) now, and was" if now else "is gone, and was"
        found.append(f"its key {words} ({', '.join(earlier)})")
    return tuple(found)


def key_of(side: Side, model: PlanModel) -> tuple[str, ...]:
    """The columns of a model's key."""
    return tuple(map(str, side.bound.models[model.name].model.spec.key))


def lowered_version(before: PlanModel, after: PlanModel | None) -> bool:
    """Whether the version went down."""
    return after is not None and after.version < before.version


def place_of(model: PlanModel | None) -> Span:
    """Where a model is declared; nowhere where there is none."""
    if model is None:
        return Span("")
    return Span(model.file, model.line, model.column, model.line, model.column + len(model.name))
