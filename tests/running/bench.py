"""Runs etlc within this process, and compares what it left with plain DuckDB and with a fresh project."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb

from etlc import pipeline
from etlc.pipeline import stopping
from etlc.pipeline.project import Options, Project
from tests.cli import write_project

LEFT_OUT = ("warehouse.duckdb", "warehouse.duckdb.wal", ".etlc", "out")
MARKS = (".etlc-", "tmp_")


def project(path: Path, spec: str, files: dict[str, str], top: str = "project: trial\n") -> Path:
    """A project of one pipeline file, `pipelines/p.yaml`, and further files."""
    return write_project(path, top, {"pipelines/p.yaml": f"pipeline: p\n{spec}", **files})


def run(path: Path, *select: str, exclude: tuple[str, ...] = (), full: bool = False, **params: str) -> Any:
    """`etlc run` in this process; what specs or a busy warehouse stop is given as the Stop."""
    stopping.stopped.clear()
    options = Options(select=select, exclude=exclude, full_refresh=full, params=params, lock_timeout=0)
    try:
        return pipeline.run(Project.find(path), options, lambda event: None)
    except pipeline.Stop as stop:
        return stop


def good(path: Path, *select: str, **more: Any) -> dict[str, str]:
    """A run that succeeds; the action of each model."""
    ran = run(path, *select, **more)
    assert not isinstance(ran, pipeline.Stop), list(ran.diagnostics)
    assert ran.exit_status == 0, (ran.exit_status, list(ran.diagnostics))
    return {result.model: result.action for result in ran.models}


def acted(path: Path, *select: str, **more: Any) -> set[str]:
    """The models that a good run did something to."""
    return {model for model, action in good(path, *select, **more).items() if action != "skip"}


def codes(ran: Any) -> list[str]:
    """The codes of the findings of a run."""
    return sorted({finding.code for finding in ran.diagnostics})


def messages(ran: Any) -> str:
    """All that the findings of a run say."""
    return "\n".join(f"{finding.code} {finding.message} {finding.help}" for finding in ran.diagnostics)


def statuses(ran: Any) -> dict[str, str]:
    """The status of each model of a run."""
    return {result.model: result.status for result in ran.models}


def write(path: Path, text: str, old: bool = True) -> None:
    """Write a data file; by default one whose times can be trusted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if old:
        stat = path.stat()
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - 10**10))


def rows(path: Path, sql: str, warehouse: str = "warehouse.duckdb") -> list[tuple[Any, ...]]:
    """Rows of a query on a warehouse that nobody holds, sorted."""
    with duckdb.connect(str(path / warehouse), read_only=True) as con:
        return sorted(con.execute(sql).fetchall(), key=repr)


def tables(path: Path, database: str = "warehouse.duckdb") -> dict[str, tuple[str, list[str], list[tuple[Any, ...]]]]:
    """What stands in `main`: by name its kind, its columns with their types, and its rows, sorted."""
    with duckdb.connect(str(path / database), read_only=True) as con:
        found = con.execute(
            "SELECT table_name, 'table' FROM duckdb_tables() WHERE schema_name = 'main'"
            " UNION ALL SELECT view_name, 'view' FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
        ).fetchall()
        read = {}
        for name, kind in sorted(found):
            given = con.execute(f'FROM main."{name}"')
            columns = [f"{column[0]} {column[1]}" for column in given.description]
            read[name] = (kind, columns, sorted(given.fetchall(), key=repr))
        return read


def outputs(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each file below `out/`, by its path."""
    found = {}
    for file in sorted((path / "out").rglob("*")):
        if file.is_file():
            readers = {".parquet": "read_parquet", ".csv": "read_csv", ".ndjson": "read_json"}
            sql = f"SELECT * FROM {readers[file.suffix]}('{file}', hive_partitioning = false)"
            found[file.relative_to(path).as_posix()] = sorted(duckdb.connect().execute(sql).fetchall(), key=repr)
    return found


def orphans(path: Path) -> list[str]:
    """Temporary files that something has left behind."""
    return [
        file.relative_to(path).as_posix()
        for file in path.rglob("*")
        if (any(mark in file.name for mark in MARKS) and file.is_file()) or file.name.endswith(".tmp")
    ]


def fresh_copy(path: Path, to: Path) -> Path:
    """The project's texts and data, without anything that a run has left."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(path, to, ignore=lambda folder, names: LEFT_OUT if Path(folder) == path else ())
    return to


def same_as_script(path: Path, folder: Path, **params: str) -> None:
    """`plan.sql`, run by plain DuckDB in the project's folder, gives the same tables as those that stand."""
    pipeline.compile_project(Project.find(path), Options(params=params))
    script = (path / ".etlc/compiled/plan.sql").read_text()
    folder.mkdir(exist_ok=True)
    (folder / "warehouse.duckdb").unlink(missing_ok=True)
    before = Path.cwd()
    os.chdir(path)
    try:
        with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
            con.execute(script)
        assert tables(folder) == tables(path), "plan.sql gives other tables"
    finally:
        os.chdir(before)


def warehouse_hash(path: Path) -> str:
    """The bytes of the warehouse, as a hash."""
    return hashlib.sha256((path / "warehouse.duckdb").read_bytes()).hexdigest()
