"""plan, run and check."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from etlc import __version__
from etlc.decide import (
    KEPT_PARTS,
    STRATEGIES,
    closure,
    conflicts,
    decide,
    keeping,
    kept_sources,
    known_of,
    reading,
    settle,
    ways,
)  # fmt: skip
from etlc.diagnostics import Diagnostics, Span
from etlc.diagnostics.ignores import sift
from etlc.engines.base import EngineError, EngineInterrupted, Session
from etlc.engines.duckdb import DuckEngine
from etlc.execute.deltas import prune
from etlc.execute.desk import Desk
from etlc.execute.images import Keeper
from etlc.execute.ledger import Ledger
from etlc.execute.observe import touched, with_digests
from etlc.execute.paths import Paths
from etlc.execute.run import Interrupted as RunInterrupted
from etlc.execute.run import Runner, totals
from etlc.execute.sources import Sources, check_each, fill_layouts, find_absent, find_drift, find_rewritten
from etlc.execute.tools import Tools
from etlc.ir.decision import Change, Decisions, Kept, Request, Way
from etlc.ir.event import CheckResult, Event, ModelResult, OutputResult, RunFinished, RunStarted
from etlc.ir.plan import LANDING_SCHEMA, Meaning, Plan, PlanModel
from etlc.ir.record import Memory, ModelRecord, Observations
from etlc.ir.upkeep import Upkeep, Uses
from etlc.lower.fingerprint import alike
from etlc.pipeline.compiling import compile_project, keep, need_plan, write_lock
from etlc.pipeline.project import Interrupted, Options, Project, Stop, stop_with
from etlc.pipeline.selecting import selected
from etlc.pipeline.statements import statements
from etlc.pipeline.stopping import stopped
from etlc.pipeline.warehouse import observe, open_project, plan_paths, read_memory, remembered, scratch
from etlc.sql.quote import qualified
from etlc.state import warehouse as store

_SPECS = Span.whole("etlc.yaml")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do. ``sql`` are the statements of each model that would be built; ``kept`` is how each model is
    kept up, where that was asked for."""

    diagnostics: Diagnostics
    plan: Plan | None
    decisions: Decisions | None
    sql: Mapping[str, list[str]]
    kept: Mapping[str, Kept] = field(default_factory=dict)


