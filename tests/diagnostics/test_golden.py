"""Mistakes that beginners make, with all that ``etlc validate`` says of them, to be read aloud in review.

``golden/*.txt`` hold the projects and the outputs side by side.
UPDATE_GOLDEN=1 rewrites the outputs: on DuckDB 1 first, then on 2.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb
import pytest
from diagnostics_support import Case, call, cases, rewritten, write

pytestmark = pytest.mark.duckdb

GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.txt"))
CASES = [case for file in GOLDEN for case in cases(file)]


def validated(case: Case, folder: Path) -> str:
    """The output of ``etlc validate``, for every machine and version of DuckDB alike."""
    done = call(write(folder, case.files), "validate", "--no-color")
    assert done.err == ""
    assert done.code == (1 if "error" in done.out else 0)
    return done.out.replace(str(folder), "<project>")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file.stem}-{case.name}")
def test_says(case: Case, tmp_path: Path) -> None:
    found = validated(case, tmp_path)
    if os.environ.get("UPDATE_GOLDEN"):
        case.file.write_text(rewritten(case.file, case.name, case.updated(duckdb.__version__, found)), encoding="utf-8")
        return
    assert found == case.expected(duckdb.__version__)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file.stem}-{case.name}")
def test_each_mistake_is_said_once(case: Case) -> None:
    heads = re.findall(r"^(?:error|warning)\[.*\n *--> .*", case.expected(duckdb.__version__), re.MULTILINE)
    assert len(set(heads)) == len(heads)
