"""How a model is kept up by its text alone, and what is in the way of better: for who asks."""

from __future__ import annotations

import json
from dataclasses import replace

from etlc.decide.choosing import odd_columns, strategies
from etlc.decide.models import known_of
from etlc.ir.codec import decode
from etlc.ir.decision import Decision, Kept
from etlc.ir.plan import Plan, PlanModel
from etlc.ir.upkeep import Blocker, Upkeep, Uses

# With one of these, nothing else is known of the query.
_ALL = {
    "off", "type", "volatile", "dynamic", "opaque", "names", "function", "expression", "pivot", "recursion",
    "size",
}  # fmt: skip
# These keep new rows from being added to what stands, or only tell of others: a refresh is open all the same.
_ADDING = {"unsteady", "mask", "choice"}


def keeping(plan: Plan, decision: Decision) -> Kept:
    """How the rows of a model are kept up; nothing of one whose rows are not kept."""
    model = plan.models[decision.model]
    if not model.stored:
        return Kept()
    recorded = decode(tuple[Blocker, ...], json.loads(model.blockers)) if model.blockers else ()
    odd = odd_columns(model)
    if odd:
        recorded = (Blocker("type", model.file, model.line, model.column, "", model.name, odd),)
    upkeep = known_of(model) if model.incremental and not odd else None
    upkeep = upkeep or Upkeep(Uses({}))
    on = plan.stands_on(model.name)
    grains = sorted(upkeep.grains, key=lambda grain: grain.column != decision.grain)
    by = {name: next((grain for grain in grains if grain.inputs.get(name)), None) for name in on}
    kept = Kept(
        {name: strategies(upkeep, name, 0) for name in on}, {name: strategies(upkeep, name, None) for name in on},
        grains[0].column if grains else "", {name: grain for name, grain in by.items() if grain is not None},
        partials=upkeep.partials.partials if upkeep.partials is not None else (),
    )  # fmt: skip
    return replace(kept, blockers=_in_the_way(model, kept, recorded))


def _in_the_way(model: PlanModel, kept: Kept, recorded: tuple[Blocker, ...]) -> tuple[Blocker, ...]:
    """The blockers that a better way would be open without."""
    whole = tuple(one for one in recorded if one.kind in _ALL and one.model == model.name)
    if whole:
        return whole[:1]
    bare = tuple(name for name, ways in kept.any.items() if not ways)
    if not bare:
        added = any(way in ("append", "merge", "latest") for ways in kept.new.values() for way in ways)
        return () if added else tuple(one for one in recorded if one.kind == "unsteady" and one.clause)
    local = tuple(one for one in recorded if one.kind not in _ADDING)
    return local or (Blocker("key", model.file, model.line, model.column, "", model.name, bare),)
