"""``validate --locked`` and ``lock --check``: etlc.lock fits the specs, and the data where it is at hand."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.cli import Result, etlc, write_project

pytestmark = pytest.mark.duckdb

SPEC = """\
pipeline: shop
sources:
  orders: {path: data/orders.csv, options: {nullstr: "-"}}
  visits: {path: data/visits.parquet}
  typed: {path: data/nowhere.csv, columns: {id: BIGINT}}
  kinds: {rows: [{id: 1}]}
models:
  ids: {sql: select order_id from orders}
  seen: {sql: select k from visits}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose lock is written."""
    write_project(tmp_path, {"project": "shop"}, {"pipelines/shop.yaml": SPEC, "data/orders.csv": "order_id,n\n1,2\n"})
    duckdb.connect().execute(f"COPY (SELECT 1 AS k, 'x' AS v) TO '{tmp_path}/data/visits.parquet' (FORMAT parquet)")
    etlc(tmp_path, "lock", check=0)
    return tmp_path


def respell(project: Path, before: str, after: str) -> None:
    path = project / "pipelines/shop.yaml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def checked(project: Path) -> Result:
    """Both commands say the same, and write nothing."""
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".etlc" not in path.parts}
    done = etlc(project, "validate", "--locked", "--json")
    other = etlc(project, "lock", "--check", "--json", check=done.code)
    stale = [one for one in done.json["diagnostics"] if one["code"] == "E406"]
    assert other.json["diagnostics"] == stale
    assert (done.code == 1) == bool(done.json["summary"]["errors"])
    after = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".etlc" not in path.parts}
    assert after == before
    return done


def stale(project: Path) -> list[str]:
    """The findings, each as its place and its sentence."""
    done = checked(project)
    found = [one for one in done.json["diagnostics"] if one["code"] == "E406"]
    assert all("etlc lock" in one["help"] for one in found)
    return [f"{one['file']}:{one['line']} {one['message']}" for one in found]


def test_a_fresh_lock_fits(project: Path) -> None:
    assert stale(project) == [] and checked(project).code == 0
    assert etlc(project, "lock", "--check", check=0).out == "etlc.lock is up to date.\n"


def test_a_clone_without_data_fits(project: Path) -> None:
    shutil.rmtree(project / "data")
    assert stale(project) == [] and checked(project).code == 0


def test_no_lock_at_all(project: Path) -> None:
    os.remove(project / "etlc.lock")
    assert stale(project) == [
        'pipelines/shop.yaml:3 etlc.lock has no entry for source "orders".',
        'pipelines/shop.yaml:4 etlc.lock has no entry for source "visits".',
    ]


EDITS = {
    "path": ("data/orders.csv", "data/*.csv", ['pipelines/shop.yaml:3 etlc.lock has source "orders" with another path, format or options.']),
    "options": ('nullstr: "-"', 'nullstr: "x"', ['pipelines/shop.yaml:3 etlc.lock has source "orders" with another path, format or options.']),
    "format": ("data/visits.parquet", "data/visits.parquet, format: parquet", ['pipelines/shop.yaml:4 etlc.lock has source "visits" with another path, format or options.']),
    "a description": ("{path: data/visits.parquet}", "{path: data/visits.parquet, description: Seen.}", []),
    "a contract": ("{path: data/visits.parquet}", "{path: data/visits.parquet, columns: {k: BIGINT}}", []),
    "gone": ("  kinds:", "  others: {path: data/visits.parquet}\n  kinds:", ['pipelines/shop.yaml:6 etlc.lock has no entry for source "others".']),
}  # fmt: skip


@pytest.mark.parametrize("data", [True, False], ids=["data", "no data"])
@pytest.mark.parametrize("case", EDITS)
def test_edits_of_a_declaration(case: str, data: bool, project: Path) -> None:
    before, after, expected = EDITS[case]
    if not data:
        shutil.rmtree(project / "data")
    respell(project, before, after)
    assert stale(project) == expected


def test_an_entry_without_a_source(project: Path) -> None:
    respell(project, "  visits: {path: data/visits.parquet}\n", "")
    respell(project, "  seen: {sql: select k from visits}\n", "")
    assert stale(project) == ['etlc.lock:1 etlc.lock has an entry for "visits", which is no source of files.']
    etlc(project, "lock", check=0)
    assert stale(project) == []


def test_other_files_than_those_that_were_locked(project: Path) -> None:
    (project / "data/orders.csv").write_text("order_id;n;more\nx;2;3\n")
    duckdb.connect().execute(f"COPY (SELECT 1::BIGINT AS k) TO '{project}/data/visits.parquet' (FORMAT parquet)")
    assert stale(project) == [
        'pipelines/shop.yaml:3 The files of source "orders" are not as etlc.lock has it: orders.more: new, BIGINT;'
        " orders.order_id: BIGINT is now VARCHAR; orders: how it is read changed.",
        'pipelines/shop.yaml:4 The files of source "visits" are not as etlc.lock has it: visits.v: gone;'
        " visits.k: INTEGER is now BIGINT.",
    ]
    etlc(project, "lock", check=0)
    assert stale(project) == []


def test_a_lock_of_an_earlier_version(project: Path) -> None:
    """It says nothing of what it was made for: it is held to the data alone."""
    lock = project / "etlc.lock"
    lock.write_text("".join(line for line in lock.read_text().splitlines(True) if "declared" not in line))
    respell(project, "data/visits.parquet", "data/visit*.parquet")
    assert stale(project) == []


def test_an_entry_for_another_path_is_not_kept(project: Path) -> None:
    """Where no data says what the new path holds, the old columns are no answer."""
    respell(project, "data/orders.csv", "data/elsewhere/*.csv")
    etlc(project, "lock", check=0)
    assert "orders" not in (project / "etlc.lock").read_text()
