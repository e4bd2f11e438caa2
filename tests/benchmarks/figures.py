"""Whole-process figures beside a plain DuckDB script of the same SQL, in turns, medians.

    python tests/benchmarks/figures.py [--rounds 5]

Needs the extra `tpc` (or a filled cache of its data). Byte-compile the environment first (`python -m compileall`): a
fresh interpreter otherwise spends its time there.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.tpc import cache  # noqa: E402
from tests.tpc.projects import Project  # noqa: E402

SCRIPT = """
import duckdb, os, sys
if os.path.exists("plain.duckdb"):
    os.remove("plain.duckdb")
duckdb.connect("plain.duckdb").execute(open(".etlc/compiled/plan.sql").read())
"""


def etlc(*arguments: str) -> list[str]:
    """The command line of etlc, in this interpreter."""
    return [sys.executable, "-m", "etlc", *arguments]


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of one process, which must succeed."""
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def clean(folder: Path) -> None:
    """Forget warehouse and caches."""
    for name in ("warehouse.duckdb", "warehouse.duckdb.wal"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / ".etlc" / "cache", ignore_errors=True)


def turns(rounds: int, **cases: Callable[[], float]) -> dict[str, float]:
    """The median of each case, the cases taking turns."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            taken[name].append(case())
    return {name: statistics.median(times) for name, times in taken.items()}


def project_figures(name: str, folder: Path, rounds: int) -> None:
    """First run beside the script, and a run with nothing to do."""
    seconds(etlc("lock", "-q"), folder)
    seconds(etlc("compile", "-q"), folder)

    def first() -> float:
        clean(folder)
        return seconds(etlc("run", "-q"), folder)

    medians = turns(
        rounds,
        script=lambda: seconds([sys.executable, "-c", SCRIPT], folder),
        first=first,
        again=lambda: seconds(etlc("run", "-q"), folder),
    )
    limit = 1.3 * medians["script"] + 0.5
    print(
        f"{name}: script {medians['script']:.2f} s, first run {medians['first']:.2f} s (at most {limit:.2f} s),", end=""
    )
    print(f" ratio {medians['first'] / medians['script']:.2f}; nothing to do {medians['again']:.2f} s")


def validate_figures(folder: Path, rounds: int) -> None:
    """validate of all TPC-DS models, cold and warm."""
    seconds(etlc("lock", "-q"), folder)

    def cold() -> float:
        clean(folder)
        return seconds(etlc("validate", "-q"), folder)

    medians = turns(rounds, cold=cold, warm=lambda: seconds(etlc("validate", "-q"), folder))
    print(f"validate of TPC-DS: cold {medians['cold']:.2f} s, warm {medians['warm']:.2f} s")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        print(f"etlc --version: {turns(rounds, version=lambda: seconds(etlc('--version'), work))['version']:.3f} s")
        shutil.copytree(ROOT / "examples" / "shop", work / "shop", ignore=shutil.ignore_patterns(".etlc", "warehouse*"))
        project_figures("shop", work / "shop", rounds)
        Project(cache.load("tpch", 0.1), work / "tpch").write(outside=False)
        project_figures("TPC-H SF 0.1, 23 models", work / "tpch", rounds)
        validate_figures(Project(cache.load("tpcds", 0.1), work / "tpcds").write(outside=False).path, rounds)


if __name__ == "__main__":
    main()
