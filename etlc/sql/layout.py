"""SQL laid out for readers: white space and the case of keywords change, nothing else can.

It works on tokens. Each clause begins a line; what is longer than a line is broken at its commas, at AND and OR, within
its parentheses; what its author broke at such a place stays broken. Strings, names and comments stay as they are.
"""

from __future__ import annotations

from itertools import accumulate

from etlc.sql.atoms import CLOSE, OPEN, Atom, Comment, Printer, Uneven, atoms_of, space
from etlc.sql.clauses import JOINS, Clauses
from etlc.sql.pieces import words

WIDTH = 100
STEP = 2
_PACKED = 8  # lists of more plain values than this are filled into lines, not written one a line

_OF_ITS_LINE = "etlc:"  # a comment with it speaks of what stands before it on its line

_LISTS = words("select from group order values with")
_CONDITIONS = words("where having qualify")
_FRAMES = words("rows range groups")


def laid_out(text: str) -> str | None:
    """The text laid out, ended by one new line; None where it holds no SQL, or brackets that do not match."""
    atoms, rest = atoms_of(text)
    if not atoms:
        return None
    try:
        return _Layout(atoms).text(rest)
    except Uneven:
        return None


def differences(before: str, after: str) -> str:
    """Why one text is not the other laid out anew, in a few words; empty where it is."""
    old, rest_before = atoms_of(before)
    new, rest_after = atoms_of(after)
    if [_meaning(atom) for atom in old] != [_meaning(atom) for atom in new]:
        return "its tokens would change"
    if _comments(old, rest_before) != _comments(new, rest_after):
        return "its comments would change"
    from etlc.sql.canonical import spelling

    spelled = spelling(before), spelling(after)
    return "" if spelled[0] == spelled[1] is not None else "etlc cannot prove that it would mean the same"


def _meaning(atom: Atom) -> tuple[str, str]:
    return atom.kind, atom.shown


def _comments(atoms: list[Atom], rest: list[Comment]) -> list[str]:
    return [comment.text for atom in atoms for comment in atom.comments] + [comment.text for comment in rest]


