"""Drift says what it hits: the models that read a column, what stands on them, published columns and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.running.bench import codes, good, project, run, tables, write

pytestmark = pytest.mark.duckdb

SPEC = """
sources:
  s: {path: "data/s*.csv"}
  p: {path: "data/p*.parquet"}
  lone: {path: "data/lone.csv", checks: [{not_null: [b]}]}
models:
  stg: {sql: "select id, amount * 2 as twice, day from s"}
  ids: {sql: "select id from s"}
  daily: {sql: "select day, sum(twice) as revenue, count(*) as n from stg group by day"}
  monthly: {sql: "select date_trunc('month', day) as month, max(revenue) as best from daily group by all", publish: true}
  few: {sql: "select id from stg where twice > 1"}
  big: {sql: "select k, v from p"}
  bigger: {sql: "select v + 1 as v1, k from big"}
  alone: {sql: "select a from lone"}
outputs:
  monthly: {path: out/monthly.csv}
"""


def parquet(path: Path, query: str) -> None:
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project that has run."""
    made = project(
        tmp_path / "p", SPEC, {"data/s1.csv": "id,amount,day\n1,2,2024-01-02\n", "data/lone.csv": "a,b\n1,2\n"}
    )
    parquet(made / "data/p1.parquet", "SELECT 1 AS k, 2 AS v, 3 AS w")
    good(made)
    return made


def one(ran: Any, code: str) -> tuple[str, str]:
    """The message and the help of the one finding of a code."""
    (found,) = [finding for finding in ran.diagnostics if finding.code == code]
    return found.message, found.help


def test_a_column_that_is_gone(path: Path) -> None:
    before = tables(path)
    write(path / "data/s2.csv", "id,day\n1,2024-01-02\n")
    ran = run(path)
    assert (ran.exit_status, tables(path)) == (1, before)
    message, help = one(ran, "E403")
    assert message == (
        'data/s2.csv has no column "amount", which stg reads from source "s"; monthly, few and daily stand on it.'
    )
    assert help == (
        "It has: id, day. If that is how it should be: `etlc lock`, then mend the models."
        " It reaches monthly.best, and the output monthly."
    )


def test_a_column_that_two_read(path: Path) -> None:
    """Filters and keys count too: few has no value of day, but cannot be built without what is."""
    write(path / "data/s2.csv", "amount,day\n1,2024-01-02\n")
    message, help = one(run(path), "E403")
    assert 'no column "id", which stg and ids read from source "s"; monthly, few and daily stand on it.' in message
    assert "It reaches ids.id and few.id, and the output monthly." in help


def test_a_column_that_only_a_check_reads(path: Path) -> None:
    write(path / "data/lone.csv", "a\n1\n")
    message, help = one(run(path), "E403")
    assert message == 'data/lone.csv has no column "b", which a check reads from source "lone".'
    assert "reaches" not in help


def test_a_value_that_does_not_cast(path: Path) -> None:
    write(path / "data/s2.csv", "id,amount,day\n1,many,2024-01-02\n")
    message, help = one(run(path), "E404")
    assert "data/s2.csv, line 2" in message
    assert help.endswith(
        "stg reads the column; monthly, few and daily stand on it. It reaches monthly.best, and the output monthly."
    )


TYPES = {
    "narrower": ("SELECT 5::TINYINT AS k, 6 AS v", "k", "TINYINT", "every value still fits INTEGER"),
    "wider": ("SELECT 5 AS k, 6::BIGINT AS v", "v", "BIGINT", "each value is tried as INTEGER"),
    "text": ("SELECT 5 AS k, '6' AS v", "v", "VARCHAR", "each value is tried as INTEGER"),
    "float": ("SELECT 5 AS k, 6.5::DOUBLE AS v", "v", "DOUBLE", "as INTEGER its values may lose digits"),
}


@pytest.mark.parametrize("case", TYPES)
def test_a_column_of_another_type(case: str, path: Path) -> None:
    query, column, kind, effect = TYPES[case]
    parquet(path / "data/p2.parquet", query)
    ran = run(path)
    assert ran.exit_status == 0
    message, help = one(ran, "W402")
    assert message == f'Column "{column}" of source "p" has another type, {kind}, in data/p2.parquet; {effect}.'
    reached = "bigger.v1" if column == "v" else "bigger.k"
    assert help == f"big reads it; bigger stands on it. It reaches {reached}. `etlc lock` takes the type up."
    assert "W402" not in codes(run(path)), "it is noted once"


def test_a_type_that_does_not_cast_is_an_error(path: Path) -> None:
    before = tables(path)
    parquet(path / "data/p2.parquet", "SELECT 5 AS k, {'a': 1} AS v")
    for _ in range(2):
        ran = run(path)
        assert (ran.exit_status, tables(path)) == (1, before)
        message, help = one(ran, "E404")
        assert "data/p2.parquet" in message and help.endswith(
            "big reads the column; bigger stands on it. It reaches bigger.v1."
        )


def test_another_type_of_a_column_that_nobody_reads(path: Path) -> None:
    parquet(path / "data/p2.parquet", "SELECT 5 AS k, 6 AS v, 'x' AS w")
    assert "W402" not in codes(run(path))
