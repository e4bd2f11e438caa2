"""test: the unit tests, in memory."""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from etlc.diagnostics import Diagnostics, Span
from etlc.engines.base import EngineInterrupted, WarehouseUnusable
from etlc.engines.duckdb import Fence, open_memory
from etlc.execute.units import Bench
from etlc.ir.plan import Plan
from etlc.ir.unit import UnitResult, UnitTest
from etlc.load import DiskFiles, Files
from etlc.pipeline.compiling import need_plan
from etlc.pipeline.front import compile_files
from etlc.pipeline.project import Front, Interrupted, Options, Project, stop_with
from etlc.pipeline.selecting import selected
from etlc.pipeline.stopping import watch
from etlc.pipeline.updating import Update, update_expectations


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of the tests, in ``seconds``. ``known``: how many the project has; ``updates``: what was rewritten."""

    diagnostics: Diagnostics
    results: list[UnitResult]
    seconds: float
    known: int
    updates: list[Update]


def run_unit_tests(project: Project, options: Options, names: Sequence[str], update: bool = False) -> Tested:
    """Run the unit tests of these names, or of the selected models. Raises Stop.

    ``update``: the rows that came take the place of those that were expected, in the specs.
    """
    files = DiskFiles(project.root)
    front = compile_files(files, project, options)
    plan = need_plan(front)
    chosen = selected(plan, project, options)
    known = _tests(front)
    wanted = [test for test in _named(known, names) if chosen is None or test.model in chosen]
    began = time.monotonic()
    results = run_tests(plan, project, wanted)
    seconds = time.monotonic() - began
    updates: list[Update] = []
    if update:
        failed = [(test, result) for test, result in zip(wanted, results, strict=True) if result.status == "fail"]
        names = [str(test.name) for test, _ in failed]
        updates = update_expectations(project, files, failed, lambda over: _passing(project, options, over, names))
    mended = {each.test for each in updates if not each.problem}
    for test, result in zip(wanted, results, strict=True):
        if result.status != "pass" and result.test not in mended:
            message = f'Test "{result.test}" of model "{result.model}" failed: {result.message}'
            front.diagnostics.add("E509", result.span, message, _help(test, result))
    return Tested(front.diagnostics, results, seconds, len(known), updates)


def _passing(project: Project, options: Options, files: Files, names: Sequence[str]) -> frozenset[str]:
    """Those of the named tests that pass with other texts of the specs."""
    front = compile_files(files, project, options)
    tests = [test for test in _tests(front) if str(test.name) in names]
    results = run_tests(front.plan, project, tests) if front.plan else []
    return frozenset(result.test for result in results if result.status == "pass")


def run_tests(plan: Plan, project: Project, tests: Sequence[UnitTest]) -> list[UnitResult]:
    """What came of each test, in a database in memory that can read no file. Raises Interrupted, Stop."""
    if not tests:
        return []
    try:
        # A few rows are no work for several threads, which only wait for one another.
        limits = {**plan.limits, "threads": "1"}
        engine = open_memory(Fence((), limits, str(project.root / ".etlc" / "tmp")))
    except WarehouseUnusable as problem:
        raise stop_with("E505", Span(""), f"A database in memory cannot be opened: {problem}.") from problem
    watch(engine)
    with engine:
        bench = Bench(engine.session())
        try:
            return [bench.run(test) for test in tests]
        except EngineInterrupted as stop:
            raise Interrupted from stop


def _tests(front: Front) -> tuple[UnitTest, ...]:
    return front.bound.tests if front.bound else ()


def _named(tests: Sequence[UnitTest], names: Sequence[str]) -> list[UnitTest]:
    """The tests of these names, all where none is given. Raises Stop (2) for a name that there is not."""
    known = {test.name.lower(): str(test.name) for test in tests}
    for name in names:
        if name.lower() not in known:
            close = difflib.get_close_matches(name.lower(), known, 1)
            help = f'Did you mean "{known[close[0]]}"?' if close else "`etlc test -v` lists them all."
            raise stop_with("E507", Span(""), f'There is no test "{name}".', help, 2)
    lower = {name.lower() for name in names}
    return [test for test in tests if not lower or test.name.lower() in lower]


def _help(test: UnitTest, result: UnitResult) -> str:
    if result.status == "error":
        return "The SQL is valid, but fails on these rows."
    if test.form == "sql":
        return "Mend the model, or the query of the expected rows."
    return f"Mend the model; or, if what came is right, `etlc test {test.name} --update` writes it into the test."
