"""All mistakes of a query are found, each at its place, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from etlc.pipeline import validate
from tests.binding.support import HERE, project, write_tables

pytestmark = pytest.mark.duckdb
CASES = [
    line.replace("\\n", "\n").replace("\\t", "\t")
    for line in (HERE / "mistakes.txt").read_text(encoding="utf-8").splitlines()
]


def split(case: str) -> tuple[str, list[int]]:
    """The query, and the offsets of its mistakes."""
    case = case.replace('"‹', '‹"').replace('›"', '"›').replace('"ü ‹x›"', '‹"ü x"›').replace('"ü ‹x"›', '‹"ü x"›')
    offsets: list[int] = []
    text = ""
    for piece in re.split("([‹›])", case):
        if piece == "‹":
            offsets.append(len(text))
        elif piece != "›":
            text += piece
    return text, offsets


def place(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset].replace("\r\n", "\n")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


@pytest.mark.parametrize("form", ["plain", "dos", "header", "block", "deep"])
def test_each_mistake_is_found_at_its_place(tmp_path: Path, form: str) -> None:
    write_tables(tmp_path)
    wanted: dict[str, set[tuple[int, int]]] = {}
    for number, case in enumerate(CASES):
        sql, offsets = split(case)
        if form in ("block", "deep"):
            indent, mark = ("      ", "|") if form == "block" else (" " * 13, "|-  # SQL")
            head = f"pipeline: p{number}\nmodels:\n  m_{number}:\n    sql: {mark}\n"
            name = f"pipelines/q_{number}.yaml"
            text = head + "".join(f"{indent}{line}\n" for line in sql.split("\n"))
            places = {(line + 4, column + len(indent)) for line, column in (place(sql, offset) for offset in offsets)}
        else:
            head = "/* etlc\ntags: [ü]\n*/\n\n" if form == "header" else ""
            name, text = f"pipelines/m_{number}.sql", head + sql + ("\n; -- ü" if head else "")
            lines = head.count("\n")
            places = {(line + lines, column) for line, column in (place(sql, offset) for offset in offsets)}
            text = text.replace("\n", "\r\n") if form == "dos" else text
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        wanted[name] = places
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in wanted}
    for diagnostic in validate(*project(tmp_path), []).diagnostics:
        if diagnostic.severity == "error":
            found[diagnostic.span.file].append((diagnostic.span.line, diagnostic.span.column))
    wrong = [
        (CASES[n], sorted(places), sorted(found[name]))
        for n, (name, places) in enumerate(wanted.items())
        if sorted(places) != sorted(found[name])
    ]
    assert not wrong, "\n".join(map(str, wrong))
