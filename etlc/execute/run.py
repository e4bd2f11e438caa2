"""The run: sources first, then models in dependency order, side by side where nothing stands between them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from graphlib import TopologicalSorter
from queue import SimpleQueue

from etlc.diagnostics import Diagnostic, Span
from etlc.engines.base import EngineError, EngineInterrupted
from etlc.execute.build import Built, build, drop
from etlc.execute.desk import Desk
from etlc.execute.outputs import sweep, write_output
from etlc.execute.paths import PathProblem
from etlc.execute.tools import Tools
from etlc.ir.decision import Decision, Decisions, OutputDecision, Reason
from etlc.ir.event import Event, ModelResult, OutputResult, Started
from etlc.ir.plan import Plan, PlanOutput
from etlc.ir.record import OutputRecord


class Interrupted(Exception):
    """The run was stopped from outside; what was committed stands."""


class Runner:
    """Carries out decisions. ``blocked`` are sources whose error checks failed: what reads them is not built."""

    def __init__(self, tools: Tools, decisions: Decisions, blocked: frozenset[str], workers: int, run_id: str) -> None:
        self.tools = tools
        self.decisions = decisions
        self.run_id = run_id
        self.bad: set[str] = set(blocked)
        self._workers = workers
        self._desks: SimpleQueue[Desk] = SimpleQueue()

    def run(self) -> Iterator[Event]:
        """Do it all; events as they happen. Raises Interrupted."""
        self._sweep()
        for _ in range(self._workers):
            self._desks.put(Desk(self.tools, self.tools.engine.session()))
        yield from self._models()
        yield from self._drops()
        yield from self._outputs()

    def _sweep(self) -> None:
        """Clear away what a run that was killed left of outputs."""
        remembered = [record.path for record in self.tools.memory.outputs.values()]
        for path in dict.fromkeys([*remembered, *(output.path for output in self.tools.plan.outputs)]):
            with suppress(OSError, PathProblem):  # an output that is to be written says itself what stands against it
                sweep(path, self.tools.paths)

    def _models(self) -> Iterator[Event]:
        todo = {n: d for n, d in self.decisions.models.items() if d.action != "drop"}
        sorter = TopologicalSorter(order(self.tools.plan, todo.keys()))
        sorter.prepare()
        ready: deque[str] = deque()
        running: dict[Future[Built], str] = {}
        with ThreadPoolExecutor(self._workers, thread_name_prefix="etlc") as pool:
            while sorter.is_active():
                ready.extend(sorter.get_ready())
                while ready and len(running) < self._workers and not self.tools.stopped.is_set():
                    name = ready.popleft()
                    result = self._settled(todo[name])
                    if result is not None:
                        yield result
                        sorter.done(name)
                        ready.extend(sorter.get_ready())
                        continue
                    yield Started("model", name, todo[name].action)
                    running[pool.submit(self._build, todo[name])] = name
                yield from self._harvest(running, sorter)
                if self.tools.stopped.is_set() and not running:
                    raise Interrupted

    def _harvest(self, running: dict[Future[Built], str], sorter: TopologicalSorter[str]) -> Iterator[Event]:
        """Wait until a model is done, and let go what waited for it."""
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            name = running.pop(future)
            try:
                built = future.result()
            except EngineInterrupted:
                continue
            yield from built.checks
            yield built.result
            if built.result.status == "failed":
                self.bad.add(name)
            sorter.done(name)

    def _settled(self, decision: Decision) -> ModelResult | None:
        """The result of a model that there is nothing to do for, or that is blocked."""
        if decision.idle:
            return ModelResult(decision.model, "skip", "skipped", decision.reason)
        above = sorted(self._bad_above(decision.model))
        if above:
            self.bad.add(decision.model)
            return ModelResult(decision.model, decision.action, "blocked", Reason("upstream", tuple(above)))
        return None

    def _bad_above(self, model: str) -> set[str]:
        """What failed of all that building a model reads, also through models that are inlined into it."""
        plan = self.tools.plan
        found = set()
        for need in plan.needs(model):
            if need in self.bad:
                found.add(need)
            elif need in plan.models and plan.models[need].storage == "inline":
                found |= self._bad_above(need)
        return found

    def _build(self, decision: Decision) -> Built:
        desk = self._desks.get()
        try:
            return build(desk, decision)
        finally:
            self._desks.put(desk)

    def _drops(self) -> Iterator[Event]:
        desk = self._desks.get()
        for name, decision in self.decisions.models.items():
            if decision.action == "drop" and not self._shown_by_view(name):
                yield drop(desk, name, self.tools.plan)
        self._desks.put(desk)

    def _shown_by_view(self, name: str) -> bool:
        """Whether a view that could not be made anew still shows the rows of a model that is to go: it waits then."""
        records = [self.tools.memory.models[bad] for bad in self.bad if bad in self.tools.memory.models]
        return any(name in record.inputs for record in records if record.placement.startswith("view"))

    def _outputs(self) -> Iterator[Event]:
        desk = self._desks.get()
        outputs = {output.name: output for output in self.tools.plan.outputs}
        for decision in self.decisions.outputs:
            if self.tools.stopped.is_set():
                raise Interrupted
            yield from self._output(desk, outputs[decision.output], decision)
        self._desks.put(desk)

    def _output(self, desk: Desk, output: PlanOutput, decision: OutputDecision) -> Iterator[Event]:
        if decision.action == "skip":
            yield OutputResult(output.name, output.model, "skip", "skipped", output.path)
            return
        if output.model in self.bad:
            yield OutputResult(output.name, output.model, decision.action, "blocked", output.path)
            return
        record = self.tools.memory.outputs.get(output.name)
        stands = self.tools.store.stored_version(desk.session, output.model)
        if decision.reason.kind == "input" and record is not None and record.version == stands:
            yield OutputResult(output.name, output.model, "skip", "skipped", output.path)
            return  # its rows came out as they were
        begun = time.monotonic()
        yield Started("output", output.name, decision.action)
        error = None
        try:
            files = write_output(output, desk.relation(output.model), desk.session, self.tools.paths, self.run_id)
            version = self.tools.store.stored_version(desk.session, output.model)
            self._remember(desk, OutputRecord(output.name, version, output.fingerprint, output.path, files))
        except EngineInterrupted as stop:
            raise Interrupted from stop
        except (EngineError, OSError, PathProblem) as problem:
            error = self._output_finding(output, problem)
        status = "failed" if error else "success"
        yield OutputResult(
            output.name, output.model, decision.action, status, output.path, time.monotonic() - begun, error
        )

    def _remember(self, desk: Desk, record: OutputRecord) -> None:
        with desk.transaction():
            self.tools.store.save_output(desk.session, record)

    def _output_finding(self, output: PlanOutput, problem: Exception) -> Diagnostic:
        words = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        sentence = self.tools.paths.redact(words).split("\n")[0].replace(f"{self.tools.paths.root}/", "").rstrip(".")
        model = self.tools.plan.models[output.model]
        return Diagnostic(
            "E506",
            f'Output "{output.name}" could not be written: {sentence}.',
            Span(model.file, model.line, model.column, model.line, model.column + 1),
        )


def order(plan: Plan, todo: Collection[str]) -> dict[str, set[str]]:
    """For each model to work on, those that come before it, also through models that there is nothing to do for."""
    above: dict[str, set[str]] = {}
    for name in plan.models:
        above[name] = set()
        for need in plan.needs(name):
            above[name] |= {need} if need in todo else above.get(need, set())
    return {name: above[name] for name in todo}


def totals(decisions: Decisions) -> int:
    """How many things a run will work on."""
    models = sum(not d.idle for d in decisions.models.values())
    sources = sum(d.action == "land" for d in decisions.sources.values())
    return models + sources + sum(d.action == "write" for d in decisions.outputs)
