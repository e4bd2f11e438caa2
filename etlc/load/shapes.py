"""Shapes: what a piece of YAML looks like, said once. Each gives its JSON Schema, and reads a node that conforms.

Where a place takes a single value or a list or a map, the schemas of the forms are merged into one: keywords of
draft-07 concern one type each, so no ``anyOf`` is needed, and every error is about the form that was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from etlc.diagnostics import Diagnostics, Ignore, Located, SqlText
from etlc.load.ignores import MARK, ignores_in_sql
from etlc.load.nodes import Map, Node, Scalar, Seq
from etlc.load.sound import SoundTexts
from etlc.load.sqltext import sql_of
from etlc.load.syntax import quoted

Schema = dict[str, Any]
BROKEN = object()  # what a node reads as when a finding says already that it is of no use

NAME = r"^(?!_[Ee][Tt][Ll][Cc])[A-Za-z_][A-Za-z0-9_]*$(?!\n)"
PROJECT = r"^[a-z][a-z0-9_]*$(?!\n)"
DURATION = r"^[0-9]{1,9}[smhdw]$(?!\n)"
SHARE = r"^[0-9]{1,3}(\.[0-9]{1,9})?%$(?!\n)"
SIZE = r"^[0-9]+(\.[0-9]+)? *([KkMmGgTt][Ii]?)?[Bb]$(?!\n)"
COLUMN_OF = r"^[^.]+\.[^.]"
MASK = r"^(hash|null|bucket)$(?!\n)"
SOME = r"\S"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True)
class Context:
    """What reading needs besides the node: where findings go, the lines of each file, for SQL, and where ignores go."""

    diagnostics: Diagnostics
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ignores: list[Ignore] = field(default_factory=list)
    sound: SoundTexts | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON Schema, and the reader of the nodes that it accepts."""

    schema: Schema
    read: Callable[[Context, Node], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a record: its shape, its description, whether it must be there."""

    shape: Shape
    doc: str
    required: bool = False


def _string(pattern: str = "") -> Schema:
    return {"type": "string", "pattern": pattern} if pattern else {"type": "string", "minLength": 1}


def text(pattern: str = "") -> Shape:
    """Text, as a string that knows its place. A date counts as text here, as it does for editors."""
    return Shape(_string(pattern), _read_text)


def plain_text() -> Shape:
    """Text whose place is of no interest."""
    return Shape(_string(), lambda _, node: _scalar(node).text)


def flag() -> Shape:
    """true or false."""
    return Shape({"type": "boolean"}, lambda _, node: _scalar(node).value)


def integer(least: int) -> Shape:
    """A whole number."""
    return Shape({"type": "integer", "minimum": least}, lambda _, node: int(_number(node)))


def choice(*values: str) -> Shape:
    """One of some words."""
    return Shape({"enum": list(values)}, lambda _, node: _scalar(node).text)


def duration() -> Shape:
    """``24h``, in seconds."""
    return Shape(_string(DURATION), lambda _, node: seconds(_scalar(node).text))


def tolerance() -> Shape:
    """A number of failures, or a share of the rows: (number, is a share)."""
    return Shape({"type": ["integer", "string"], "minimum": 0, "pattern": SHARE}, _read_tolerance)


def sql() -> Shape:
    """SQL, with the way back into the file."""
    return Shape(_string(SOME), _read_sql)


def single() -> Shape:
    """A single value of any type; null is one. Text knows its place."""
    return Shape({"type": ["string", "number", "boolean", "null"]}, _read_single)


def known() -> Shape:
    """A single value of any type, but not null. Text knows its place."""
    return Shape({"type": ["string", "number", "boolean"]}, _read_single)


def anything() -> Shape:
    """Any value: a single one, a list, a map."""
    return Shape({}, lambda _, node: plain(node))


def many(item: Shape, least: int = 0) -> Shape:
    """A list."""

    def read(context: Context, node: Node) -> tuple[Any, ...]:
        found = (item.read(context, child) for child in _items(node))
        return tuple(value for value in found if value is not BROKEN)

    schema: Schema = {"type": "array", "items": item.schema}
    return Shape({**schema, "minItems": least} if least else schema, read)


def one_or_many(item: Shape) -> Shape:
    """A list, or its only entry; read as a tuple."""
    listed = many(item, least=1)

    def read(context: Context, node: Node) -> tuple[Any, ...]:
        found: tuple[Any, ...] = listed.read(context, node if isinstance(node, Seq) else Seq((node,), node.span))
        return found

    return either(Shape(item.schema, read), Shape(listed.schema, read))


def either(first: Shape, second: Shape) -> Shape:
    """One of two shapes that are of different YAML kinds: a single value, a list, a map."""
    types = [kind for shape in (first, second) for kind in _types(shape.schema)]
    merged = {**first.schema, **second.schema, "type": types}
    kinds = {"array": Seq, "object": Map}
    mine = tuple(kinds.get(kind, Scalar) for kind in _types(first.schema))

    def read(context: Context, node: Node) -> Any:
        return (first if isinstance(node, mine) else second).read(context, node)

    return Shape(merged, read)


def mapping(item: Shape, *, names: bool = True, least: int = 0) -> Shape:
    """A map from names of the user's choice. Nothing, where all entries are commented out, is an empty one."""

    def read(context: Context, node: Node) -> dict[Located, Any]:
        pairs = _distinct(context, node.pairs) if isinstance(node, Map) else ()
        found = {Located(key.text, key.span): item.read(context, value) for key, value in pairs}
        return {key: value for key, value in found.items() if value is not BROKEN}

    schema: Schema = {"type": ["object", "null"], "additionalProperties": item.schema}
    if names:
        schema["propertyNames"] = {"pattern": NAME}
    if least:
        schema |= {"type": "object", "minProperties": least}
    return Shape(schema, read)


def record(
    title: str,
    keys: Mapping[str, Key],
    make: Callable[..., Any],
    *,
    one_of: tuple[str, ...] = (),
    some_of: tuple[str, ...] = (),
    empty: bool = False,
    lenient: bool = False,
) -> Shape:
    """A map with known keys. ``make`` gets what was read as keyword arguments, and the ``span``.

    Of the keys ``one_of`` exactly one is there, of ``some_of`` at least one; ``empty``: nothing is a record too.
    ``lenient``: what is missing is reported, but the rest is of use.
    """
    required = [name for name, key in keys.items() if key.required]
    schema: Schema = {"title": title, "type": ["object", "null"] if empty else "object"}
    schema["properties"] = {name: described(key.shape.schema, key.doc) for name, key in keys.items()}
    schema["additionalProperties"] = False
    if required:
        schema["required"] = required
    if one_of:
        schema["oneOf"] = [{"required": [name]} for name in one_of]
    if some_of:
        schema["anyOf"] = [{"required": [name]} for name in some_of]

    def read(context: Context, node: Node) -> Any:
        pairs = node.pairs if isinstance(node, Map) else ()
        found = {key.text: keys[key.text].shape.read(context, value) for key, value in pairs if key.text in keys}
        found = {name: value for name, value in found.items() if value is not BROKEN}
        lacking = any(name not in found for name in required)
        if not lenient and (lacking or (one_of and not any(name in found for name in one_of))):
            return BROKEN
        return make(**found, span=node.span)

    return Shape(schema, read)


def described(schema: Schema, doc: str) -> Schema:
    """A schema with a description; beside a ``$ref`` draft-07 reads no other keyword, so that goes one level down."""
    return {"description": doc, "allOf": [schema]} if "$ref" in schema else {"description": doc, **schema}


def defined(name: str, shape: Shape) -> Shape:
    """A shape whose schema stands among the definitions of its document."""
    return Shape({"$ref": f"#/definitions/{name}"}, shape.read)


def seconds(text: str) -> int:
    """``24h`` in seconds."""
    return int(text[:-1]) * _SECONDS[text[-1]]


def _distinct(context: Context, pairs: tuple[tuple[Scalar, Node], ...]) -> list[tuple[Scalar, Node]]:
    """The pairs without those whose names differ from an earlier one by case only: SQL knows no such difference."""
    first: dict[str, Scalar] = {}
    kept = []
    for key, value in pairs:
        known = first.setdefault(key.text.lower(), key)
        if known is key:
            kept.append((key, value))
        else:
            message = f"{quoted(key.text)} stands already in line {known.span.line}: names compare without case."
            context.diagnostics.add("E105", key.span, message, "Remove or rename one of the two.")
    return kept


def plain(node: Node) -> Any:
    """A node as plain Python data, without places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.pairs}


def is_name(text: str) -> bool:
    """Whether a source, a model or a parameter may be called so."""
    return re.search(NAME, text) is not None


def _types(schema: Schema) -> list[str]:
    kinds = schema["type"]
    return list(kinds) if isinstance(kinds, list) else [kinds]


def _scalar(node: Node) -> Scalar:
    assert isinstance(node, Scalar)
    return node


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Seq) else ()


def _number(node: Node) -> Any:
    return _scalar(node).value


def _read_text(context: Context, node: Node) -> Located:
    return Located(_scalar(node).text, node.span)


def _read_single(context: Context, node: Node) -> Any:
    value = _scalar(node).value
    return Located(value, node.span) if isinstance(value, str) else value


def _read_sql(context: Context, node: Node) -> SqlText:
    found = sql_of(_scalar(node), context.lines.get(node.span.file, ()))
    if MARK in found.text:
        context.ignores.extend(ignores_in_sql(found, context.diagnostics))
    return found


def _read_tolerance(context: Context, node: Node) -> tuple[float, bool]:
    value = _number(node)
    return (float(value[:-1]) / 100, True) if isinstance(value, str) else (int(value), False)
