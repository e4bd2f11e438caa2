"""What a test expects, written anew in its YAML file: rows that were right and all else stay as they are, to the byte."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from etlc.diagnostics import Diagnostics, Span
from etlc.ir.unit import Row, RowPair
from etlc.load.cells import csv_lines
from etlc.load.nodes import Map, Node, Scalar, Seq, parse
from etlc.load.scalars import resolve
from etlc.load.sqltext import sql_of
from etlc.sql.cells import plain_text

_PLAIN = re.compile(r"[A-Za-z_][\w./%+-]*(?: [\w./%+-]+)*")
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*")
_BREAK = re.compile("\r\n|\n|\r")
_INDENT = 2


def rewrite_expect(text: str, file: str, test: str, columns: Sequence[str], pairs: Sequence[RowPair]) -> str | None:
    """The text of a pipeline file in which ``test`` expects the rows that came; None where it cannot be written so.

    ``pairs`` hold the expected rows in the order in which they are written.
    """
    document = parse(text, file, Diagnostics())
    node = _at(document.root if document else None, "tests", test)
    expect = _at(node, "expect")
    if isinstance(expect, Map):
        expect = expect.get("rows") or expect.get("csv")
    if not isinstance(node, Map) or expect is None or document is None:
        return None
    writing = _Writing(text, document.lines, columns, pairs)
    if isinstance(expect, Scalar):
        return writing.csv(expect)
    return writing.rows(expect, node) if isinstance(expect, Seq) else None


def _at(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.get(key) if isinstance(node, Map) else None
    return node


@dataclass(slots=True)
class _Writing:
    """One value of a text, to be replaced. ``edits`` are (from, to, new text), as offsets."""

    text: str
    lines: Sequence[str]
    columns: Sequence[str]
    pairs: Sequence[RowPair]
    starts: list[int] = field(default_factory=list)
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    newline: str = "\n"

    def __post_init__(self) -> None:
        self.starts = [0, *(found.end() for found in _BREAK.finditer(self.text))]
        self.newline = "\r\n" if "\r\n" in self.text else "\n"

    def csv(self, node: Scalar) -> str | None:
        """The same with other lines of CSV."""
        text = sql_of(node, tuple(self.lines))
        places = csv_lines(text.text)
        raw = [text.text[start:end] for start, end in places]
        kept = [raw[0]]
        written = iter(raw[1:])
        for pair in self.pairs:
            line = next(written) if pair.expected is not None else ""
            if pair.actual is not None:
                kept.append(line if pair.same else ",".join(map(csv_value, pair.actual)))
        if node.style != "|":
            start, end = self._range(node.span)
            return self._with([(start, end, json.dumps("\n".join(kept), ensure_ascii=False))])
        if not text.mapped:
            return None
        first, count = text.line - 1, len(text.text.rstrip("\n").split("\n"))
        end = self.starts[first + count - 1] + len(self.lines[first + count - 1])
        indented = self.newline.join(
            " " * text.indent + line for row in kept for line in (row.split("\n") if '"' in row else [row])
        )
        return self._with([(self.starts[first], end, indented)])

    def rows(self, node: Seq, test: Map) -> str:
        """The same with other items of the list."""
        start, end = self._range(node.span)
        came = [pair for pair in self.pairs if pair.actual is not None]
        if self.text[start] != "-":
            return self._with([self._flow_list(start, end, node, test)])
        if not came:
            return self._with([(start, end, "[]")])
        items = iter(node.items)
        behind = self.starts[node.span.line - 1]
        for pair in self.pairs:
            if pair.expected is None and pair.actual is not None:
                # Behind the last line of the file there may be no line end yet.
                head = "" if behind == 0 or self.text[behind - 1] in "\r\n" else self.newline
                item = self._item(pair.actual, node, node.span.column + 1)
                line = f"{' ' * (node.span.column - 1)}- {item}"
                self.edits.append((behind, behind, head + line + ("" if head else self.newline)))
                continue
            item_node = next(items)
            here, there = self._range(item_node.span)
            behind = self._line_end(item_node.span)
            if pair.actual is None:
                self.edits.append((self.starts[item_node.span.line - 1], behind, ""))
            elif not pair.same:
                self.edits.append((here, there, self._item(pair.actual, node, item_node.span.column - 1)))
        return self._with(self.edits)

    def _flow_list(self, start: int, end: int, node: Seq, test: Map) -> tuple[int, int, str]:
        """A list in brackets: it stays one, unless it was empty and there is room for lines below its key."""
        items = iter(node.items)
        rows = []
        for pair in self.pairs:
            written = next(items) if pair.expected is not None else None
            if pair.same and written is not None:
                rows.append(self.text[slice(*self._range(written.span))])
            elif pair.actual is not None:
                rows.append(self._flow(pair.actual))
        key = test.key("expect")
        if self.text[start:end] != "[]" or not rows or key is None or self.text[self._range(test.span)[0]] == "{":
            return start, end, f"[{', '.join(rows)}]"
        while self.text[start - 1] == " ":
            start -= 1
        indent = self.newline + " " * (key.span.column - 1 + _INDENT)
        return start, end, "".join(f"{indent}- {row}" for row in rows)

    def _item(self, row: Row, node: Seq, indent: int) -> str:
        """A row in the style of the others: a map in braces, or a line for each column."""
        if not node.items or self.text[self._range(node.items[0].span)[0]] == "{":
            return self._flow(row)
        pairs = (f"{_key(name)}: {yaml_value(value)}" for name, value in zip(self.columns, row, strict=True))
        return (self.newline + " " * indent).join(pairs)

    def _flow(self, row: Row) -> str:
        pairs = (f"{_key(name)}: {yaml_value(value)}" for name, value in zip(self.columns, row, strict=True))
        return "{" + ", ".join(pairs) + "}"

    def _range(self, span: Span) -> tuple[int, int]:
        start = self.starts[span.line - 1] + span.column - 1
        return start, self.starts[span.end_line - 1] + span.end_column - 1

    def _line_end(self, span: Span) -> int:
        """Behind the line on which a node ends; a block of text ends at the beginning of the next one."""
        last = span.end_line - 1 if span.end_column == 1 else span.end_line
        return self.starts[last] if last < len(self.starts) else len(self.text)

    def _with(self, edits: Sequence[tuple[int, int, str]]) -> str:
        text = self.text
        for _, (start, end, new) in sorted(enumerate(edits), key=lambda e: (e[1][0], e[1][1], e[0]), reverse=True):
            text = text[:start] + new + text[end:]
        return text


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) and isinstance(resolve(name), str) else json.dumps(name)


def yaml_value(value: object) -> str:
    """A value as YAML on one line, which reads as the same again."""
    match value:
        case None:
            return "null"
        case str():
            plain = _PLAIN.fullmatch(value) is not None and resolve(value) == value
            return value if plain else json.dumps(value, ensure_ascii=False)
        case Mapping():
            return "{" + ", ".join(f"{_key(str(k))}: {yaml_value(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(yaml_value, value)) + "]"
        case float() if not math.isfinite(value):
            return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
        case _:
            text = _text(value)
            return text if isinstance(value, int | float | Decimal | dt.date) else json.dumps(text)


def csv_value(value: object) -> str:
    """A value as CSV; NULL is nothing."""
    if value is None:
        return ""
    text = _text(value)
    bare = text and text == text.strip() and not any(char in text for char in ',"\n\r')
    return text if bare else '"' + text.replace('"', '""') + '"'


def _text(value: object) -> str:
    match value:
        case bytes():
            return "".join(f"\\x{byte:02X}" for byte in value)
        case Mapping() | list() | tuple():
            return yaml_value(value)
        case _:
            return plain_text(value)
