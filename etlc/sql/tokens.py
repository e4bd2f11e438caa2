"""Places within a text, by its tokens: which name stands where. For messages, never for meaning."""

from __future__ import annotations

from dataclasses import dataclass

_OPEN, _CLOSE = "(", ")"


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its text as written, and where it starts."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset behind the token."""
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """The token as a name: without quotes, in lower case."""
        return self.text.strip('"').replace('""', '"').lower()


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text; none where it cannot be split into tokens."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        found = sqlglot.tokenize(text, dialect="duckdb")
    except SqlglotError:
        return []
    return [Token(text[token.start : token.end + 1], token.start) for token in found]


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
    return next((token for token in tokens if token.name == name.lower()), None)


def call_end(tokens: list[Token], start: int) -> int | None:
    """The offset behind the closing parenthesis of the call whose name starts at ``start``.

    None where no call starts there, or where it goes on (OVER, FILTER, WITHIN GROUP).
    """
    index = next((i for i, token in enumerate(tokens) if token.start == start), None)
    if index is None or index + 1 >= len(tokens) or tokens[index + 1].text != _OPEN:
        return None
    depth = 0
    for place in range(index + 1, len(tokens)):
        depth += {_OPEN: 1, _CLOSE: -1}.get(tokens[place].text, 0)
        if depth == 0:
            following = tokens[place + 1].name if place + 1 < len(tokens) else ""
            return None if following in ("over", "filter", "within") else tokens[place].end
    return None
