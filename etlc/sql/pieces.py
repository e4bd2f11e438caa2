"""A query as pieces: its tokens as written, without comments and layout, and how to put them together again.

Comments and white space are dropped only where it is certain that DuckDB drops them too; text that leaves a doubt has
no pieces.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass

# ASCII only, as DuckDB folds names: Python's lower() would make the Kelvin sign a k.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_GAP = re.compile(r"(?:[ \t\n\r\f]+|--[^\n]*(?:\n|$)|/\*(?:(?!\*/|/\*).)*\*/)*", re.DOTALL)
# sqlglot and DuckDB may end an e'' string with an escaped quote or backslash at different places.
_TRICKY = re.compile(r"\\['\\]")
_ESCAPES = re.compile(r"(?i)(?<![a-z0-9_])e'")
_WORD, _ALL = re.compile(r"[^ \t\n\r\f]+"), re.compile(r".*", re.DOTALL)
_PUNCTUATION = frozenset("()[]{},;")
_SIMPLE = re.compile(r"[<>=+*/%|:-]+|!=")
_SPLIT_BEFORE_SIGN = frozenset("<>=+-*/")


def words(text: str) -> frozenset[str]:
    """A set of words."""
    return frozenset(text.split())


RESERVED = words(
    "all and any as asc between both by case cast collate cross desc distinct else end except exists false fetch filter"
    " for from full glob group having ilike in inner intersect into is isnull join lateral leading left like limit not"
    " notnull null offset on or order outer over partition qualify right select similar some then to trailing true"
    " union using when where window with"
)


def fold(name: str) -> str:
    """A name as DuckDB compares it."""
    return name.translate(_LOWER)


def quote(name: str) -> str:
    """A name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(slots=True)
class Piece:
    """A token. ``kind`` is word, quoted, string, number, punct, dot or op; ``glued``: nothing stood before it;
    ``line``: a new line stood before it."""

    text: str
    kind: str
    start: int = -1
    glued: bool = False
    line: bool = False
    end: int = -2

    @property
    def low(self) -> str:
        """The text in lower case, for words only: what is no word is never a keyword."""
        return fold(self.text) if self.kind == "word" else self.text

    def spelled(self, text: str) -> Piece:
        """The same piece with another text."""
        return Piece(text, self.kind, self.start, self.glued, self.line, self.end)


def split(text: str) -> list[Piece] | None:
    """The pieces of a text; None where sqlglot's tokens might not be DuckDB's."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    if "\r" in text.replace("\r\n", "\n") or "{#" in text or (_TRICKY.search(text) and _ESCAPES.search(text)):
        return None
    try:
        tokens = sqlglot.tokenize(text, dialect="duckdb")
    except (SqlglotError, ValueError, RecursionError):
        return None
    pieces: list[Piece] = []
    end = 0
    for token in tokens:
        gap = text[end : token.start]
        if token.start < end or not _GAP.fullmatch(gap):
            return None
        raw = text[token.start : token.end + 1]
        if not raw:
            return None
        kind = _kind(raw)
        # sqlglot has keywords of several words (GROUP BY) as one token, with the layout between them.
        for part in _WORD.finditer(raw) if kind == "word" else [_ALL.match(raw)]:
            if part is not None:
                start, end = token.start + part.start(), token.start + part.end()
                pieces.append(Piece(part[0], kind, start, bool(pieces) and not gap, "\n" in gap, end))
    if not _GAP.fullmatch(text[end:]) or _hides_comment(pieces):
        return None
    while pieces and pieces[-1].text == ";":
        pieces.pop()
    return pieces


def _kind(raw: str) -> str:
    first = raw[0]
    if raw[-1] == "'" or (first == "$" and len(raw) > 1):
        return "string"
    if first == '"':
        return "quoted"
    if first.isdigit():
        return "number"
    if first == "_" or first.isalpha() or not first.isascii():
        return "word"
    if raw in _PUNCTUATION:
        return "punct"
    return "dot" if raw == "." else "op"


def _hides_comment(pieces: list[Piece]) -> bool:
    """Whether operators that stand together read as a comment to DuckDB (``a //* b */ c``)."""
    run = ""
    for piece in pieces:
        run = (run if piece.glued and run else "") + piece.text if piece.kind == "op" else ""
        if "--" in run or "/*" in run or "*/" in run:
            return True
    return False


def join(pieces: Iterable[Piece]) -> str:
    """One text of the pieces, in which DuckDB finds the same tokens as in the written one."""
    out: list[str] = []
    before: Piece | None = None
    found = list(pieces)
    for index, piece in enumerate(found):
        if before is not None:
            following = found[index + 1] if index + 1 < len(found) else None
            out.append(_between(before, piece, following))
        out.append(piece.text)
        before = piece
    return "".join(out)


def _between(left: Piece, right: Piece, following: Piece | None) -> str:
    """What to put between two pieces: what stood there where it may matter, else one space or nothing."""
    as_written = "" if left.end == right.start else " "
    if left.kind == "dot" or right.kind == "dot":
        number = "number" in (left.kind, right.kind) or (
            right.kind == "dot" and following is not None and following.kind == "number"
        )
        return as_written if number else ""
    if left.kind == "punct" or right.kind == "punct":
        return " "
    if left.kind == "string" and right.kind == "string":
        return "\n" if right.line else as_written
    if left.kind == "op" and right.kind == "op":
        sign = right.text in ("-", "+") and set(left.text) <= _SPLIT_BEFORE_SIGN
        return " " if sign else as_written
    if "op" in (left.kind, right.kind):
        operator = left if left.kind == "op" else right
        return " " if _SIMPLE.fullmatch(operator.text) else as_written
    return as_written
