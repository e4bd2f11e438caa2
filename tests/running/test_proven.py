"""Checks that a query keeps by itself: taken as passed, and said so; all others are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import etlc
from tests.running.bench import good, messages, project, run, write

SPEC = """
sources:
  s: {path: "data/*.csv", columns: {k: {type: BIGINT, nullable: false}, day: DATE, v: BIGINT}}
models:
  by_day: {sql: "select day, sum(v) as v from s group by day", key: [day], publish: true}
  by_key: {sql: "select k, v from s", key: [k], publish: true}
  latest: {sql: "select k, v from s qualify row_number() over (partition by k order by v) = 1", key: [k], publish: true}
  counted: {sql: "select count(*) as n from by_key", checks: [{not_null: [n]}, {unique: [n]}, {expression: n > 0}]}
"""
PROVEN = {
    "by_day": ["unique_day"],  # a day may be NULL
    "by_key": ["not_null_k"],  # nothing says that k stands once
    "latest": [],  # DuckDB 1.5.5 was seen to give a row of NULLs for the first of no rows
    "counted": ["not_null_n", "unique_n"],
}


@pytest.mark.duckdb
def test_what_is_proven_is_not_run(tmp_path: Path) -> None:
    path = project(tmp_path / "p", SPEC, {})
    write(path / "data/s.csv", "k,day,v\n1,2024-01-01,5\n2,2024-01-01,6\n")
    steps = etlc(path, "plan", "--json").json["steps"]
    assert {step["model"]: sorted(step["proven"]) for step in steps} == PROVEN
    assert "4 checks are kept by the query itself, and not run" in etlc(path, "plan").out
    good(path)
    write(path / "data/more.csv", "k,day,v\n2,,7\n")
    ran = run(path)
    assert ran.exit_status == 3
    verdicts = {(check.model, check.check): check.status for check in ran.checks}
    assert verdicts["by_day", "not_null_day"] == "fail" and verdicts["by_day", "unique_day"] == "pass"
    assert verdicts["by_key", "unique_k"] == "fail" and verdicts["latest", "unique_k"] == "pass", messages(ran)


@pytest.mark.duckdb
def test_on_what_stands_all_checks_are_run(tmp_path: Path) -> None:
    path = project(tmp_path / "p", SPEC, {})
    write(path / "data/s.csv", "k,day,v\n1,2024-01-01,5\n")
    good(path)
    found = etlc(path, "check", "--json").json
    names = {(one["model"], one["check"]) for one in found}
    assert ("latest", "unique_k") in names and len(names) == 10
