"""Where clauses, items and conditions stand in a query, told by its words and brackets."""

from __future__ import annotations

from etlc.sql.atoms import Atom, partners
from etlc.sql.pieces import words

JOINS = words("natural asof positional cross inner left right full semi anti outer join")
_SETS = words("union intersect except")
_OF_SET = words("all distinct by name")
_DEEPEST = 60


class Clauses:
    """The parts of one query. Ranges are from the first atom to behind the last one.

    ``close`` leads from what opens to what closes it, ``queries`` says of what opens whether it holds a query. Raises
    Uneven where brackets do not match.
    """

    def __init__(self, atoms: list[Atom]) -> None:
        self.atoms = atoms
        self.close = partners(atoms, _DEEPEST)
        self.queries = {start: self._is_query(start + 1, end) for start, end in self.close.items()}

    def level(self, start: int, end: int) -> list[int]:
        """The atoms of a range outside of its brackets; of these the opening and the closing ones."""
        found = []
        while start < end:
            found.append(start)
            if (last := self.close.get(start)) is not None and last < end:
                found.append(last)
                start = last
            start += 1
        return found

    def _is_query(self, start: int, end: int) -> bool:
        first = self.atoms[start]
        if first.keyword in ("select", "from", "with"):
            return True
        if first.word in ("values", "pivot", "unpivot", "describe", "summarize"):
            return (start + 1 < end and first.word != "values") or self.atoms[start + 1].text == "("
        last = self.close.get(start)
        if first.text != "(" or last is None or not self._is_query(start + 1, last):
            return False
        return last + 1 >= end or self.atoms[last + 1].keyword in _SETS | {"order", "limit"}

    def is_window(self, start: int, end: int) -> bool:
        """Whether a range is what stands behind OVER."""
        return any(
            self.atoms[place].word in ("partition", "order") and self.word(place + 1) == "by"
            for place in self.level(start, end)
        )

    def word(self, index: int) -> str:
        """A word in lower case; empty where there is none."""
        return self.atoms[index].word if index < len(self.atoms) else ""

    def _is_head(self, index: int, start: int) -> bool:
        """Whether a clause of the query that begins at ``start`` begins here."""
        atom, after = self.atoms[index], self.word(index + 1)
        if index == start:
            return True
        before = self.atoms[index - 1]
        if atom.word in JOINS:
            return self._joins(index) and not (before.word in JOINS and self._joins(index - 1))
        if not atom.keyword and atom.word not in ("values", "qualify", "pivot", "unpivot"):
            return False
        if atom.word in ("group", "order"):
            return after == "by"
        if atom.word in ("values", "pivot", "unpivot"):
            return before.keyword in _SETS or before.word in _OF_SET or (before.text == ")" and after != "(")
        if atom.word == "from":
            return before.word != "distinct" or self.word(index - 2) not in ("is", "not")
        if atom.word in _SETS:
            return after in ("all", "by", "distinct", "select", "from", "values", "with")
        if atom.word == "using":
            return after == "sample"
        return atom.word in ("select", "where", "having", "qualify", "window", "limit", "offset")

    def _joins(self, index: int) -> bool:
        """Whether the words from here on lead to JOIN."""
        while self.word(index) in JOINS:
            if self.word(index) == "join":
                return True
            index += 1
        return False

    def clauses(self, start: int, end: int) -> list[tuple[int, int]]:
        """The clauses of a query, joins and set operations among them."""
        heads = [index for index in self.level(start, end) if self._is_head(index, start) or self._is_set(index)]
        return list(zip(heads, [*heads[1:], end], strict=True))

    def _is_set(self, index: int) -> bool:
        """UNION and its kin before a parenthesis that is a query."""
        following = index + 1
        return self.atoms[index].keyword in _SETS and self.queries.get(following, False)

    def body(self, start: int, end: int) -> int:
        """Behind the words that begin a clause."""
        word = self.atoms[start].word
        index = start + 1
        if word in JOINS:
            while index < end and self.word(index - 1) != "join":
                index += 1
        elif word in ("group", "order"):
            index += 1
        elif word == "select" and self.word(index) in ("distinct", "all"):
            index += 1
            if self.word(index) == "on" and index + 1 in self.close:
                index = self.close[index + 1] + 1
        elif word == "with" and self.word(index) == "recursive":
            index += 1
        elif word in _SETS:
            while index < end and self.word(index) in _OF_SET:
                index += 1
        return min(index, end)

    def commas(self, start: int, end: int) -> list[int]:
        """The commas of a range, outside of its brackets."""
        return [index for index in self.level(start, end) if self.atoms[index].text == ","]

    def connectives(self, start: int, end: int) -> list[int]:
        """The ANDs and ORs of a range, without the AND of BETWEEN."""
        found, between = [], 0
        for index in self.level(start, end):
            word = self.atoms[index].keyword
            if word == "between":
                between += 1
            elif word == "and" and between:
                between -= 1
            elif word in ("and", "or"):
                found.append(index)
        return found

    def items(self, start: int, end: int) -> list[tuple[int, int]]:
        """The items of a list, each with the comma behind it."""
        ends = [comma + 1 for comma in self.commas(start, end)]
        return [(a, b) for a, b in zip([start, *ends], [*ends, end], strict=True) if a < b]
