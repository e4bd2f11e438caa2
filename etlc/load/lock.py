"""``etlc.lock``: what the sources looked like, so that a clone compiles without the data."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal

from etlc.diagnostics import Diagnostics, Span
from etlc.ir.spec import LockedColumn, LockedSource
from etlc.load import grammar
from etlc.load.files import LOCK_FILE
from etlc.load.nodes import Document, decode, parse
from etlc.load.scalars import resolve
from etlc.load.shapes import Context
from etlc.load.structure import conforming

VERSION = 1
_REPAIR = "Take the file of a commit that worked, or delete it and run `etlc lock`."
_HEADER = "# Written by `etlc lock`: the schemas of the sources as last seen. Commit this file; do not edit it.\n"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\([0-9]+(,[0-9]+)?\))?(\[[0-9]*\])*( WITH TIME ZONE)?")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def parse_lock(text: str | bytes, diagnostics: Diagnostics) -> Mapping[str, LockedSource]:
    """The sources of a lock file. What is damaged is E116; the entries that are sound are kept."""
    found = Diagnostics()
    document = _document(text, found)
    root = conforming(document, "lock", found) if document else None
    sources: dict[str, LockedSource] = {}
    if root is not None and document is not None:
        values = grammar.LOCK.read(Context(found, {document.file: document.lines}), root)
        if isinstance(values, dict) and values["version"] != VERSION:
            place = root.get("version") or root
            found.add(
                "E116",
                place.span,
                f"This version of etlc reads lock files of version {VERSION} only.",
                "Update etlc, or delete the file and run `etlc lock`.",
            )
        elif isinstance(values, dict):
            sources = {str(name): source for name, source in values["sources"].items()}
    for finding in found:
        help = finding.help if finding.code == "E116" else _REPAIR
        if "merge conflict" in finding.message:
            help = "Keep either side without the marks, then run `etlc lock`."
        diagnostics.add("E116", finding.span, finding.message, help)
    return sources


def _document(text: str | bytes, found: Diagnostics) -> Document | None:
    decoded = decode(text, LOCK_FILE, found) if isinstance(text, bytes) else text
    if decoded is not None and not decoded.strip():
        found.add("E116", Span.whole(LOCK_FILE), "The lock file is empty.", "Delete it, and run `etlc lock`.")
        return None
    return None if decoded is None else parse(decoded, LOCK_FILE, found)


def render_lock(sources: Mapping[str, LockedSource]) -> str:
    """The text of a lock file: sorted, one fact a line, the same for the same sources."""
    lines = [_HEADER, f"version: {VERSION}\n", "sources:\n" if sources else "sources: {}\n"]
    for name in sorted(sources, key=lambda name: (name.lower(), name)):
        source = sources[name]
        lines.append(f"  {_text(name)}:\n    columns:{'' if source.columns else ' {}'}\n")
        lines += [f"      {_text(column.name)}: {_column(column)}\n" for column in source.columns]
        if source.options:
            lines.append("    options:\n")
            lines += [f"      {_text(key)}: {_value(source.options[key])}\n" for key in sorted(source.options)]
        if source.declared:
            lines.append(f"    declared: {_quoted(source.declared)}\n")
    return "".join(lines)


def _column(column: LockedColumn) -> str:
    return f"{{type: {_quoted(column.type)}, optional: true}}" if column.optional else _text(column.type)


def _text(text: str) -> str:
    """Text, plain where it means itself, else in quotes."""
    return text if _PLAIN.fullmatch(text) and resolve(text) == text else _quoted(text)


def _quoted(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(text, ensure_ascii=False))


def _value(value: object) -> str:
    """An option's value, on one line, so that it reads back as what it is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        shown = format(value, "f")
        return shown if "." in shown else shown + "."
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(str(key))}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    shown = repr(value)
    return shown if "e" in shown else shown + "e0"  # without an exponent it would read back as a decimal
