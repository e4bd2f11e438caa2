"""Rows, checks, lineage and the rest."""

from datetime import date, datetime
from decimal import Decimal

from etlc.diagnostics import CODES
from etlc.ir.event import CheckResult
from etlc.report.checks import render as render_checks
from etlc.report.explain import codes, page, styled, suggestion
from etlc.report.files import locked, started, written
from etlc.report.lineage import Origin, Trace
from etlc.report.lineage import render as render_lineage
from etlc.report.table import Rows, render, value_text
from etlc.report.text import cell_width, plain
from tests.report.golden import same
from tests.report.runs import EVENTS

ROWS = Rows(
    ["id", "名前", "amount", "day", "tags", "note"],
    ["BIGINT", "VARCHAR", "DECIMAL(12,2)", "DATE", "VARCHAR[]", "VARCHAR"],
    [
        (1, "日本", Decimal("10.00"), date(2024, 1, 2), ["a", "b"], None),
        (22, "x" * 20, Decimal("-1234.50"), date(2024, 1, 3), [], "a tab\tand \x1b[31m colours" + " and more" * 20),
    ],
)


def test_rows() -> None:
    same("rows_80", render(ROWS, 80))
    same("rows_100", render(Rows(ROWS.columns, ROWS.types, ROWS.rows, more=True), 100))
    same("rows_file", render(ROWS, None))
    same("rows_none", render(Rows(["a"], ["INTEGER"], []), 80))


def test_rows_fit_the_terminal() -> None:
    for width in (40, 60, 80, 120):
        assert max(map(cell_width, plain(render(ROWS, width)).split("\n"))) <= width


def test_values() -> None:
    assert value_text({"a": [1, None, "x"], "b": True}) == "{a: [1, NULL, 'x'], b: true}"
    assert value_text(datetime(2024, 1, 2, 3, 4)) == "2024-01-02 03:04:00"
    assert value_text(b"\x01") == "01"
    assert value_text("two\nlines") == "two\\nlines"


def test_checks() -> None:
    checks = [event for event in EVENTS if isinstance(event, CheckResult)]
    same("checks", render_checks(checks, False, 80))
    same("checks_verbose", render_checks(checks, True, 80))
    assert plain(render_checks([], False, 80)) == "There are no checks to run.\n"


def test_lineage() -> None:
    columns = {
        "day": Origin("DATE", ("raw_orders.ordered_at",), "expression"),
        "revenue": Origin("DECIMAL(38,2)", ("raw_orders.amount", "rates.rate"), "aggregation"),
        "one": Origin("INTEGER", (), "literal"),
    }
    same("lineage", render_lineage(Trace("by_day", None, ("raw_orders", "stg_orders"), (), columns), 80))


def test_files() -> None:
    assert plain(started("shop", ["etlc.yaml"])) == (
        "Wrote 1 file to shop:\n\n  etlc.yaml\n\nNow try:\n\n  cd shop\n  etlc run\n  etlc plan\n"
    )
    many = [*(f".etlc/compiled/m{number}.sql" for number in range(30)), ".etlc/compiled/plan.sql"]
    assert plain(written(many, False)) == "Wrote 31 files:\n  .etlc/compiled/plan.sql\n  and 30 models\n"
    assert plain(locked("/x/etlc.lock", [])) == "etlc.lock is up to date.\n"


def test_explain() -> None:
    listing = plain(codes(CODES.values()))
    assert all(code in listing for code in CODES)
    assert plain(styled("# E1\n\nText.\n\n```sql\nselect 1\n```\n")) == "E1\n\nText.\n\n    select 1\n"
    assert "E201" in suggestion("E2011")
    assert "lists them all" in suggestion("nonsense")
    assert all(page(code).strip() for code in CODES.values())
