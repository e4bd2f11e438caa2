"""Two processes, and signals: one sentence, the right exit status, and a warehouse that is as it was or as it should be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.cli import etlc
from tests.running.bench import good, orphans, project, tables

ROOT = Path(__file__).parents[2]
HOLD = """
import duckdb, sys
con = duckdb.connect(sys.argv[1], config={"storage_compatibility_version": "v1.5.0"})
print("held", flush=True)
sys.stdin.readline()
"""
QUICK = "models:\n  quick: {sql: 'select 1 as one'}\n"
LONG = "select count(*) as n from range(1000000000000) t(i) where i % 7 = 3"
SLOW = f"{QUICK}  slow: {{sql: '{LONG}', publish: true}}\n  below: {{sql: 'select n from slow'}}\n"


class Holder:
    """Another process that holds a warehouse."""

    def __init__(self, warehouse: Path) -> None:
        command = [sys.executable, "-c", HOLD, str(warehouse)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"

    def let_go(self) -> None:
        self.process.communicate("go\n", timeout=20)


def start(path: Path, *args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "etlc", "--project", str(path), *args]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.duckdb
@pytest.mark.parametrize("command", ["run", "plan", "check", "query"])
def test_busy_warehouse(command: str, tmp_path: Path) -> None:
    path = project(tmp_path / "p", QUICK, {})
    good(path)
    holder = Holder(path / "warehouse.duckdb")
    try:
        more = ["select 1"] if command == "query" else []
        done = etlc(path, command, *more, "--lock-timeout", "0", check=75)
        assert "warehouse.duckdb is in use by" in done.err and f"PID {holder.process.pid}" in done.err
        assert done.err.count("in use by") == 1 and done.out == ""
        as_json = etlc(path, command, *more, "--lock-timeout", "0", "--json", check=75)
        assert "E504" in as_json.text
        json.loads(as_json.out)
    finally:
        holder.let_go()


def test_waits_for_who_lets_go(tmp_path: Path) -> None:
    path = project(tmp_path / "p", QUICK, {})
    good(path)
    holder = Holder(path / "warehouse.duckdb")
    timer = threading.Timer(1.0, holder.let_go)
    timer.start()
    etlc(path, "run", "--lock-timeout", "60s", check=0)
    timer.join()


def test_two_runs_at_once(tmp_path: Path) -> None:
    path = project(tmp_path / "p", QUICK, {})
    both = [start(path, "run", "--json", "--lock-timeout", "60s") for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    actions = sorted(json.loads(out)["models"][0]["action"] for out, _ in ended)
    assert actions == ["create", "skip"]
    assert not orphans(path)


def until(process: subprocess.Popen[str], path: Path, told: str) -> str:
    """Read stderr up to a line that tells of a finished model."""
    assert process.stderr is not None
    read = ""
    while told not in read:
        line = process.stderr.readline()
        assert line, f"it ended: {read}"
        read += line
    return read


@pytest.mark.duckdb
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_in_a_long_query(number: signal.Signals, status: int, tmp_path: Path) -> None:
    path = project(tmp_path / "p", SLOW, {})
    process = start(path, "run")
    read = until(process, path, "quick")
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status, read + err
    assert "Interrupted" in err and "Traceback" not in err
    assert "quick" in read + err
    assert set(tables(path)) == {"quick"}
    (path / "pipelines/p.yaml").write_text("pipeline: p\n" + SLOW.replace(LONG, "select 5 as n"))
    assert good(path) == {"quick": "skip", "slow": "create", "below": "create"}


def test_signal_under_json(tmp_path: Path) -> None:
    path = project(tmp_path / "p", SLOW, {})
    process = start(path, "run", "--json")
    until(process, path, "quick")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    told = json.loads(out)
    assert {model["model"] for model in told["models"] if model["status"] == "success"} == {"quick"}


def test_second_signal_ends_at_once(tmp_path: Path) -> None:
    path = project(tmp_path / "p", SLOW, {})
    process = start(path, "run")
    until(process, path, "quick")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert "quick" in tables(path)


def test_signal_while_waiting_for_the_lock(tmp_path: Path) -> None:
    path = project(tmp_path / "p", QUICK, {})
    good(path)
    holder = Holder(path / "warehouse.duckdb")
    try:
        process = start(path, "run", "--lock-timeout", "500s")
        time.sleep(1.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 143
    finally:
        holder.let_go()


@pytest.mark.parametrize("tenth", range(1, 15, 2))
def test_signal_at_any_time(tenth: int, tmp_path: Path) -> None:
    """Also while the project is compiled, sources are landed (in the main thread) and outputs are written."""
    lines = "a,b\n" + "".join(f"{n},{n % 97}\n" for n in range(300_000))
    spec = (
        "sources:\n  big: {path: data/big.csv}\nmodels:\n  m: {sql: 'select a, b from big'}\n"
        "  slow: {sql: 'select count(*) as n from m a join m b using (b)'}\noutputs:\n  m: {path: out/m.csv}\n"
    )
    path = project(tmp_path / "p", spec, {"data/big.csv": lines})
    process = start(path, "run")
    time.sleep(tenth / 10)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 130, -signal.SIGINT), err
    assert "Traceback" not in err or process.returncode == -signal.SIGINT
    assert "E901" not in err
    good(path)
    assert tables(path)["m"][2] and len(tables(path)["m"][2]) == 300_000
    assert not orphans(path)


def test_the_pid_in_the_message_is_of_a_living_process(tmp_path: Path) -> None:
    """The lock is the kernel's: who was killed holds nothing."""
    path = project(tmp_path / "p", QUICK, {})
    good(path)
    holder = Holder(path / "warehouse.duckdb")
    os.kill(holder.process.pid, signal.SIGKILL)
    holder.process.wait()
    assert good(path) == {"quick": "skip"}
