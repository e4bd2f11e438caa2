"""JSON: the shapes and the values."""

import json
import math
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from etlc.diagnostics import Diagnostics, Span
from etlc.report.json import encode, encode_rows, findings, ran
from etlc.report.ledger import Ledger

VALUES = [
    (None, "null"),
    (True, "true"),
    (170141183460469231731687303715884105727, "170141183460469231731687303715884105727"),
    (0.1, "0.1"),
    (math.nan, "null"),
    (-math.inf, "null"),
    (Decimal("10.00"), "10.00"),
    (Decimal("1E+3"), "1000"),
    (Decimal("12345678901234567890.123456789"), "12345678901234567890.123456789"),
    (Decimal("NaN"), "null"),
    (date(2024, 1, 2), '"2024-01-02"'),
    (datetime(2024, 1, 2, 3, 4, 5), '"2024-01-02T03:04:05"'),
    (datetime(2024, 1, 2, tzinfo=UTC), '"2024-01-02T00:00:00+00:00"'),
    (time(1, 2), '"01:02:00"'),
    (timedelta(days=1), '"1 day, 0:00:00"'),
    (b"\x00\xff", '"00ff"'),
    (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    ('a"\n日', '"a\\"\\n日"'),
    ([1, None, Decimal("1.5")], "[1, null, 1.5]"),
    ({"a": [1], 2: {"b": None}}, '{"a": [1], "2": {"b": null}}'),
    ((), "[]"),
    ({}, "{}"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_values(value: object, text: str) -> None:
    row = encode_rows(["v"], [(value,)])
    assert row == f'[\n  {{"v": {text}}}\n]\n'
    assert json.loads(encode(value)) == json.loads(text)


def test_no_rows() -> None:
    assert encode_rows(["a"], []) == "[]\n"


def test_findings() -> None:
    found = Diagnostics()
    found.add("E201", Span("a.sql", 1, 2, 3, 4), "No.", "Yes.")
    found.add("E901", Span(""), "Oh.")
    made = json.loads(encode(findings(found, 12, 3)))
    assert made["summary"] == {"errors": 2, "warnings": 0, "models": 12, "sources": 3}
    oh, no = made["diagnostics"]
    assert no == {
        "code": "E201", "severity": "error", "message": "No.", "file": "a.sql",
        "line": 1, "column": 2, "end_line": 3, "end_column": 4, "help": "Yes.",
    }  # fmt: skip
    assert oh["file"] is None and oh["line"] is None


def test_a_run_that_did_not_start() -> None:
    found = Diagnostics()
    found.add("E201", Span("a.sql"), "No.")
    made = json.loads(encode(ran(Ledger(), found)))
    assert {key: made[key] for key in ("run_id", "status", "models", "outputs", "checks")} == {
        "run_id": None, "status": "failed", "models": [], "outputs": [], "checks": [],
    }  # fmt: skip
    assert [one["code"] for one in made["diagnostics"]] == ["E201"]
