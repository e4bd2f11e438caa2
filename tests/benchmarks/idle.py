"""What a run costs that has nothing to do: a thousand models, ten thousand files.

``python tests/benchmarks/idle.py [--models 1000] [--files 10000] [--rounds 5] [--keep DIR]`` makes the project of
``thousand.py`` with data, runs it, and prints medians of whole processes, wall and CPU: ``run`` with nothing to do, beside
``plan``, ``run`` after one new file, and a bare Python that imports DuckDB and opens the warehouse.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.thousand import COLUMNS, project  # noqa: E402

OPEN = "import duckdb; duckdb.connect('warehouse.duckdb').execute('select count(*) from _etlc.parts').fetchall()"


def write(folder: Path, models: int, files: int) -> list[str]:
    """Write the project and its data; the names of its sources."""
    for name, text in project(models).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    sources = [f"raw_{number:03d}" for number in range(max(2, models // 20))]
    for number in range(files):
        write_file(folder, sources[number % len(sources)], number)
    return sources


def write_file(folder: Path, source: str, number: int) -> None:
    """A file of three rows, its name and its rows made of the number."""
    lines = [",".join(COLUMNS)]
    for row in range(3):
        day = f"2024-{number % 12 + 1:02d}-{row + 1:02d}"
        lines.append(f"{number * 3 + row},{number % 97},{day},{number % 50}.50,{row},web,paid,")
    path = folder / "data" / source / f"{number:06d}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def cost(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds of wall and of CPU that a process takes. A status other than 0 is an error."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-2000:])
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder: Path, given: argparse.Namespace) -> None:
    """Make, run, and print medians."""
    sources = write(folder, given.models, given.files)
    etlc = [sys.executable, "-m", "etlc"]
    wall, cpu = cost([*etlc, "run", "-q"], folder)
    print(f"{given.models} models, {given.files} files: first run {wall:.1f} s, {cpu:.1f} s of CPU", flush=True)
    time.sleep(2.5)  # from now on the times of the files can be trusted, which the next run notes
    cost([*etlc, "run", "-q"], folder)
    count = given.files

    def arrive() -> None:
        nonlocal count
        write_file(folder, sources[count % len(sources)], count)
        count += 1

    cases: dict[str, tuple[Callable[[], None], list[str]]] = {
        "opened by DuckDB alone": (lambda: None, [sys.executable, "-c", OPEN]),
        "run, nothing to do": (lambda: None, [*etlc, "run", "-q"]),
        "plan, nothing to do": (lambda: None, [*etlc, "plan", "-q"]),
        "run, one new file": (arrive, [*etlc, "run", "-q"]),
    }
    for name, (before, command) in cases.items():
        taken = []
        for _ in range(given.rounds):
            before()
            taken.append(cost(command, folder))
        walls, cpus = zip(*taken, strict=True)
        print(f"{name:24s} {statistics.median(walls):6.2f} s, {statistics.median(cpus):6.2f} s of CPU", flush=True)


def main() -> None:
    """Parse, work in a folder that goes."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--models", type=int, default=1000)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--keep", type=Path, help="an empty folder to work in, which stays")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        measure(folder, given)
    finally:
        if given.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
