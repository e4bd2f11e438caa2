"""Which way a model's rows are brought up to date: the ladder of strategies, the best that is certain to be right first.

A way is open where the query's text allows it (``etlc.ir.upkeep``) and the changes are of its kind. Rebuilding is always
open, and preferred where a full build takes less time than finding out what changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from etlc.ir.decision import Change, Way
from etlc.ir.plan import PlanModel
from etlc.ir.upkeep import Upkeep

CHEAP = 0.075  # seconds of a full build, below which nothing is gained by anything else
MOST = 0.5  # of an input's rows; where more changed, a rebuild costs less
KEPT_PARTS = "kept-parts"
STRATEGIES = (
    "cheap-full", "append", "latest", "merge", "segment-replace", "refresh", "groups", "probe", "diff-apply", "early-cutoff",
    KEPT_PARTS,
)  # fmt: skip
REBUILD = Way("rebuild", "full")
_ODD = ("MAP(", "UNION(", "VARIANT", "GEOMETRY", '"NULL"')  # types whose rows cannot be held against each other


def ways(
    model: PlanModel, upkeep: Upkeep | None, changes: Mapping[str, Change], seconds: float, off: frozenset[str], read: bool
) -> list[Way]:  # fmt: skip
    """The open ways, best first; the last is a rebuild. ``seconds`` is how long the last full build took; ``read``:
    somebody below would use the difference. ``off`` are strategies that are not to be used."""
    changed = tuple(name for name, change in changes.items() if change.kind != "same")
    comparable = not model.dynamic and not odd_columns(model)
    found: list[Way] = []
    cheap = seconds < CHEAP and "cheap-full" not in off
    if cheap:
        # Where somebody below would use the difference, it is cheap too.
        found.append(Way("rebuild", "cheap full", changed if read and comparable and model.incremental else ()))
    elif upkeep is not None and model.incremental and comparable and _known(changes):
        found += [way for way in _incremental(upkeep, changed, changes) if way.strategy.replace(" ", "-") not in off]
    if read and model.incremental and comparable and "diff-apply" not in off and not cheap:
        found.append(Way("rebuild", "diff-apply", changed))
    return [*found, REBUILD]


def odd_columns(model: PlanModel) -> tuple[str, ...]:
    """The columns whose values cannot be held against each other."""
    return tuple(column.name for column in model.columns if any(odd in column.type for odd in _ODD))


def strategies(upkeep: Upkeep, relation: str, minus: int | None) -> tuple[str, ...]:
    """The strategies that take up a change of one relation, the best first; ``minus`` as in :class:`Change`."""
    ways = _incremental(upkeep, (relation,), {relation: Change("delta", None, minus)})
    return tuple(way.strategy for way in ways if way.action != "rebuild")


def _known(changes: Mapping[str, Change]) -> bool:
    few = all(
        change.plus is None or change.rows is None or change.plus + (change.minus or 0) <= MOST * max(change.rows, 1)
        for change in changes.values()
    )
    return few and all(change.kind != "unknown" for change in changes.values())


def _incremental(upkeep: Upkeep, changed: tuple[str, ...], changes: Mapping[str, Change]) -> list[Way]:
    found = []
    came = all(changes[name].minus == 0 for name in changed)
    linear = set(changed) <= set(upkeep.linear)
    if linear and came:
        found.append(Way("append", "append", changed))
    if upkeep.latest is not None and came and changed == (upkeep.latest.relation,):
        found.append(Way("merge", "latest", changed))
    if upkeep.merge is not None and came and set(changed) <= set(upkeep.merge.inputs):
        found.append(Way("merge", "merge", changed))
    if linear and len(changed) == 1:
        found.append(Way("refresh", "segment replace", changed))
    for grain in upkeep.grains:
        if all(grain.inputs.get(name) for name in changed):
            found.append(Way("refresh", "refresh", changed, grain))
            break
    if upkeep.cores is not None and set(changed) <= set(upkeep.cores.covered):
        touched = [core for core in upkeep.cores.cores if not core.relations.keys().isdisjoint(changed)]
        keyed = all(core.keys for core in touched)
        found.append(Way("refresh", "groups", changed) if keyed else Way("rebuild", "probe", changed))
    return found
