"""Where something was written. Equality and hashing of what carries a place ignore it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LINE_END = re.compile("\r\n|\n|\r")


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a text, as editors and YAML count them: a lone carriage return ends one too."""
    return tuple(_LINE_END.split(text) if "\r" in text else text.split("\n"))


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, from 1."""
    if "\r" not in text:
        return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    inside = text[offset - 1 : offset + 1] == "\r\n"  # between the two, which end one line
    *above, here = lines_of(text[: offset - inside])
    return len(above) + 1, len(here) + 1


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range in a file: lines and columns count from 1, in characters; the end is exclusive.

    ``file`` is relative to the project, with forward slashes.
    """

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 2

    @staticmethod
    def whole(file: str) -> Span:
        """The first character of a file, for what concerns the file as a whole."""
        return Span(file)


class Located(str):
    """A string that knows where it was written. It compares and hashes as the string it is."""

    __slots__ = ("span",)
    span: Span

    def __new__(cls, value: str, span: Span) -> Located:
        text = super().__new__(cls, value)
        text.span = span
        return text

    def __reduce__(self) -> tuple[type[Located], tuple[str, Span]]:
        return Located, (str(self), self.span)


def span_of(value: object, default: Span) -> Span:
    """The place of ``value`` where it has one, else ``default``."""
    found = getattr(value, "span", default)
    return found if isinstance(found, Span) else default


@dataclass(frozen=True, slots=True)
class SqlText:
    """SQL as the user wrote it, with the way back from an offset to a place in the file.

    ``mapped`` is true where every line of ``text`` is a line of the file (a ``.sql`` file, a literal block
    scalar): line ``n`` of the text is line ``line + n`` of the file, ``indent`` columns further right.
    Otherwise (folded and quoted scalars) every offset points at the whole scalar, ``span``.
    """

    text: str
    span: Span = field(compare=False)
    line: int = field(default=1, compare=False)
    indent: int = field(default=0, compare=False)
    mapped: bool = field(default=False, compare=False)

    def at(self, offset: int, length: int = 1) -> Span:
        """The place of ``length`` characters of ``text``, from character ``offset`` on."""
        if not self.mapped:
            return self.span
        offset = max(0, min(offset, len(self.text)))
        line, column = self._position(offset)
        end_line, end_column = self._position(max(offset + 1, min(offset + max(length, 1), len(self.text))))
        return Span(self.span.file, line, column, end_line, end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        line, column = position(self.text, offset)
        return self.line + line - 1, column + self.indent
