"""The tokens of a text as DuckDB splits it: where names, strings, comments and params stand. Never what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_OPEN, _CLOSE = "([{", ")]}"
_LETTER = r"(?:[A-Za-z_]|[^\x00-\x7f\s])"
_TOKEN = re.compile(
    rf"""(?P<blank>\s+)
    |(?P<line>--[^\r\n]*)
    |(?P<comment>/\*)
    |(?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>(?:{_LETTER}(?:{_LETTER}|[0-9])*)?)\$.*?\$(?P=tag)\$)
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<param>\${_LETTER}(?:{_LETTER}|[0-9])*)
    |(?P<word>{_LETTER}(?:{_LETTER}|[0-9$])*)
    |(?P<number>[0-9](?:{_LETTER}|[0-9.])*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_BRACKET = re.compile(r"[(\[{)\]}]")
DEEPEST = 200
_LOOKED_AT = 100_000  # characters; DuckDB's own limit holds behind them
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LONG_NAME = re.compile(rf"(?:\.\s*[\w\"]+\s*){{{DEEPEST + 1}}}")


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
    return [token for token in scan(text) if token.kind not in ("comment", "line")]


def tokens_and_comments_of(text: str) -> list[Token]:
    """The tokens of a text, the comments among them; one within another is a part of it."""
    return list(scan(text))


def scan(text: str) -> Iterator[Token]:
    """The tokens and the comments of a text: everything but blanks."""
    offset = 0
    while found := _TOKEN.match(text, offset):
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


def too_deep(text: str) -> int | None:
    """Where more than :data:`DEEPEST` brackets are open; None where there are never so many."""
    if text.count(".") > DEEPEST and (dotted := _dotted(text)) is not None:
        return dotted
    if sum(map(text.count, _OPEN)) <= DEEPEST:
        return None
    open_now = 0
    for found in _BRACKET.finditer(text):  # a first guess, since tokens take their time: brackets in strings count too
        open_now = open_now + 1 if found.group() in _OPEN else max(0, open_now - 1)
        if open_now > DEEPEST:
            break
    else:
        return None
    tokens = tokens_of(text[:_LOOKED_AT])
    return next((token.start for token, depth in zip(tokens, depths(tokens), strict=True) if depth > DEEPEST), None)


def _dotted(text: str) -> int | None:
    """Where a dotted name has more than :data:`DEEPEST` parts: each is a level, and DuckDB 2.0 takes minutes for it."""
    if _LONG_NAME.search(text) is None:
        return None
    dots, start = 0, 0
    for before, token in pairwise(tokens_of(text[: 10 * _LOOKED_AT])):
        if token.text == ".":
            start, dots = (before.start, 1) if dots == 0 else (start, dots + 1)
            if dots > DEEPEST:
                return start
        elif before.text != ".":
            dots = 0
    return None


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
