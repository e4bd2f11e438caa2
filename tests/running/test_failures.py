"""What goes wrong in a run: it is said, the rest is done, what stood stands, and the next run goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etlc.execute import land as landing
from tests.cli import etlc
from tests.running.bench import codes, good, messages, orphans, project, run, statuses, tables, write

TREE = """
sources:
  s: {path: "data/s*.csv", columns: {k: BIGINT, t: VARCHAR}}
models:
  fine: {sql: "select k from s", publish: true}
  bad: {sql: "select k, EXPR as x from s", publish: true}
  below: {sql: "select sum(x) as x from bad"}
  deeper: {sql: "select x + 1 as x from below"}
  apart: {sql: "select count(*) as n from fine"}
outputs:
  below: {path: out/below.csv}
  fine: {path: out/fine.csv}
"""
FAULTS = {
    "error": ("case when t = 'boom' then error('no way') else k end", "no way"),
    "cast": ("cast(case when t = 'boom' then t else '1' end as bigint)", "boom"),
    "overflow": ("cast(case when t = 'boom' then 300 else 1 end as tinyint)", "300"),
    "interrupted by name": ("case when t = 'boom' then error('Interrupted!') else k end", "Interrupted!"),
}


@pytest.mark.duckdb
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_model_that_fails(fault: str, tmp_path: Path) -> None:
    expression, words = FAULTS[fault]
    path = project(tmp_path / "p", TREE.replace("EXPR", expression), {})
    write(path / "data/s1.csv", "k,t\n1,a\n2,b\n")
    good(path)
    before, written = tables(path), (path / "out/below.csv").read_bytes()
    write(path / "data/s2.csv", "k,t\n3,boom\n")
    ran = run(path)
    assert ran.exit_status == 3 and ran.status == "failed"
    assert statuses(ran) == {
        "fine": "success", "bad": "failed", "below": "blocked", "deeper": "blocked", "apart": "success",
    }  # fmt: skip
    assert words in messages(ran) and codes(ran) == ["E501"]
    after = tables(path)
    assert {n: after[n] for n in ("bad", "deeper")} == {n: before[n] for n in ("bad", "deeper")}
    assert after["apart"][2] == [(3,)]
    assert {o.output: o.status for o in ran.outputs} == {"below": "blocked", "fine": "success"}
    assert (path / "out/below.csv").read_bytes() == written
    again = run(path)
    assert again.exit_status == 3 and statuses(again)["fine"] == "skipped"
    write(path / "data/s2.csv", "k,t\n3,c\n")
    good(path)
    assert not orphans(path) and (path / "out/below.csv").read_bytes() != written


CHECKED = """
sources:
  s: {path: "data/s*.csv", columns: {k: BIGINT}SOURCE}
models:
  m: {sql: "select k from s", publish: true, checks: [CHECK]}
  below: {sql: "select sum(k) as k from m"}
  other: {sql: "select 1 as one"}
outputs:
  m: {path: out/m.csv}