@dataclass(slots=True)
class Ran:
    """What a run did."""

    diagnostics: Diagnostics
    run_id: str = ""
    status: str = "success"
    models: list[ModelResult] = field(default_factory=list)
    outputs: list[OutputResult] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    exit_status: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found on what stands."""

    diagnostics: Diagnostics
    checks: list[CheckResult]


def plan(project: Project, options: Options, explain: bool = False) -> Planned:
    """What a run would do, and why. Reads specs, state and file listings. ``explain``: also how each model is kept up."""
    front = compile_project(project, options, upkeep=True)
    if front.plan is None:
        return Planned(front.diagnostics, None, None, {})
    paths = plan_paths(front.plan, project)
    chosen = selected(front.plan, project, options)
    memory = read_memory(front.plan, project, options, paths)
    request = _request(chosen, options)
    observations = observe(front.plan, memory, paths, frozenset(front.plan.sources), KEPT_PARTS not in request.off)
    decisions = decide(front.plan, memory, observations, request, "-", compare_meanings)
    report_conflicts(front.plan, memory, front.diagnostics)
    report_files(front.plan, memory, observations, decisions, paths, options.full_refresh, front.diagnostics)
    explained = [one for name, one in decisions.models.items() if explain and name in front.plan.models]
    kept = {one.model: keeping(front.plan, one) for one in explained}
    return Planned(front.diagnostics, front.plan, decisions, statements(front.plan, memory, decisions), kept)


def report_conflicts(plan: Plan, memory: Memory, diagnostics: Diagnostics) -> None:
    """Report published models whose name is taken by a table that etlc did not make."""
    for model in conflicts(plan, memory):
        span = Span(model.file, model.line, model.column, model.line, model.column + len(model.name))
        diagnostics.add(
            "E503", span, f'The warehouse has a table or view "{model.name}" that etlc did not make, and will not replace.',
            "Rename or drop one of the two.",
        )  # fmt: skip


def report_files(
    plan: Plan, memory: Memory, observations: Observations, decisions: Decisions, paths: Paths, anew: bool,
    diagnostics: Diagnostics,
) -> None:  # fmt: skip
    """Report what must not be with the files of sources that would be read: they are absent, or were only to be added to.
    A full refresh, ``anew``, takes them as they are."""
    found = Diagnostics()
    for name, decision in decisions.sources.items():
        source, state, before = plan.sources[name], observations.sources[name], memory.sources.get(name)
        if decision.action == "skip" or source.rows is not None:
            continue
        if anew or not (source.append_only and find_rewritten(source, state, before, found)):
            find_absent(source, state, before, paths, found)
    diagnostics.extend(sift(found, plan.ignores)[0])


def run(project: Project, options: Options, on_event: Callable[[Event], None]) -> Ran:
    """Bring the selected models up to date. Raises Stop before anything is touched, Interrupted when stopped."""
    front = compile_project(project, options, upkeep=True)
    ran = Ran(front.diagnostics)
    if front.plan is None:
        ran.status, ran.exit_status = "failed", 1
        return ran
    plan, paths = need_plan(front), plan_paths(front.plan, project)
    chosen = selected(plan, project, options)
    if front.looked:
        write_lock(project, front.looked)
        keep(project, options, front)
    with open_project(plan, project, options, paths) as engine:
        try:
            for event in _events(_Run(project, plan, paths, engine, _request(chosen, options), ran)):
                _collect(ran, event)
                on_event(event)
        except (RunInterrupted, EngineInterrupted) as stop:
            raise Interrupted from stop
        except EngineError as error:
            raise _unusable(plan, project, error) from error
    return ran


def compare_meanings(before: Meaning, after: Meaning, columns: Sequence[str]) -> tuple[bool, frozenset[str]] | None:
    """What an edit of a query changes; None for nothing."""
    if alike(before, after):
        return None
    from etlc.sql.slices import changes

    found = changes(before, after, columns)
    return found.rows, found.columns


def _request(chosen: frozenset[str] | None, options: Options) -> Request:
    unknown = [name for name in options.no_opt if name not in STRATEGIES]
    if unknown:
        raise Stop(f"--no-opt knows no {unknown[0]}; it takes {', '.join(STRATEGIES)}.", 2)
    return Request(chosen, options.full_refresh, frozenset(options.no_opt))


def _unusable(plan: Plan, project: Project, error: EngineError) -> Stop:
    words = error.error.message.split("\n")[0].replace(f"{project.root}/", "").rstrip(".")
    return stop_with("E505", Span(""), f"The warehouse {plan.warehouse} cannot be written: {words}.")


@dataclass(frozen=True, slots=True)
class _Run:
    project: Project
    plan: Plan
    paths: Paths
    engine: DuckEngine
    request: Request
    ran: Ran


def _events(job: _Run) -> Iterator[Event]:
    begun, started = time.monotonic(), dt.datetime.now(dt.UTC)
    run_id = f"{started:%Y%m%dT%H%M%S}-{os.urandom(3).hex()}"
    job.ran.run_id = run_id
    session = job.engine.session()
    memory = remembered(session, job.plan)
    images = KEPT_PARTS not in job.request.off
    observations = observe(job.plan, memory, job.paths, frozenset(job.plan.sources), images)
    decisions = decide(job.plan, memory, observations, job.request, run_id, compare_meanings)
    report_conflicts(job.plan, memory, job.ran.diagnostics)
    anew = job.request.full_refresh
    report_files(job.plan, memory, observations, decisions, job.paths, anew, job.ran.diagnostics)
    if not job.ran.diagnostics.errors:
        observations = with_layouts(job, memory, decisions, observations)
    yield RunStarted(run_id, totals(decisions))
    if not job.ran.diagnostics.errors:
        if not decisions.idle or touched(memory.sources, observations.sources):
            store.prepare(session)
        tools = Tools(
            job.plan, memory, observations, job.engine, store, job.paths,
            lambda: scratch(job.plan, job.project, job.paths), started, _ledger(job.plan, memory, observations),
            partial(settle, job.plan, memory, run_id), partial(_ways, job.plan.readers(), memory, job.request.off),
            lambda model: known_of(model) or Upkeep(Uses({})), job.request.off, stopped,
        )  # fmt: skip
        yield from _work(job, tools, decisions, run_id)
    _finish(job, decisions, observations, started, time.monotonic() - begun)
    yield RunFinished(run_id, job.ran.status, time.monotonic() - begun, tuple(job.ran.diagnostics))


def _ledger(plan: Plan, memory: Memory, observations: Observations) -> Ledger:
    return Ledger(plan, memory, observations)


def _ways(
    readers: Mapping[str, frozenset[str]], memory: Memory, off: frozenset[str], model: PlanModel, changes: Mapping[str, Change],
    record: ModelRecord,
) -> list[Way]:  # fmt: skip
    return ways(model, known_of(model), changes, record, off, reading(readers, memory, model.name))


def with_layouts(job: _Run, memory: Memory, decisions: Decisions, observations: Observations) -> Observations:
    """The observations with columns and digest of each file that is read, held against the pinned schema."""
    found = dict(observations.sources)
    wanted = [
        name
        for name, decision in decisions.sources.items()
        if decision.action != "skip" and job.plan.sources[name].rows is None
    ]
    if wanted and any(not part.layout for name in wanted for part in found[name].parts):
        session = job.engine.session()
        for name in wanted:
            found[name] = fill_layouts(job.plan.sources[name], found[name], job.paths, session, job.ran.diagnostics)
    found.update(with_digests({name: found[name] for name in wanted}, memory.sources, job.paths))
    drift = Diagnostics()
    for name in wanted:
        find_drift(job.plan, job.plan.sources[name], found[name], memory.sources.get(name), drift)
    job.ran.diagnostics.extend(sift(drift, job.plan.ignores)[0])
    return replace(observations, sources=found)


def _work(job: _Run, tools: Tools, decisions: Decisions, run_id: str) -> Iterator[Event]:
    sources = Sources(tools, decisions, job.ran.diagnostics)
    yield from sources.run(Desk(tools, job.engine.session()))
    if job.ran.diagnostics.errors:
        return
    threads = int(job.plan.limits.get("threads", "2"))
    runner = Runner(tools, decisions, frozenset(sources.blocked), max(1, min(2, threads)), run_id)
    yield from runner.run()


def _finish(
    job: _Run, decisions: Decisions, observations: Observations, started: dt.datetime, seconds: float
) -> None:  # fmt: skip
    ran = job.ran
    results: list[ModelResult | OutputResult] = [*ran.models, *ran.outputs]
    bad = [result for result in results if result.status in ("failed", "blocked")]
    failing = [check for check in ran.checks if check.status == "fail"]
    if ran.diagnostics.errors and not bad and not failing:
        ran.status, ran.exit_status = "failed", 1
        ran.models.clear()
        return
    if bad or failing:
        ran.status, ran.exit_status = "failed", 3
    for result in results:
        if result.error is not None:
            ran.diagnostics.append(result.error)
    for check in ran.checks:
        if check.diagnostic is not None and check.status == "fail":
            ran.diagnostics.append(check.diagnostic)
    if decisions.idle:
        return
    place = job.engine.session()
    try:
        _tidy(job, observations, place)
        versions = (__version__, job.engine.version)
        store.save_run(place, ran.run_id, started.replace(tzinfo=None).isoformat(), seconds, ran.status, versions)
        with suppress(EngineError):  # the next run does it
            place.execute("CHECKPOINT")
    except EngineError as error:
        if not bad:  # else it is the same mishap again
            raise
        ran.diagnostics.extend(_unusable(job.plan, job.project, error).diagnostics)


def _tidy(job: _Run, observations: Observations, session: Session) -> None:
    """Forget changes that everybody has taken up, and keep images of the files that may change; where the whole project was
    run, drop landed tables that the specs have no use for any more."""
    memory = store.recall(session)
    waiting = prune(session, store, job.plan, memory)
    wanted = kept_sources(job.plan, memory, job.request.off)
    Keeper(job.paths, job.plan, observations, stopped).keep(session, store, memory, wanted, waiting)
    if job.request.selected is not None:
        return
    landed = {name.lower() for name, source in job.plan.sources.items() if source.landed}
    for relation in memory.relations:
        schema, _, name = relation.partition(".")
        if schema == LANDING_SCHEMA and name not in landed:
            session.execute(f"DROP TABLE IF EXISTS {qualified(LANDING_SCHEMA, name)}")
    store.forget_sources(session, [name for name in memory.sources if name not in job.plan.sources])


def _collect(ran: Ran, event: Event) -> None:
    if isinstance(event, ModelResult):
        ran.models.append(event)
    elif isinstance(event, OutputResult):
        ran.outputs.append(event)
    elif isinstance(event, CheckResult):
        ran.checks.append(event)


def check(project: Project, options: Options) -> Checked:
    """Run the data checks of the selected models, and of the sources they read, on what stands."""
    front = compile_project(project, options, upkeep=True)
    plan, paths = need_plan(front), plan_paths(need_plan(front), project)
    chosen = selected(plan, project, options)
    results: list[CheckResult] = []
    memory = read_memory(plan, project, options, paths)
    if not memory.models:
        raise Stop("Nothing has been run yet, so there is nothing to check. `etlc run` comes first.", 1)
    with open_project(plan, project, options, paths, read_only=True) as engine:
        memory = remembered(engine.session(), plan)
        observations = observe(plan, memory, paths, frozenset(plan.sources))
        tools = idle_tools(plan, memory, observations, engine, paths, project, dt.datetime.now(dt.UTC))
        desk = Desk(tools, engine.session())
        for name in _checked_names(plan, memory, chosen):
            if plan.checks_of(name):
                results += check_each(desk, name, list(plan.checks_of(name)))
    return Checked(front.diagnostics, results)


def idle_tools(
    plan: Plan, memory: Memory, observations: Observations, engine: DuckEngine, paths: Paths, project: Project,
    now: dt.datetime,
) -> Tools:  # fmt: skip
    """Tools for who only reads what stands."""
    return Tools(
        plan, memory, observations, engine, store, paths, lambda: scratch(plan, project, paths), now,
        _ledger(plan, memory, observations), lambda decision, standing: decision, lambda model, changes, seconds: [],
        lambda model: Upkeep(Uses({})), stopped=stopped,
    )  # fmt: skip


def decided(plan: Plan, memory: Memory, observations: Observations, options: Options) -> Decisions:
    """What a run of the whole project would do."""
    return decide(plan, memory, observations, _request(None, options), "-", compare_meanings)


def _checked_names(plan: Plan, memory: Memory, chosen: frozenset[str] | None) -> list[str]:
    models = [
        name
        for name in plan.models
        if (chosen is None or name in chosen) and f"{plan.models[name].schema}.{name}".lower() in memory.relations
    ]
    scope = closure(plan, frozenset(models))
    sources = [
        name
        for name, source in plan.sources.items()
        if source.checks and any(name in plan.models[m].reads for m in scope) and source.landed
    ]
    return [*sources, *models]
