"""Deciding: what the plan, the memory of past runs and a look at the sources ask for. Pure, and with reasons.

A run compares versions, never clocks. A source's version covers its files and how they are read; a model's version
covers its meaning and the versions that it was built from. What has the versions that it would get again is skipped.
"""

from __future__ import annotations

from collections.abc import Mapping

from etlc.decide.choosing import KEPT_PARTS, STRATEGIES, ways
from etlc.decide.forecast import Forecast
from etlc.decide.keeping import keeping
from etlc.decide.models import Case, Compare, decide_model, kept_sources, known_of, reading, settle
from etlc.decide.versions import check_token, placement, source_check_token
from etlc.ir.decision import Decision, Decisions, OutputDecision, Reason, Request, SourceDecision
from etlc.ir.plan import LANDING_SCHEMA, Plan, PlanModel, PlanOutput
from etlc.ir.record import Memory, Observations, Standing

__all__ = [
    "KEPT_PARTS",
    "STRATEGIES",
    "check_token",
    "closure",
    "conflicts",
    "decide",
    "keeping",
    "kept_sources",
    "known_of",
    "placement",
    "reading",
    "settle",
    "ways",
]  # fmt: skip


def closure(plan: Plan, selected: frozenset[str]) -> frozenset[str]:
    """The selected models and all that they need upstream, what their checks read included."""
    needed = set(selected)
    for name in reversed(list(plan.models)):
        if name in needed:
            needed.update(need for need in plan.needs(name) if need in plan.models)
    return frozenset(needed)


def conflicts(plan: Plan, memory: Memory) -> list[PlanModel]:
    """The published models whose name is taken in the warehouse by something that etlc did not make."""
    taken = [m for m in plan.models.values() if m.published and f"main.{m.name}".lower() in memory.relations]
    mine = memory.published()
    return [model for model in taken if model.name.lower() not in mine]


def decide(
    plan: Plan, memory: Memory, observations: Observations, request: Request, nonce: str, compare: Compare
) -> Decisions:
    """What a run would do. ``nonce`` is new at every run: it is the version of what is volatile. ``compare`` tells what an
    edit changes."""
    selected = frozenset(plan.models) if request.selected is None else request.selected
    scope = closure(plan, selected)
    case = Case(
        plan,
        memory,
        observations,
        request,
        nonce,
        compare,
        Standing(),
        Forecast(plan, memory, observations, plan.readers()),
    )
    for name, state in observations.sources.items():
        case.standing.put(name, state.version)
    changed: set[str] = set()
    models: dict[str, Decision] = {}
    for name in plan.models:
        record = memory.models.get(name)
        if name not in scope:
            case.standing.put(name, record.version if record else "", record.state if record else None)
            continue
        models[name] = decide_model(case, name)
        case.standing.put(name, models[name].version, models[name].state)
        if models[name].action != "skip":
            changed.add(name)
    versions = case.standing.versions
    sources = _decide_sources(plan, models, memory, observations, request)
    if request.selected is None:
        for name in memory.models:
            if name not in plan.models:
                models[name] = Decision(name, "drop", "drop", Reason("removed"))
    shown = {name: d for name, d in models.items() if name in selected or not d.idle}
    outputs = tuple(
        _decide_output(
            output, versions[output.model], memory, observations, request.full_refresh and output.model in changed
        )
        for output in plan.outputs
        if output.model in selected or output.model in changed
    )
    return Decisions(sources, shown, outputs, selected)


def _decide_sources(
    plan: Plan, models: Mapping[str, Decision], memory: Memory, observations: Observations, request: Request
) -> dict[str, SourceDecision]:
    """Which sources are read, landed or checked: those that a model reads which is built, or has checks to run."""
    wanted: set[str] = set()
    for name, decision in models.items():
        if decision.action != "skip" or decision.checks:
            wanted.update(_sources_below(plan, name))
    versions = {name: state.version for name, state in observations.sources.items()}
    checks: dict[str, dict[str, str]] = {}
    for name, source in plan.sources.items():
        if name in versions and (request.selected is None or name in wanted):
            known = memory.source_checks.get(name, {})
            tokens = {check.name: source_check_token(check, source, versions) for check in source.checks}
            checks[name] = {check: token for check, token in tokens.items() if known.get(check) != token}
            others = [other for check in source.checks if check.name in checks[name] for other in check.others]
            wanted.update([name, *map(plan.declared, others)] if checks[name] else [])
    found = {}
    for name, source in plan.sources.items():
        if name not in versions:
            continue
        if name not in wanted:
            found[name] = SourceDecision(name, "skip", versions[name])
        elif not source.landed:
            found[name] = SourceDecision(name, "read", versions[name], checks=checks.get(name, {}))
        else:
            found[name] = _landing(name, plan, memory, observations, request, checks.get(name, {}))
    return found


def _sources_below(plan: Plan, name: str) -> set[str]:
    """The sources that building a model reads: its own, those of its checks, and those of what is inlined into it."""
    if name not in plan.models:
        return set()
    found = set()
    for need in plan.needs(name):
        if need in plan.sources:
            found.add(need)
        elif plan.models[need].storage == "inline":
            found |= _sources_below(plan, need)
    return found


def _landing(
    name: str, plan: Plan, memory: Memory, observations: Observations, request: Request, checks: Mapping[str, str]
) -> SourceDecision:
    source, now, before = plan.sources[name], observations.sources[name], memory.sources.get(name)
    typed = {column.name: f"{column.name}:{column.type}" for column in source.columns}
    there = f"{LANDING_SCHEMA}.{name}".lower() in memory.relations
    landed = set(before.landed) if before and there else set()
    old = {part.path: part.token for part in before.parts} if before else {}
    fingerprint_kept = before is not None and before.version.split("-")[0] == now.version.split("-")[0]
    anew = (
        not there
        or not fingerprint_kept
        or request.full_refresh
        or not landed.issuperset(typed[name] for name in source.used)
    )
    fresh = tuple(part.path for part in now.parts if anew or old.get(part.path) != part.token)
    gone = () if anew else tuple(path for path in old if path not in {part.path for part in now.parts} or path in fresh)
    if not anew and not fresh and not gone:
        return SourceDecision(name, "read", now.version, checks=checks)
    # What stood there before is kept: a view that this run does not touch may name it.
    kept = set() if request.full_refresh and request.selected is None else landed
    columns = tuple(column for column, entry in typed.items() if entry in kept or (anew and column in source.used))
    return SourceDecision(name, "land", now.version, fresh, gone, anew, columns, checks)


def _decide_output(
    output: PlanOutput, version: str, memory: Memory, observations: Observations, anew: bool
) -> OutputDecision:
    record = memory.outputs.get(output.name)
    if anew:
        return OutputDecision(output.name, output.model, "write", Reason("refresh"))
    if record is None:
        return OutputDecision(output.name, output.model, "write", Reason("output_first"))
    if record.fingerprint != output.fingerprint:
        return OutputDecision(output.name, output.model, "write", Reason("output_edited"))
    if record.version != version:
        return OutputDecision(output.name, output.model, "write", Reason("input", (output.model,)))
    now = observations.files.get(output.name, {})
    missing = tuple(path for path in record.files if path not in now)
    if missing:
        return OutputDecision(output.name, output.model, "write", Reason("output_missing", missing[:3]))
    altered = tuple(path for path, token in now.items() if record.files.get(path) != token)
    if altered:
        return OutputDecision(output.name, output.model, "write", Reason("output_changed", altered[:3]))
    return OutputDecision(output.name, output.model, "skip", Reason("current"))
