"""Splits a query into models: every top-level CTE becomes one, its body another; top-level ORDER BY and LIMIT go.

The text stays the author's: sqlglot only finds the places, and names are spliced in where a CTE was read.
"""

from dataclasses import dataclass

from sqlglot import exp, parse_one, tokenize
from sqlglot.tokens import Token, TokenType

OPENING = {TokenType.L_PAREN}
CLOSING = {TokenType.R_PAREN}
TAIL = {TokenType.ORDER_BY, TokenType.LIMIT, TokenType.OFFSET}


@dataclass(frozen=True)
class Split:
    """A query taken apart: its models in running order (the last one is the body), and what was cut off."""

    name: str
    models: dict[str, str]
    whole: str
    tail: str


@dataclass(frozen=True)
class _Cte:
    """Where a CTE stands: its name, column aliases as text, and the range of its query."""

    name: str
    aliases: str
    start: int
    end: int


def split(sql: str, name: str) -> Split:
    """The query as models; `q14` with a CTE `cross_items` becomes `q14_cross_items` and `q14`."""
    text = sql.strip().rstrip(";").rstrip()
    tokens = list(tokenize(text, read="duckdb"))
    ctes, body = _parts(text, tokens)
    cut = _tail_start(tokens, body, len(text))
    names = {cte.name.lower(): f"{name}_{cte.name}" for cte in ctes}
    edits = _edits(text, ctes, body, names)
    models = {}
    for cte in ctes:
        inner = _spliced(text, cte.start, cte.end, edits)
        models[names[cte.name.lower()]] = f"select * from ({inner}) as t{cte.aliases}" if cte.aliases else inner
    models[name] = _spliced(text, body, cut, edits)
    return Split(name, models, text[:cut].rstrip(), text[cut:])


def _parts(text: str, tokens: list[Token]) -> tuple[list[_Cte], int]:
    """The top-level CTEs in their order, and where the body begins."""
    if tokens[0].token_type != TokenType.WITH:
        return [], tokens[0].start
    assert tokens[1].token_type != TokenType.RECURSIVE, "recursive CTEs can't be split off"
    ctes, at = [], 1
    while True:
        name, at = tokens[at].text, at + 1
        aliases = ""
        if tokens[at].token_type in OPENING:
            close = _closing(tokens, at)
            aliases, at = text[tokens[at].start : tokens[close].end + 1], close + 1
        while tokens[at].token_type not in OPENING:  # AS [NOT] MATERIALIZED
            at += 1
        close = _closing(tokens, at)
        ctes.append(_Cte(name, aliases, tokens[at].end + 1, tokens[close].start))
        at = close + 1
        if tokens[at].token_type != TokenType.COMMA:
            return ctes, tokens[at].start
        at += 1


def _closing(tokens: list[Token], at: int) -> int:
    """The index of the parenthesis that closes the one at this index."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index].token_type in OPENING) - (tokens[index].token_type in CLOSING)
        if depth == 0:
            return index
    raise ValueError("a parenthesis is not closed")


def _tail_start(tokens: list[Token], body: int, end: int) -> int:
    """Where the body's own ORDER BY or LIMIT begins, else its end."""
    depth = 0
    for token in tokens:
        if token.start < body:
            continue
        if depth == 0 and token.token_type in TAIL:
            return token.start
        depth += (token.token_type in OPENING) - (token.token_type in CLOSING)
    return end


def _edits(text: str, ctes: list[_Cte], body: int, names: dict[str, str]) -> dict[int, tuple[int, str]]:
    """Start of each name that reads a top-level CTE -> its end, and what stands there instead."""
    edits = {}
    for table in parse_one(text, read="duckdb").find_all(exp.Table):
        key = table.name.lower()
        if key not in names or table.db or not isinstance(table.this, exp.Identifier) or _hidden(table, key):
            continue
        start, end = table.this.meta["start"], table.this.meta["end"] + 1
        if start < body and not any(cte.name.lower() == key and cte.end < start for cte in ctes):
            continue  # a CTE sees those before it: here the name is a table's
        alias = "" if table.alias else f" as {table.name}"
        edits[start] = (end, names[key] + alias)
    return edits


def _hidden(table: exp.Table, key: str) -> bool:
    """Whether a WITH further in has a CTE of the same name."""
    node = table.parent
    while node is not None and node.parent is not None:
        inner = node.args.get("with_") or node.args.get("with")
        if inner is not None and any(cte.alias.lower() == key for cte in inner.expressions):
            return True
        node = node.parent
    return False


def _spliced(text: str, start: int, end: int, edits: dict[int, tuple[int, str]]) -> str:
    """The text of a range with the edits within it made."""
    pieces, at = [], start
    for place in sorted(place for place in edits if start <= place < end):
        stop, replacement = edits[place]
        pieces += [text[at:place], replacement]
        at = stop
    return "".join([*pieces, text[at:end]]).strip()
