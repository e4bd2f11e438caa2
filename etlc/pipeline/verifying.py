"""verify: what stands in the warehouse, held against a full refresh."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from etlc.decide import closure, known_of
from etlc.diagnostics import Diagnostics, Span
from etlc.engines.base import EngineError
from etlc.execute.desk import Desk
from etlc.execute.verify import verify_model, verify_source
from etlc.ir.event import Verified
from etlc.ir.plan import Plan
from etlc.ir.record import Memory
from etlc.pipeline.compiling import compile_project, need_plan
from etlc.pipeline.project import Options, Project, Stop
from etlc.pipeline.running import decided, idle_tools
from etlc.pipeline.selecting import selected
from etlc.pipeline.warehouse import observe, open_project, plan_paths, remembered, warehouse_path


@dataclass(frozen=True, slots=True)
class Verifying:
    """What was held against a full refresh, in running order."""

    diagnostics: Diagnostics
    results: list[Verified] = field(default_factory=list)


def verify(project: Project, options: Options, share: float) -> Verifying:
    """Hold the selected models, and what they stand on, against a full refresh; nothing is changed. What is not up to date
    is passed over. ``share`` is the part of each model that is tried, from 0 to 1."""
    front = compile_project(project, options, upkeep=True)
    plan = need_plan(front)
    paths, chosen = plan_paths(plan, project), selected(plan, project, options)
    if not warehouse_path(plan, project).exists():
        raise Stop("Nothing has been run yet, so there is nothing to verify. `etlc run` comes first.", 1)
    done = Verifying(front.diagnostics)
    with open_project(plan, project, options, paths, read_only=True) as engine:
        memory = remembered(engine.session(), plan)
        observations = observe(plan, memory, paths, frozenset(plan.sources))
        decisions = decided(plan, memory, observations, options)
        behind = {name for name, d in decisions.models.items() if d.action != "skip" or d.rewritten}
        desk = Desk(
            idle_tools(plan, memory, observations, engine, paths, project, dt.datetime.now(dt.UTC)), engine.session()
        )
        for name in _stored(plan, memory, chosen):
            result = _verified(desk, name, behind, share)
            done.results.append(result)
            if result.status == "differs":
                _report(plan, result, done.diagnostics)
    return done


def _stored(plan: Plan, memory: Memory, chosen: frozenset[str] | None) -> list[str]:
    """The landed sources and the stored models, those first that others stand on."""
    scope = closure(plan, frozenset(plan.models) if chosen is None else chosen)
    models = [name for name in plan.models if name in scope and plan.models[name].stored and name in memory.models]
    below = {relation for name in scope for relation in plan.stands_on(name)}
    sources = [n for n, s in plan.sources.items() if n in below and s.landed and s.used and n in memory.sources]
    return [*sources, *models]


def _verified(desk: Desk, name: str, behind: set[str], share: float) -> Verified:
    plan = desk.tools.plan
    if name in plan.sources:
        now, then = desk.tools.observations.sources[name], desk.tools.memory.sources[name]
        return Verified(name, "behind") if now.version != then.version else verify_source(desk, name)
    if plan.models[name].volatile:
        return Verified(name, "volatile")
    if name in behind:
        return Verified(name, "behind")
    try:
        return verify_model(desk, name, known_of(plan.models[name]), share)
    except EngineError as error:
        words = desk.tools.paths.redact(error.error.message).split("\n")[0].rstrip(".")
        raise Stop(f'Model "{name}" cannot be worked out again: {words}.', 1) from error


def _report(plan: Plan, result: Verified, diagnostics: Diagnostics) -> None:
    place = plan.models.get(result.relation) or plan.sources[result.relation]
    span = Span(place.file, place.line, place.column, place.line, place.column + len(result.relation))
    diagnostics.add(
        "E511", span, f'"{result.relation}" does not hold what a full refresh gives:'
        f" {result.missing:,} rows are missing, {result.extra:,} are too many.",
        "`etlc run --full-refresh` mends it. Please report it: this is a fault of etlc, or somebody wrote into the warehouse.",
    )  # fmt: skip
