"""PIVOT without IN: its columns come from the data, and are promised in the contract."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.running.bench import codes, good, messages, project, run, tables, write

SPEC = """
sources:
  s: {path: "data/*.csv", columns: {k: BIGINT, c: VARCHAR, v: BIGINT}}
models:
  wide: {sql: "pivot s on c using sum(v) group by k", columns: {k: BIGINT, a: HUGEINT, b: HUGEINT}}
"""


@pytest.mark.duckdb
def test_it_runs_and_keeps_its_promise(tmp_path: Path) -> None:
    path = project(tmp_path / "p", SPEC, {})
    write(path / "data/1.csv", "k,c,v\n1,a,2\n1,b,3\n2,a,4\n")
    good(path)
    files = str(path / "data/*.csv")
    expected = duckdb.connect().sql(f"pivot (from read_csv('{files}')) on c using sum(v) group by k").fetchall()
    assert sorted(tables(path)["wide"][2], key=str) == sorted(expected, key=str)
    write(path / "data/2.csv", "k,c,v\n3,c,1\n")
    ran = run(path)
    assert ran.exit_status == 3 and codes(ran) == ["E501"] and "other columns than it promises" in messages(ran)
