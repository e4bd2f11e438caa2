"""Sources whose files only ever come: what stops a run, what does not, and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.cli import Result, acted_on, etlc
from tests.running.bench import project, tables, warehouse_hash, write

pytestmark = pytest.mark.duckdb

SPEC = """
sources:
  o: {path: "data/o/*.csv", append_only: true, columns: {k: INTEGER}}
  p: {path: "data/p/*.parquet", append_only: true, columns: {k: INTEGER}}
  free: {path: "data/free/*.csv", columns: {k: INTEGER}}
models:
  mo: {sql: select sum(k)::INTEGER as k from o}
  mp: {sql: select sum(k)::INTEGER as k from p}
  mf: {sql: select sum(k)::INTEGER as k from free}
"""


def parquet(path: Path, k: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    duckdb.connect().execute(f"COPY (SELECT {k}::INTEGER AS k) TO '{path}' (FORMAT parquet)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project that has run."""
    made = project(tmp_path / "p", SPEC, {})
    for number in (1, 2):
        write(made / f"data/o/{number}.csv", f"k\n{number}\n")
        write(made / f"data/free/{number}.csv", f"k\n{number}\n")
        parquet(made / f"data/p/{number}.parquet", number)
    etlc(made, "run", check=0)
    return made


def found(result: Result) -> list[dict[str, Any]]:
    return [one for one in result.json["diagnostics"] if one["severity"] == "error"]


def rows(path: Path, *names: str) -> list[int]:
    return [row[0] for name in names for row in tables(path)[name][2]]


def csv_changed(path: Path) -> None:
    write(path / "data/o/1.csv", "k\n10\n")


def csv_of_the_same_size(path: Path) -> None:
    write(path / "data/o/1.csv", "k\n5\n")


def csv_gone(path: Path) -> None:
    (path / "data/o/1.csv").unlink()


def csv_renamed(path: Path) -> None:
    (path / "data/o/1.csv").rename(path / "data/o/3.csv")


def parquet_changed(path: Path) -> None:
    parquet(path / "data/p/1.parquet", 10)


def parquet_gone(path: Path) -> None:
    (path / "data/p/1.parquet").unlink()


# What happens, the file that is named, the word, and the sums after a full refresh.
CASES = {
    csv_changed: ("data/o/1.csv", "has changed", [12, 3]),
    csv_of_the_same_size: ("data/o/1.csv", "has changed", [7, 3]),
    csv_gone: ("data/o/1.csv", "is gone", [2, 3]),
    csv_renamed: ("data/o/1.csv", "is gone", [3, 3]),
    parquet_changed: ("data/p/1.parquet", "has changed", [3, 12]),
    parquet_gone: ("data/p/1.parquet", "is gone", [3, 2]),
}


@pytest.mark.parametrize("what", CASES, ids=lambda what: what.__name__)
def test_what_stops_a_run(what: Any, path: Path) -> None:
    name, word, after = CASES[what]
    what(path)
    line = 4 if "/o/" in name else 5
    before = warehouse_hash(path)
    for command in ("plan", "run", "run"):
        done = etlc(path, command, "--json", check=1)
        (one,) = found(done)
        assert (one["code"], one["file"], one["line"]) == ("E408", "pipelines/p.yaml", line), one
        assert f"{name} {word}" in one["message"] and "--full-refresh" in one["help"], one
        assert warehouse_hash(path) == before
    assert "E408" in etlc(path, "run", check=1).text
    assert etlc(path, "run", "-s", "mf", "--json", check=0).json["status"] == "success"
    assert found(etlc(path, "run", "--full-refresh", "--json", check=0)) == []
    assert rows(path, "mo", "mp") == after
    assert acted_on(etlc(path, "run", "--json", check=0)) == set()


def test_it_goes_on_when_the_file_is_back(path: Path) -> None:
    csv_changed(path)
    write(path / "data/o/3.csv", "k\n3\n")
    etlc(path, "run", check=1)
    write(path / "data/o/1.csv", "k\n1\n")
    etlc(path, "run", check=0)
    assert rows(path, "mo") == [6]


def test_all_files_are_named_in_one_finding_for_each_kind(path: Path) -> None:
    for number in range(3, 8):
        write(path / f"data/o/{number}.csv", f"k\n{number}\n")
    etlc(path, "run", check=0)
    csv_changed(path)
    for number in range(3, 8):
        (path / f"data/o/{number}.csv").unlink()
    changed, gone = found(etlc(path, "run", "--json", check=1))
    assert "data/o/1.csv has changed" in changed["message"]
    assert "data/o/3.csv, data/o/4.csv, data/o/5.csv and 2 more are gone" in gone["message"]


def test_nothing_is_left_of_it(path: Path) -> None:
    for file in (path / "data/o").iterdir():
        file.unlink()
    done = etlc(path, "run", "--json", check=1)
    assert [one["code"] for one in done.json["diagnostics"]] == ["E408"]
    done = etlc(path, "run", "--full-refresh", "--json", check=0)
    assert [one["code"] for one in done.json["diagnostics"]] == ["W403"]


def test_what_is_allowed(path: Path) -> None:
    write(path / "data/o/0.csv", "k\n7\n")
    write(path / "data/free/1.csv", "k\n70\n")
    (path / "data/free/2.csv").unlink()
    etlc(path, "run", check=0)
    assert rows(path, "mo", "mf") == [10, 70]
    # Said later, it counts from then on; taken back, nothing is asked for any more.
    project(path, SPEC.replace('free/*.csv",', 'free/*.csv", append_only: true,'), {})
    assert acted_on(etlc(path, "run", "--json", check=0)) == set()
    write(path / "data/free/1.csv", "k\n71\n")
    etlc(path, "run", check=1)
    project(path, SPEC, {})
    etlc(path, "run", check=0)
    assert rows(path, "mf") == [71]


def test_rows_in_the_spec_are_no_files(tmp_path: Path) -> None:
    spec = "sources:\n  r: {rows: [{k: 1}], append_only: true}\nmodels:\n  m: {sql: select k from r}\n"
    done = etlc(project(tmp_path, spec, {}), "validate", "--json", check=1)
    assert [(one["code"], one["line"], one["column"]) for one in found(done)] == [("E103", 3, 23)]
