"""What `verify` found: each relation, and the first rows that differ."""

from __future__ import annotations

from collections.abc import Sequence

from etlc.ir.event import Verified
from etlc.report.grid import GridColumn, grid
from etlc.report.table import value_text
from etlc.report.text import Line, Piece, clean, counted, line, listed

_HEADS = (GridColumn("result"), GridColumn("relation", shrink=True), GridColumn("rows", right=True), GridColumn(""))
_STYLES = {"same": "good", "differs": "error", "behind": "warning", "volatile": "dim"}
_NOTES = {"behind": "not up to date: run first", "volatile": "no two refreshes agree"}


def render(results: Sequence[Verified], verbose: bool, width: int | None) -> list[Line]:
    """Those that differ with their rows (all of them as a table when ``verbose``), and the counts."""
    made: list[Line] = []
    if verbose and results:
        made.extend([*grid(_HEADS, [_row(one) for one in results], width), []])
    for one in results:
        if one.status == "differs":
            made.extend([*_differing(one, width), []])
    return [*made, _summary(results)]


def _row(one: Verified) -> list[Piece]:
    note = _NOTES.get(one.status, "some keys" if one.sampled else "")
    rows = f"{one.rows:,}" if one.status in ("same", "differs") else ""
    return [Piece(one.status, _STYLES[one.status]), Piece(clean(one.relation)), Piece(rows), Piece(note, "dim")]


def _differing(one: Verified, width: int | None) -> list[Line]:
    head = line(Piece("differs", "error"), "  ", Piece(clean(one.relation), "bold"))
    made = [head]
    for words, count, rows in (("missing", one.missing, one.missing_rows), ("too many", one.extra, one.extra_rows)):
        if count:
            made.append(line(f"      {counted(count, 'row')} {words}:"))
            cells = [[Piece(value_text(value), "dim" if value is None else "") for value in row] for row in rows]
            columns = [GridColumn(clean(name), shrink=True) for name in one.columns]
            made += [[Piece("      "), *each] for each in grid(columns, cells, width - 6 if width else None)]
    return made


def _summary(results: Sequence[Verified]) -> Line:
    names = {status: [one.relation for one in results if one.status == status] for status in _STYLES}
    said = []
    if names["differs"]:
        said.append(
            f"{listed(names['differs'])} {'differs' if len(names['differs']) == 1 else 'differ'} from a full refresh."
        )
    else:
        said.append(
            f"{counted(len(names['same']), 'relation')} {'holds' if len(names['same']) == 1 else 'hold'} what a full refresh gives."
        )
    if names["behind"]:
        said.append(
            f"{listed(names['behind'])} {'is' if len(names['behind']) == 1 else 'are'} not up to date, and passed over."
        )
    if names["volatile"]:
        said.append(
            f"{listed(names['volatile'])} {'is' if len(names['volatile']) == 1 else 'are'} volatile, and passed over."
        )
    return line(" ".join(said))
