"""What is done to one model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from etlc.decide.choosing import KEPT_PARTS, REBUILD, foreseen, ways
from etlc.decide.forecast import Forecast
from etlc.decide.reasons import rebuild_reason
from etlc.decide.states import fresh_tokens, planned_state, seen, tokens_after
from etlc.decide.versions import check_token, digest, placement
from etlc.ir.codec import decode
from etlc.ir.decision import Decision, Reason, Request, takes_changes
from etlc.ir.partials import CHEAP
from etlc.ir.plan import Meaning, Plan, PlanModel
from etlc.ir.record import Memory, ModelRecord, Observations, Standing
from etlc.ir.upkeep import Upkeep

# Of two queries, and the columns of the second: None where they mean the same; else whether the row set may be another,
# and the columns (lower case) whose values may be in rows that are the same.
Compare = Callable[[Meaning, Meaning, Sequence[str]], tuple[bool, frozenset[str]] | None]


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision rests on. ``standing`` and ``forecast`` are filled in running order."""

    plan: Plan
    memory: Memory
    observations: Observations
    request: Request
    nonce: str
    compare: Compare
    standing: Standing
    forecast: Forecast


def decide_model(case: Case, name: str) -> Decision:
    """What a run would do to a model, all that it reads being decided."""
    model, record = case.plan.models[name], case.memory.models.get(name)
    tokens, rewritten = _tokens(case, model, record)
    decision = _decided(case, model, record, tokens, rewritten)
    if decision.action != "skip":
        decision = _with_way(case, model, record, decision)
    return _with_checks(decision, model, record, case.standing.versions)


def _tokens(case: Case, model: PlanModel, record: ModelRecord | None) -> tuple[Mapping[str, str], bool]:
    """The tokens of what is written; and whether it is written in another way than before, and means the same."""
    if record is None or not record.tokens:
        return fresh_tokens(model), False
    if record.fingerprint == model.fingerprint:
        return record.tokens, False
    before = case.memory.meanings.get(model.name)
    if before is None:
        return fresh_tokens(model), False
    edit = case.compare(before, case.plan.meaning(model.name), [column.name for column in model.columns])
    return (record.tokens, True) if edit is None else (tokens_after(model, record, *edit), False)


def _decided(
    case: Case, model: PlanModel, record: ModelRecord | None, tokens: Mapping[str, str], rewritten: bool
) -> Decision:
    plan, memory, request, standing = case.plan, case.memory, case.request, case.standing
    inputs = {need: standing.versions.get(need, "") for need in model.reads}
    sees = seen(model, standing) if record is None or dict(record.inputs) != inputs else record.seen
    # What is seen of the inputs is what was seen: to have taken that up is all that is to be remembered.
    unmoved = record is not None and dict(record.inputs) != inputs and dict(record.seen) == dict(sees)
    anew = request.full_refresh and (request.selected is None or model.name in request.selected)
    there = model.storage == "inline" or f"{model.schema}.{model.name}".lower() in memory.relations
    written = replace(model, fingerprint=record.fingerprint) if rewritten and record is not None else model
    known = record.inputs if unmoved and record is not None else inputs
    reason = rebuild_reason(plan, written, known, record, there, anew, memory, case.observations)
    if reason is None and record is not None:
        return Decision(
            model.name, "skip", "noop", Reason("current"), {}, record.version, inputs, record.placement,
            rewritten or unmoved, seen=sees, tokens=record.tokens, state=record.state,
        )  # fmt: skip
    if model.storage == "table":
        action, strategy = "rebuild" if record is not None and there else "create", "full"
    else:
        action = strategy = model.storage
    state = planned_state(model, tokens, standing, case.nonce)
    return Decision(
        model.name, action, strategy, reason or Reason("first"), {}, digest(state), inputs,
        placement(model, plan), rewritten, seen=sees, tokens=tokens, state=state,
    )  # fmt: skip


