"""What unit tests found: the rows that were expected beside those that came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etlc.ir.binding import Column
from etlc.ir.unit import Row, RowPair, UnitResult
from etlc.report.grid import GridColumn, grid
from etlc.report.table import is_number, value_text
from etlc.report.text import Line, Piece, cell_width, clean, counted, cut, line

MOST = 20
_WIDEST = 60
_INDENT = "    "
_STYLES = {"pass": "good", "fail": "error", "error": "error"}
_BAR = Piece("│", "dim")
_TITLE = "   expected  "  # above the first column, which stands behind the marks
_MISSING, _EXTRA, _DIFFERS = Piece("-", "error"), Piece("+", "error"), Piece("≠", "error")


def render(results: Sequence[UnitResult], seconds: float, known: int, verbose: bool, width: int | None) -> list[Line]:
    """A line for each test that did not pass (for each, when ``verbose``), its rows, and the counts."""
    if not results:
        return [_none(known)]
    made: list[Line] = []
    for result in results:
        if result.status != "pass" or verbose:
            made.append(_head(result))
        if result.status == "fail":
            made += [[Piece(_INDENT), *one] for one in _rows(result, width - len(_INDENT) if width else None)]
            made.append([])
    return [*made, _summary(results, seconds)]


def updates(found: Iterable[tuple[str, str, str]]) -> list[Line]:
    """What ``--update`` did: (test, file, why it was left as it is)."""
    made = [
        line(f"{clean(test)}: not changed; {clean(problem)}.")
        if problem
        else line(f"{clean(test)}: rewritten in {clean(file)}.")
        for test, file, problem in found
    ]
    return made or [line("Nothing to update.")]


def _none(known: int) -> Line:
    if known:
        return line("The selected models have no tests.")
    return line("There are no tests yet. They are written under `tests:` in a pipeline file.")


def _summary(results: Sequence[UnitResult], seconds: float) -> Line:
    passed = sum(result.status == "pass" for result in results)
    failed = len(results) - passed
    said = f", {failed:,} failed" if failed else ""
    return line(f"{counted(len(results), 'test')}: {passed:,} passed{said} ({seconds:.1f} s)")


def _head(result: UnitResult) -> Line:
    place = f"{result.span.file}:{result.span.line}"
    status = Piece(f"{result.status:<5}", _STYLES[result.status])
    said = f": {clean(result.message)}" if result.message else ""
    return line(
        status, "  ", Piece(clean(result.test), "bold"), f" of {clean(result.model)}{said}  ", Piece(place, "dim")
    )


def _rows(result: UnitResult, width: int | None) -> list[Line]:
    """The rows side by side, or below each other where a line has no room for both."""
    pairs, rest = _shown(result.pairs)
    lines = _beside(pairs, result.columns)
    if width and max(_width(one) for one in lines) > width:
        lines = grid(*_below(pairs, result.columns), width)
    return [*lines, *([line(Piece(rest, "dim"))] if rest else [])]


def _shown(pairs: Sequence[RowPair]) -> tuple[list[RowPair], str]:
    """At most twenty rows, first of all those that are wrong, and what to say of the others."""
    if len(pairs) <= MOST:
        return list(pairs), ""
    wrong = [pair for pair in pairs if not pair.same]
    right = len(pairs) - len(wrong)
    more = f"and {len(wrong) - MOST:,} more; " if len(wrong) > MOST else ""
    kept = f"{counted(right, 'row')} as expected" if right else ""
    return wrong[:MOST], (more + kept).removesuffix("; ")


def _beside(pairs: Sequence[RowPair], columns: Sequence[Column]) -> list[Line]:
    """Both tables, with a bar between them and a title over each."""
    heads = [GridColumn(clean(column.name), right=is_number(column.type)) for column in columns]
    rows = [[_mark(p), *_cells(p.expected, p, False), _BAR, *_cells(p.actual, p, True)] for p in pairs]
    lines = grid([GridColumn(" "), *heads, GridColumn(_BAR.text), *heads], rows, None)
    bar = next(place for place, piece in enumerate(lines[0]) if piece.text == _BAR.text)
    room = _width(lines[0][:bar])
    wider = Piece(" " * max(0, len(_TITLE) - room))
    title = line(Piece(_TITLE.ljust(room), "bold"), _BAR, Piece("  actual", "bold"))
    return [title, *([*one[:bar], wider, *one[bar:]] for one in lines)]


def _below(pairs: Sequence[RowPair], columns: Sequence[Column]) -> tuple[list[GridColumn], list[list[Piece]]]:
    heads = [GridColumn(""), GridColumn("")]
    heads += [GridColumn(clean(c.name), is_number(c.type), shrink=True) for c in columns]
    rows = []
    for pair in pairs:
        if pair.same:
            rows.append([Piece(""), Piece("both"), *_cells(pair.actual, pair, False)])
            continue
        if pair.expected is not None:
            rows.append([_mark(pair), Piece("expected"), *_cells(pair.expected, pair, False)])
        if pair.actual is not None:
            rows.append([_mark(pair), Piece("actual"), *_cells(pair.actual, pair, True)])
    return heads, rows


def _mark(pair: RowPair) -> Piece:
    if pair.actual is None:
        return _MISSING
    if pair.expected is None:
        return _EXTRA
    return _DIFFERS if pair.differs else Piece(" ")


def _width(one: Line) -> int:
    return sum(cell_width(piece.text) for piece in one)


def _cells(row: Row | None, pair: RowPair, marked: bool) -> list[Piece]:
    """The cells of a row; those that differ are marked on the side of what came."""
    if row is None:
        other = pair.actual if pair.actual is not None else pair.expected
        return [Piece("")] * len(other or ())
    whole = pair.expected is None or pair.actual is None
    return [_cell(value, whole, place in pair.differs, marked) for place, value in enumerate(row)]


def _cell(value: object, whole: bool, differs: bool, marked: bool) -> Piece:
    text = cut(value_text(value), _WIDEST)
    if differs:
        return Piece(f"≠ {text}" if marked else text, "error" if marked else "good")
    if whole:
        return Piece(text, "bad")
    return Piece(text, "dim" if value is None else "")
