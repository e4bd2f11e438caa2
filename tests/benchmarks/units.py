"""How many unit tests a second: ``python tests/benchmarks/units.py [--models 100] [--tests 6] [--rounds 5]`` makes a
project of that many models with that many tests each, and prints medians of whole ``etlc test`` processes, the first
of a fresh checkout among them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SOURCE = "sources:\n  orders:\n    path: data/*.csv\n    columns: {id: BIGINT, customer: VARCHAR, day: DATE, amount: 'DECIMAL(12,2)'}\n"
_MODELS = (
    "select id, customer, day, amount from orders where amount > {n} / 1000",
    "select day, sum(amount) as amount, count(*) as rows from orders where amount > {n} / 1000 group by day",
    "select customer, max(day) as day, avg(amount) as amount from orders group by customer having count(*) < {n} + 2",
    "select *, row_number() over (partition by customer order by day, id) as place from orders where id <> {n}",
)
_EXPECT = (
    "- {{id: 2, customer: b, day: 2024-01-02, amount: {a}.50}}",
    "- {{day: 2024-01-02, amount: {a}.50, rows: 1}}",
    "- {{customer: b, day: 2024-01-02, amount: {a}.5}}",
    "- {{id: 2, customer: b, day: 2024-01-02, amount: {a}.50, place: 1}}",
)


def project(models: int, tests: int) -> dict[str, str]:
    """The files of a project whose tests all pass."""
    text = f"pipeline: p\n{_SOURCE}models:\n"
    for n in range(models):
        text += f"  m{n}: {{sql: '{_MODELS[n % 4].format(n=n)}', publish: true}}\n"
    text += "tests:\n"
    for n in range(models):
        for t in range(tests):
            a = n + t + 1
            given = f"- {{id: 2, customer: b, day: 2024-01-02, amount: {a}.50}}"
            expect = _EXPECT[n % 4].format(a=a)
            text += f"  t{n}_{t}:\n    model: m{n}\n    given:\n      orders:\n        {given}\n    expect:\n      {expect}\n"
    return {"etlc.yaml": "project: units\n", "pipelines/p.yaml": text}


def main() -> None:
    """Make the project, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", type=int, default=100)
    arguments.add_argument("--tests", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        for name, text in project(given.models, given.tests).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        for case in ("first", "again"):
            taken = []
            for _ in range(given.rounds):
                if case == "first":
                    shutil.rmtree(folder / ".etlc", ignore_errors=True)
                begun = time.perf_counter()
                subprocess.run([sys.executable, "-m", "etlc", "test", "-q"], cwd=folder, check=True)
                taken.append(time.perf_counter() - begun)
            count, seconds = given.models * given.tests, statistics.median(taken)
            print(f"{count} tests, {case}: {seconds:.2f} s, {count / seconds:.0f} a second")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
