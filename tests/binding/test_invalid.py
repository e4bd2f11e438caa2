"""Invalid SQL is never accepted: what validate lets through, DuckDB makes a table from."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from etlc.pipeline import validate
from tests.binding.support import accepted, plain, project, without_end, write_tables

pytestmark = pytest.mark.duckdb
WORDS = [
    "select",
    "from",
    "where",
    ",",
    "(",
    ")",
    "[",
    "]",
    "'",
    '"',
    "*",
    ";",
    "--",
    "/*",
    "*/",
    "$$",
    "$x",
    "?",
    "t",
    "u",
    "x",
    "nope",
    "group by",
    "order by",
    "over",
    "with",
    "as",
    "union",
    "=",
    "::",
    "integer",
    "null",
    "{",
    "}",
    "1",
    "'a'",
    ".",
    "->",
    "distinct",
    "é",
    "\\",
]
MUTANTS = 500


def mutate(text: str, random: Random) -> str:
    """The text with one or two pieces removed, doubled, swapped, replaced or put in."""
    for _ in range(random.randint(1, 2)):
        pieces = text.split(" ")
        place, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        kind = random.randrange(6)
        if kind == 0:
            del pieces[place]
        elif kind == 1:
            pieces.insert(place, pieces[other])
        elif kind == 2:
            pieces[place], pieces[other] = pieces[other], pieces[place]
        elif kind == 3:
            pieces[place] = random.choice(WORDS)
        elif kind == 4:
            pieces.insert(place, random.choice(WORDS))
        else:
            at = random.randrange(len(text) + 1)
            pieces = [text[:at] + text[at + random.randint(0, 3) :]]
        text = " ".join(pieces)
    return text


def test_what_is_accepted_is_valid(tmp_path: Path) -> None:
    random = Random(20240131)
    write_tables(tmp_path)
    texts = sorted(set(accepted().values()))
    mutants = {f"m_{number}": mutate(random.choice(texts), random) for number in range(MUTANTS)}
    mutants = {name: text for name, text in mutants.items() if text.strip()}
    for name, text in mutants.items():
        (tmp_path / "pipelines" / f"{name}.sql").write_text(text, encoding="utf-8", newline="")
    found = validate(*project(tmp_path), [])
    refused = {d.span.file for d in found.diagnostics if d.severity == "error"}
    con = plain().cursor()
    wrong, let_through, needless = [], 0, []
    for name, text in mutants.items():
        try:
            con.execute(f"create or replace table made.main.mutant as {without_end(text)}\n with no data")
            valid = True
        except Exception:  # noqa: BLE001 - whatever DuckDB says
            valid = False
        accepted_here = f"pipelines/{name}.sql" not in refused
        let_through += accepted_here
        if accepted_here and not valid:
            wrong.append(text)
        if valid and not accepted_here:
            needless.append((text, [d.message for d in found.diagnostics if d.span.file == f"pipelines/{name}.sql"]))
    assert wrong == []
    assert needless == []
    assert let_through > 20