class _Layout(Clauses):
    """Where lines begin in one query."""

    def __init__(self, atoms: list[Atom]) -> None:
        super().__init__(atoms)
        self.breaks: list[int | None] = [None] * len(atoms)
        self.indents = [0] * len(atoms)
        self.widths = [len(atom.shown) + sum(len(c.text) + 1 for c in atom.comments) for atom in atoms]
        before = [0, *(len(space(atoms, index)) for index in range(1, len(atoms)))]
        self.ends = list(accumulate(gap + width for gap, width in zip(before, self.widths, strict=True)))
        self.marks = [False] * len(atoms)
        self._mark(0, len(atoms), True)
        # How many atoms up to each one must begin a line, whatever fits.
        self.forced = list(accumulate(atom.forced or mark for atom, mark in zip(atoms, self.marks, strict=True)))

    def text(self, rest: list[Comment]) -> str:
        self._query(0, len(self.atoms), 0)
        self._break(0, 0)
        self._keep_lines(rest)
        return Printer(self.atoms, self.breaks, self.indents).text(rest)

    def _keep_lines(self, rest: list[Comment]) -> None:
        """What stands on a line before a comment that speaks of it stays on one line, however long."""
        behind = [atom.comments for atom in self.atoms[1:]] + [rest]
        for index, comments in enumerate(behind):
            if not comments or comments[0].own or not comments[0].line or _OF_ITS_LINE not in comments[0].text:
                continue
            while index and not self.atoms[index].newline:
                self.breaks[index] = None
                index -= 1

    # -- where the author's own new lines count

    def _mark(self, start: int, end: int, query: bool) -> None:
        if query:
            self._mark_query(start, end)
        for opening in self.level(start, end):
            last = self.close.get(opening)
            if last is None or opening + 1 >= last:
                continue
            if self.atoms[opening].keyword == "case":
                for index in self.level(opening + 1, last + 1):
                    if self.atoms[index].keyword in ("when", "else", "end"):
                        self._mark_at(index)
            else:
                self._mark_at(opening + 1)
            self._mark(opening + 1, last, self.queries[opening])

    def _mark_query(self, start: int, end: int) -> None:
        for number, (head, behind) in enumerate(self.clauses(start, end)):
            if number:
                self._mark_at(head)
            body = self.body(head, behind)
            word = self.atoms[head].word
            if word in _CONDITIONS or word in JOINS:
                places = self.connectives(body, behind)
                places += [index for index in self.level(body, behind) if self.atoms[index].keyword == "on"]
            else:
                commas = self.commas(body, behind)
                places = [*commas, *(comma + 1 for comma in commas if comma + 1 < behind)]
                places += [body] if word == "select" and body < behind else []
            for index in places:
                self._mark_at(index)

    def _mark_at(self, index: int) -> None:
        self.marks[index] = self.atoms[index].newline

    # -- what fits

    def _fits(self, start: int, end: int, column: int) -> bool:
        """Whether a range fits on the rest of a line, and nothing in it must begin another."""
        if start >= end:
            return True
        free = self.forced[end - 1] == self.forced[start]
        return free and column + self._width(start, end) <= WIDTH

    def _width(self, start: int, end: int) -> int:
        return self.ends[end - 1] - self.ends[start] + self.widths[start]

    def _break(self, index: int, indent: int) -> None:
        self.breaks[index] = indent

    # -- the layout

    def _query(self, start: int, end: int, indent: int) -> None:
        self.indents[start:end] = [indent + STEP] * (end - start)
        for head, behind in self.clauses(start, end):
            if head != start:
                self._break(head, indent)
            body, word = self.body(head, behind), self.atoms[head].word
            if body >= behind or self._fits(head, behind, indent):
                if word == "with":
                    self._with(body, behind, indent)
                continue
            if word == "with":
                self._with(body, behind, indent)
            elif word in _CONDITIONS:
                self._condition(body, behind, indent + self._width(head, body) + 1, indent + STEP)
            elif word in JOINS:
                self._join(body, behind, indent + self._width(head, body) + 1, indent)
            elif word in _LISTS:
                self._list(head, body, behind, indent)
            else:
                self._run(body, behind, indent + self._width(head, body) + 1, indent)

    def _with(self, start: int, end: int, indent: int) -> None:
        column = indent + len("with ")
        for first, behind in self.items(start, end):
            if first != start and not (self.atoms[first - 1].comments):
                self._break(first, indent)
                column = indent
            if not self._fits(first, behind, column) or first == start:
                self._run(first, behind, column, indent)

    def _list(self, head: int, start: int, end: int, indent: int) -> None:
        items = self.items(start, end)
        if len(items) == 1 and self.atoms[head].word != "select" and not self.atoms[start].forced:
            self._run(start, end, indent + self._width(head, start) + 1, indent)
            return
        self._column(items, indent + STEP)

    def _column(self, items: list[tuple[int, int]], indent: int) -> None:
        """One item a line."""
        for first, behind in items:
            after_comma = self.atoms[first - 1].text == ","
            if not (after_comma and self.atoms[first - 1].forced):
                self._break(first, indent)
            if not self._fits(first, behind, indent):
                self._run(first, behind, indent, indent)

    def _condition(self, start: int, end: int, column: int, indent: int) -> None:
        """A condition; ``indent`` is that of its further lines."""
        if self.atoms[start].forced:
            self._break(start, indent)
            column = indent
        places = self.connectives(start, end)
        first, base = start, indent if places or column == indent else indent - STEP
        for place in [*places, end]:
            if not self._fits(first, place, column):
                self._run(first, place, column, base)
            if place < end:
                self._break(place, indent)
            first, column, base = place, indent, indent

    def _join(self, start: int, end: int, column: int, indent: int) -> None:
        on = next((index for index in self.level(start, end) if self.atoms[index].keyword in ("on", "using")), end)
        column = self._run(start, on, column, indent)
        if on == end:
            return
        if not self.marks[on] and not self.atoms[on].forced and self._fits(on, end, column + 1):
            return
        self._break(on, indent + STEP)
        if not self._fits(on, end, indent + STEP):
            self._condition(on + 1, end, indent + STEP + len("on "), indent + STEP)

    def _run(self, start: int, end: int, column: int, indent: int) -> int:
        """Atoms side by side, groups broken where they do not fit; the author's new lines stay. Gives the column."""
        index = start
        while index < end:
            atom = self.atoms[index]
            self.indents[index] = indent + STEP
            moved = index > start and atom.newline and atom.text not in CLOSE + "," and self._may_begin(index)
            if index == start and self.breaks[index] is not None:
                pass  # whoever asked has begun the line
            elif atom.forced or moved:
                self._break(index, indent + STEP)
                column = indent + STEP
            elif index > start:
                column += len(space(self.atoms, index))
            last = self.close.get(index)
            if last is None or last >= end:
                column += self.widths[index]
                index += 1
                continue
            whole = column + self._width(index, self._reach(last + 1, end)) <= WIDTH
            if (whole and self._fits(index, last + 1, column)) or last == index + 1:
                column += self._width(index, last + 1)
            else:
                base = indent + STEP if self.breaks[index] is not None and index > start else indent
                self._group(index, last, base)
                column = base + self.widths[last]
            index = last + 1
        return column

    def _reach(self, start: int, end: int) -> int:
        """How far a line goes on at least behind a group that stays on it: to where the next group opens."""
        for index in range(start, end):
            if self.atoms[index].forced:
                return index
            if index in self.close:
                return index + 1
        return end

    def _may_begin(self, index: int) -> bool:
        """Whether a line may begin here, in a run that is too long for one."""
        return self.atoms[index].text not in OPEN and space(self.atoms, index) != ""

    def _group(self, start: int, last: int, indent: int) -> None:
        """A group in lines of its own, from its opening atom to its closing one."""
        inner = indent + STEP
        self.indents[start + 1 : last + 1] = [inner] * (last - start)
        self._break(last, indent)
        if self.atoms[start].keyword == "case":
            self._case(start, last, inner)
            return
        if self.close.get(start + 1) == last - 1 and not self.atoms[start + 1].forced and not self.queries[start]:
            self._group(start + 1, last - 1, indent)  # a group in a group: one indent for both
            self.breaks[last] = indent if self.atoms[last].forced else None
            return
        self._break(start + 1, inner)
        if self.queries[start]:
            self._query(start + 1, last, inner)
            self.indents[last] = inner
            return
        commas = self.commas(start + 1, last)
        if self.is_window(start + 1, last):
            self._window(start + 1, last, inner)
        elif len(commas) >= _PACKED and all(self._plain(*item) for item in self.items(start + 1, last)):
            self._packed(start + 1, last, inner)
        elif commas:
            self._column(self.items(start + 1, last), inner)
        else:
            self._condition(start + 1, last, inner, inner)
            self._break(start + 1, inner)

    def _case(self, start: int, last: int, indent: int) -> None:
        parts = [index for index in self.level(start + 1, last) if self.atoms[index].keyword in ("when", "else")]
        first = parts[0] if parts else last
        if start + 1 < first:
            self._run(start + 1, first, indent + len("case"), indent)
        for place, behind in zip(parts, [*parts[1:], last], strict=True):
            self._break(place, indent)
            if not self._fits(place, behind, indent):
                self._run(place, behind, indent, indent)

    def _window(self, start: int, end: int, indent: int) -> None:
        heads = [
            index
            for index in self.level(start, end)
            if index == start
            or (self.atoms[index].word in ("partition", "order") and self.word(index + 1) == "by")
            or (self.atoms[index].word in _FRAMES and self.word(index + 1) in ("between", "unbounded", "current"))
        ]
        for head, behind in zip(heads, [*heads[1:], end], strict=True):
            self._break(head, indent)
            if not self._fits(head, behind, indent):
                self._run(head, behind, indent, indent)

    def _plain(self, start: int, end: int) -> bool:
        """Whether an item is a plain value, without comments."""
        return end - start <= 3 and not any(
            self.atoms[index].comments or "\n" in self.atoms[index].text or index in self.close
            for index in range(start, end)
        )

    def _packed(self, start: int, end: int, indent: int) -> None:
        column = indent
        for first, behind in self.items(start, end):
            width = self._width(first, behind)
            if first == start or column + 1 + width > WIDTH:
                self._break(first, indent)
                column = indent + width
            else:
                column += 1 + width
