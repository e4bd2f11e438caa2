"""What the README shows is what happens: its commands exist, its tour can be taken, its listing is the output."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import etlc, write_project

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def bakery(tmp_path: Path) -> Path:
    """The project of the tour."""
    folder = tmp_path / "bakery"
    subprocess.run([sys.executable, "-m", "etlc", "init", str(folder)], check=True, capture_output=True, cwd=ROOT)
    return folder


def test_the_table_of_commands_is_complete() -> None:
    """Every command of the README is one of etlc, and the other way round."""
    told = set(re.findall(r"^\| `([a-z]+)[ `]", README, re.MULTILINE))
    shown = subprocess.run(
        [sys.executable, "-m", "etlc", "--help"], check=True, capture_output=True, text=True, cwd=ROOT
    )
    known = set(re.findall(r"^  ([a-z]+) ", shown.stdout.split("Commands:")[1], re.MULTILINE))
    assert told == known


def test_the_tour(bakery: Path) -> None:
    """init, validate, test, show, plan, run, run again, query, a mistake, a month that arrives."""
    etlc(bakery, "validate", check=0)
    assert "passed" in etlc(bakery, "test", check=0).out
    etlc(bakery, "show", "sales", "-n", "5", check=0)
    etlc(bakery, "plan", check=0)
    etlc(bakery, "run", check=0)
    assert "Nothing to do" in etlc(bakery, "run", check=0).text
    assert len(etlc(bakery, "query", "from monthly order by month", "--json", check=0).json) == 3
    monthly = bakery / "pipelines/monthly.sql"
    written = monthly.read_text()
    monthly.write_text(written.replace("sum(revenue)", "sum(revenu)"))
    listing = README.split("```text\n")[1].split("```")[0]
    assert listing in etlc(bakery, "validate", "--no-color", check=1).text + "\n"
    monthly.write_text("-- by month\n" + written)
    assert "Nothing to do" in etlc(bakery, "run", check=0).text
    shutil.move(bakery / "data/next/2025-04.csv", bakery / "data/sales/2025-04.csv")
    etlc(bakery, "run", check=0)
    assert len(etlc(bakery, "query", "from monthly order by month", "--json", check=0).json) == 4


def test_the_pipeline_and_its_unit_tests(tmp_path: Path) -> None:
    """The YAML of the page is valid, and its unit tests pass."""
    pipeline, tests = (block.split("```")[0] for block in README.split("```yaml\n")[1:3])
    files = {
        "pipelines/orders.yaml": pipeline + tests.removeprefix("tests:\n"),
        "pipelines/daily_revenue.sql": "select day, sum(amount) as revenue from stg_orders group by day",
        "data/orders/a.csv": "order_id;customer_id;ordered_at;amount\n1;7;2024-01-02 10:00:00;1.00\n",
    }
    write_project(tmp_path, "project: shop\nparams: {start_date: 2024-01-01}\n", files)
    etlc(tmp_path, "validate", check=0)
    assert etlc(tmp_path, "test", "--json", check=0).json["summary"] == {"passed": 2, "failed": 0}


@pytest.mark.parametrize("name", ["run", "tests"])
def test_the_two_commands_are_shell(name: str) -> None:
    """They can be cut out of the page, and a shell reads them."""
    cut = [sys.executable, str(ROOT / ".ci/readme_command.py"), name]
    text = subprocess.run(cut, check=True, capture_output=True, text=True).stdout
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert "pip" in text and "venv" in text
