"""SQL files: a model each, with its properties in a leading ``/* etlc ... */`` comment."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from etlc.diagnostics import Diagnostics, Span, SqlText, lines_of
from etlc.load.nodes import Document, Map, parse
from etlc.load.structure import conforming

_BEFORE = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z))*")
_OPENING = re.compile(r"/\*[ \t]*etlc(?=\s|\*/)")
_BLANKS = re.compile(r"\s+|--[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SqlFile:
    """A SQL file. ``text`` is the whole file, so that offsets need no mending; None where it holds no SQL."""

    path: str
    header: Map
    text: SqlText | None
    lines: tuple[str, ...]
    unusable: bool = False  # a finding says already why there is no SQL
    header_lines: tuple[str, ...] = ()  # the header as YAML, blank where it is none

    @property
    def stem(self) -> str:
        """The name of its model."""
        return posixpath.basename(self.path).removesuffix(".sql")

    @property
    def folder(self) -> str:
        """The folder that it stands in; empty for the project's own."""
        return posixpath.dirname(self.path)

    @property
    def span(self) -> Span:
        """Where findings about the file as a whole go."""
        return Span.whole(self.path)


def read_sql_file(data: bytes, path: str, diagnostics: Diagnostics) -> SqlFile:
    """A SQL file, with what is wrong in it reported."""
    lines: tuple[str, ...] = ()
    nothing = SqlFile(path, Map((), Span.whole(path)), None, lines, unusable=True)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        diagnostics.add("E114", Span.whole(path), "This file is not UTF-8 text.", "Save it as UTF-8.")
        return nothing
    if "\0" in text:
        diagnostics.add("E114", Span.whole(path), "This file contains a NUL character.", "Save it as plain UTF-8 text.")
        return nothing
    lines = lines_of(text)
    document, header, body = _header(text, path, diagnostics)
    above = document.lines if document else ()
    start = _skip(text, body)
    if start == len(text):
        unusable = 0 < body == len(text) and not text.endswith("*/")
        return SqlFile(path, header, None, lines, unusable, above)
    whole = SqlText(text, Span.whole(path), 1, 0, mapped=True)
    return SqlFile(path, header, SqlText(text, whole.at(start), 1, 0, mapped=True), lines, header_lines=above)


def header_place(text: str) -> tuple[int, int] | None:
    """Where the properties in the header begin and end; None where there is no header, or one that is not closed."""
    before = _BEFORE.match(text)
    opening = _OPENING.match(text, before.end() if before else 0)
    end = text.find("*/", opening.end()) if opening else -1
    return (opening.end(), end) if opening and end >= 0 else None


def _header(text: str, path: str, diagnostics: Diagnostics) -> tuple[Document | None, Map, int]:
    """The header as a document, its properties, and the offset behind it."""
    before = _BEFORE.match(text)
    opening = _OPENING.match(text, before.end() if before else 0)
    if opening is None:
        return None, Map((), Span.whole(path)), 0
    end = text.find("*/", opening.end())
    if end < 0:
        place = SqlText(text, Span.whole(path), 1, 0, mapped=True).at(opening.start(), 2)
        diagnostics.add("E101", place, "The comment that begins here is not closed.", "Add `*/` below the properties.")
        return None, Map((), Span.whole(path)), len(text)
    # All before the header becomes blanks, so that the YAML stands where it stands in the file.
    yaml = re.sub(r"[^\r\n]", " ", text[: opening.end()]) + text[opening.end() : end]
    document = parse(yaml, path, diagnostics)
    header = conforming(document, "header", diagnostics) if document else None
    pairs = header.pairs if header else ()
    return document, Map(tuple(pair for pair in pairs if pair[0].text != "sql"), Span.whole(path)), end + 2


def _skip(text: str, offset: int) -> int:
    """The offset of the first thing that is neither blank nor a comment."""
    while found := _BLANKS.match(text, offset):
        offset = found.end()
    return offset
