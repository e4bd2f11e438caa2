"""Rewrites of pieces that need no tree: spellings that DuckDB's own grammar makes one and the same."""

from __future__ import annotations

import re

from etlc.sql.pieces import RESERVED, Piece, words

_INTEGER = re.compile(r"[0-9](?:_?[0-9])*")
_DIGITS = 9
_OPEN, _CLOSE = "([{", ")]}"
_TYPES = {
    "int": "integer", "int4": "integer", "signed": "integer", "int8": "bigint", "long": "bigint", "int2": "smallint",
    "short": "smallint", "int1": "tinyint", "text": "varchar", "string": "varchar", "bool": "boolean",
    "logical": "boolean", "float8": "double", "float4": "float", "real": "float", "numeric": "decimal",
}  # fmt: skip
# A word or a sign after which an expression starts, and before which one ends: parentheses between two of them hold
# a whole expression, so they change nothing.
_STARTS = words("select where on having qualify when then else , (")
_ENDS = words(
    ", ) from where group having qualify order limit union intersect except when then else end join left right full"
    " inner cross"
)
_NAMELESS = RESERVED | words("interval values materialized recursive extract")
_AFTER_CAST = words(
    ", ) ] + - * / % = < > <= >= <> || and or then else end when is in not between like ilike as asc desc from where"
    " group having order qualify limit union"
)
_CONDITION = words("where on having qualify and")
_LISTS = words("in any some all values by limit interval using on sets distinct")
_LOOSER_THAN_AND = words("or between lambda case")


def rewrite(pieces: list[Piece]) -> list[Piece]:
    """Apply every rewrite until nothing changes."""
    found = [_number(pieces, index) for index in range(len(pieces))]
    found = [_unequal(found, index) for index in range(len(found))]
    found = _types(_casts(found))
    while True:
        fewer = _parentheses(found)
        if len(fewer) == len(found):
            return found
        found = fewer


def pairs(pieces: list[Piece]) -> dict[int, int] | None:
    """Opening to closing bracket, by index; None where they do not match."""
    stack: list[int] = []
    found: dict[int, int] = {}
    for index, piece in enumerate(pieces):
        if piece.kind != "punct":
            continue
        if piece.text in _OPEN:
            stack.append(index)
        elif piece.text in _CLOSE:
            if not stack or _OPEN.index(pieces[stack[-1]].text) != _CLOSE.index(piece.text):
                return None
            found[stack.pop()] = index
    return None if stack else found


def _text(pieces: list[Piece], index: int) -> str:
    return pieces[index].low if 0 <= index < len(pieces) else ""


def _kind(pieces: list[Piece], index: int) -> str:
    return pieces[index].kind if 0 <= index < len(pieces) else ""


def _number(pieces: list[Piece], index: int) -> Piece:
    """``1_000`` is ``1000``; not where the number touches something that may be a part of it (``.5``, ``0x1F``)."""
    piece = pieces[index]
    if piece.kind != "number" or not _INTEGER.fullmatch(piece.text):
        return piece
    after = pieces[index + 1] if index + 1 < len(pieces) else None
    if _kind(pieces, index - 1) == "dot" or (piece.glued and pieces[index - 1].kind in ("word", "string", "number")):
        return piece
    if after is not None and after.glued and after.kind in ("word", "dot", "number", "string", "quoted"):
        return piece
    digits = piece.text.replace("_", "")
    if len(digits) > _DIGITS:
        return piece
    return piece.spelled(str(int(digits)))


def _unequal(pieces: list[Piece], index: int) -> Piece:
    """``!=`` is ``<>``; not where another operator touches it, for ``!=-`` is an operator of its own."""
    piece = pieces[index]
    if piece.text != "!=":
        return piece
    if piece.glued and _kind(pieces, index - 1) == "op":
        return piece
    if index + 1 < len(pieces) and pieces[index + 1].glued and pieces[index + 1].kind == "op":
        return piece
    return piece.spelled("<>")


def _casts(pieces: list[Piece]) -> list[Piece]:
    """``cast(x as t)`` is ``(x)::t``, where what follows cannot be read as a part of the type."""
    brackets = pairs(pieces)
    if brackets is None:
        return pieces
    replaced: dict[int, list[Piece]] = {}
    for index, piece in enumerate(pieces):
        if piece.kind != "word" or piece.low != "cast" or _text(pieces, index + 1) != "(":
            continue
        if _kind(pieces, index - 1) == "dot":
            continue
        close = brackets[index + 1]
        middle = _as_within(pieces, index + 1, close)
        after = _text(pieces, close + 1)
        if middle is None or (after and after not in _AFTER_CAST) or not _plain_type(pieces[middle + 1 : close]):
            continue
        replaced[index] = []
        replaced[middle] = [Piece(")", "punct"), Piece("::", "op")]
        replaced[close] = []
    return [new for index, piece in enumerate(pieces) for new in replaced.get(index, [piece])]


def _as_within(pieces: list[Piece], start: int, close: int) -> int | None:
    """The only AS between a bracket and its partner, not within other brackets."""
    depth, found = 0, []
    for index in range(start + 1, close):
        if pieces[index].kind == "punct":
            depth += (pieces[index].text in _OPEN) - (pieces[index].text in _CLOSE)
        elif depth == 0 and pieces[index].low == "as":
            found.append(index)
    return found[0] if len(found) == 1 else None


