"""The select list of a canonical query, column by column, so that two queries can be held against each other by column.

Only where it is certain what each column is: one SELECT without a star, every name resolved. Everything else has no
projections, and is then compared as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from etlc.sql.pieces import Piece, fold, join, split, words

_TABLE = re.compile(r'"_t[0-9]+"')
_ENDS = words("from where group having window qualify order limit offset union intersect except")
_SETS = words("union intersect except")
_LISTS = words("group order")
# Calls that give one value for one row, whatever else is selected; a query without GROUP BY may gain or lose them.
_PLAIN = words(
    "abs cast try_cast ceil coalesce concat concat_ws date_part date_trunc day extract floor greatest hour ifnull least"
    " left length lower ltrim minute month nullif regexp_extract regexp_replace replace right round rtrim second"
    " split_part strftime strptime substr substring trim upper week year"
)
_MANY = words("unnest unlist generate_subscripts regexp_split_to_table select")


@dataclass(frozen=True, slots=True)
class Projections:
    """``columns`` maps each output column (lower case) to its expression, ``rest`` is the query without them.

    ``light`` are the columns that may come and go without a change in the rows: the number of rows and the values of
    all other columns stay the same.
    """

    columns: Mapping[str, str]
    rest: str
    light: frozenset[str]


def read_by_name(text: str, names: Mapping[str, str]) -> str:
    """A canonical text with the relations that it reads called by other names (both in lower case)."""
    pieces = split(text) if any(old != new for old, new in names.items()) else None
    if pieces is None:
        return text
    made = []
    for index, piece in enumerate(pieces):
        ahead = pieces[index + 1 : index + 3]
        named = len(ahead) == 2 and ahead[0].low == "as" and _TABLE.fullmatch(ahead[1].text)
        plain = fold(piece.text[1:-1]) if piece.kind == "quoted" and named else ""
        made.append(piece.spelled(f'"{names[plain]}"') if plain in names else piece)
    return join(made)


def projections(text: str, outputs: Sequence[str]) -> Projections | None:
    """The columns of a query in its canonical form, named by ``outputs`` in order; None where they cannot be told."""
    pieces = split(text)
    if pieces is None or not any(_TABLE.fullmatch(piece.text) for piece in pieces):
        return None
    if any(piece.text == "->" or piece.low in ("lambda", "columns", "pivot", "unpivot") for piece in pieces):
        return None
    found = _select_list(pieces)
    if found is None:
        return None
    begin, end = found
    items = [_without_alias(item) for item in _items(pieces[begin:end])]
    if len(items) != len(outputs) or any(not item or item[0].text == "*" or item[-1].text == "*" for item in items):
        return None
    names = {fold(name) for name in outputs}
    own = [_ambiguous(item, names - {fold(name)}) for name, item in zip(outputs, items, strict=True)]
    if any(own) or _ambiguous([*pieces[:begin], *pieces[end:]], names):
        return None
    texts: list[str] = []
    known: dict[str, str] = {}
    for name, item in zip(outputs, items, strict=True):
        texts.append(join(_spelled_out(item, known)))
        known[fold(name)] = texts[-1]
    rest = _ordinals([*pieces[:begin], *pieces[end:]], begin, texts)
    if len(known) != len(outputs) or rest is None:
        return None
    light = _light(rest, items, outputs)
    return Projections(known, join(_spelled_out(rest, known)), light)


def _ambiguous(pieces: Sequence[Piece], outputs: set[str]) -> bool:
    """Whether a name was left as written that may be one of the output columns, or one of what is read.

    An expression cannot mean the column that it makes itself.
    """
    joined = False
    for index, piece in enumerate(pieces):
        joined = (joined and piece.text != ")") or piece.low == "using"
        called = [other.text for other in pieces[index + 1 : index + 2]] == ["("]
        if piece.kind == "word" and piece.low in outputs and not joined and not called:
            return True
    return False


def _select_list(pieces: Sequence[Piece]) -> tuple[int, int] | None:
    """Where the outermost select list begins and ends; None where there is not just one."""
    depth, begin, end = 0, None, None
    for index, piece in enumerate(pieces):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(piece.text, 0)
        if depth or piece.kind != "word":
            continue
        if piece.low in _SETS or (piece.low == "select" and begin is not None):
            return None
        if piece.low == "select":
            begin = index + 1
        elif begin is not None and end is None and piece.low in _ENDS and not _is_comparison(pieces, index):
            end = index
    if begin is None or begin >= len(pieces) or pieces[begin].low in ("distinct", "all"):
        return None
    return begin, len(pieces) if end is None else end


def _is_comparison(pieces: Sequence[Piece], index: int) -> bool:
    """Whether FROM belongs to IS DISTINCT FROM."""
    return pieces[index].low == "from" and pieces[index - 1].low == "distinct"


def _items(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The parts between commas, those in brackets left out."""
    depth = 0
    found: list[list[Piece]] = [[]]
    for piece in pieces:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(piece.text, 0)
        if piece.text == "," and not depth:
            found.append([])
        else:
            found[-1].append(piece)
    return found


