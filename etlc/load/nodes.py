"""YAML text as a tree of nodes that know their places.

PyYAML gives the events; the tree is built here, without recursion and within limits, because PyYAML's own
composer crashes on deep nesting, overwrites duplicate keys silently and expands aliases without bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from etlc.diagnostics import Diagnostics, Span, lines_of, position
from etlc.load.scalars import Value, resolve
from etlc.load.syntax import Fault, quoted, syntax_fault, text_fault

DEEPEST = 200
MOST_NODES = 400_000
MOST_ALIASED = 50_000

_UNUSABLE_ESCAPES = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. ``style`` is ``|`` or ``>`` for blocks, a quote for quoted text, empty for plain text."""

    text: str
    style: str
    span: Span

    @property
    def value(self) -> Value:
        """What it means: quoted text and blocks are text, plain text follows YAML 1.2."""
        return self.text if self.style else resolve(self.text)

    @property
    def is_null(self) -> bool:
        """Whether nothing is written here, or ``null``."""
        return not self.style and self.value is None


@dataclass(frozen=True, slots=True)
class Seq:
    """A list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Map:
    """A map. Keys are scalars, and are the text that was written: ``on`` and ``1`` are the names "on" and "1"."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value of a key."""
        return next((value for name, value in self.pairs if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """A key itself, with its place."""
        return next((name for name, _ in self.pairs if name.text == key), None)


Node = Scalar | Seq | Map


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its root (None where it is empty), and its lines."""

    file: str
    root: Node | None
    lines: tuple[str, ...]


@dataclass(slots=True)
class _Open:
    """A list or a map that is being read. ``size`` and ``height`` count what is below it, aliases expanded."""

    is_map: bool
    anchor: str | None
    start: tuple[int, int]
    flow: bool
    children: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 1
    broken_key: bool = False


def parse(text: str, file: str, diagnostics: Diagnostics) -> Document | None:
    """The tree of a YAML text; None where a finding says why there is none."""
    try:
        if fault := text_fault(text):
            raise fault
        root = _Composer(file, diagnostics).compose(text)
    except Fault as fault:
        span = Span(file, fault.line, fault.column, fault.line, fault.column + 1)
        diagnostics.add(fault.code, span, fault.message, fault.help)
        return None
    return Document(file, root, lines_of(text))


def decode(data: bytes, file: str, diagnostics: Diagnostics) -> str | None:
    """The bytes of a YAML file as text, without a byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line, column = position(before, len(before))
        message = f"The byte 0x{data[error.start]:02x} is not valid UTF-8 text."
        diagnostics.add("E101", Span(file, line, column, line, column + 1), message, "Save the file as UTF-8.")
        return None


def parse_bytes(data: bytes, file: str, diagnostics: Diagnostics) -> Document | None:
    """The tree of a YAML file."""
    text = decode(data, file, diagnostics)
    return None if text is None else parse(text, file, diagnostics)


class _Composer:
    """Builds the tree from events, with a stack of its own."""

    def __init__(self, file: str, diagnostics: Diagnostics) -> None:
        self.file = file
        self.diagnostics = diagnostics
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int] | None] = {}
        self.root: Node | None = None
        self.lines: list[str] = []
        self.documents = self.nodes = self.aliased = 0

    def compose(self, text: str) -> Node | None:
        import yaml

        self.lines = text.splitlines()
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceEndEvent: self._close,
            yaml.MappingEndEvent: self._close,
        }
        try:
            for event in _events(yaml, text, loader):
                if handler := handlers.get(type(event)):
                    handler(event)
        except yaml.YAMLError as error:
            raise syntax_fault(error, text) from None
        return self.root

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _fault(
                event,
                "E101",
                "A second document begins here, but a file holds one.",
                "Remove the `---`, or move the rest into a file of its own.",
            )

    def _scalar(self, event: Any) -> None:
        self._tag(event)
        span = self._span(event.start_mark, event.end_mark)
        style = event.style or ""
        if style == '"' and _UNUSABLE_ESCAPES.search(event.value):
            raise _fault(
                event,
                "E101",
                "This text contains an escaped character that no text may contain.",
                "Remove the `\\0` or the lone surrogate.",
            )
        node = Scalar(event.value, style, span)
        self._add(node, 1, 1, event)
        self._name(event, (node, 1, 1))

    def _alias(self, event: Any) -> None:
        known = self.anchors.get(event.anchor)
        if known is None:
            if event.anchor in self.anchors:
                raise _fault(event, "E106", f"The alias {quoted('*' + event.anchor)} contains itself.")
            missing = f"The alias {quoted('*' + event.anchor)} has no anchor {quoted('&' + event.anchor)} above it."
            raise _fault(event, "E101", missing, "Put text that begins with `*` in quotes.")
        node, size, height = known
        self.aliased += size
        if self.aliased > MOST_ALIASED:
            raise _fault(
                event,
                "E106",
                f"The aliases of this file stand for more than {MOST_ALIASED:,} values.",
                "Write the values out, or keep them in a data file.",
            )
        self._add(node, size, height, event)

    def _open(self, event: Any) -> None:
        self._tag(event)
        if len(self.stack) >= DEEPEST:
            raise _fault(event, "E106", f"This is nested more than {DEEPEST} levels deep.")
        frame = _Open(
            hasattr(event, "flow_style") and type(event).__name__ == "MappingStartEvent",
            event.anchor,
            (event.start_mark.line + 1, event.start_mark.column + 1),
            bool(event.flow_style),
        )
        self._name(event, None)
        self.stack.append(frame)

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        span = self._collection_span(frame, event.end_mark)
        node: Node = self._map(frame, span) if frame.is_map else Seq(tuple(frame.children), span)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (node, frame.size, frame.height)
        self._add(node, frame.size, frame.height, event)

    def _add(self, node: Node, size: int, height: int, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise _fault(
                event,
                "E106",
                f"This file holds more than {MOST_NODES:,} values.",
                "Keep the rows in a data file, and declare it as a source.",
            )
        if len(self.stack) + height > DEEPEST + 1:
            raise _fault(event, "E106", f"This is nested more than {DEEPEST} levels deep.")
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        frame.children.append(node)
        frame.size += size
        frame.height = max(frame.height, height + 1)

    def _name(self, event: Any, known: tuple[Node, int, int] | None) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = known

    def _tag(self, event: Any) -> None:
        if event.tag is not None:
            span = self._span(event.start_mark, event.start_mark)
            self.diagnostics.add(
                "E101",
                span,
                "Tags such as `!!str` are not allowed.",
                "Remove the tag; text that looks like a number or a date goes in quotes.",
            )

    def _map(self, frame: _Open, span: Span) -> Map:
        pairs: list[tuple[Scalar, Node]] = []
        first: dict[str, Scalar] = {}
        children = iter(frame.children)
        for key, value in zip(children, children, strict=True):
            if not isinstance(key, Scalar) and "{{" in self.lines[key.span.line - 1]:
                raise Fault(
                    "E101",
                    key.span.line,
                    key.span.column,
                    "This looks like Jinja; etlc takes plain YAML.",
                    "Write the value out, or use a param in SQL.",
                )
            if not isinstance(key, Scalar):
                self.diagnostics.add(
                    "E101",
                    key.span,
                    "A key must be a name, not a list or a map.",
                    "Put text that contains `{`, `[` or `?` in quotes.",
                )
            elif key.text == "<<" and not key.style:
                self.diagnostics.add(
                    "E101",
                    key.span,
                    "Merge keys (`<<`) are not allowed.",
                    "Write the keys out; what all models share goes to `defaults` of etlc.yaml.",
                )
            elif key.text in first:
                message = f"The key {quoted(key.text)} stands already in line {first[key.text].span.line}."
                help = "Put both under one key." if isinstance(value, Map) else "Remove one of the two."
                self.diagnostics.add("E105", key.span, message, help)
            else:
                first[key.text] = key
                pairs.append((key, value))
        return Map(tuple(pairs), span)

    def _span(self, start: Any, end: Any) -> Span:
        line, column, end_line, end_column = start.line + 1, start.column + 1, end.line + 1, end.column + 1
        if (end_line, end_column) <= (line, column):
            end_line, end_column = line, column + 1
        return Span(self.file, line, column, end_line, end_column)

    def _collection_span(self, frame: _Open, end: Any) -> Span:
        line, column = frame.start
        if frame.flow or not frame.children:
            return Span(self.file, line, column, end.line + 1, max(end.column + 1, 2))
        # A block ends where its last child does; the parser only notices at the next token, lines further down.
        last = max(child.span for child in frame.children[-2:])
        if (last.end_line, last.end_column) <= (line, column):  # an alias to something above
            return Span(self.file, line, column, line, column + 1)
        return Span(self.file, line, column, last.end_line, last.end_column)


def _events(yaml: Any, text: str, loader: Any) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=loader)


def _fault(event: Any, code: str, message: str, help: str = "") -> Fault:
    return Fault(code, event.start_mark.line + 1, event.start_mark.column + 1, message, help)