def _with_checks(
    decision: Decision, model: PlanModel, record: ModelRecord | None, versions: Mapping[str, str]
) -> Decision:
    tokens = {check.name: check_token(check, versions) for check in model.checks}
    if decision.action != "skip" or record is None:
        return replace(decision, checks=tokens)
    stale = {check: token for check, token in tokens.items() if record.checked.get(check) != token}
    return replace(decision, checks=stale, reason=Reason("checks", tuple(stale))) if stale else decision


def _with_way(case: Case, model: PlanModel, record: ModelRecord | None, decision: Decision) -> Decision:
    """The decision with the way that will probably be gone: a run counts first."""
    forecast = case.forecast
    if not (model.stored and record is not None and takes_changes(decision)):
        forecast.take(model.name, REBUILD)
        return decision
    changes = forecast.changes(model.name, record, case.standing.versions)
    differ = forecast.differences(changes, record, case.standing.versions)
    readers = reading(forecast.readers, case.memory, model.name)
    way = foreseen(ways(model, known_of(model), changes, record, case.request.off, readers))
    share = forecast.take(model.name, way)
    action = decision.action if model.storage == "view" else way.action
    grain = way.grain.column if way.grain else ""
    return replace(
        decision, action=action, strategy=way.strategy, share=share, differences=differ, changed=way.changed, grain=grain
    )  # fmt: skip


def reading(readers: Mapping[str, frozenset[str]], memory: Memory, name: str) -> list[float]:
    """How many seconds the models that stand on a relation take to be built."""
    return [memory.models[reader].seconds for reader in readers.get(name, ()) if reader in memory.models]


def known_of(model: PlanModel) -> Upkeep | None:
    """What is known of the model's query for keeping its rows up; None where nothing is."""
    return decode(Upkeep, json.loads(model.upkeep)) if model.upkeep else None


def kept_sources(plan: Plan, memory: Memory, off: frozenset[str]) -> frozenset[str]:
    """The sources of which old files are of use: some model could be kept up when one changes or goes, and is not rebuilt
    in no time anyway. What is landed has them already."""
    files = {
        name
        for name, source in plan.sources.items()
        if not (source.landed or source.append_only) and source.rows is None
    }
    found: set[str] = set()
    for name, model in plan.models.items() if KEPT_PARTS not in off else ():
        record, read = memory.models.get(name), files.intersection(plan.stands_on(name)) - found
        slow = record is not None and (record.seconds >= CHEAP or "cheap-full" in off)
        if not (read and slow and model.stored and model.incremental and not model.dynamic):
            continue
        upkeep = known_of(model)
        if upkeep is not None:
            found |= read & {
                *upkeep.linear,
                *(n for grain in upkeep.grains for n, keys in grain.inputs.items() if keys),
                *(upkeep.cores.covered if upkeep.cores is not None else ()),
                *(name for one in (upkeep.partials.partials if upkeep.partials else ()) for name in one.relations),
            }
    return frozenset(found)


def settle(plan: Plan, memory: Memory, nonce: str, decision: Decision, standing: Standing) -> Decision:
    """The decision again, now that all that the model reads is done: less is to do where that came out as it was."""
    model, record = plan.models[decision.model], memory.models.get(decision.model)
    inputs = {need: standing.versions.get(need, "") for need in model.reads}
    sees = seen(model, standing)
    now = replace(decision, inputs=inputs, seen=sees)
    same = record is not None and takes_changes(decision) and dict(record.seen) == sees
    if record is not None and (decision.action == "skip" or same):
        moved = dict(record.inputs) != inputs or now.rewritten
        now = replace(
            now, action="skip", strategy="noop", reason=Reason("current"), version=record.version, tokens=record.tokens,
            state=record.state, rewritten=moved,
        )  # fmt: skip
    else:
        state = planned_state(model, decision.tokens, standing, nonce)
        now = replace(now, state=state, version=digest(state))
    return _with_checks(now, model, record, standing.versions)
