"""Rows of tests: values that know their places, written in YAML or as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etlc.diagnostics import Diagnostics, Located, SqlText
from etlc.ir.spec import Cell, TestRows
from etlc.load.nodes import Node, Scalar, Seq
from etlc.load.syntax import quoted

Rows = Sequence[Mapping[Located, Cell]]


def read_cell(node: Node) -> Cell:
    """A value as YAML means it, with its text where it is a single one."""
    return Cell(_plain(node), node.text if isinstance(node, Scalar) else None, node.span)


def _plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Seq):
        return [_plain(item) for item in node.items]
    return {key.text: _plain(value) for key, value in node.pairs}


def columns_and_rows(rows: Rows) -> tuple[tuple[Located, ...], tuple[Mapping[str, Cell], ...]]:
    """The columns that any of the rows names, as first written, and the rows by lower-case name."""
    names: dict[str, Located] = {}
    for row in rows:
        for name in row:
            names.setdefault(name.lower(), name)
    return tuple(names.values()), tuple({name.lower(): cell for name, cell in row.items()} for row in rows)


@dataclass(frozen=True, slots=True)
class _Field:
    """A value of CSV, ``length`` characters from ``start`` on in the text. ``last``: its line ends behind it."""

    text: str
    quoted: bool
    start: int
    length: int
    last: bool


def read_csv(text: SqlText, diagnostics: Diagnostics) -> TestRows:
    """Rows from CSV: the first line is the header, an empty value is NULL. What is wrong with it is E103."""
    lines = list(_lines(text.text))
    header = [Located(field.text, text.at(field.start, field.length)) for field in lines[0]]
    seen: set[str] = set()
    for name in header:
        if not name:
            diagnostics.add("E103", name.span, "A column has no name in the header of this CSV.")
        elif name.lower() in seen:
            diagnostics.add("E105", name.span, f"The column {quoted(name)} stands twice in the header of this CSV.")
        seen.add(name.lower())
    rows = []
    for line in lines[1:]:
        cells = [
            Cell(field.text if field.text or field.quoted else None, field.text, text.at(field.start, field.length))
            for field in line
        ]
        if len(cells) != len(header):
            message = f"This line has {_counted(len(cells))}, but the header names {_counted(len(header), 'column')}."
            help = "Text with a comma stands in double quotes; a value that is missing still needs its comma."
            diagnostics.add("E103", cells[-1].span, message, help)
            continue
        rows.append({name.lower(): cell for name, cell in zip(header, cells, strict=True)})
    return TestRows("csv", tuple(header), tuple(rows), span=text.span)


def csv_lines(text: str) -> list[tuple[int, int]]:
    """Where the lines of CSV that hold a record begin and end (from 0, the end exclusive), the header first."""
    found = []
    for line in _lines(text):
        end = line[-1].start + line[-1].length
        stop = text.find("\n", end)
        found.append((text.rfind("\n", 0, line[0].start) + 1, len(text) if stop < 0 else stop))
    return found


def _counted(number: int, one: str = "value") -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"


def _lines(text: str) -> Iterator[list[_Field]]:
    """The records of CSV; lines that are blank are none. There is at least one: the text is not blank."""
    at = 0
    line: list[_Field] = []
    while at < len(text):
        end = text.find("\n", at)
        if not line and not text[at : len(text) if end < 0 else end].strip():
            at = len(text) if end < 0 else end + 1
            continue
        field, at = _field(text, at)
        line.append(field)
        if field.last:
            yield line
            line = []
    if line:  # a comma ends the text
        yield [*line, _Field("", False, at, 0, True)]


def _field(text: str, at: int) -> tuple[_Field, int]:
    """The value that begins at an offset, blanks around it left out, and the offset behind its comma or line end."""
    start = at
    while start < len(text) and text[start] in " \t":
        start += 1
    if text[start : start + 1] == '"':
        body, end = _quoted(text, start)
        tail = end
        while tail < len(text) and text[tail] not in ",\n":
            tail += 1
        last = text[tail : tail + 1] != ","
        return _Field(body + text[end:tail].strip(), True, start, end - start, last), tail + 1
    end = start
    while end < len(text) and text[end] not in ",\n":
        end += 1
    body = text[start:end].rstrip()
    return _Field(body, False, start, len(body), text[end : end + 1] != ","), end + 1


def _quoted(text: str, start: int) -> tuple[str, int]:
    """The content of the quotes that open at an offset, and the offset behind them; a quote within stands twice."""
    pieces: list[str] = []
    at = start + 1
    while True:
        end = text.find('"', at)
        if end < 0:
            return "".join([*pieces, text[at:]]), len(text)
        pieces.append(text[at:end])
        if text[end + 1 : end + 2] != '"':
            return "".join(pieces), end + 1
        pieces.append('"')
        at = end + 2
