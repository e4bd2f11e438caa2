"""What the README shows is what happens: its commands exist, its tour can be taken, its listing is the output."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import etlc

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
    """init, validate, show, plan, run, run again, query, a mistake, a month that arrives."""
    etlc(bakery, "validate", check=0)
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


@pytest.mark.parametrize("name", ["run", "tests"])
def test_the_two_commands_are_shell(name: str) -> None:
    """They can be cut out of the page, and a shell reads them."""
    cut = [sys.executable, str(ROOT / ".ci/readme_command.py"), name]
    text = subprocess.run(cut, check=True, capture_output=True, text=True).stdout
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert "pip" in text and "venv" in text
