"""Lineage as text: what is above, what is below, and where each column comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from etlc.report.grid import GridColumn, grid
from etlc.report.text import Line, Piece, clean, line


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a column comes from: its type, the columns of sources that are in it, and how they got there, and its tags."""

    type: str
    sources: tuple[str, ...]
    kind: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """What is above and below a relation, and its columns; ``column`` if one alone was asked for.

    ``version`` is that of a model's contract.
    """

    name: str
    column: str | None
    upstream: tuple[str, ...]
    downstream: tuple[str, ...]
    columns: Mapping[str, Origin]
    version: int | None = None


_COLUMNS = (GridColumn("column"), GridColumn("type"), GridColumn("kind"), GridColumn("from", shrink=True))
_TAGS = GridColumn("tags")


def render(trace: Trace, width: int | None) -> list[Line]:
    """The lists and the table of columns."""
    title = trace.name if trace.column is None else f"{trace.name}.{trace.column}"
    made = [line(Piece(clean(title), "bold"))]
    made.extend(_side("upstream", trace.upstream))
    made.extend(_side("downstream", trace.downstream))
    if trace.columns:
        made.append([])
        rows = [_row(name, origin) for name, origin in trace.columns.items()]
        columns: tuple[GridColumn, ...] = _COLUMNS
        if any(origin.tags for origin in trace.columns.values()):
            columns = (*_COLUMNS, _TAGS)
            rows = [
                [*row, Piece(clean(", ".join(one.tags)))] for row, one in zip(rows, trace.columns.values(), strict=True)
            ]
        made.extend(grid(columns, rows, width))
    return made


def _side(label: str, names: Sequence[str]) -> list[Line]:
    heads = [f"  {label:<10}  ", *(" " * 14 for _ in names[1:])]
    shown = [Piece(clean(name)) for name in names] or [Piece("nothing", "dim")]
    return [line(Piece(head, "dim"), name) for head, name in zip(heads, shown, strict=True)]


def _row(name: str, origin: Origin) -> list[Piece]:
    sources = ", ".join(clean(source) for source in origin.sources)
    return [Piece(clean(name)), Piece(clean(origin.type), "dim"), Piece(origin.kind), Piece(sources or "–")]
