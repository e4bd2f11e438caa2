"""The connection that runs models touches nothing outside of the declared folders, and cannot be talked into it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from etlc.engines.base import EngineError, Session
from etlc.engines.duckdb import Fence, open_memory, open_warehouse

pytestmark = pytest.mark.duckdb


@pytest.fixture(params=["warehouse", "memory"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    """A session of an engine that may use the folder `ok`."""
    for folder in ("ok", "ok2", "ok/sub"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text("a\n1\n")
    (tmp_path / "secret.csv").write_text("a\n7\n")
    (tmp_path / "ok/link.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "ok/linked").symlink_to(tmp_path / "ok2")
    (tmp_path / "ok/relative.csv").symlink_to("../secret.csv")
    fence = Fence((str(tmp_path / "ok"),), {"threads": "1"}, str(tmp_path / "ok/tmp"))
    if request.param == "memory":
        engine = open_memory(fence)
    else:
        engine = open_warehouse(tmp_path / "ok/w.duckdb", fence, 0, threading.Event())
    with engine:
        yield engine.session()


ATTACKS = """
SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM read_blob('/etc/passwd')
SELECT * FROM '/etc/passwd'
FROM read_csv('{t}/secret.csv')
FROM '{t}/secret.csv'
FROM read_csv('{t}/ok2/x.csv')
FROM read_csv('{t}/ok/../secret.csv')
FROM read_csv('{t}/ok/sub/../../secret.csv')
FROM read_csv('{t}/ok/link.csv')
FROM read_csv('{t}/ok/relative.csv')
FROM read_csv('{t}/ok/linked/x.csv')
FROM read_csv('{t}/ok/linked/*.csv')
FROM read_csv('file://{t}/secret.csv')
FROM read_parquet('/etc/*')
FROM read_json('/etc/passwd')
FROM glob('/etc/*')
FROM sniff_csv('{t}/secret.csv')
FROM parquet_metadata('{t}/ok2/x.csv')
FROM read_csv('https://example.com/x.csv')
FROM read_csv('s3://bucket/x.csv')
COPY (SELECT 1) TO '{t}/out.csv'
COPY (SELECT 1) TO '{t}/ok/../out.csv'
COPY (SELECT 1) TO '{t}/ok/linked/out.csv'
COPY (SELECT 1) TO '{t}/ok/link.csv'
COPY (SELECT 1 AS a, 2 AS b) TO '{t}/parts' (FORMAT csv, PARTITION_BY (a))
CREATE TABLE t AS FROM read_csv('{t}/secret.csv')
ATTACH '{t}/other.duckdb' AS o
ATTACH '/etc/passwd' AS o
ATTACH 'https://example.com/x.duckdb' AS o
EXPORT DATABASE '{t}/dump'
IMPORT DATABASE '{t}/dump'
INSTALL httpfs
INSTALL spatial FROM community
LOAD httpfs
LOAD '{t}/ok/x.duckdb_extension'
SET enable_external_access = true
SET allowed_directories = ['/']
SET allowed_paths = ['/etc/passwd']
SET lock_configuration = false
SET memory_limit = '100GB'
SET threads = 64
SET temp_directory = '/tmp'
SET python_enable_replacements = true
SET GLOBAL autoinstall_known_extensions = true
RESET enable_external_access
PRAGMA profiling_output = '{t}/profile'
SET log_query_path = '{t}/log'
SELECT getenv('HOME')
FROM request
FROM tmp_path
CREATE PERSISTENT SECRET s (TYPE s3)
""".strip().splitlines()


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks(attack: str, session: Session, tmp_path: Path) -> None:
    before = {file for file in tmp_path.rglob("*") if "ok" not in file.relative_to(tmp_path).parts[0]}
    with pytest.raises(EngineError):
        session.rows(attack.replace("{t}", str(tmp_path)))
    after = {file for file in tmp_path.rglob("*") if "ok" not in file.relative_to(tmp_path).parts[0]}
    assert after == before
    assert (tmp_path / "secret.csv").read_text() == "a\n7\n" and not (tmp_path / "ok2/out.csv").exists()
    assert session.rows("SELECT 1") == [(1,)], "the session lives on"


def test_what_is_declared_can_be_used(session: Session, tmp_path: Path) -> None:
    assert session.rows(f"FROM read_csv('{tmp_path}/ok/x.csv')") == [(1,)]
    assert session.rows(f"SELECT count(*) FROM read_csv('{tmp_path}/ok/s*/x.csv')") == [(1,)]
    session.execute(f"COPY (SELECT 1) TO '{tmp_path}/ok/out.csv'")
    assert (tmp_path / "ok/out.csv").exists()


def test_a_link_that_is_made_later(session: Session, tmp_path: Path) -> None:
    (tmp_path / "ok/late.csv").symlink_to("/etc/passwd")
    with pytest.raises(EngineError):
        session.rows(f"FROM read_csv('{tmp_path}/ok/late.csv')")
