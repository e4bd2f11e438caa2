"""Text with styles, independent of any terminal: what the renderers give back.

A line is a list of pieces; a style is one of the names in ``STYLES``, which gives the codes that a terminal knows it
by. The command line turns lines into colours or into plain text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

STYLES = {
    "": "",
    "bold": "1",
    "dim": "2",
    "error": "1;31",
    "warning": "1;33",
    "good": "32",
    "bad": "31",
    "place": "36",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text in one style."""

    text: str
    style: str = ""


Line = list[Piece]


def line(*parts: str | Piece) -> Line:
    """A line of pieces; bare strings have no style."""
    return [Piece(part) if isinstance(part, str) else part for part in parts]


def plain(lines: Iterable[Line]) -> str:
    """The text without styles, each line ended."""
    return "".join("".join(piece.text for piece in one).rstrip() + "\n" for one in lines)


def clean(text: str) -> str:
    """The text on one line and harmless to a terminal: control characters are written as escapes."""
    if text.isprintable():
        return text
    return "".join(_escape(c) for c in text)


def _escape(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def cell_width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text in at most ``width`` columns, with ``…`` where it was cut."""
    if cell_width(text) <= width:
        return text
    kept, used = "", 0
    for char in text:
        used += _char_width(char)
        if used > width - 1:
            break
        kept += char
    return kept + "…"


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 model``, ``1,204 models``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 7 more``."""
    all_names = list(names)
    if len(all_names) > most:
        return f"{', '.join(all_names[:most])} and {len(all_names) - most:,} more"
    if len(all_names) < 2:
        return "".join(all_names)
    return f"{', '.join(all_names[:-1])} and {all_names[-1]}"


def duration(seconds: float) -> str:
    """``0.03 s``, ``12.4 s``, ``2 m 05 s``, ``1 h 02 m``."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} m"
