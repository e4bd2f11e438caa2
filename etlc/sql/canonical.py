"""The canonical form of a query: the same for two texts that mean the same, as far as this can be seen cheaply.

It is made from the written tokens, not printed from a tree: what nobody understood stays as it was written, so that
nothing that matters to DuckDB can get lost on the way. sqlglot's tree only tells which names belong together. Every
step turns a text into another one of the same meaning; equal results therefore mean the same. Three levels, the first
that is certain: names replaced; spelling of keywords, casts and parentheses only; the text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from etlc.sql.pieces import RESERVED, Piece, fold, join, quote, split, words
from etlc.sql.rewrites import pairs, rewrite
from etlc.sql.scopes import Found, Name, Ref, Source, Unsure

_OWN = re.compile(r"_[twc][0-9]+")
_DEEP = 60
# Words that DuckDB may read as the start of something else where sqlglot sees an alias without AS.
NO_ALIAS = RESERVED | words(
    "asof positional semi anti natural cross pivot unpivot tablesample sample at ordinality exclude replace rename"
    " into over within respect ignore nulls similar glob overlaps precision varying zone without year years month"
    " months day days hour hours minute minutes second seconds week weeks quarter quarters decade century millennium"
    " millisecond milliseconds microsecond microseconds collate escape only set returning recursive materialized by"
    " rows range groups preceding following current row interval operator uescape"
)
# What may follow a relation or a column to which an alias is added.
_AFTER_NAME = RESERVED | words(", ) semi anti asof positional")
# Keywords that DuckDB also takes as names: without AS, or in a list of columns.
_SOFT = words("exists filter partition")
_ENDS_ITEM = words(", ) from") | {""}
_TYPES_WITH_NAMES = frozenset(("struct", "row", "union", "enum"))
_FILTERED_STAR = words("like ilike glob similar not rename replace")


def canonical(text: str, schema: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """The canonical form of one query. ``schema`` maps each relation that it reads to its (column, type) pairs."""
    spelled = spelling(text)
    if spelled is None:
        return text.strip()
    found = _resolved(spelled, schema)
    if found is None:
        return spelled
    again = split(spelled)
    if again is None:
        return spelled
    try:
        return join(rewrite(_Renaming(again, found, schema).pieces()))
    except Unsure:
        return spelled


def spelling(text: str) -> str | None:
    """What the canonical form is made from: two texts with the same have the same form. None: it is the text itself."""
    pieces = split(text)
    return join(_spelled(rewrite(pieces))) if pieces else None


def _spelled(pieces: list[Piece]) -> Iterable[Piece]:
    """Reserved words in lower case, except where a name may stand."""
    for index, piece in enumerate(pieces):
        yield piece.spelled(piece.low) if is_keyword(pieces, index) else piece


def is_keyword(pieces: list[Piece], index: int) -> bool:
    """Whether a word is reserved, and its case can be seen nowhere."""
    piece = pieces[index]
    return piece.kind == "word" and piece.low in RESERVED and not _is_spelling(pieces, index)


def _is_spelling(pieces: list[Piece], index: int) -> bool:
    """Whether a reserved word may yet be a name whose case can be seen."""
    word = pieces[index].low
    after = fold(pieces[index + 1].text) if index + 1 < len(pieces) else ""
    if word == "between":
        return after in _ENDS_ITEM or _is_key(pieces, index)
    if word == "over":
        return index == 0 or pieces[index - 1].text != ")"
    if word in _SOFT:
        return after != ("by" if word == "partition" else "(")
    return _is_key(pieces, index)


def _is_key(pieces: list[Piece], index: int) -> bool:
    """Whether a word stands where a field, a key, the name of an argument or an alias does."""
    before = pieces[index - 1] if index else None
    after = pieces[index + 1].text if index + 1 < len(pieces) else ""
    return (before is not None and (before.kind == "dot" or before.low == "as")) or after in (":", ":=", "=>")


def _resolved(text: str, schema: Mapping[str, Sequence[tuple[str, str]]]) -> Found | None:
    """What the names of a text mean; None where that is not certain."""
    import logging

    import sqlglot

    from etlc.sql.walk import resolve

    if _nesting(text) > _DEEP:
        return None
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
        return resolve(trees[0], schema) if len(trees) == 1 and trees[0] is not None else None
    except Unsure:
        return None
    except Exception:  # noqa: BLE001  sqlglot leaks AttributeError, KeyError and others on odd texts
        return None


def _nesting(text: str) -> int:
    """How deep the brackets of a text go, those in strings included: too deep for sqlglot's recursion is no matter."""
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


@dataclass(slots=True)
class _Edits:
    """What to put instead of, before and behind the piece at a place."""

    instead: dict[int, str] = field(default_factory=dict)
    before: set[int] = field(default_factory=set)
    behind: dict[int, str] = field(default_factory=dict)


