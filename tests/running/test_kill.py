"""kill -9 at any moment: what stood stands, the next run goes on, and nobody ever sees a half-written output."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

import duckdb
import pytest

from tests.cli import etlc
from tests.running.bench import fresh_copy, good, orphans, outputs, project, tables, write

KILLS = 44
ROWS = 1000


def pipeline_of(path: Path) -> Path:
    """About twenty models, with landed and read sources, hidden and inlined models, files and a partitioned folder."""
    models = ["  base: {sql: 'select id, k, v, k % 5 as part from readings'}"]
    models += ["  wide: {sql: 'select b.*, p.w from base b join extra p using (k)', materialize: table}"]
    for number in range(8):
        models.append(
            f"  a{number}: {{sql: 'select k, sum(v) as s, count(*) as n from base where k % 8 = {number} group by k'}}"
        )
        models.append(
            f"  b{number}: {{sql: 'select *, s / n as mean from a{number} where n > 0', checks: [{{not_null: [s]}}]}}"
        )
    models.append("  all_b: {sql: '" + " union all ".join(f"select * from b{n}" for n in range(8)) + "'}")
    models.append("  shown: {sql: 'select part, count(*) as n from base group by part', materialize: view}")
    spec = "\n".join(
        [
            "sources:",
            "  readings: {path: 'data/r*.csv'}",
            "  extra: {path: 'data/e*.parquet'}",
            "models:",
            *models,
            "outputs:",
            "  wide: {path: out/wide, format: parquet, partition_by: [part]}",
            "  all_b: {path: out/all_b.csv}",
            "  flat: {model: wide, path: out/flat.parquet}",
        ]
    )
    project(path, f"{spec}\n", {})
    data(path, 0)
    return path


def data(path: Path, state: int) -> None:
    """The files of one of two states; the second has a new, a changed and a removed file, and lacks a partition."""
    for file in (path / "data").glob("*"):
        file.unlink()
    r = random.Random(7)
    for number in (0, 1, 2) if state == 0 else (1, 2, 3):
        lines = ["id,k,v"]
        for row in range(ROWS):
            key = r.randint(0, 40)
            if not (state == 1 and key % 5 == 3):
                lines.append(f"{row},{key},{r.randint(0, 9) + (state if number == 1 else 0)}")
        write(path / f"data/r{number}.csv", "\n".join(lines) + "\n")
    (path / "data").mkdir(exist_ok=True)
    duckdb.connect().execute(
        f"COPY (SELECT range AS k, range * {state + 1} AS w FROM range(41)) TO '{path}/data/e.parquet'"
    )


class Watcher(threading.Thread):
    """Reads the outputs again and again. Whatever it finds must be of one state or the other, whole."""

    def __init__(self, path: Path, allowed: dict[str, set[str]]) -> None:
        super().__init__(daemon=True)
        self.path, self.allowed = path, allowed
        self.done = threading.Event()
        self.seen = 0
        self.problems: list[str] = []

    def run(self) -> None:
        while not self.done.is_set():
            for name, good_ones in self.allowed.items():
                found = digest(self.path, name)
                self.seen += 1
                if found not in good_ones:
                    self.problems.append(f"{name}: {found}")
            time.sleep(0.002)


@cache
def rows_in(data: bytes) -> str:
    """The rows of a file, in any order: they stand in another where a table was kept up. Half a file is no table."""
    if not data.startswith(b"PAR1"):
        return str(hash(tuple(sorted(data.splitlines()))))
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(data)
        file.flush()
        try:
            rows = duckdb.connect().execute(f"SELECT hash(t) FROM read_parquet('{file.name}') AS t").fetchall()
        except duckdb.Error as error:
            return f"broken: {error}"
    return str(hash(tuple(sorted(rows))))


def digest(path: Path, name: str) -> str:
    """What a reader finds: the rows of a file, in any order; of a folder the names and the rows of all its files, at one
    moment."""
    target = path / name
    try:
        if target.is_file():
            return rows_in(target.read_bytes())
        # The folder is held open: it is one folder, whatever is put in its place meanwhile.
        handle = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return "nothing"
    try:
        parts = []
        for folder in sorted(os.listdir(handle)):
            inner = os.open(folder, os.O_RDONLY, dir_fd=handle)
            for file in sorted(os.listdir(inner)):
                opened = os.open(file, os.O_RDONLY, dir_fd=inner)
                with os.fdopen(opened, "rb") as stream:
                    parts.append(f"{folder}/{file}/{rows_in(stream.read())}")
            os.close(inner)
        gone = os.stat(target).st_ino != os.fstat(handle).st_ino  # exchanged meanwhile, and being removed
        return "gone" if gone else str(hash(tuple(parts)))
    except FileNotFoundError:
        return "gone"
    finally:
        os.close(handle)


def states(tmp: Path) -> list[tuple[object, object, dict[str, str]]]:
    """What an uninterrupted run leaves, for each of the two states of the data."""
    found = []
    for state in (0, 1):
        path = pipeline_of(tmp / f"whole{state}")
        data(path, state)
        good(path)
        found.append(
            (
                tables(path),
                outputs(path),
                {n: digest(path, n) for n in ("out/wide", "out/all_b.csv", "out/flat.parquet")},
            )
        )
    return found


def kill_one(path: Path, delay: float) -> bool:
    """Start a run and kill it after a while; whether it was still running."""
    command = [sys.executable, "-m", "etlc", "--project", str(path), "run", "-q"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    )
    try:
        process.wait(delay)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def attack(tmp: Path, kills: int, seed: int) -> int:
    """Kill runs until there were enough; each time what stands is whole, and the next run makes it right."""
    r = random.Random(seed)
    whole = states(tmp)
    path = pipeline_of(tmp / "attacked")
    begun = time.monotonic()
    etlc(path, "run", check=0)
    full = time.monotonic() - begun
    allowed = {name: {whole[0][2][name], whole[1][2][name], "gone"} for name in whole[0][2]}
    watcher = Watcher(path, allowed)
    watcher.start()
    killed, tries, state = 0, 0, 0
    while killed < kills:
        tries += 1
        assert tries < kills * 4, f"seed {seed}: only {killed} of {tries} runs were still there to be killed"
        anew = r.random() < 0.3
        if anew:  # from nothing: also the making of the warehouse is interrupted
            for name in ("warehouse.duckdb", "warehouse.duckdb.wal"):
                (path / name).unlink(missing_ok=True)
        state = 1 - state
        data(path, state)
        # Half of them late, where files are written and moved.
        delay = r.uniform(0.1, 1.0) * full if r.random() < 0.5 else r.uniform(0.5, 1.0) * full
        killed += kill_one(path, delay)
        if (path / "warehouse.duckdb").exists():
            stands = tables(path)
            for name, found in stands.items():
                fits = [found == whole[n][0].get(name) for n in (0, 1)]
                assert any(fits) or found[0] == "view", f"seed {seed}, kill {killed}: {name} is of neither state"
        if r.random() < 0.25:
            continue  # a second kill upon the first
        etlc(path, "run", check=0) if r.random() < 0.2 else good(path)
        assert (tables(path), outputs(path)) == whole[state][:2], f"seed {seed}, kill {killed}"
        assert not orphans(path), f"seed {seed}, kill {killed}"
    watcher.done.set()
    watcher.join()
    assert watcher.seen > kills and not watcher.problems, watcher.problems[:3]
    good(path)
    fresh = fresh_copy(path, tmp / "fresh")
    good(fresh)
    assert (tables(path), outputs(path)) == (tables(fresh), outputs(fresh))
    return killed


@pytest.mark.duckdb
def test_killed_at_any_moment(tmp_path: Path) -> None:
    assert attack(tmp_path, KILLS, seed=1) == KILLS


@pytest.mark.soak
@pytest.mark.skipif("not config.getoption('-m')", reason="a soak test: choose it with -m soak")
def test_killed_a_thousand_times(tmp_path: Path) -> None:
    for seed in range(2, 12):
        attack(tmp_path / str(seed), 100, seed)
        shutil.rmtree(tmp_path / str(seed))
