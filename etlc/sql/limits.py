"""What no parser is asked about: texts so deep, so wide or so long that DuckDB would take minutes, or its stack, for them.

All of it is far beyond what people write, and what a generator should: the limits keep a text from a pull request from
stopping the machine that checks it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from etlc.sql.tokens import depths, scan, tokens_of

DEEPEST = 200  # brackets, parts of a name, comments within comments
LONGEST_NAME = 10_000  # characters; DuckDB compares an unknown one with all that it knows
MOST_CONDITIONS = 10_000  # AND and OR; binding a chain of n takes time as n squared
MOST_LAMBDAS = 12  # within one another; binding takes twice as long for each more
MOST_WORDS = 100_000
MOST_TOKENS = 600_000  # a list of 100,000 rows of two values has as many

_OPEN, _CLOSE = "([{", ")]}"
_LOOKED_AT = 100_000  # characters; DuckDB's own limit holds behind them
_BRACKET = re.compile(r"[(\[{)\]}]")
_LONG_DOTTED = re.compile(rf"(?:\.\s*[\w\"]+\s*){{{DEEPEST + 1}}}")
_LONG_NAME = re.compile(rf"\w{{{LONGEST_NAME + 1}}}")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_CONDITION = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
_FLATTER = "Compute the inner parts in models of their own, and select from those."
_SHORTER = "Keep long lists in a data file, declare it as a source, and join it."


@dataclass(frozen=True, slots=True)
class Excess:
    """Where a text goes beyond a limit: an offset, a sentence and a help."""

    offset: int
    message: str
    help: str


def beyond(text: str) -> Excess | None:
    """The limit that a text breaks first; None where it breaks none."""
    if len(text) <= DEEPEST:
        return None
    deep = _deep(text)
    if deep is not None:
        return Excess(deep, f"This is nested more than {DEEPEST} levels deep.", _FLATTER)
    inner = _lambda_within(text)
    if inner is not None:
        return Excess(inner, f"Lambdas are nested more than {MOST_LAMBDAS} deep.", _FLATTER)
    return _long(text) if len(text) > LONGEST_NAME else None


def statements(text: str) -> int | None:
    """The offset of the second of more than a thousand statements, which are not worth parsing; None elsewhere."""
    if text.count(";") <= 1_000:
        return None
    tokens = pairwise(scan(text, comments=False))
    return next((after.start for before, after in tokens if before.text == ";" != after.text), None)


def _deep(text: str) -> int | None:
    if text.count(".") > DEEPEST and (dotted := _dotted(text)) is not None:
        return dotted
    if text.count("/*") > DEEPEST and (comment := _comments(text)) is not None:
        return comment
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


def _lambda_within(text: str) -> int | None:
    """Where a lambda stands within too many others: each is what an open bracket holds from its sign on."""
    if text.count("->") + text.lower().count("lambda") <= MOST_LAMBDAS:
        return None
    open_now, within = [False], 0
    for token, after in pairwise(tokens_of(text)):
        if token.text in _OPEN:
            open_now.append(False)
        elif token.text in _CLOSE and len(open_now) > 1:
            within -= open_now.pop()
        elif not open_now[-1] and (token.text + after.text == "->" or token.name == "lambda"):
            open_now[-1], within = True, within + 1
            if within > MOST_LAMBDAS:
                return token.start
    return None


def _dotted(text: str) -> int | None:
    """Where a dotted name has too many parts: each is a level, and DuckDB 2.0 takes minutes for it."""
    if _LONG_DOTTED.search(text) is None:
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


def _comments(text: str) -> int | None:
    """Where comments stand too deep in comments: DuckDB's parser takes time as their number squared."""
    for token in scan(text):
        if token.kind == "comment" and token.text.count("/*") > DEEPEST:
            depth = 0
            for edge in _COMMENT_EDGE.finditer(token.text):
                depth += 1 if edge.group() == "/*" else -1
                if depth > DEEPEST:
                    return token.start
    return None


def _may_chain(text: str) -> bool:
    """A first look, which takes a tenth of the time: whether the letters of AND and OR stand there often enough."""
    lower = text.lower() if len(text) > 4 * MOST_CONDITIONS else ""
    return lower.count("and") + lower.count("or") > MOST_CONDITIONS


def _long(text: str) -> Excess | None:
    named = _LONG_NAME.search(text) is not None or text.count('"') > 1
    chained = _may_chain(text) and len(_CONDITION.findall(text)) > MOST_CONDITIONS
    if not (named or chained or len(text) > 2 * MOST_WORDS):
        return None
    count = words = conditions = 0
    for token in scan(text, comments=False):
        name = token.kind in ("word", "quoted", "param")
        if name and len(token.text) > LONGEST_NAME:
            return Excess(
                token.start, f"This name has more than {LONGEST_NAME:,} characters.", "Give it a shorter one."
            )
        count, words = count + 1, words + name
        conditions += name and len(token.text) < 4 and token.name in ("and", "or")
        if conditions > MOST_CONDITIONS:
            return Excess(token.start, f"This query has more than {MOST_CONDITIONS:,} ANDs and ORs.", _SHORTER)
        if words > MOST_WORDS or count > MOST_TOKENS:
            message = f"This query has more than {MOST_WORDS:,} words or {MOST_TOKENS:,} signs and values."
            return Excess(token.start, message, _SHORTER)
    return None