class _Renaming:
    """One text whose names are replaced by numbered ones, in the order in which they are written."""

    def __init__(self, pieces: list[Piece], found: Found, schema: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self.written = pieces
        self.found = found
        self.index = {piece.start: index for index, piece in enumerate(pieces)}
        self.edits = _Edits()
        self._check(schema)
        self.columns = self._number_columns()
        places = sorted(entry.place for entry in found.entries)
        self.sources = {id(entry.source): f"_t{places.index(entry.place)}" for entry in found.entries}
        for entry in found.entries:
            if entry.source.key in found.kept:
                self.sources[id(entry.source)] = entry.source.key
        self.ctes = {id(source): f"_w{number}" for number, (_, source) in enumerate(sorted(found.ctes, key=_first))}

    def _check(self, schema: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Refuse what the tree may have misread, and names that look like those made here."""
        names = {name for name, columns in schema.items()} | {column for cols in schema.values() for column, _ in cols}
        if any(_OWN.fullmatch(fold(name)) for name in names | self.found.kept):
            raise Unsure
        for index, piece in enumerate(self.written):
            if piece.kind == "word" and not piece.text.isascii():
                raise Unsure
            if piece.low in ("columns", "pivot", "unpivot", "tablesample", "sample", "natural", "recursive"):
                raise Unsure
            after = self.written[index + 1].low if index + 1 < len(self.written) else ""
            if piece.text == "*" and after in _FILTERED_STAR:
                raise Unsure

    def _number_columns(self) -> dict[int, str]:
        """A number for each column name that may be replaced."""
        names = [(projection.place, projection.name) for projection in self.found.projections] + self.found.listed
        free = [name for _, name in sorted(names, key=_first) if not self._stays(name)]
        return {id(name): f"_c{number}" for number, name in enumerate(dict.fromkeys(free))}

    def _stays(self, name: Name) -> bool:
        if name.fixed and _OWN.fullmatch(fold(name.text)):
            raise Unsure
        return name.fixed or fold(name.text) in self.found.kept

    def _column(self, name: Name) -> str:
        """How a column is referred to."""
        return quote(self.columns.get(id(name), fold(name.text)))

    def _defined(self, name: Name) -> str:
        """How a column is named where it is made."""
        return quote(self.columns.get(id(name), name.text))

    def pieces(self) -> list[Piece]:
        """The pieces with their names replaced."""
        for place in self.found.plain:
            self._replace(place, quote(fold(self._name_at(place))))
        for place, source in (*self.found.ctes, *self.found.cte_uses):
            self._replace(place, quote(self.ctes[id(source)]))
        for entry in self.found.entries:
            self._alias(entry.place, quote(self.sources[id(entry.source)]), written=entry.aliased)
        for place, name in self.found.listed:
            self._replace(place, self._defined(name))
        for ref in self.found.refs.values():
            self._reference(ref)
        for projection in self.found.projections:
            if projection.aliased or fold(projection.name.text) not in self.found.kept:
                self._alias(projection.place, self._defined(projection.name), written=projection.aliased)
        return self._edited()

    def _at(self, place: int) -> int:
        index = self.index.get(place)
        if index is None or self.written[index].kind not in ("word", "quoted"):
            raise Unsure
        return index

    def _name_at(self, place: int) -> str:
        piece = self.written[self._at(place)]
        return piece.text[1:-1].replace('""', '"') if piece.kind == "quoted" else piece.text

    def _replace(self, place: int, text: str) -> None:
        self._at(place)
        self.edits.instead[place] = text

    def _alias(self, place: int, text: str, *, written: bool) -> None:
        """Put an alias instead of the one at ``place``, or behind what stands there; always with AS."""
        index = self._at(place)
        if not written:
            after = self.written[index + 1].low if index + 1 < len(self.written) else ")"
            if after not in _AFTER_NAME:
                raise Unsure
            self.edits.behind[place] = text
            return
        piece, before = self.written[index], self.written[index - 1]
        if index + 1 < len(self.written) and self.written[index + 1].text == ":":
            raise Unsure
        if before.low != "as":
            if piece.low in NO_ALIAS:
                raise Unsure
            self.edits.before.add(place)
        self.edits.instead[place] = text

    def _reference(self, ref: Ref) -> None:
        source, places = ref.source, ref.places
        if self.index.get(places[0]) is None or self._prefixed(self._at(places[0])):
            raise Unsure
        if source is None or (not ref.qualified and id(source) not in self.sources):
            self._replace(places[0], self._column(_known(ref.name)))
            return
        if ref.qualified:
            self._replace(places[0], quote(self._source(source)))
            if ref.name is not None:
                self._replace(places[1], self._column(ref.name))
            return
        self._replace(places[0], f"{quote(self._source(source))}.{self._column(_known(ref.name))}")

    def _source(self, source: Source) -> str:
        name = self.sources.get(id(source))
        if name is None:
            raise Unsure
        return name

    def _prefixed(self, index: int) -> bool:
        """Whether what sqlglot took for a column is a part of something else."""
        before, after = self.written[index - 1], self.written[index + 1 : index + 2]
        if before.kind == "dot" or before.low == "collate" or before.text in ("$", "#", "@", "?"):
            return True
        return bool(after) and (after[0].text in (":=", "=>") or (after[0].glued and after[0].kind == "string"))

    def _edited(self) -> list[Piece]:
        keep_case = self._type_fields()
        out: list[Piece] = []
        for index, piece in enumerate(self.written):
            text = self.edits.instead.get(piece.start)
            if piece.start in self.edits.before:
                out.append(Piece("as", "word"))
            if text is not None:
                out.append(Piece(text, "quoted"))
            elif piece.kind == "word" and index not in keep_case and not _is_key(self.written, index):
                out.append(piece.spelled(piece.low))
            else:
                out.append(piece)
            behind = self.edits.behind.get(piece.start)
            if behind is not None:
                out += [Piece("as", "word"), Piece(behind, "quoted")]
        return out

    def _type_fields(self) -> set[int]:
        """The words between the parentheses of a type with named fields: the case of a field can be seen."""
        found: set[int] = set()
        for start, close in (pairs(self.written) or {}).items():
            if start and self.written[start - 1].low in _TYPES_WITH_NAMES:
                inside = self.written[start + 1].low
                if inside not in ("select", "from", "with", "("):
                    found.update(range(start + 1, close))
        return found


def _known(name: Name | None) -> Name:
    if name is None:
        raise Unsure
    return name


def _first(pair: tuple[int, object]) -> int:
    return pair[0]
