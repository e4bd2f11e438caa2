"""A run in which everything happens, and its plan."""

from datetime import date

from etlc.diagnostics import Diagnostic, Span
from etlc.ir.decision import Decision, Decisions, Difference, Kept, OutputDecision, Reason, SourceDecision
from etlc.ir.event import (
    CheckResult,
    Event,
    ModelResult,
    OutputResult,
    RunFinished,
    RunStarted,
    SourceRead,
    Started,
)
from etlc.ir.plan import Plan, PlanOutput
from etlc.ir.upkeep import Blocker, Grain

BROKEN = Diagnostic("E502", "17 rows of by_day fail the check not_null_revenue.", Span("a.yaml", 3))

EVENTS: list[Event] = [
    RunStarted("r1", 6),
    Started("source", "raw_orders", "land"),
    SourceRead("raw_orders", 3, 12044, 0.4),
    Started("model", "stg_orders", "create"),
    CheckResult("stg_orders", "unique_id", "pass", 0),
    CheckResult("stg_orders", "between_x", "warn", 1, ("x",), ((12,),)),
    ModelResult("stg_orders", "create", "success", Reason("first"), 1204, 0.034),
    Started("model", "by_day", "rebuild"),
    CheckResult("by_day", "not_null_revenue", "fail", 17, ("day", "revenue"), ((date(2024, 1, 2), None),), BROKEN),
    ModelResult("by_day", "rebuild", "failed", Reason("files", ("raw_orders",), "1 new"), None, 75.0, BROKEN),
    ModelResult("latest", "create", "blocked", Reason("upstream", ("by_day",))),
    ModelResult("old", "skip", "skipped", Reason("current")),
    ModelResult("gone", "drop", "success", Reason("removed"), None, 0.001),
    OutputResult("stg_csv", "stg_orders", "write", "success", "out/stg.csv", 0.02),
    OutputResult("by_day", "by_day", "write", "blocked", "out/by_day.csv"),
    RunFinished("r1", "failed", 3.2),
]

PLAN = Plan(
    "shop", "warehouse.duckdb", {}, (), {}, {}, (PlanOutput("daily", "by_day", "out/daily.parquet", "parquet", (), ""),)
)


def decisions(*models: Decision, busy: bool) -> Decisions:
    """Decisions on these models, with a source and an output that are ``busy`` or idle."""
    source = SourceDecision("raw_orders", "land" if busy else "skip", "1", ("new.csv",) if busy else ())
    reason = Reason("output_missing", ("out/daily.parquet",)) if busy else Reason("current")
    output = OutputDecision("daily", "by_day", "write" if busy else "skip", reason)
    return Decisions({"raw_orders": source}, {m.model: m for m in models}, (output,), frozenset())


BUSY = decisions(
    Decision("stg_orders", "rebuild", "full", Reason("files", ("raw_orders",), "2 new, 1 changed")),
    Decision("by_day", "create", "full", Reason("first")),
    Decision(
        "by_customer", "refresh", "refresh", Reason("input", ("stg_orders", "rates", "seen")), share=0.0834,
        differences=(
            Difference("stg_orders", True, rows=1234), Difference("rates", True, rows=1, exact=True), Difference("seen"),
            Difference("raw_orders", True, 1, 0, 0),
        ),
        changed=("stg_orders",), grain="customer",
    ),
    Decision(
        "all_orders", "merge", "merge", Reason("files", ("raw_orders",), "2 new"), share=0.001,
        differences=(Difference("raw_orders", True, 1200, 2, 1),), changed=("raw_orders",),
    ),
    Decision("old", "skip", "noop", Reason("current")),
    Decision("checked", "skip", "noop", Reason("checks", ("unique_id",)), checks=("unique_id",)),
    Decision("gone", "drop", "drop", Reason("removed")),
    busy=True,
)  # fmt: skip
IDLE = decisions(
    Decision("stg_orders", "skip", "noop", Reason("current")),
    Decision("by_day", "skip", "noop", Reason("current")),
    busy=False,
)
SQL = {"stg_orders": ["create table x as\nselect 1", "drop table y;"], "by_day": [], "old": []}
KEPT = Kept(
    {"raw_orders": ("merge", "refresh"), "rates": ("refresh",), "seen": ()},
    {"raw_orders": ("refresh",), "rates": ("refresh",), "seen": ()},
    "month",
    dict.fromkeys(
        ("raw_orders", "rates"),
        Grain("month", {"raw_orders": ("date_trunc('month', \"day\")",), "rates": ('"month"',), "seen": ()}),
    ),
    (
        Blocker("key", "pipelines/shop.yaml", 7, 3, names=("seen",)),
        Blocker(
            "window",
            "sql/a.sql",
            12,
            9,
            "row_number() over (order by a_very_long_name, another_very_long_name) as number",
        ),
    ),
)
