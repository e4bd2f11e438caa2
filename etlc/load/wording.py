"""The words of findings about structure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from etlc.load import shapes
from etlc.load.nodes import Map, Node, Scalar, Seq
from etlc.load.syntax import quoted

NAME_PATTERNS = (shapes.NAME, shapes.PROJECT)

_PATTERNS = {
    shapes.DURATION: "a duration such as 30s, 5m, 24h, 7d or 2w",
    shapes.SHARE: "a whole number or a share such as 0.1%",
    shapes.SIZE: "a size such as 4GB",
    shapes.COLUMN_OF: "a column of a source or model, written relation.column",
    shapes.MASK: "hash, null or bucket",
    shapes.SOME: "text that is not blank",
}
_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_MEANT = {
    "tests": "checks",
    "constraints": "checks",
    "data_tests": "checks",
    "unique_key": "key",
    "primary_key": "key",
    "query": "sql",
    "select": "sql",
    "file": "path",
    "files": "path",
    "glob": "path",
    "uri": "path",
    "fields": "columns",
    "schema": "columns",
    "desc": "description",
    "target": "path",
    "partitions": "partition_by",
    "vars": "params",
}  # other tools' words
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "",
}
_WORDS = ("check", "column", "mask", "model", "output", "pipeline", "source", "test")
_THINGS = {
    "project": "the project file",
    "header": "the header of a SQL file",
    "lock file": "the lock file",
    "defaults": "`defaults`",
    "limits": "`limits`",
    "param": "a parameter",
}


def thing(title: str) -> str:
    """The record of a title, with its article: ``a source``."""
    if title in _THINGS:
        return _THINGS[title]
    name = title if title in _WORDS or " " in title else f"`{title}`"
    return f"{'an' if title[:1] in 'aeiou' else 'a'} {name}"


def expected(error: Any) -> str:
    """What a schema asks for."""
    rule, value = error.validator, error.validator_value
    if rule == "enum":
        return " or ".join(f"`{word}`" for word in value)
    if rule == "pattern":
        return _PATTERNS.get(str(value), "different text")
    if rule == "minimum":
        return f"at least {value}"
    if rule in ("minLength", "minItems", "minProperties"):
        return "filled in"
    pattern = _PATTERNS.get(str(error.schema.get("pattern", "")))
    kinds = [value] if isinstance(value, str) else list(value)
    words = [_TYPES[kind] for kind in kinds if _TYPES[kind]]
    if {"string", "number", "boolean"} <= set(kinds):
        words = ["a single value", *words[3:]]
    elif pattern and error.schema["pattern"] != shapes.SOME:
        words = [pattern]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def found(node: Node) -> str:
    """What was written instead."""
    if isinstance(node, Map):
        return "a map" if node.pairs else "an empty map"
    if isinstance(node, Seq):
        return "a list" if node.items else "an empty list"
    return _scalar(node)


def _scalar(node: Scalar) -> str:
    value, text = node.value, quoted(node.text)
    if value is None or node.text == "":
        return "null" if node.text else "empty"
    if isinstance(value, bool):
        return text
    if isinstance(value, int | float | Decimal):
        return f"the number {text}"
    if isinstance(value, dt.date):
        return f"the date {text}"
    if not node.text.strip():
        return "blank"
    return f"the text {text}"


def close(word: str, known: Sequence[str]) -> str:
    """The known word that was probably meant, or nothing."""
    if (meant := _MEANT.get(word.lower(), "")) in known:
        return meant
    matches = get_close_matches(word.lower()[:100], known, n=1, cutoff=0.6)
    return matches[0] if matches else ""


def _shape_advice(error: Any, node: Node) -> str:
    """What a record or a list looks like, where something else was written."""
    title, value = str(error.schema.get("title", "")), error.validator_value
    value = [value] if isinstance(value, str) else value
    map_only = "object" in value and "string" not in value
    if isinstance(node, Scalar) and (found := re.match(r"(\w+) *[=:]\S* ", node.text)) and "object" in value:
        return f"Write `{found[1]}: ...`: a key is followed by `:` and a blank."
    if title == "row_count" and isinstance(node, Scalar) and type(node.value) is int:
        return f"Write `row_count: {{min: {node.text}}}`."
    if title == "check":
        return "Write a check as `- not_null: [column]`."
    if title == "model" and isinstance(node, Scalar) and node.text:
        return "Write its query as `sql:` below its name."
    if isinstance(node, Scalar) and not node.text and map_only:
        return "Are the lines below not indented further than this name?"
    if isinstance(node, Seq) and map_only:
        return "Write names as keys, `name: ...`, without `-`."
    if isinstance(node, Map) and "array" in value:
        return "Begin each item with `- `."
    return ""


def advice(error: Any, node: Node) -> str:
    """What to do about a value of the wrong kind, where there is something to say."""
    if error.validator == "type" and (shape := _shape_advice(error, node)):
        return shape
    if not isinstance(node, Scalar) or not node.text:
        return ""
    if error.validator == "enum":
        guess = close(node.text, [str(word) for word in error.validator_value])
        return f"Did you mean `{guess}`?" if guess else ""
    if error.validator != "type":
        return ""
    if error.validator_value == "boolean" and node.text.lower() in _BOOLEANS:
        return f"Write `{_BOOLEANS[node.text.lower()]}`: yes, no, on and off are text."
    if error.schema.get("pattern") not in (None, shapes.SOME):
        return ""
    return "Put it in quotes to make it text." if "string" in str(error.schema.get("type", "")) else ""


def keys_of(known: Sequence[str]) -> str:
    """The keys that are possible."""
    return "Known keys: " + ", ".join(known) + "."


def name_fault(text: str, pattern: str = shapes.NAME) -> tuple[str, str]:
    """Why a text is no name, and what one looks like."""
    if text.lower().startswith("_etlc"):
        return f"{quoted(text)} begins with `_etlc`, which is reserved.", "Choose another name."
    if pattern == shapes.PROJECT:
        return (
            f"{quoted(text)} cannot be the name of a project.",
            "It begins with a lower-case letter, and has lower-case letters, digits and `_` only.",
        )
    return f"{quoted(text)} is not a name.", "A name has letters, digits and `_` only, and does not begin with a digit."
