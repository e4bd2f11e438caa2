"""Ignores as they are written: ``# etlc: ignore W201`` in YAML, ``-- etlc: ignore W201`` in SQL, and ``ignore:``."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from etlc.diagnostics import CODES, Diagnostics, Ignore, Located, Span, SqlText
from etlc.diagnostics.ignores import IDLE
from etlc.load.syntax import quoted
from etlc.sql.tokens import tokens_and_comments_of

MARK = "etlc:"  # no text without it is looked at

_DIRECTIVE = re.compile(r"\s*etlc:\s*ignore(?![\w-])")
_WORD = re.compile(r"[^\s,]+")
_LIKE_A_CODE = re.compile(r"[EW]\d", re.IGNORECASE)


def ignores_of(
    codes: Iterable[Located],
    diagnostics: Diagnostics,
    places: tuple[Span, ...] = (),
    *,
    everywhere: bool = False,
    told: bool = True,
) -> Iterator[Ignore]:
    """The ignores of these codes. What is no code, or one that cannot be ignored there, is E117."""
    for written in codes:
        code = written.upper()
        if code not in CODES:
            near = get_close_matches(code, [known for known in CODES if known.startswith("W")], 1, 0.6)
            help = f"Did you mean `{near[0]}`?" if near else "`etlc explain W` lists the warnings."
            diagnostics.add("E117", written.span, f"There is no warning {quoted(written)}.", help)
        elif CODES[code].severity == "error":
            message = f"{code} is an error ({CODES[code].title}), and only warnings can be ignored."
            diagnostics.add("E117", written.span, message, "Mend what it reports, and remove the code here.")
        elif code == IDLE and not everywhere:
            message = f"{code} can be ignored for the whole project only."
            help = f"Remove the ignores that it reports, or write `ignore: [{code}]` into etlc.yaml."
            diagnostics.add("E117", written.span, message, help)
        else:
            yield Ignore(code, written.span, places, everywhere, told)


def ignores_in_yaml(lines: Sequence[str], file: str, diagnostics: Diagnostics) -> list[Ignore]:
    """The ignores in the comments of a YAML text."""
    found: list[Ignore] = []
    for row, column in _comments(lines):
        text = lines[row]
        rest = _directive(text[column + 1 :])
        if rest is None:
            continue
        start = column + 1 + rest
        number, place = row + 1, Span(file, row + 1, column + 1, row + 1, column + 2)
        words = [
            Located(word, Span(file, number, start + at + 1, number, start + at + len(word) + 1))
            for word, at in _codes(text[start:])
        ]
        alone = not text[:column].strip()
        target = _next_line(lines, row) if alone else number
        found.extend(_ignores(words, place, _whole_line(file, target), diagnostics))
    return found


def ignores_in_sql(sql: SqlText, diagnostics: Diagnostics) -> list[Ignore]:
    """The ignores in the comments of a SQL text; where its lines are not the file's, they concern all of it."""
    found: list[Ignore] = []
    pieces = tokens_and_comments_of(sql.text)
    before = None
    for index, piece in enumerate(pieces):
        if piece.kind not in ("comment", "line"):
            before = piece
            continue
        rest = _directive(piece.text[2:])
        if rest is None:
            continue
        body = piece.text[2 + rest :].removesuffix("*/" if piece.text.startswith("/*") else "")
        start = piece.start + 2 + rest
        words = [Located(word, sql.at(start + at, len(word))) for word, at in _codes(body)]
        behind = next((token for token in islice(pieces, index, None) if token.kind not in ("comment", "line")), None)
        if before is None:
            found.extend(_ignores(words, sql.at(piece.start, 2), _all_lines(sql), diagnostics))
            continue
        if "\n" in sql.text[before.end : piece.start]:
            target = None if behind is None else sql.at(behind.start).line
        else:
            target = sql.at(piece.start).line
        found.extend(_ignores(words, sql.at(piece.start, 2), _whole_line(sql.span.file, target), diagnostics))
    return found


def _comments(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the comments begin, row and column from 0, on the lines that hold the mark."""
    scalars: list[tuple[tuple[int, int], tuple[int, int]]] | None = None
    for row, text in enumerate(lines):
        if MARK not in text:
            continue
        scalars = _scalars(lines) if scalars is None else scalars
        for sign in re.finditer(r"(?:(?<=[ \t])|^)#", text):
            index = bisect_right(scalars, ((row, sign.start() + 1),)) - 1
            if index < 0 or scalars[index][1] <= (row, sign.start()):
                yield row, sign.start()
                break


def _scalars(lines: Sequence[str]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the scalars of a YAML text begin and end. A block begins below its ``|``, which a comment may follow."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = []
    for event in yaml.parse("\n".join(lines), Loader=loader):
        if isinstance(event, yaml.ScalarEvent):
            start: Any = event.start_mark
            end: Any = event.end_mark
            begin = (start.line + 1, 0) if event.style in ("|", ">") else (start.line, start.column)
            found.append((begin, (end.line, end.column)))
    return found


def _next_line(lines: Sequence[str], row: int) -> int | None:
    """The number, from 1, of the next line that is neither blank nor a comment."""
    rest = enumerate(lines[row + 1 :], row + 2)
    return next((number for number, text in rest if text.strip() and not text.lstrip().startswith("#")), None)


def _directive(comment: str) -> int | None:
    """The offset behind ``etlc: ignore``, None where a comment does not begin so."""
    found = _DIRECTIVE.match(comment)
    return found.end() if found else None


def _codes(text: str) -> Iterator[tuple[str, int]]:
    """The codes, with their offsets: the first word, and what looks like a code behind it. The rest is for people."""
    for index, word in enumerate(_WORD.finditer(text)):
        if index and not _LIKE_A_CODE.match(word.group()):
            return
        yield word.group(), word.start()


def _ignores(
    words: Sequence[Located], place: Span, target: tuple[Span, ...], diagnostics: Diagnostics
) -> Iterator[Ignore]:
    if not words:
        help = "Write for instance `etlc: ignore W201`."
        diagnostics.add("E117", place, "This comment does not say which warning to ignore.", help)
    yield from ignores_of(words, diagnostics, target)


def _all_lines(sql: SqlText) -> tuple[Span, ...]:
    """What an ignore above a query is for: all of it, however it is laid out."""
    first, last = sql.at(0), sql.at(len(sql.text))
    return (Span(first.file, first.line, 1, last.end_line + 1, 1),)


def _whole_line(file: str, number: int | None) -> tuple[Span, ...]:
    return () if number is None else (Span(file, number, 1, number + 1, 1),)
