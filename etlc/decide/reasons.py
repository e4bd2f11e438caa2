"""Why a model is built again, or None where it need not be."""

from __future__ import annotations

from collections.abc import Mapping

from etlc.decide.versions import placement
from etlc.ir.decision import Reason
from etlc.ir.plan import Plan, PlanModel
from etlc.ir.record import Memory, ModelRecord, Observations


def rebuild_reason(
    plan: Plan, model: PlanModel, inputs: Mapping[str, str], record: ModelRecord | None, there: bool, anew: bool,
    memory: Memory, observations: Observations,
) -> Reason | None:  # fmt: skip
    """Why a model must be built, its view made, or an inlined one counts as changed.

    ``there``: its relation stands in the warehouse; ``anew``: a full refresh was asked for.
    """
    if record is None:
        return Reason("first")
    if anew:
        return Reason("refresh")
    if record.placement != placement(model, plan):
        return _placement_reason(model, record)
    if not there:
        return Reason("missing")
    if record.fingerprint != model.fingerprint:
        return _edit_reason(model, record)
    if dict(record.inputs) != dict(inputs):
        return input_reason(plan, inputs, record, memory, observations)
    return Reason("volatile") if model.volatile else None


def _placement_reason(model: PlanModel, record: ModelRecord) -> Reason:
    if record.placement.split(" ")[0] != model.storage:
        return Reason("storage", detail=f"{record.placement.split(' ')[0]} to {model.storage}")
    if record.published != model.published:
        return Reason("publish", detail="published" if model.published else "hidden")
    if model.snapshot != record.placement.endswith(" of stored rows"):
        return Reason("storage", detail="its rows are " + ("stored now" if model.snapshot else "not stored any more"))
    return Reason("storage", detail="what it reads moved")


def _edit_reason(model: PlanModel, record: ModelRecord) -> Reason:
    columns = tuple(f"{column.name} {column.type}" for column in model.columns)
    if columns != record.columns:
        names = tuple(sorted({c.split(" ")[0] for c in set(columns) ^ set(record.columns)}))
        return Reason("columns", names)
    return Reason("edited", model.params)


def input_reason(
    plan: Plan, inputs: Mapping[str, str], record: ModelRecord, memory: Memory, observations: Observations
) -> Reason:
    """Which inputs changed; for files, how many are new, changed and gone."""
    names = tuple(name for name, version in inputs.items() if record.inputs.get(name) != version)
    if len(names) == 1 and names[0] in plan.sources:
        return Reason("files", names, files_changed(names[0], memory, observations))
    return Reason("input", names or tuple(record.inputs))


def files_changed(source: str, memory: Memory, observations: Observations) -> str:
    """For instance ``1 new, 2 changed``; "" where the files are as they were and something else changed."""
    before = memory.sources.get(source)
    now = observations.sources.get(source)
    if before is None or now is None:
        return ""
    old = {part.path: part.token for part in before.parts}
    new = {part.path: part.token for part in now.parts}
    counts = (
        (len(new.keys() - old.keys()), "new"),
        (sum(old[path] != new[path] for path in old.keys() & new.keys()), "changed"),
        (len(old.keys() - new.keys()), "removed"),
    )
    return ", ".join(f"{count} {word}" for count, word in counts if count)
