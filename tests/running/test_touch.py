"""Files that get other times, and content of the same size: what counts is the content."""

from __future__ import annotations

import os
import time
from pathlib import Path

import duckdb
import pytest

from etlc.execute import observe
from tests.running.bench import acted, codes, good, project, run, tables, warehouse_hash, write

pytestmark = pytest.mark.duckdb

SPEC = """
sources:
  c: {path: "data/*.csv", columns: {k: INTEGER}}
  p: {path: "data/*.parquet", columns: {k: INTEGER}}
models:
  mc: {sql: select k from c}
  mp: {sql: select k from p}
"""
NAMES = ("data/1.csv", "data/2.csv", "data/1.parquet")


def parquet(path: Path, k: int) -> None:
    path.unlink(missing_ok=True)
    duckdb.connect().execute(f"COPY (SELECT {k}::INTEGER AS k) TO '{path}' (FORMAT parquet)")


def touch(path: Path, when: int = 0) -> None:
    """Give a file another time, or the one that is given."""
    time.sleep(0.01)  # two looks at a file are apart by more than the disk's clock ticks
    os.utime(path, ns=(when or time.time_ns(),) * 2)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has run, on files that were not new."""
    monkeypatch.setattr(observe, "RACY_NS", 0)
    made = project(tmp_path / "p", SPEC, {"data/1.csv": "k\n1\n", "data/2.csv": "k\n2\n"})
    parquet(made / "data/1.parquet", 3)
    time.sleep(0.01)
    return made


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose content is hashed."""
    found: list[str] = []
    real = observe.content_hash

    def counted(file: str, path: str) -> str:
        found.append(path)
        return real(file, path)

    monkeypatch.setattr(observe, "content_hash", counted)
    return found


def test_a_touch_wakes_nobody(path: Path, hashed: list[str]) -> None:
    good(path)
    assert sorted(hashed) == sorted(NAMES)
    hashed.clear()
    assert acted(path) == set() and hashed == []
    for _ in range(2):
        hashed.clear()
        for name in NAMES:
            touch(path / name)
        assert acted(path) == set() and sorted(hashed) == sorted(NAMES)
    # What else is done does not make it forget.
    write(path / "data/3.csv", "k\n7\n")
    assert acted(path) == {"mc"}
    hashed.clear()
    assert acted(path) == set() and "data/1.csv" not in hashed


@pytest.mark.parametrize("known", [True, False], ids=["hashed", "too large to be hashed"])
def test_other_content_of_the_same_size_and_time(known: bool, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not known:
        monkeypatch.setattr(observe, "MOST_HASHED", 0)
    good(path)
    for name, rewrite in (
        ("data/1.csv", lambda file: file.write_text("k\n5\n")),
        ("data/1.parquet", lambda file: parquet(file, 6)),
    ):
        file = path / name
        before = file.stat()
        rewrite(file)
        touch(file, before.st_mtime_ns)
        after = file.stat()
        assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert acted(path) == {"mc", "mp"}
    assert tables(path)["mc"][2] == [(2,), (5,)] and tables(path)["mp"][2] == [(6,)]
    assert acted(path) == set()


def test_large_files_are_hashed_once_they_were_touched(
    path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observe, "MOST_HASHED", 0)
    good(path)
    assert hashed == []
    for name in NAMES[1:]:
        touch(path / name)
    assert acted(path) == {"mc", "mp"}
    assert sorted(hashed) == sorted(NAMES[1:])
    for name in NAMES[1:]:
        touch(path / name)
    assert acted(path) == set()


def test_the_smallest_files_are_hashed(path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "MOST_HASHED", 9)
    good(path)
    assert hashed == ["data/1.csv", "data/2.csv"]


def test_a_touch_is_remembered_where_it_is_much(path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    good(path)
    touch(path / "data/1.csv")
    before = warehouse_hash(path)
    good(path)
    assert warehouse_hash(path) == before
    monkeypatch.setattr(observe, "_MUCH", 1)
    hashed.clear()
    assert acted(path) == set() and hashed == ["data/1.csv"]
    assert acted(path) == set() and hashed == ["data/1.csv"]
    write(path / "data/1.csv", "k\n9\n")
    assert acted(path) == {"mc"}
    assert tables(path)["mc"][2] == [(2,), (9,)]


def test_a_promise_is_not_broken_by_a_touch(path: Path) -> None:
    project(path, SPEC.replace("columns:", "append_only: true, columns:"), {})
    good(path)
    for name in NAMES:
        touch(path / name)
    assert acted(path) == set()
    write(path / "data/1.csv", "k\n9\n")
    assert codes(run(path)) == ["E408"]


def test_a_warehouse_of_before(path: Path) -> None:
    good(path)
    with duckdb.connect(str(path / "warehouse.duckdb")) as con:
        con.execute("ALTER TABLE _etlc.parts DROP COLUMN content")
        con.execute("UPDATE _etlc.parts SET digest = ''")
    assert acted(path) == set()
    write(path / "data/1.csv", "k\n9\n")
    assert acted(path) == {"mc"}
    touch(path / "data/1.csv")
    assert acted(path) == set()
