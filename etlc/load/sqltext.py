"""SQL inside YAML, with the way back to its place in the file."""

from __future__ import annotations

from etlc.diagnostics import SqlText
from etlc.load.nodes import Scalar


def sql_of(node: Scalar, lines: tuple[str, ...]) -> SqlText:
    """The SQL of a scalar. It is mapped where its lines are lines of the file, otherwise it is one place."""
    if node.style == "|":
        return _block(node, lines)
    span = node.span
    if span.line == span.end_line and span.line <= len(lines):
        quote = 1 if node.style in ("'", '"') else 0
        start, end = span.column - 1 + quote, span.end_column - 1 - quote
        if lines[span.line - 1][start:end] == node.text:
            return SqlText(node.text, span, span.line, start, mapped=True)
    return SqlText(node.text, span)


def _block(node: Scalar, lines: tuple[str, ...]) -> SqlText:
    """The content of a block scalar begins on the line below the ``|``; every line of it lost the same indent."""
    first = node.span.line + 1
    rows = node.text.split("\n")
    written = lines[first - 1 : first - 1 + len(rows)]
    indent = next((len(line) - len(row) for row, line in zip(rows, written, strict=False) if row), 0)
    exact = indent >= 0 and all(_fits(row, line, indent) for row, line in zip(rows[:-1] or rows, written, strict=False))
    if not exact or len(written) < len(rows) - 1:
        return SqlText(node.text, node.span)
    return SqlText(node.text, node.span, first, indent, mapped=True)


def _fits(row: str, line: str, indent: int) -> bool:
    return line[indent:] == row and not line[:indent].strip(" ") if row else not line.strip(" ")
