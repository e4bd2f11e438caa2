"""A query as blocks: its SELECTs with their items, the queries within them, and the CTEs, as ranges of pieces.

Only the written words and brackets tell; a query with a form that this could misread has no blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from etlc.sql.aggregates import AGGREGATES
from etlc.sql.canonical import NO_ALIAS, is_keyword
from etlc.sql.parts import Block, Cte, Item, Query, Unsliceable
from etlc.sql.pieces import RESERVED, Piece, fold, words
from etlc.sql.rewrites import pairs

# Forms that make columns or rows from data, from spellings or from all that there is.
_REFUSED = words(
    "columns pivot unpivot pivot_wider natural positional tablesample sample recursive alias query query_table describe"
    " summarize show table"
)
_HEADS = words("from where having qualify window limit offset")
_SETS = words("union intersect except")
_UNNEST = words("unnest unlist generate_subscripts regexp_split_to_table")
# Macros of DuckDB's that hold an aggregate.
AGGREGATE_MACROS = words(
    "geomean geometric_mean wavg weighted_avg json_group_array json_group_object json_group_structure"
    " variant_group_array variant_group_object combine_aggr decimal_average lttb"
)
_AGGREGATES = AGGREGATES | AGGREGATE_MACROS
_JOIN_WORDS = words("semi anti asof")


class Blocks:
    """All blocks of a query. ``relations`` are the names that stand for rows of FROM, ``places`` where FROM names one.

    Raises Unsliceable.
    """

    def __init__(self, pieces: list[Piece]) -> None:
        close = pairs(pieces)
        if close is None or not pieces:
            raise Unsliceable
        self.pieces, self.close = pieces, close
        self.relations: set[str] = set()
        self.places: dict[int, str] = {}
        self.blocks: list[Block] = []
        self.ctes: list[Cte] = []
        self.withs: dict[int, Query] = {}
        for index, piece in enumerate(pieces):
            if piece.low in _REFUSED or (piece.kind == "op" and piece.text[0] in "#$?@") or piece.text == ";":
                raise Unsliceable
            if piece.kind == "word" and not piece.text.isascii():
                raise Unsliceable
            self._check_star(index)
        self.root = self._query(0, len(pieces))

    def _check_star(self, index: int) -> None:
        """A star in a call is all there is, but for ``count(*)``."""
        if self.pieces[index].text != "*" or not index:
            return
        before = self.pieces[index - 1]
        if before.text == "(" and (index < 2 or self.pieces[index - 2].low != "count"):
            raise Unsliceable

    # -- words

    def word(self, index: int) -> str:
        """A keyword; "" for anything else."""
        if not 0 <= index < len(self.pieces):
            return ""
        return self.pieces[index].low if is_keyword(self.pieces, index) else ""

    def text(self, index: int) -> str:
        """The text of a piece, words in lower case."""
        return self.pieces[index].low if 0 <= index < len(self.pieces) else ""

    def name(self, index: int) -> str:
        """A name as DuckDB compares it; "" for what is none."""
        if not 0 <= index < len(self.pieces):
            return ""
        piece = self.pieces[index]
        if piece.kind == "quoted":
            return fold(piece.text[1:-1].replace('""', '"'))
        return piece.low if piece.kind == "word" else ""

    def level(self, start: int, end: int) -> Iterator[int]:
        """The pieces of a range outside of its brackets, the opening ones included."""
        while start < end:
            yield start
            start = self.close.get(start, start) + 1

    def _is_query(self, opening: int) -> bool:
        """Whether a bracket holds a query."""
        if self.pieces[opening].text != "(":
            return False
        if self.word(opening + 1) in ("select", "with", "from") or self.text(opening + 1) == "values":
            return True
        inner = opening + 1
        if self.text(inner) != "(" or not self._is_query(inner):
            return False
        after = self.close[inner] + 1
        return after == self.close[opening] or self.word(after) in _SETS | {"order", "limit", "offset"}

    # -- queries

    def _query(self, start: int, end: int) -> Query:
        query = Query(start, end)
        body = start
        if self.word(start) == "with":
            body = self._with(query, start + 1, end)
            self.withs[start] = query
        query.body = body
        marks = [place for place in self.level(body, end) if self.word(place) in _SETS]
        starts, ends = [body], []
        for mark in marks:
            ends.append(mark)
            after = mark + 1
            united = self.word(mark) == "union" and self.word(after) == "all" and self.text(after + 1) != "by"
            query.exact = query.exact or not united
            while self.text(after) in ("all", "distinct", "by", "name"):
                after += 1
            starts.append(after)
        ends.append(self._tail(query, starts[-1], end) if marks else end)
        for first, last in zip(starts, ends, strict=True):
            self._arm(query, first, last)
        return query

    def _tail(self, query: Query, start: int, end: int) -> int:
        """Where ORDER BY and LIMIT of a set operation begin."""
        heads = (one for one in self.level(start, end) if self.word(one) in ("order", "limit", "offset"))
        found = next(heads, end)
        if found < end:
            query.tail = (found, end)
            query.exact = True  # its names and numbers are those of the columns
            self._scan(Block(found, end), found, end)
        return found

    def _with(self, query: Query, start: int, end: int) -> int:
        place = start
        while True:
            first, listed = place, False
            name = self.name(place)
            place += 1
            if self.text(place) == "(":
                place, listed = self.close[place] + 1, True
            if not name or self.word(place) != "as":
                raise Unsliceable
            place += 1
            while self.text(place) in ("not", "materialized"):
                place += 1
            if place >= end or not self._is_query(place):
                raise Unsliceable
            inner = self._query(place + 1, self.close[place])
            place = self.close[place] + 1
            cte = Cte(name, first, place, inner, listed)
            query.ctes.append(cte)
            self.ctes.append(cte)
            if self.text(place) != ",":
                return place
            place += 1

    def _arm(self, query: Query, start: int, end: int) -> None:
        if start >= end:
            raise Unsliceable
        if self._is_query(start):
            inner = self._query(start + 1, self.close[start])
            query.arms += inner.arms
            query.exact = query.exact or inner.exact or self.close[start] + 1 < end
            if self.close[start] + 1 < end:
                self._scan(Block(start, end), self.close[start] + 1, end)
            return
        if self.word(start) != "select":
            raise Unsliceable
        block = Block(start, end)
        self.blocks.append(block)
        query.arms.append(block)
        self._select(block)

    def _select(self, block: Block) -> None:
        place = block.start + 1
        if self.word(place) == "all":
            place += 1
        elif self.word(place) == "distinct":
            place += 1
            if self.word(place) == "on" and self.text(place + 1) == "(":
                self._numbers(block, place + 2, self.close[place + 1])
                self._scan(block, place + 2, self.close[place + 1])
                block.limited = True
                place = self.close[place + 1] + 1
            else:
                block.whole = True
        heads = [one for one in self.level(place, block.end) if self._is_head(one)]
        block.list_start, block.list_end = place, heads[0] if heads else block.end
        clauses = list(pairwise([*heads, block.end]))
        for start, end in clauses:
            self._clause(block, start, end)
        commas = [one for one in self.level(place, block.list_end) if self.text(one) == ","]
        for start, end in zip([place, *(one + 1 for one in commas)], [*commas, block.list_end], strict=True):
            if start < end:  # DuckDB takes a comma behind the last one
                block.items.append(self._item(block, start, end))
                self._scan(block, start, end)
        if not block.items:
            raise Unsliceable
        grouped = any(self.word(start) in ("group", "having") for start, _ in clauses)
        block.aggregated = not grouped and any(self._aggregates(one.start, one.end) for one in block.items)
        named = [one.name for one in block.items if one.name]
        block.whole = block.whole or len(set(named)) < len(named)

    def _is_head(self, place: int) -> bool:
        word = self.word(place)
        if word in ("group", "order"):
            return self.word(place + 1) == "by"
        if word == "from" and self.word(place - 1) == "distinct":
            return self.word(place - 2) not in ("is", "not")
        return word in _HEADS

    def _clause(self, block: Block, start: int, end: int) -> None:
        word = self.word(start)
        if word == "from":
            self._from(block, start + 1, end)
            return
        if word == "group":
            self._keys(block, start + 2, end)
        if word == "order":
            block.order = (start, end)
        if word in ("limit", "offset"):
            block.limited = True
        self._scan(block, start + 1, end)

    def count_order(self, block: Block) -> None:
        """The order of the rows of a SELECT may be seen: what its ORDER BY names by number counts."""
        if block.order is not None:
            self._keys(block, block.order[0] + 2, block.order[1])

    def _keys(self, block: Block, start: int, end: int) -> None:
        block.whole = block.whole or self.word(start) == "all" or self.text(start) == "*"
        self._numbers(block, start, end)

    def _numbers(self, block: Block, start: int, end: int) -> None:
        """Numbers in a list of keys may be those of items."""
        for piece in self.pieces[start:end]:
            if piece.kind == "number":
                block.whole = block.whole or not piece.text.isdecimal()
                block.prefix = max(block.prefix, int(piece.text) if piece.text.isdecimal() else 0)

    def _scan(self, block: Block, start: int, end: int) -> None:
        """Find the queries within expressions."""
        place = start
        while place < end:
            if self.text(place) == "(" and self._is_query(place):
                block.inner.append(self._query(place + 1, self.close[place]))
                place = self.close[place]
            place += 1

    # -- FROM

    def _from(self, block: Block, start: int, end: int) -> None:
        place, due = start, True
        while place < end:
            if due and self.text(place) == "lateral":
                place += 1
                continue
            if due:
                place, due = self._source(block, place, end), False
                continue
            due = self.text(place) == "," or self.word(place) == "join"
            if place in self.close:
                self._scan(block, place, self.close[place] + 1)
                place = self.close[place]
            place += 1

    def _source(self, block: Block, place: int, end: int) -> int:
        """One entry; gives the place behind it and its alias."""
        if self.text(place) == "(":
            if self._is_query(place):
                block.sources.append(self._query(place + 1, self.close[place]))
                return self._alias(block, self.close[place] + 1, end)
            self._from(block, place + 1, self.close[place])
            after = self._alias(block, self.close[place] + 1, end)
            if after > self.close[place] + 1:
                raise Unsliceable  # an alias for a join
            return after
        if not self.name(place) or self.word(place) or self.text(place + 1) == ".":
            raise Unsliceable
        if self.text(place + 1) == "(":
            self._scan(block, place + 1, self.close[place + 1] + 1)
            return self._alias(block, self.close[place + 1] + 1, end)
        self.places[place] = self.name(place)
        self.relations.add(self.name(place))
        return self._alias(block, place + 1, end)

    def _alias(self, block: Block, place: int, end: int) -> int:
        """Behind the alias that may stand here."""
        if place >= end:
            return place
        if self.word(place) == "as":
            place += 1
        elif not self.name(place) or self.text(place) in RESERVED | _JOIN_WORDS:
            return place
        self.relations.add(self.name(place))
        self.places[place] = ""
        if place + 1 < end and self.text(place + 1) == "(":
            block.listed = True
            return self.close[place + 1] + 1
        return place + 1

    # -- items

    def _item(self, block: Block, start: int, end: int) -> Item:
        key = "expr:" + " ".join(self.text(one) for one in range(start, end))
        path = (
            all((self.text(one) == ".") == bool((one - start) % 2) for one in range(start, end)) and (end - start) % 2
        )
        last = self.pieces[end - 1]
        always = any(self._calls(one, _UNNEST) for one in range(start, end))
        # A window or a subquery may bring the rows into another order, of which the first ones are picked.
        always = always or (block.limited and any(self.word(one) in ("over", "select") for one in range(start, end)))
        if self.text(start + 1) == ":" and start + 1 < end:
            raise Unsliceable  # an alias before its value
        if self._is_star(start, end):
            # A value put for another, or a new name, may be what a clause means.
            always = always or any(self.text(one) in ("replace", "rename") for one in range(start, end))
            return Item(start, end, "", key, star=True, always=always)
        if any(self.text(one) == "*" and self.text(one - 1) in (",", ".") for one in range(start + 1, end)):
            raise Unsliceable
        if path and self.name(end - 1) and all(self.name(one) for one in range(start, end, 2)):
            name = self.name(end - 1)
            return Item(start, end, name, name, bare=end - start == 1, always=always)
        if end - start > 2 and self.word(end - 2) == "as":
            if last.kind not in ("word", "quoted"):
                raise Unsliceable
            return self._named(start, end, always)
        if end - start > 1 and self.name(end - 1) and self._ends_value(end - 2) and last.low not in NO_ALIAS:
            return self._named(start, end, always)
        return Item(start, end, "", key, always=always)

    def _named(self, start: int, end: int, always: bool) -> Item:
        name = self.name(end - 1)
        if "(" in name or not name:
            raise Unsliceable  # it could be the name that DuckDB makes for another item
        return Item(start, end, name, name, always=always)

    def _is_star(self, start: int, end: int) -> bool:
        place = start
        while place + 1 < end and self.name(place) and self.text(place + 1) == ".":
            place += 2
        if self.text(place) != "*":
            return False
        place += 1
        while self.text(place) in ("exclude", "replace", "rename") and place + 1 < end:
            place = self.close.get(place + 1, place + 1) + 1
        if place < end:
            raise Unsliceable  # a filter, or one name for all of them
        return True

    def _ends_value(self, place: int) -> bool:
        """Whether a value may end here, so that a name behind it is an alias."""
        piece = self.pieces[place]
        if piece.kind == "word":
            return piece.low not in RESERVED or piece.low in ("end", "null", "true", "false")
        return piece.kind in ("quoted", "number", "string") or piece.text in (")", "]")

    def _calls(self, place: int, functions: frozenset[str]) -> bool:
        return self.text(place + 1) == "(" and self.name(place) in functions

    def _aggregates(self, start: int, end: int) -> bool:
        """Whether a range has an aggregate that is no window, outside of its subqueries."""
        place = start
        while place < end:
            if self.text(place) == "(" and self._is_query(place):
                place = self.close[place]
            elif self._calls(place, _AGGREGATES) and not self._is_window(self.close[place + 1] + 1):
                return True
            place += 1
        return False

    def _is_window(self, place: int) -> bool:
        """Whether OVER follows a call, behind FILTER and its kin."""
        while True:
            if self.text(place) in ("ignore", "respect"):
                place += 2
            elif self.text(place) in ("filter", "group") and self.text(place + 1) == "(":
                place = self.close[place + 1] + 1
            elif self.text(place) == "within":
                place += 1
            else:
                return self.text(place) == "over"