"""
VERDICTS = {
    "not_null: [k]": 3,
    "not_null: [k], severity: warn": 0,
    "not_null: [k], tolerate: 1": 3,
    "not_null: [k], tolerate: 2": 0,
    "not_null: [k], tolerate: 49%": 3,
    "not_null: [k], tolerate: 50%": 0,
    "row_count: {max: 3}": 3,
    "row_count: {max: 4}": 0,
    "expression: k < 9": 0,
    "expression: \"k > 0 and error('x') is null\"": 3,
}


@pytest.mark.duckdb
@pytest.mark.parametrize("check", list(VERDICTS))
def test_checks_of_a_model(check: str, tmp_path: Path) -> None:
    usual = CHECKED.replace("SOURCE", "")
    path = project(tmp_path / "p", usual.replace("CHECK", "{not_null: [k]}"), {})
    write(path / "data/s1.csv", "k\n1\n2\n")
    good(path)
    before = tables(path)
    write(path / "data/s2.csv", 'k\n""\n""\n')
    project(path, usual.replace("CHECK", "{" + check + "}"), {})
    ran = run(path)
    assert ran.exit_status == VERDICTS[check], messages(ran)
    if ran.exit_status:
        assert tables(path) == before, "the old rows stand"
        assert statuses(ran) == {"m": "failed", "below": "blocked", "other": "skipped"}
        assert run(path).exit_status == 3, "and it is found again"
        project(path, usual.replace("CHECK", ""), {})
        good(path)
    assert len(tables(path)["m"][2]) == 4
    assert set(good(path).values()) == {"skip"}


@pytest.mark.duckdb
def test_checks_of_a_source_block_its_readers(tmp_path: Path) -> None:
    spec = CHECKED.replace("SOURCE", ", checks: [{not_null: [k]}]").replace("CHECK", "")
    path = project(tmp_path / "p", spec, {})
    write(path / "data/s1.csv", "k\n1\n2\n")
    good(path)
    before = tables(path)
    write(path / "data/s2.csv", 'k\n""\n')
    for _ in range(2):
        ran = run(path)
        assert ran.exit_status == 3 and codes(ran) == ["E502"]
        assert statuses(ran) == {"m": "blocked", "below": "blocked", "other": "skipped"}
        assert tables(path) == before
    write(path / "data/s2.csv", "k\n5\n")
    good(path)
    assert tables(path)["below"][2] == [(8,)]


def test_a_bad_source_blocks_also_through_what_is_inlined(tmp_path: Path) -> None:
    spec = (
        "sources:\n  s: {path: data/s.csv, columns: {k: BIGINT}, checks: [CHECK]}\n"
        "models:\n  inner_: {sql: 'select k from s'}\n  m: {sql: 'select k EXTRA from inner_'}\n"
    )
    path = project(tmp_path / "p", spec.replace("CHECK", "").replace("EXTRA", ""), {})
    write(path / "data/s.csv", 'k\n1\n""\n')
    good(path)
    project(path, spec.replace("CHECK", "{not_null: [k]}").replace("EXTRA", "+ 1 as k"), {})
    ran = run(path)
    assert ran.exit_status == 3 and statuses(ran)["m"] == "blocked"


def test_a_failed_check_leaves_the_desk_in_order(tmp_path: Path) -> None:
    """The views that a check needs are made within its transaction, and go with it."""
    spec = "sources:\n  s: {path: data/s.csv}\n  r: {rows: [{k: 1}]}\nmodels:\n"
    for number in range(6):
        spec += f"  a{number}: {{sql: 'select k from s', checks: [{{relationships: {{column: k, to: r.k}}}}]}}\n"
        spec += f"  b{number}: {{sql: 'select s.k from s, r, a{number} where s.k = r.k or true'}}\n"
        spec += f"  c{number}: {{sql: 'select k from r where k > {number}'}}\n"
    path = project(tmp_path / "p", spec, {"data/s.csv": "k\n1\n2\n"})
    found = statuses(run(path))
    assert {name[0]: status for name, status in found.items()} == {"a": "failed", "b": "blocked", "c": "success"}


def test_a_source_check_on_a_source_that_nobody_reads(tmp_path: Path) -> None:
    spec = (
        "sources:\n  s: {path: data/s.csv, checks: [{relationships: {column: k, to: r.k}}]}\n"
        "  r: {path: data/r.csv}\nmodels:\n  m: {sql: 'select k from s'}\n"
    )
    path = project(tmp_path / "p", spec, {"data/s.csv": "k\n1\n", "data/r.csv": "k\n1\n"})
    good(path)
    assert set(good(path).values()) == {"skip"}


def test_a_model_that_is_called_this(tmp_path: Path) -> None:
    spec = (
        "models:\n  this: {sql: 'select 1 as x', publish: true}\n"
        "  a: {sql: 'select 2 as x', checks: [{not_null: [x]}], publish: true}\n"
        "  b: {sql: 'select x from this where (select count(*) from a) = 1'}\n"
    )
    path = project(tmp_path / "p", spec, {})
    good(path)
    assert tables(path)["b"][2] == [(1,)]


# -- outputs and the disk


def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    spec = "models:\n  m: {sql: 'select 1 as x, 2 as y'}\noutputs:\n"
    spec += "  a: {model: m, path: out/a.csv}\n  b: {model: m, path: out/b.csv}\n  c: {model: m, path: file/c.csv}\n"
    spec += "  d: {model: m, path: out/d, format: csv, partition_by: [y]}\n"
    path = project(tmp_path / "p", spec, {"file": "in the way", "out/a.csv/inside": "a folder", "out/d": "a file"})
    ran = run(path)
    assert ran.exit_status == 3 and codes(ran) == ["E506"]
    assert {o.output: o.status for o in ran.outputs} == {"a": "failed", "b": "success", "c": "failed", "d": "failed"}
    assert not orphans(path) and str(tmp_path) not in messages(ran)
    shutil.rmtree(path / "out/a.csv")
    (path / "file").unlink()
    (path / "out/d").unlink()
    assert set(good(path).values()) == {"skip"}
    assert (path / "out/d/y=2").is_dir()


def test_outputs_that_somebody_touched(tmp_path: Path) -> None:
    spec = "models:\n  m: {sql: 'select range as x, range % 2 as y from range(4) where range < 9'}\noutputs:\n"
    spec += "  a: {model: m, path: out/a.csv}\n  d: {model: m, path: out/d, format: csv, partition_by: [y]}\n"
    path = project(tmp_path / "p", spec, {})
    good(path)
    kept = {file: file.read_bytes() for file in (path / "out").rglob("*.csv")}
    touches: list[Any] = [
        lambda: (path / "out/a.csv").unlink(),
        lambda: (path / "out/a.csv").write_text("x\n"),
        lambda: shutil.rmtree(path / "out/d/y=1"),
        lambda: shutil.rmtree(path / "out"),
        lambda: write(path / "out/d/y=7/more.csv", "x\n1\n"),
    ]
    for touch in touches:
        touch()
        assert set(good(path).values()) == {"skip"}
        assert {file: file.read_bytes() for file in (path / "out").rglob("*.csv")} == kept
    write(path / ".etlc/x", "")
    (path / "out/.a.csv.etlc-orphan").write_text("left by a run that was killed")
    write(path / "pipelines/p.yaml", (path / "pipelines/p.yaml").read_text().replace("range < 9", "range < 3"))
    good(path)
    assert not orphans(path)


def test_an_empty_partitioned_output(tmp_path: Path) -> None:
    spec = "models:\n  m: {sql: 'select 1 as x, 2 as y where KEEP'}\noutputs:\n  m: {path: out/m, format: csv, partition_by: [y]}\n"
    path = project(tmp_path / "p", spec.replace("KEEP", "true"), {})
    good(path)
    project(path, spec.replace("KEEP", "1 = 2"), {})
    good(path)
    assert (path / "out/m").is_dir() and not list((path / "out/m").iterdir())
    (path / "out/m").rmdir()
    assert set(good(path).values()) == {"skip"}
    assert (path / "out/m").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_disk_full(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(path)], capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted")
    try:
        spec = "models:\n  small: {sql: 'select 1 as x'}\n  m: {sql: 'select SIZE as n, md5(range::varchar) as h from range(SIZE)'}\n"
        spec += "outputs:\n  m: {path: out/m.csv}\n"
        project(path, spec.replace("SIZE", "1000"), {})
        good(path)
        before = tables(path)
        for size in ("100000", "250000", "3000000"):
            project(path, spec.replace("SIZE", size), {})
            done = etlc(path, "run")
            assert done.code in (0, 1, 3) if size == "100000" else done.code in (1, 3), done
            assert "E901" not in done.text and (done.code == 0 or "pace" in done.text)
            whole = tables(path)
            sizes = (1_000, 100_000, 250_000)
            assert len(whole["m"][2]) in sizes and whole["small"] == before["small"]
            assert (path / "out/m.csv").read_bytes().count(b"\n") - 1 in sizes
        subprocess.run(["mount", "-o", "remount,size=64m", str(path)], check=True)
        project(path, spec.replace("SIZE", "2000"), {})
        good(path)
        assert len(tables(path)["m"][2]) == 2000 and not orphans(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


# -- the warehouse


def test_a_table_that_etlc_did_not_make(tmp_path: Path) -> None:
    path = project(tmp_path / "p", "models:\n  m: {sql: 'select 1 as x'}\n  n: {sql: 'select 2 as x'}\n", {})
    with duckdb.connect(str(path / "warehouse.duckdb")) as con:
        con.execute("CREATE VIEW M AS SELECT 'mine' AS y; CREATE TABLE keep AS SELECT 1 AS z")
    before = tables(path)
    ran = run(path)
    assert (ran.exit_status, codes(ran), ran.models) == (1, ["E503"], [])
    assert tables(path) == before
    project(path, "models:\n  n: {sql: 'select 2 as x'}\n  m: {sql: 'select 1 as x from n', publish: false}\n", {})
    good(path)
    assert tables(path)["M"] == before["M"] and tables(path)["keep"] == before["keep"]


UNUSABLE = {
    "text": lambda path: (path / "warehouse.duckdb").write_text("this is no database, but a text\n" * 500),
    "empty": lambda path: (path / "warehouse.duckdb").write_bytes(b""),
    "folder": lambda path: (path / "warehouse.duckdb").mkdir(),
}


@pytest.mark.duckdb
@pytest.mark.parametrize("kind", list(UNUSABLE))
def test_a_warehouse_that_is_none(kind: str, tmp_path: Path) -> None:
    path = project(tmp_path / "blocked by a lock", "models:\n  m: {sql: 'select 1 as x'}\n", {})
    UNUSABLE[kind](path)
    ran = run(path)
    assert ran.status == 1 and codes(ran) == ["E505"], messages(ran)


def test_a_warehouse_where_none_can_be(tmp_path: Path) -> None:
    path = project(
        tmp_path / "p", "models:\n  m: {sql: 'select 1 as x'}\n", {}, "project: t\nwarehouse: etlc.yaml/w.duckdb\n"
    )
    assert codes(run(path)) == ["E505"]


@pytest.mark.duckdb
def test_the_warehouse_is_of_a_version_that_every_duckdb_reads(tmp_path: Path) -> None:
    path = project(tmp_path / "p", "models:\n  m: {sql: 'select 1 as x'}\n", {})
    good(path)
    with duckdb.connect(str(path / "warehouse.duckdb"), read_only=True) as con:
        (tags,) = con.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'warehouse'").fetchall()[0]
        assert "v1." in str(tags)
    other = os.environ.get("ETLC_OTHER_PYTHON")
    if other:
        code = f"import duckdb; print(duckdb.connect({str(path / 'warehouse.duckdb')!r}).execute('from m').fetchall())"
        done = subprocess.run([other, "-c", code], capture_output=True, text=True)
        assert done.stdout == "[(1,)]\n", done


def test_a_removed_warehouse_whose_log_was_left(tmp_path: Path) -> None:
    path = project(tmp_path / "p", "models:\n  m: {sql: 'select 1 as x'}\n", {})
    code = f"import duckdb, os; con = duckdb.connect({str(path / 'warehouse.duckdb')!r}); con.execute('create table m as select 7'); os._exit(0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    (path / "warehouse.duckdb").unlink()
    assert good(path) == {"m": "create"}
    assert tables(path)["m"][2] == [(1,)]


# -- files that move under the run


@pytest.mark.parametrize("what", ["gone", "other"])
def test_a_file_that_changes_during_the_run(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = "sources:\n  s: {path: 'data/*.csv'}\nmodels:\n  m: {sql: 'select k from s'}\n"
    path = project(tmp_path / "p", spec, {})
    write(path / "data/a.csv", "k\n1\n")
    write(path / "data/b.csv", "k\n2\n")
    real = landing.scan_sql

    def meddle(*args: Any, **named: Any) -> str:
        text = real(*args, **named)
        (path / "data/b.csv").unlink(missing_ok=True) if what == "gone" else (path / "data/b.csv").write_text(
            "k\n3\n4\n"
        )
        return text

    monkeypatch.setattr(landing, "scan_sql", meddle)
    ran = run(path)
    monkeypatch.undo()
    if what == "gone":
        assert (ran.exit_status, codes(ran), ran.models) == (1, ["E402"], [])
    good(path)
    assert tables(path)["m"][2] == ([(1,)] if what == "gone" else [(1,), (3,), (4,)])
    assert set(good(path).values()) == {"skip"}
