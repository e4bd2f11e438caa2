"""A hundred typical mistakes: each is found at its place, and the first help says what to do about it.

``beginners/*.txt`` have the form of ``golden/*.txt``, and in ``expect`` the place that must be named first, and words
that its help or its sentence must hold. UPDATE_GOLDEN=1 rewrites the outputs, never ``expect``.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from diagnostics_support import Case, cases, rewritten
from test_golden import validated

pytestmark = pytest.mark.duckdb

EXPECT = "expect"
EXPECT_2 = "expect, on DuckDB 2"  # only where its parser stops at another word; `valid` where it takes the text
FEWEST, FEWEST_HELPED = 100, 0.9
CASES = [
    (case, case.own[EXPECT if duckdb.__version__ < "2" or EXPECT_2 not in case.own else EXPECT_2].strip())
    for file in sorted(Path(__file__).with_name("beginners").glob("*.txt"))
    for case in cases(file)
]
_FIRST = re.compile(
    r"^(?:error|warning)\[\w+\]: (.*)\n *--> (\S+)\n(?: *[0-9]* \|.*\n|\.\.\.\n)*(?: *= help: (.*)\n)?", re.MULTILINE
)


def found(case: Case) -> tuple[str, str]:
    """The place of the first finding, and its help, else its sentence."""
    first = _FIRST.search(case.expected(duckdb.__version__))
    return (first[2], first[3] or first[1]) if first else ("", "")


@pytest.mark.parametrize(("case", "expect"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_says(case: Case, expect: str, tmp_path: Path) -> None:
    own = {name: text for name, text in case.own.items() if name not in (EXPECT, EXPECT_2)}
    said = validated(replace(case, own=own), tmp_path)
    if os.environ.get("UPDATE_GOLDEN"):
        case.file.write_text(rewritten(case.file, case.name, case.updated(duckdb.__version__, said)), encoding="utf-8")
        return
    assert said == case.expected(duckdb.__version__)


@pytest.mark.parametrize(("case", "expect"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_at_its_place(case: Case, expect: str) -> None:
    if expect == "valid":
        assert "error[" not in case.expected(duckdb.__version__)
    else:
        assert found(case)[0] == expect.partition(" ")[0]


def test_help_comes_first() -> None:
    missed = [
        case.name
        for case, expect in CASES
        if expect != "valid" and expect.partition(" ")[2].lower() not in found(case)[1].lower()
    ]
    assert len(CASES) >= FEWEST
    assert len(missed) <= (1 - FEWEST_HELPED) * len(CASES), missed
