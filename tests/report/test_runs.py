"""Plans, progress and summaries."""

import json

import pytest

from etlc.diagnostics import Diagnostics
from etlc.ir.decision import Reason
from etlc.ir.event import ModelResult, RunStarted
from etlc.report.json import encode, planned, ran
from etlc.report.ledger import Ledger
from etlc.report.plan import render as render_plan
from etlc.report.progress import finished_line, live_lines
from etlc.report.summary import render as render_summary
from etlc.report.text import Line, cell_width, plain
from tests.report.golden import same
from tests.report.runs import BUSY, EVENTS, IDLE, KEPT, PLAN, SQL


def ledger(count: int, now: float = 10.0) -> Ledger:
    made = Ledger(begun=0.0)
    for event in EVENTS[:count]:
        made.on(event, now)
    return made


def test_plan() -> None:
    same("plan", render_plan(PLAN, BUSY, None, None))
    same("plan_verbose", render_plan(PLAN, BUSY, SQL, None, {"by_customer": KEPT}))
    same("plan_idle", render_plan(PLAN, IDLE, None, 80))
    same("plan_json", encode(planned(PLAN, BUSY, SQL, {"by_customer": KEPT})))


def test_a_plan_fits_the_terminal() -> None:
    table = plain(render_plan(PLAN, BUSY, None, 40)).split("\n\n")[0]
    assert max(map(cell_width, table.split("\n"))) <= 40


def test_progress_lines() -> None:
    lines: list[Line] = []
    width = 0
    for event in EVENTS:
        told = finished_line(event, width)
        if told is not None:
            width = told.name_width
            lines.append(told.line)
    same("progress", lines)


def test_live_lines() -> None:
    made = ledger(4, now=11.5)
    assert plain(live_lines(made, 13.0, 80)) == ("⠋ stg_orders                create    1.5 s\n  1 of 6 done, 13.0 s\n")
    for number in range(20):
        made.running["model", f"m{number}"] = ("create", 12.0)
    assert "and 13 more" in plain(live_lines(made, 13.0, 80))


def test_summary() -> None:
    made = ledger(len(EVENTS))
    made.finish("failed", 3.21)
    same("summary", render_summary(made, False, 100))
    same("summary_verbose", render_summary(made, True, None))
    same("run_json", encode(ran(made, Diagnostics())))
    assert made.done == 6


def test_a_stopped_run() -> None:
    made = ledger(8)
    made.finish("stopped", 1.0)
    assert plain(render_summary(made, False, 80)).endswith(
        "Stopped: 1 model built, 1 check passed, 1 warned, by_day left as before (1.00 s).\n"
    )
    assert json.loads(encode(ran(made, Diagnostics())))["status"] == "failed"


@pytest.mark.parametrize(("models", "said"), [(1, "1 model is up to date"), (14, "14 models are up to date")])
def test_nothing_to_do(models: int, said: str) -> None:
    made = Ledger(begun=0.0)
    made.on(RunStarted("r", 0), 0.0)
    for number in range(models):
        made.on(ModelResult(f"m{number}", "skip", "skipped", Reason("current")), 0.1)
    made.finish("success", 0.2)
    assert plain(render_summary(made, False, 80)) == f"Nothing to do: {said} (0.2 s).\n"


def test_a_run_that_the_specs_stopped() -> None:
    made = Ledger()
    made.finish("failed", 0.1)
    assert plain(render_summary(made, False, 80)) == "Nothing was run.\n"