def _plain_type(pieces: list[Piece]) -> bool:
    """Whether the pieces are one word, with numbers in parentheses or empty brackets behind it at most."""
    rest = "".join(piece.text if piece.kind != "number" else "9" for piece in pieces[1:])
    return bool(pieces) and pieces[0].kind == "word" and re.fullmatch(r"(\(9(,9)?\))?(\[\])*", rest) is not None


def _types(pieces: list[Piece]) -> list[Piece]:
    """One spelling for each type of one word, after ``::``."""
    found = []
    for index, piece in enumerate(pieces):
        cast = piece.kind == "word" and _text(pieces, index - 1) == "::"
        if cast and (_kind(pieces, index + 1) in ("", "punct", "op") or _text(pieces, index + 1) in _AFTER_CAST):
            name = _TYPES.get(piece.low, piece.low)
            piece = piece.spelled(name)
        found.append(piece)
    return found


def _parentheses(pieces: list[Piece]) -> list[Piece]:
    """Without the parentheses that are around one name, one call, or a whole expression."""
    brackets = pairs(pieces)
    if brackets is None:
        return pieces
    drop: set[int] = set()
    for start, close in brackets.items():
        if pieces[start].text == "(" and _redundant(pieces, brackets, start, close):
            drop |= {start, close}
            break
    return [piece for index, piece in enumerate(pieces) if index not in drop] if drop else pieces


def _redundant(pieces: list[Piece], brackets: dict[int, int], start: int, close: int) -> bool:
    before, after = _text(pieces, start - 1), _text(pieces, close + 1)
    if not _groups(pieces, start) or close == start + 1:
        return False
    if before == "(" and _text(pieces, start - 2) in _LISTS:
        return False
    if before == "," and any(piece.low == "values" for piece in pieces):
        return False
    if _kind(pieces, close + 1) == "dot" or after in ("[", "(", "->", "->>"):
        return False
    inside = _shallow(pieces, start, close)
    if "," in inside or _text(pieces, start + 1) in ("select", "with", "from", "values", "*", "table"):
        return False
    if inside & {"select", "from", "as", "order", "union", ":=", "=>"} or inside & {"join", "pivot", "unpivot", "->"}:
        return False
    if _is_atom(pieces, brackets, start + 1, close - 1):
        return True
    ends = after in _ENDS or close + 1 == len(pieces)
    if before in _STARTS and ends:
        return _whole(pieces, brackets, start, close)
    conjunct = before in _CONDITION and (after == "and" or ends) and not inside & _LOOSER_THAN_AND
    return conjunct and not any(piece.low in ("between", "->", "lambda", "case") for piece in pieces)


def _groups(pieces: list[Piece], start: int) -> bool:
    """Whether an opening parenthesis starts an expression, not the arguments of a call or of a keyword."""
    if start == 0:
        return False
    before = pieces[start - 1]
    if before.low == "on" and _text(pieces, start - 2) == "distinct":
        return False
    if before.kind in ("quoted", "string", "number", "dot") or before.text in (")", "]", "}", "-", "+"):
        return False
    if before.kind == "word":
        return before.low in ("select", "where", "on", "having", "qualify", "when", "then", "else", "and", "or", "not")
    return before.text in ("(", ",", "=", "<", ">", "<=", ">=", "<>", "*", "/", "||", "[")


def _shallow(pieces: list[Piece], start: int, close: int) -> set[str]:
    """The texts between two brackets, without those within other brackets."""
    depth, found = 0, set()
    for index in range(start + 1, close):
        piece = pieces[index]
        if piece.kind == "punct" and piece.text in _CLOSE:
            depth -= 1
        if depth == 0:
            found.add(piece.low)
        if piece.kind == "punct" and piece.text in _OPEN:
            depth += 1
    return found


def _is_atom(pieces: list[Piece], brackets: dict[int, int], first: int, last: int) -> bool:
    """A dotted name, or a call of a plain function."""
    index = first
    if not _is_name(pieces[index]):
        return False
    while index + 2 <= last and pieces[index + 1].kind == "dot" and pieces[index + 2].kind in ("word", "quoted"):
        index += 2
    if index == last:
        return True
    return index + 1 in brackets and brackets[index + 1] == last and pieces[index + 1].text == "("


def _is_name(piece: Piece) -> bool:
    return piece.kind == "quoted" or (piece.kind == "word" and piece.low not in _NAMELESS)


def _whole(pieces: list[Piece], brackets: dict[int, int], start: int, close: int) -> bool:
    """Whether both neighbours end the expression. In ``f((a))`` and ``((a), b)`` they do; not in ``in ((a))``."""
    if _text(pieces, start - 1) not in ("(", ","):
        return True
    opening = next((i for i, j in brackets.items() if i < start and j > close and _innermost(brackets, i, start)), None)
    if opening is None:
        return True
    return pieces[opening].text == "(" and _kind(pieces, opening - 1) == "word" and _is_name(pieces[opening - 1])


def _innermost(brackets: dict[int, int], opening: int, start: int) -> bool:
    close = brackets[opening]
    return not any(opening < i < start < j < close for i, j in brackets.items())
