"""Findings in full: message, place, the lines around it with the place underlined, and help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from etlc.diagnostics import Diagnostic
from etlc.report.text import Line, Piece, cell_width, clean, counted, line

Source = Callable[[str], Sequence[str] | None]

_AROUND = 2
_NEAR = 2_000
_WIDTH = 120
_TAB = "    "


def render(
    found: Iterable[Diagnostic], source: Source, width: int | None, counts: tuple[int, int] | None
) -> list[Line]:
    """All findings and a summary. ``source`` gives a file's lines; ``counts`` are the models and sources looked at."""
    all_found = list(found)
    files: dict[str, Sequence[str] | None] = {}
    made: list[Line] = []
    for one in all_found:
        if one.span.file and one.span.file not in files:
            files[one.span.file] = source(one.span.file)
        made.extend(_render_one(one, files.get(one.span.file), width or _WIDTH))
        made.append([])
    return made + summary(all_found, counts)


def summary(found: Sequence[Diagnostic], counts: tuple[int, int] | None) -> list[Line]:
    """``2 errors, 1 warning in 12 models and 3 sources.``"""
    errors = sum(one.severity == "error" for one in found)
    warnings = len(found) - errors
    if counts is None and (len(found) < 2 or not errors):
        return []
    where = "" if counts is None else f" in {counted(counts[0], 'model')} and {counted(counts[1], 'source')}"
    parts: list[Piece] = []
    if errors:
        parts.append(Piece(counted(errors, "error"), "error"))
    if warnings:
        parts.extend([Piece(", ")] if parts else [])
        parts.append(Piece(counted(warnings, "warning"), "warning"))
    return [line(*(parts or [Piece("No mistakes found")]), f"{where}.")]


def _render_one(found: Diagnostic, lines: Sequence[str] | None, width: int) -> list[Line]:
    first, *more = found.message.split("\n")
    made = [line(Piece(f"{found.severity}[{found.code}]", found.severity), Piece(f": {clean(first)}", "bold"))]
    made.extend(line("  ", clean(text)) for text in more)
    span = found.span
    last = span.line + _AROUND
    gutter = len(str(min(last, len(lines)) if lines else span.line)) if span.file else 1
    if span.file:
        place = f"{clean(span.file)}:{span.line}:{span.column}"
        made.append(line(" " * gutter, Piece("--> ", "place"), place))
        made.extend(_excerpt(found, lines or (), gutter, width))
    made.extend(_help(found.help, gutter))
    return made


def _help(text: str, gutter: int) -> list[Line]:
    if not text:
        return []
    first, *more = text.split("\n")
    made = [line(" " * gutter, Piece(" = ", "place"), Piece("help", "bold"), f": {clean(first)}")]
    return made + [line(" " * (gutter + 9), clean(one)) for one in more]


def _excerpt(found: Diagnostic, lines: Sequence[str], gutter: int, width: int) -> list[Line]:
    """The place with two lines before and after it; empty where the file has no such line."""
    span = found.span
    if not 1 <= span.line <= len(lines):
        return []
    bar = Piece(f"{' ' * gutter} |", "place")
    room = max(24, width - gutter - 3)
    first = max(1, span.line - _AROUND)
    # Of a line of megabytes only what is near the place is looked at.
    left = max(0, span.column - 1 - _NEAR)
    near = {n: lines[n - 1][left : left + 2 * _NEAR] for n in range(first, min(span.line + _AROUND, len(lines)) + 1)}
    text = near[span.line]
    start = min(span.column - 1 - left, len(text))
    end = span.end_column - 1 - left if span.end_line == span.line else len(text.rstrip())
    middle = _shown(text[start : max(end, start)])
    before, after = _shown(text[:start]), _shown(text[max(end, start) :])
    skip = _skip(cell_width(before), cell_width(middle), cell_width(before + middle + after), room)
    length = max(1, min(cell_width(middle), room - (cell_width(before) - skip) - 1))
    made: list[Line] = [[bar]]
    for number, here in near.items():
        shown = _window(_shown(here), skip, room)
        made.append([Piece(f"{number:>{gutter}} |", "place"), Piece(f" {shown}" if shown else "")])
        if number == span.line:
            carets = " " * (cell_width(before) - skip + 1) + "^" * length
            made.append([bar, Piece(carets, found.severity)])
    while made and len(made) > 3 and made[-1][1:] == [Piece("")]:
        made.pop()
    return [*made, [bar]]


def _shown(text: str) -> str:
    return clean(text.replace("\t", _TAB).rstrip("\r"))


def _skip(start: int, length: int, total: int, room: int) -> int:
    """How many columns to leave out at the left, so that the place is in sight."""
    if total <= room or start + length < room:
        return 0
    return max(0, min(start - room // 4, total - room + 1))


def _window(text: str, skip: int, room: int) -> str:
    """``room`` columns of the text from column ``skip`` on, with ``…`` where something was left out."""
    if skip == 0 and cell_width(text) <= room:
        return text
    shown, at = "", 0
    for char in text:
        size = cell_width(char)
        if skip <= at and at + size <= skip + room:
            shown += char
        elif at < skip < at + size:
            shown += " "
        at += size
    if not shown:
        return "…" if text.strip() else ""
    shown = "…" + shown[1:] if skip and cell_width(shown[0]) == 1 else shown
    return shown[:-1] + "…" if at > skip + room else shown
