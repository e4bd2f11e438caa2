"""Columns of text, aligned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etlc.report.text import Line, Piece, cell_width, cut

_GAP = "  "


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column: its head, how it is aligned, and whether it gives way first when the line is too long."""

    head: str
    right: bool = False
    shrink: bool = False


def grid(
    columns: Sequence[GridColumn], rows: Sequence[Sequence[Piece]], width: int | None, rule: bool = False
) -> list[Line]:
    """The rows below their heads. ``width`` is the room that there is; None: as wide as it gets."""
    heads = [Piece(column.head, "dim") for column in columns]
    widths = [max(map(cell_width, (c.head, *(row[i].text for row in rows)))) for i, c in enumerate(columns)]
    _fit(columns, widths, width)
    lines = [_row(columns, widths, heads)] if any(c.head for c in columns) else []
    if rule and lines:
        lines.append([Piece(_GAP.join("─" * w for w in widths), "dim")])
    lines.extend(_row(columns, widths, row) for row in rows)
    return lines


def _fit(columns: Sequence[GridColumn], widths: list[int], width: int | None) -> None:
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - width if width else 0
    for index in sorted(range(len(columns)), key=lambda i: -widths[i]):
        if over > 0 and columns[index].shrink:
            taken = min(over, max(0, widths[index] - max(12, len(columns[index].head))))
            widths[index] -= taken
            over -= taken


def _row(columns: Sequence[GridColumn], widths: Sequence[int], cells: Sequence[Piece]) -> Line:
    made: Line = []
    for index, (column, width, cell) in enumerate(zip(columns, widths, cells, strict=True)):
        text = cut(cell.text, width)
        pad = " " * (width - cell_width(text))
        last = index == len(columns) - 1
        if column.right:
            made.append(Piece(pad))
        made.append(Piece(text, cell.style))
        if not column.right and not last:
            made.append(Piece(pad))
        if not last:
            made.append(Piece(_GAP))
    return made
