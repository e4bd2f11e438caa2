"""YAML laid out for readers: keys in the order of the schema, indents of two, one empty line at most.

Whole lines are moved, with the comments that belong to them; nothing is printed from a tree, so nothing can get lost.
What came out is read again: it must hold what was there before, to the letter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from etlc.diagnostics import Diagnostics
from etlc.load.nodes import Map, Node, Scalar, Seq, parse
from etlc.load.schema import schema
from etlc.load.shapes import SOME, Schema

STEP = 2
_HEADER = re.compile(r"#.*\$schema\b|---|%")
_BLOCK = re.compile(r"[|>]([+-]?)([1-9]?)([+-]?)\s*(?:#.*)?$")
Sql = Callable[[str], str | None]


class Odd(Exception):
    """A file that is left as it is; the message says why."""


def arranged(text: str, kind: str, sql: Sql) -> str:
    """The text of a YAML file (project, pipeline or header), laid out. ``sql`` lays out a query, or gives None.

    Raises Odd where that cannot be done without doubt.
    """
    root = _parsed(text)
    if root is None:
        return text
    if not isinstance(root, Map) or _char(text.split("\n"), root) == "{":
        raise Odd("it is no map over several lines")
    if _anchored(text):
        raise Odd("it uses anchors")
    form = _Forms(schema(kind))
    lines = text.split("\n")
    made = "\n".join(_Arranging(lines, form, sql).file(root)) + "\n"
    if _letters(made) != _letters(text) or not _same(root, _parsed(made), form.root, form, sql):
        raise Odd("its layout is too unusual to change it without doubt")
    return made


def _parsed(text: str) -> Node | None:
    found = Diagnostics()
    document = parse(text, "", found)
    if document is None or len(found):
        raise Odd("it is not valid YAML; `etlc validate` says where")
    return document.root


def _anchored(text: str) -> bool:
    import yaml

    if "&" not in text and "*" not in text:
        return False
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return any(getattr(event, "anchor", None) for event in yaml.parse(text, Loader=loader))


def _letters(text: str) -> Counter[str]:
    return Counter("".join(text.split()).lower())


def _char(lines: list[str], node: Node) -> str:
    line = lines[node.span.line - 1]
    return line[node.span.column - 1 : node.span.column]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


@dataclass(frozen=True, slots=True)
class _Forms:
    """The schema, read for the order of keys and for where SQL stands."""

    root: Schema

    def below(self, form: Schema, key: str) -> Schema:
        """The schema of a key's value."""
        properties = form.get("properties", {})
        return self._resolved(properties.get(key) or form.get("additionalProperties") or {})

    def items(self, form: Schema) -> Schema:
        """The schema of a list's items."""
        return self._resolved(form.get("items") or {})

    def ordered(self, form: Schema, keys: list[str]) -> list[int]:
        """The positions of keys in the order of the schema; unknown ones are last. Names keep their order."""
        order = {name: place for place, name in enumerate(form.get("properties", {}))}
        return sorted(range(len(keys)), key=lambda index: order.get(keys[index], len(order))) if order else [
            *range(len(keys))
        ]  # fmt: skip

    def is_sql(self, form: Schema, key: str) -> bool:
        """Whether a key holds a query."""
        return key == "sql" and self.below(form, key).get("pattern") == SOME

    def _resolved(self, form: Any) -> Schema:
        while isinstance(form, Mapping) and ("$ref" in form or "allOf" in form):
            form = form["allOf"][0] if "allOf" in form else self.root["definitions"][form["$ref"].rpartition("/")[2]]
        return dict(form) if isinstance(form, Mapping) else {}


def _same(old: Node, new: Node | None, form: Schema, forms: _Forms, sql: Sql) -> bool:
    """Whether two trees hold the same, but for the order of a record's keys and the layout of SQL."""
    if isinstance(old, Scalar) and isinstance(new, Scalar):
        return (old.text, old.style) == (new.text, new.style)
    if isinstance(old, Seq) and isinstance(new, Seq):
        inner = forms.items(form)
        pairs = zip(old.items, new.items, strict=False)
        return len(old.items) == len(new.items) and all(_same(a, b, inner, forms, sql) for a, b in pairs)
    if not isinstance(old, Map) or not isinstance(new, Map):
        return False
    keys = [key.text for key, _ in old.pairs]
    if [keys[index] for index in forms.ordered(form, keys)] != [key.text for key, _ in new.pairs]:
        names = sorted(keys) == sorted(key.text for key, _ in new.pairs)
        if not names or "properties" not in form:
            return False
    return all(
        _same_sql(value, new.get(key.text), sql)
        if forms.is_sql(form, key.text) and isinstance(value, Scalar) and value.style == "|"
        else _same(value, new.get(key.text), forms.below(form, key.text), forms, sql)
        for key, value in old.pairs
    )


