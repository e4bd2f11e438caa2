"""Where something was written. Equality and hashing of what carries a place ignore it."""

from __future__ import annotations

from dataclasses import dataclass, field


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
        before = self.text[:offset]
        row = before.count("\n")
        return self.line + row, offset - (before.rfind("\n") + 1) + 1 + self.indent