def _without_alias(item: list[Piece]) -> list[Piece]:
    return item[:-2] if len(item) > 2 and item[-2].low == "as" and item[-1].kind == "quoted" else item


def _spelled_out(pieces: Sequence[Piece], known: Mapping[str, str]) -> list[Piece]:
    """The pieces with the aliases that they use replaced by what these stand for."""
    made = []
    for index, piece in enumerate(pieces):
        around = [*pieces[max(0, index - 1) : index], *pieces[index + 1 : index + 2]]
        # What stands beside a dot is qualified; beside AS it is a relation, or a name that is given.
        bare = piece.kind == "quoted" and not any(other.kind == "dot" or other.low == "as" for other in around)
        text = known.get(fold(piece.text[1:-1])) if bare else None
        made.append(piece if text is None else Piece(f"( {text} )", "quoted"))
    return made


def _ordinals(rest: Sequence[Piece], begin: int, texts: Sequence[str]) -> list[Piece] | None:
    """The rest with ``group by 1`` written out; None where ALL makes it depend on the whole select list."""
    made: list[Piece] = list(rest[:begin])
    depth, listing = 0, False
    for index in range(begin, len(rest)):
        piece, before = rest[index], rest[index - 1]
        depth += {"(": 1, ")": -1}.get(piece.text, 0)
        if not depth and piece.low in _ENDS:
            listing = piece.low in _LISTS
        starts = listing and not depth and (before.low == "by" or before.text == ",")
        if starts and piece.low == "all":
            return None
        if starts and piece.kind == "number":
            if not piece.text.isdigit() or not 0 < int(piece.text) <= len(texts):
                return None
            piece = Piece(f"( {texts[int(piece.text) - 1]} )", "quoted")
        made.append(piece)
    return made


def _is_grouped(rest: Sequence[Piece]) -> bool:
    """Whether the query itself, not one within it, has a GROUP BY."""
    depth = 0
    for here, following in pairwise(rest):
        depth += {"(": 1, ")": -1}.get(here.text, 0)
        if not depth and (here.low, following.low) == ("group", "by"):
            return True
    return False


def _light(rest: Sequence[Piece], items: Sequence[Sequence[Piece]], outputs: Sequence[str]) -> frozenset[str]:
    grouped = _is_grouped(rest)
    found = set()
    for name, item in zip(outputs, items, strict=True):
        calls = {item[i - 1].low for i in range(1, len(item)) if item[i].text == "(" and item[i - 1].kind == "word"}
        typed = {item[i].low for i in range(1, len(item)) if item[i - 1].text == "::"}
        used = {piece.low for piece in item}
        odd = used & _MANY or any(
            piece.kind == "quoted" and item[i + 1 : i + 2] and item[i + 1].text == "(" for i, piece in enumerate(item)
        )
        if not odd and (grouped or calls - typed <= _PLAIN):
            found.add(fold(name))
    return frozenset(found)
