"""Rows as a table of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from etlc.report.grid import GridColumn, grid
from etlc.report.text import Line, Piece, cell_width, clean, counted, cut, line

_NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT", "REAL", "NUMERIC")
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Rows:
    """A result: names, types and rows. ``more``: there are rows beyond these."""

    columns: Sequence[str]
    types: Sequence[str]
    rows: Sequence[Sequence[object]]
    more: bool = False


def render(found: Rows, width: int | None) -> list[Line]:
    """Names, types below them, and the rows; numbers to the right. What doesn't fit into ``width`` is cut."""
    kept = _columns_that_fit(found, width)
    heads = [
        GridColumn(clean(found.columns[i]), right=is_number(found.types[i]), shrink=not is_number(found.types[i]))
        for i in kept
    ]
    cells = [[Piece(cut(clean(found.types[i]), _WIDEST if width else 10**9), "dim") for i in kept]]
    cells.extend([_cell(row[i], width) for i in kept] for row in found.rows)
    made = [_bold(one) if index == 0 else one for index, one in enumerate(grid(heads, cells, width))]
    return [*made, *_footer(found, len(found.columns) - len(kept))]


def value_text(value: object) -> str:
    """A value as DuckDB's own shell writes it, on one line."""
    return clean(_value(value, False))


def _bold(head: Line) -> Line:
    return [Piece(piece.text, "bold" if piece.text.strip() else "") for piece in head]


def _columns_that_fit(found: Rows, width: int | None) -> list[int]:
    """All columns; where even cut short they are too many for the line, as many of the first as fit."""
    least = [_least(found, index) for index in range(len(found.columns))]
    if width is None:
        return list(range(len(least)))
    kept: list[int] = []
    used = 0
    for index, size in enumerate(least):
        used += size + (2 if kept else 0)
        if used > width and kept:
            break
        kept.append(index)
    return kept


def _least(found: Rows, index: int) -> int:
    texts = [found.columns[index], found.types[index], *(value_text(row[index]) for row in found.rows)]
    widest = max(map(cell_width, texts))
    return widest if is_number(found.types[index]) else min(widest, max(12, cell_width(found.columns[index])))


def is_number(type_: str) -> bool:
    plain = type_.upper()
    return (
        "[" not in plain
        and "(" not in plain.replace("DECIMAL(", "")
        and any(n in plain for n in _NUMBERS)
        and plain != "INTERVAL"
    )


def _cell(value: object, width: int | None) -> Piece:
    text = value_text(value)
    return Piece(cut(text, _WIDEST) if width else text, "dim" if value is None else "")


def _footer(found: Rows, hidden: int) -> list[Line]:
    said = counted(len(found.rows), "row")
    if found.more:
        said = f"… the first {said}; there are more"
    if hidden:
        said += f", {counted(hidden, 'column')} not shown"
    return [line(Piece(said, "dim"))]


def _value(value: object, inside: bool) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f") if value.is_finite() else str(value)
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case str():
            return f"'{value}'" if inside else value
        case Mapping():
            return "{" + ", ".join(f"{_value(k, False)}: {_value(v, True)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_value(one, True) for one in value) + "]"
        case _:
            return str(value)
