"""Random changes to queries: of their layout, which change nothing, and of one token, which may change all."""

import random
import threading
from itertools import pairwise

import duckdb

from etlc.sql.canonical import canonical
from etlc.sql.pieces import RESERVED, Piece, join, split
from tests.sql.corpus import QUERIES, SCHEMA

PATIENCE, LONGEST, MOST = 2.0, 2000, 5000
GAPS = [" ", "\n", "\t ", " /* c */ ", " -- it's\n", "\n\n", " /* ' */"]


def relaid(text: str, rnd: random.Random) -> str:
    """The same query in another layout, with comments, and its keywords in another case."""
    pieces = split(text)
    if pieces is None:
        return text
    out = pieces[0].text
    for left, right in pairwise(pieces):
        written = right.text
        soft = right.low in ("over", "filter", "between", "exists", "partition")
        spelled = soft or left.kind == "dot" or left.low in ("as", "{", ",")
        if right.low in RESERVED and not spelled:
            written = rnd.choice([str.upper, str.lower, str.title])(written)
        free = left.kind == "punct" or right.kind == "punct"
        gap = left.end != right.start
        strings = left.kind == right.kind == "string"
        out += (rnd.choice(GAPS) if (gap or (free and rnd.random() < 0.3)) and not strings else " " * gap) + written
    return out + rnd.choice(["", ";", " -- end", "\n"])


def mutated(text: str, rnd: random.Random) -> str:
    """The query with one token replaced, removed, doubled, or changed with another."""
    pieces = split(text)
    if not pieces or len(pieces) < 3:
        return text
    at = rnd.randrange(len(pieces))
    how = rnd.random()
    if how < 0.5:
        pool = [piece for other in (text, rnd.choice(QUERIES)) for piece in split(other) or []]
        same = [piece for piece in pool if piece.kind == pieces[at].kind] or pool
        pieces[at] = Piece(rnd.choice(same).text, pieces[at].kind, pieces[at].start, end=pieces[at].end)
    elif how < 0.65:
        del pieces[at]
    elif how < 0.8:
        other = rnd.randrange(len(pieces))
        one, two = pieces[at].text, pieces[other].text
        pieces[at], pieces[other] = pieces[at].spelled(two), pieces[other].spelled(one)
    elif how < 0.9:
        close = rnd.randrange(at, len(pieces)) + 1
        pieces = [*pieces[:at], Piece("(", "punct"), *pieces[at:close], Piece(")", "punct"), *pieces[close:]]
    else:
        donor = split(rnd.choice(QUERIES)) or pieces
        pieces.insert(at, Piece(rnd.choice(donor).text, "word"))
    return join(pieces)


def run(con: duckdb.DuckDBPyConnection, text: str) -> object:
    """The types and the bag of rows of a query; None where DuckDB refuses the text."""
    if "recursive" in text.lower() or len(text) > LONGEST:
        return None  # a changed recursion may never end
    timer = threading.Timer(PATIENCE, con.interrupt)
    timer.start()
    try:
        result = con.execute(text)
        types = [str(column[1]) for column in result.description or []]
        return types, sorted(map(repr, result.fetchmany(MOST)))
    except duckdb.Error:
        return None
    finally:
        timer.cancel()


def fault(con: duckdb.DuckDBPyConnection, left: str, right: str) -> str | None:
    """What is wrong with the canonical forms of two texts, if anything."""
    forms = canonical(left, SCHEMA), canonical(right, SCHEMA)
    rows = run(con, right)
    if rows is None:
        return None
    if rows != run(con, right):
        return None
    if forms[0] == forms[1] and rows != run(con, left):
        return f"equal, but not the same:\n{left}\n{right}\n{forms[0]}"
    if run(con, forms[1]) != rows:
        return f"another meaning:\n{right}\n{forms[1]}"
    if canonical(forms[1], SCHEMA) != forms[1]:
        return f"not idempotent:\n{right}\n{forms[1]}\n{canonical(forms[1], SCHEMA)}"
    return None
