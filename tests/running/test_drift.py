"""Files that are not as they were: what a run stops at, what it notes, and what it takes as it comes."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from tests.cli import etlc
from tests.running.bench import (
    acted,
    codes,
    fresh_copy,
    good,
    messages,
    outputs,
    project,
    run,
    tables,
    warehouse_hash,
    write,
)

pytestmark = pytest.mark.duckdb

SPEC = """
sources:
  c: {path: "data/c*.csv"}
  p: {path: "data/p*.parquet"}
models:
  mc: {sql: "select k, v from c"}
  mp: {sql: "select k, v from p"}
  apart: {sql: "select 1 as one"}
"""
PACKED = SPEC.replace('"data/c*.csv"', '"data/c*.csv*", format: csv')


def parquet(path: Path, query: str) -> None:
    path.unlink(missing_ok=True)
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project that has run."""
    made = project(tmp_path / "p", SPEC, {})
    write(made / "data/c1.csv", "k,v,w\n1,2,3\n")
    parquet(made / "data/p1.parquet", "SELECT 1 AS k, 2 AS v, 3 AS w")
    good(made)
    return made


STOPS = {
    "csv column gone": ("c2.csv", "k,w\n1,2\n", "E403", ["data/c2.csv", '"v"', "mc"]),
    "csv column renamed": ("c2.csv", "k,value,w\n1,2,3\n", "E403", ["data/c2.csv", '"v"', "value"]),
    "csv value does not cast": (
        "c2.csv",
        "k,v,w\n1,2,3\n4,many,5\n",
        "E404",
        ["data/c2.csv", "line 3", '"many"', '"v"', "BIGINT"],
    ),
    "csv value does not cast in the old file": (
        "c1.csv",
        "k,v,w\nx,2,3\n",
        "E404",
        ["data/c1.csv", "line 2", '"x"', '"k"'],
    ),
    "csv line too long": ("c2.csv", "k,v,w\n1,2,3,4\n", "E402", ["data/c2.csv", "line 2"]),
    "parquet column gone": ("p2.parquet", "SELECT 1 AS k", "E403", ["data/p2.parquet", '"v"', "mp"]),
    "parquet column retyped": ("p2.parquet", "SELECT 1 AS k, 'many' AS v", "E404", ["p2.parquet", "many"]),
    "parquet in name only": ("p2.parquet", "", "E402", ["data/p2.parquet"]),
    "gz in name only": ("c2.csv.gz", "k,v\n", "E402", ["data/c2.csv.gz"]),
}


@pytest.mark.parametrize("case", list(STOPS))
def test_what_stops_a_run(case: str, path: Path) -> None:
    name, content, code, words = STOPS[case]
    if name.endswith(".gz"):
        project(path, PACKED, {})
        good(path)
    before = tables(path)
    if content.startswith("SELECT"):
        parquet(path / "data" / name, content)
    else:
        write(path / "data" / name, content or "no parquet")
    for _ in range(2):
        ran = run(path)
        assert (ran.exit_status, ran.models, ran.outputs) == (1, [], []), messages(ran)
        assert [c for c in codes(ran) if c.startswith("E")] == [code], messages(ran)
        for word in words:
            assert word in messages(ran), (word, messages(ran))
        assert str(path) not in messages(ran)
        assert tables(path) == before
    if name.startswith("c1"):
        write(path / "data/c1.csv", "k,v,w\n1,2,3\n")
    else:
        (path / "data" / name).unlink()
    good(path)
    assert tables(path) == before


def test_a_new_column_is_noted_once(path: Path) -> None:
    for number in (2, 3, 4):
        write(path / f"data/c{number}.csv", f"new,v,k,w\nx,5,{number},7\n")
    ran = run(path)
    assert ran.exit_status == 0 and codes(ran) == ["W401"]
    assert [d.message.count('"new"') for d in ran.diagnostics] == [1]
    assert tables(path)["mc"][2] == [(1, 2), (2, 5), (3, 5), (4, 5)]
    assert acted(path) == set()


