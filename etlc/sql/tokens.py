"""The tokens of a text as DuckDB splits it: where names, strings, comments and params stand. Never what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPEN, _CLOSE = "([{", ")]}"
_LETTER = r"(?:[A-Za-z_]|[^\x00-\x7f\s])"
_TOKEN = re.compile(
    rf"""(?P<blank>\s+)
    |(?P<line>--[^\r\n]*)
    |(?P<comment>/\*)
    |(?P<string>[eE]'(?:[^'\\]++|\\.|'')*+'|'(?:[^']++|'')*+'|\$(?P<tag>(?:{_LETTER}(?:{_LETTER}|[0-9])*)?)\$.*?\$(?P=tag)\$)
    |(?P<quoted>"(?:[^"]++|"")*+")
    |(?P<param>\${_LETTER}(?:{_LETTER}|[0-9])*+)
    |(?P<word>{_LETTER}(?:{_LETTER}|[0-9$])*+)
    |(?P<number>[0-9](?:{_LETTER}|[0-9.])*+)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_IDLE = re.compile(r"(?:\s++|--[^\r\n]*+)++")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its text as written, where it starts, and its kind: string, quoted, param, word, number or sign.

    For who asks for comments, ``comment`` and ``line`` (from ``--`` to the end of the line) are kinds too.
    """

    text: str
    start: int
    kind: str = "word"

    @property
    def end(self) -> int:
        """The offset behind the token."""
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """The token as a name: without quotes, in lower case."""
        text = self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text
        return text.lower()


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, without blanks and comments. Comments nest, as DuckDB has it."""
    return [token for token in scan(text, comments=False) if token.kind != "comment"]


def tokens_and_comments_of(text: str) -> list[Token]:
    """The tokens of a text, the comments among them; one within another is a part of it."""
    return list(scan(text))


def scan(text: str, comments: bool = True) -> Iterator[Token]:
    """The tokens and the comments of a text: everything but blanks. Without ``comments``, those of one line are blanks."""
    offset = 0
    while True:
        if not comments and (idle := _IDLE.match(text, offset)):
            offset = idle.end()
        found = _TOKEN.match(text, offset)
        if found is None:
            return
        offset = found.end()
        kind = "string" if found.lastgroup == "tag" else str(found.lastgroup)
        if found.group() == "/*":
            offset = _comment_end(text, offset)
        if kind != "blank":
            yield Token(text[found.start() : offset], found.start(), kind)


def _comment_end(text: str, offset: int) -> int:
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(text, offset)
        if edge is None:
            return len(text)
        depth += 1 if edge.group() == "/*" else -1
        offset = edge.end()
    return offset


def depths(tokens: list[Token]) -> list[int]:
    """How many brackets are open around each token; a bracket counts as standing outside of itself."""
    found, depth = [], 0
    for token in tokens:
        sign = token.text if token.kind == "sign" else ""
        depth -= bool(sign) and sign in _CLOSE
        found.append(depth)
        depth += bool(sign) and sign in _OPEN
    return found


def name_at(text: str, offset: int) -> int:
    """How long the dotted name is that starts at ``offset``; 1 where none does."""
    here, end = offset, offset + 1
    while (found := _TOKEN.match(text, here)) and found.lastgroup in ("word", "quoted"):
        end = found.end()
        if not text.startswith(".", end):
            break
        here = end + 1
    return end - offset


def reference_at(tokens: list[Token], offset: int) -> tuple[Token, Token] | None:
    """The first and the last part of the dotted name that covers ``offset``: ``o`` and ``day`` of ``o.day``."""
    for index, token in enumerate(tokens):
        if token.start <= offset < token.end:
            last = index
            while last + 2 < len(tokens) and tokens[last + 1].text == "." and tokens[last + 2].text != "*":
                last += 2
            return token, tokens[last]
    return None


def first_named(tokens: list[Token], name: str) -> Token | None:
    """The first token that is this name."""
    return next((token for token in tokens if token.kind in ("word", "quoted") and token.name == name.lower()), None)


def call_end(tokens: list[Token], start: int) -> int | None:
    """The offset behind the closing parenthesis of the call whose name starts at ``start``.

    None where no call starts there, or where it goes on (OVER, FILTER, WITHIN GROUP).
    """
    index = next((i for i, token in enumerate(tokens) if token.start == start), None)
    if index is None or index + 1 >= len(tokens) or tokens[index + 1].text != "(":
        return None
    levels = depths(tokens)
    for place in range(index + 2, len(tokens)):
        if tokens[place].text == ")" and levels[place] == levels[index + 1]:
            following = tokens[place + 1].name if place + 1 < len(tokens) else ""
            return None if following in ("over", "filter", "within") else tokens[place].end
    return None