def _same_sql(old: Scalar, new: Node | None, sql: Sql) -> bool:
    if not isinstance(new, Scalar) or new.style != "|":
        return False
    return new.text == old.text or new.text.rstrip("\n") == (sql(old.text) or "").rstrip("\n")


class _Arranging:
    """One file. Ranges of lines are from the first to behind the last; ``old`` and ``new`` are indents."""

    def __init__(self, lines: list[str], forms: _Forms, sql: Sql) -> None:
        self.lines = lines
        self.forms = forms
        self.sql = sql

    def file(self, root: Map) -> list[str]:
        """The lines of the whole file."""
        first = root.pairs[0][0].span.line - 1 if root.pairs else len(self.lines)
        above = self.lines[:first]
        fixed = [i for i, line in enumerate(above) if not line.strip() or _HEADER.match(line)]
        head = fixed[-1] + 1 if fixed else 0
        top = self._gap(0, head, None)
        while top and not top[0]:
            top.pop(0)
        made = top + self._map(root, head, len(self.lines), self.forms.root, (root.span.column - 1, 0))
        while made and not made[-1]:
            made.pop()
        return made

    # -- maps

    def _map(
        self, node: Map, start: int, end: int, form: Schema, shift: tuple[int, int], compact: bool = False
    ) -> list[str]:
        old, new = shift
        keys = [key.span.line - 1 for key, _ in node.pairs]
        for (key, _), line in zip(node.pairs, keys, strict=True):
            if key.span.column - 1 != old or self.lines[line][:old].strip() or self.lines[line][old] == "?":
                raise Odd(f"line {line + 1} is laid out in an unusual way")
        starts, tail = self._regions(keys, [self._end(*pair) for pair in node.pairs], start, end, old)
        made = [
            self._entry(pair, (starts[i], keys[i], starts[i + 1] if i + 1 < len(keys) else tail), form, shift)
            for i, pair in enumerate(node.pairs)
        ]
        order = self.forms.ordered(form, [key.text for key, _ in node.pairs])
        if compact and starts[order[0]] < keys[order[0]] and order[0]:
            order = list(range(len(made)))  # a comment cannot stand between the dash and its key
        sections = form.get("title") == "pipeline"
        return self._joined([made[index] for index in order], sections) + self._gap(tail, end, new)

    def _joined(self, entries: list[list[str]], sections: bool) -> list[str]:
        made: list[str] = []
        for number, entry in enumerate(entries):
            if not number:
                while entry and not entry[0]:
                    entry = entry[1:]
            elif sections and entry[0] and self._is_section(entry):
                made.append("")
            made.extend(entry)
        return made

    def _is_section(self, entry: list[str]) -> bool:
        first = next(i for i, line in enumerate(entry) if line and not line.startswith("#"))
        return entry[first].split(" #")[0].rstrip().endswith(":") and len(entry) > first + 1

    def _entry(
        self, pair: tuple[Scalar, Node], place: tuple[int, int, int], form: Schema, shift: tuple[int, int]
    ) -> list[str]:
        key, value = pair
        start, line, end = place
        old, new = shift
        below = self.forms.below(form, key.text)
        made = self._gap(start, line, new)
        if self._is_block(value) and value.span.line - 1 > line:
            made.append(" " * new + self.lines[line][old:].rstrip())
            return made + self._block(value, line + 1, end, below, (value.span.column - 1, new + STEP))
        sql = self.sql if self.forms.is_sql(form, key.text) else None
        text = self._rendered(line, old, value, below)
        return made + self._value((text, value), (line, end), shift, sql)

    def _value(
        self, first: tuple[str, Node], place: tuple[int, int], shift: tuple[int, int], sql: Sql | None, mark: str = ""
    ) -> list[str]:
        """A value that is no block of its own: its first line, what goes on, and the comments below."""
        (text, value), (line, end), (old, new) = first, place, shift
        made = [" " * new + mark + text.rstrip()]
        if isinstance(value, Scalar) and value.style in ("|", ">"):
            if value.span.line - 1 != line:
                raise Odd(f"line {line + 1} is laid out in an unusual way")
            stop = self._end_of_text(value, old)
            made += self._text(value, line + 1, stop, shift, sql)
        else:
            stop = max(line + 1, self._end_of(value))
            for row in self.lines[line + 1 : stop]:
                indent = max(_indent(row) + new - old, new + 1)
                made.append(" " * indent + row.strip() if row.strip() else "")
        return made + self._gap(stop, end, new + STEP)

    def _text(self, value: Scalar, start: int, stop: int, shift: tuple[int, int], sql: Sql | None) -> list[str]:
        """The lines of a block scalar."""
        old, new = shift
        rows = self.lines[start:stop]
        found = _BLOCK.search(self.lines[start - 1])
        fixed = bool(found and found[2])
        indent = self._text_indent(start, old) if not fixed else 0
        inner = [row[indent:] for row in rows]
        target = new + STEP
        if fixed:
            if old != new:
                raise Odd(f"line {start} names the indent of its text")
            return rows
        if sql is not None and value.style == "|" and found and "+" not in found[1] + found[3]:
            laid = sql(value.text)
            if laid is not None:
                inner = laid.rstrip("\n").split("\n")
        return [" " * target + row if row else "" for row in inner]

    def _text_indent(self, start: int, old: int) -> int:
        return next((_indent(row) for row in self.lines[start:] if row.strip()), old + 1)

    def _end_of_text(self, value: Scalar, old: int) -> int:
        """Behind the last line of a block scalar."""
        start = value.span.line
        found = _BLOCK.search(self.lines[start - 1])
        if found is None:
            raise Odd(f"line {start} is laid out in an unusual way")
        indent = self._text_indent(start, old)
        least = old + 1 if found[2] or indent <= old else indent
        stop = start
        while stop < len(self.lines) and (not self.lines[stop].strip() or _indent(self.lines[stop]) >= least):
            stop += 1
        if "+" not in found[1] + found[3]:
            while stop > start and not self.lines[stop - 1].strip():
                stop -= 1
        elif stop == len(self.lines) and stop > start and not self.lines[stop - 1]:
            stop -= 1
        return stop

    # -- lists

    def _seq(self, node: Seq, start: int, end: int, form: Schema, shift: tuple[int, int]) -> list[str]:
        old, new = shift
        dashes: list[int] = []
        for item in node.items:
            line = item.span.line - 1
            while line >= start and not (self.lines[line][old : old + 1] == "-" and not self.lines[line][:old].strip()):
                line -= 1
            if line < start or (dashes and line <= dashes[-1]):
                raise Odd(f"the list in line {node.span.line} is laid out in an unusual way")
            dashes.append(line)
        ends = [max(self._end_of(item), line + 1) for item, line in zip(node.items, dashes, strict=True)]
        starts, tail = self._regions(dashes, ends, start, end, old)
        made: list[str] = []
        for i, item in enumerate(node.items):
            place = (dashes[i], starts[i + 1] if i + 1 < len(dashes) else tail)
            made += self._gap(starts[i], dashes[i], new) + self._item(item, place, self.forms.items(form), shift)
        while made and not made[0]:
            made.pop(0)
        return made + self._gap(tail, end, new)

    def _item(self, item: Node, place: tuple[int, int], form: Schema, shift: tuple[int, int]) -> list[str]:
        line, end = place
        old, new = shift
        row = self.lines[line]
        if self._is_block(item):
            inner = (item.span.column - 1, new + STEP)
            if item.span.line - 1 > line:
                return [" " * new + row[old:].rstrip(), *self._block(item, line + 1, end, form, inner)]
            self.lines[line] = " " * inner[0] + row[inner[0] :]
            made = self._block(item, line, end, form, inner, compact=True)
            return [" " * new + "- " + made[0][new + STEP :], *made[1:]]
        content = len(row) - len(row[old + 1 :].lstrip())
        text = self._rendered(line, content, item, form) if content < len(row) else ""
        mark = "- " if text else "-"
        if isinstance(item, Scalar) and item.style in ("|", ">"):
            return self._value((text, item), (line, end), shift, None, mark)
        if old + 1 < content and item.span.line - 1 == line:
            made = self._value((text, item), (line, end), (content, new + STEP), None)
            return [" " * new + mark + made[0].lstrip(), *made[1:]]
        return self._value((text, item), (line, end), shift, None, mark)

    # -- what both need

    def _block(
        self, node: Node, start: int, end: int, form: Schema, shift: tuple[int, int], compact: bool = False
    ) -> list[str]:
        if isinstance(node, Map):
            return self._map(node, start, end, form, shift, compact)
        assert isinstance(node, Seq)
        return self._seq(node, start, end, form, shift)

    def _is_block(self, node: Node) -> bool:
        return not isinstance(node, Scalar) and _char(self.lines, node) not in ("{", "[")

    def _regions(self, lines: list[int], ends: list[int], start: int, end: int, old: int) -> tuple[list[int], int]:
        """Where each entry begins, with its comments, and where what belongs to none begins."""
        starts = [start]
        for above, line in zip(ends, lines[1:], strict=False):
            starts.append(self._split(above, line, old))
        return starts, self._split(ends[-1], end, old) if ends else start

    def _split(self, start: int, end: int, old: int) -> int:
        """Of the lines between two entries, the first that belongs to the second: a comment that is not indented."""
        place = next((i for i in range(start, end) if self.lines[i].strip() and _indent(self.lines[i]) <= old), end)
        while place > start and not self.lines[place - 1].strip():
            place -= 1
        return place

    def _end(self, key: Scalar, value: Node) -> int:
        """Behind the last line of an entry."""
        if isinstance(value, Scalar) and value.style in ("|", ">"):
            return self._end_of_text(value, key.span.column - 1)
        return max(key.span.line, self._end_of(value))

    def _end_of(self, node: Node) -> int:
        if isinstance(node, Scalar):
            if node.style in ("|", ">"):
                row = self.lines[node.span.line - 1]
                return self._end_of_text(node, _indent(row))
            return node.span.line if node.is_null and not node.text else node.span.end_line
        if not self._is_block(node):
            return node.span.end_line
        return self._end(*node.pairs[-1]) if isinstance(node, Map) else self._end_of(node.items[-1])

    def _gap(self, start: int, end: int, indent: int | None) -> list[str]:
        """Lines that hold comments or nothing: one empty line at most stays of several."""
        made: list[str] = []
        for row in self.lines[start:end]:
            text = row.strip()
            if text and indent is not None and not text.startswith("#"):
                raise Odd(f"{text[:30]!r} stands where only comments are expected")
            if text or (made and made[-1]) or not made:
                made.append(" " * (indent or 0) + text if text else "")
        return made

    def _rendered(self, line: int, start: int, value: Node, form: Schema) -> str:
        """A line from a column on, with the keys of a `{...}` on it in order."""
        row, span = self.lines[line], value.span
        if isinstance(value, Scalar) or span.line - 1 != line or span.end_line != span.line or span.column <= start:
            return row[start:]
        return row[start : span.column - 1] + self._flow(row, value, form) + row[span.end_column - 1 :]

    def _flow(self, row: str, node: Node, form: Schema) -> str:
        """A `{...}` or a `[...]` on one line."""
        start, end = node.span.column - 1, node.span.end_column - 1
        if isinstance(node, Scalar):
            return row[start:end]
        children = node.items if isinstance(node, Seq) else tuple(value for _, value in node.pairs)
        if not children or any(isinstance(child, Scalar) and child.is_null and not child.text for child in children):
            return row[start:end]
        if isinstance(node, Seq):
            places = [(child.span.column - 1, child.span.end_column - 1) for child in children]
            texts = [self._flow(row, child, self.forms.items(form)) for child in children]
        else:
            places = [(key.span.column - 1, value.span.end_column - 1) for key, value in node.pairs]
            texts = [
                row[key.span.column - 1 : value.span.column - 1]
                + self._flow(row, value, self.forms.below(form, key.text))
                for key, value in node.pairs
            ]
            texts = [texts[index] for index in self.forms.ordered(form, [key.text for key, _ in node.pairs])]
        made = row[start : places[0][0]]
        for index, text in enumerate(texts):
            behind = places[index + 1][0] if index + 1 < len(places) else end
            made += text + row[places[index][1] : behind]
        return made