def test_a_column_that_nobody_reads_may_go(path: Path) -> None:
    write(path / "data/c1.csv", "v,k\n2,1\n")
    parquet(path / "data/p1.parquet", "SELECT 2::TINYINT AS v, '1' AS k")
    before = tables(path)
    assert acted(path) == {"mc", "mp"}
    assert tables(path) == before


def test_nothing_is_left_of_a_source(path: Path) -> None:
    for file in (path / "data").iterdir():
        file.unlink()
    assert acted(path) == {"mc", "mp"}
    assert tables(path)["mc"][2] == [] and tables(path)["mp"][2] == []
    assert acted(path) == set()
    write(path / "data/c9.csv", "k,v,w\n7,8,9\n")
    assert acted(path) == {"mc"}
    assert tables(path)["mc"][2] == [(7, 8)]


EMPTY = {
    "nothing": b"", "header": b"k,v,w\n", "header without an end": b"k,v,w", "a newline": b"\n", "blanks": b" \r\n\n",
    "a mark": b"\xef\xbb\xbf", "packed nothing": gzip.compress(b""), "packed header": gzip.compress(b"k,v,w\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(EMPTY))
def test_files_without_rows(kind: str, path: Path) -> None:
    packed = kind.startswith("packed")
    if packed:
        project(path, PACKED, {})
        good(path)
    before = tables(path)
    (path / ("data/c2.csv.gz" if packed else "data/c2.csv")).write_bytes(EMPTY[kind])
    good(path)
    assert tables(path) == before and acted(path) == set()
    (path / "data/c1.csv").unlink()
    good(path)
    assert tables(path)["mc"][2] == []


def test_packed_files(path: Path) -> None:
    project(path, PACKED, {})
    (path / "data/c2.csv.gz").write_bytes(gzip.compress(b"v,k\n20,10\n"))
    assert "mc" in acted(path)
    assert tables(path)["mc"][2] == [(1, 2), (10, 20)]


def test_folders_come_and_go(tmp_path: Path) -> None:
    spec = "sources:\n  h: {path: 'data/*/*/*.csv'}\nmodels:\n  m: {sql: 'select year, part, k from h'}\n"
    path = project(tmp_path / "p", spec, {})
    write(path / "data/year=2023/part=a/x.csv", "k\n1\n")
    write(path / "data/year=2024/part=b c/x.csv", "k\n2\n")
    good(path)
    assert tables(path)["m"][2] == [(2023, "a", 1), (2024, "b c", 2)]
    write(path / "data/year=2025/part=007/x.csv", "k\n3\n")
    (path / "data/year=2023/part=a/x.csv").unlink()
    good(path)
    assert tables(path)["m"][2] == [(2024, "b c", 2), (2025, "007", 3)]
    assert acted(path) == set()


def test_names_of_files(tmp_path: Path) -> None:
    spec = (
        "sources:\n  s: {path: '../lake/*.csv', options: {filename: true}}\n  t: {path: 'data/*.csv', options: {filename: file}}\n"
        "models:\n  m: {sql: 'select filename as f, k from s union all select file, k from t'}\n"
    )
    path = project(tmp_path / "a [b] {c}", spec, {}, "project: t\nallow: [../lake]\n")
    names = ["plain.csv", "a[1].csv", "a1.csv", "it's.csv", "ä ö.csv", "100%.csv", "a,b.csv", "{x}.csv", "#1.csv"]
    for number, name in enumerate(names):
        write(tmp_path / "lake" / name, f"k\n{number}\n")
        write(path / "data" / name, f"k\n{number}\n")
    good(path)
    wanted = [(f"{folder}/{name}", number) for folder in ("../lake", "data") for number, name in enumerate(names)]
    assert tables(path)["m"][2] == sorted(wanted, key=repr)
    write(path / "data/a[1].csv", "k\n77\n")
    (path / "data/a1.csv").unlink()
    good(path)
    wanted = [(name, 77 if name == "data/a[1].csv" else number) for name, number in wanted if name != "data/a1.csv"]
    assert tables(path)["m"][2] == sorted(wanted, key=repr)


def test_another_column_of_a_landed_source(tmp_path: Path) -> None:
    """It is landed anew; a view and a check that live on the old columns go on."""
    spec = (
        "sources:\n  s: {path: 'data/*.csv', checks: [{not_null: [a]}]}\nmodels:\n"
        "  v: {sql: 'select a from s', materialize: view, publish: true}\n  w: {sql: 'select b from s'}\n"
    )
    path = project(tmp_path / "p", spec, {})
    write(path / "data/1.csv", "a,b,c\n1,2,3\n")
    good(path)
    write(path / "data/2.csv", "a,b,c\n4,5,6\n")
    project(path, spec.replace("select b from", "select c from"), {})
    good(path)
    assert {n: rows for n, (_, _, rows) in tables(path).items()} == {"v": [(1,), (4,)], "w": [(3,), (6,)]}
    assert acted(path) == set()
    project(path, spec + "  x: {sql: 'select a, b, c from s'}\n", {})
    assert acted(path, "x") == {"x"}
    assert tables(path)["x"][2] == [(1, 2, 3), (4, 5, 6)] and tables(path)["v"][2] == [(1,), (4,)]
    write(path / "data/1.csv", "a,b,c\n7,8,9\n")
    assert acted(path) == {"v", "w", "x"}
    assert tables(path)["x"][2] == [(4, 5, 6), (7, 8, 9)]


def test_a_source_that_is_landed_now_and_then(tmp_path: Path) -> None:
    """Parquet is landed for a view only; what was landed long ago is not taken for what is there now."""
    spec = "sources:\n  s: {path: 'data/*.parquet'}\nmodels:\n  m: {sql: 'select k from s', materialize: KIND}\n"
    path = project(tmp_path / "p", spec.replace("KIND", "view"), {})
    (path / "data").mkdir()
    parquet(path / "data/1.parquet", "SELECT 1 AS k")
    good(path)
    project(path, spec.replace("KIND", "table"), {})
    parquet(path / "data/1.parquet", "SELECT 2 AS k")
    good(path, "m")
    project(path, spec.replace("KIND", "view"), {})
    good(path, "m")
    assert tables(path)["m"][2] == [(2,)]


def test_a_type_that_is_pinned_anew(tmp_path: Path) -> None:
    spec = (
        "sources:\n  s: {path: 'data/*.csv', columns: {a: BIGINT, b: TYPE}, checks: [{expression: \"b <> '7'\"}]}\n"
        "models:\n  m: {sql: 'select a from s'}\n  n: {sql: 'select b from s'}\n"
    )
    path = project(tmp_path / "p", spec.replace("TYPE", "BIGINT"), {})
    write(path / "data/1.csv", "a,b\n1,2\n")
    good(path)
    write(path / "data/2.csv", "a,b\n3,007\n")
    assert run(path).exit_status == 3
    project(path, spec.replace("TYPE", "VARCHAR"), {})
    good(path)
    assert tables(path)["n"][2] == [("007",), ("2",)]
    project(path, spec.replace("TYPE", "BIGINT"), {})
    assert run(path).exit_status == 3, "the check is of the values as they are read"


def test_the_lock_is_enough_for_a_clone(path: Path, tmp_path: Path) -> None:
    clone = fresh_copy(path, tmp_path / "clone")
    for file in (clone / "data").iterdir():
        file.unlink()
    etlc(clone, "validate", check=0)
    good(clone)
    assert tables(clone)["mc"][1] == tables(path)["mc"][1] and tables(clone)["mc"][2] == []


def test_plan_changes_nothing(path: Path) -> None:
    write(path / "data/c2.csv", "k,v,w\n1,2,3\n")
    before = warehouse_hash(path)
    planned = etlc(path, "plan", "--json", check=0).json
    assert {step["model"]: step["action"] for step in planned["steps"]} == {
        "mc": "rebuild",
        "mp": "skip",
        "apart": "skip",
    }
    assert warehouse_hash(path) == before and outputs(path) == {}
