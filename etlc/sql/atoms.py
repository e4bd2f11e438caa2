"""A query as what a line can be made of: its tokens with the comments before each, and how they are set side by side."""

from __future__ import annotations

from dataclasses import dataclass, field

from etlc.sql.canonical import is_keyword
from etlc.sql.pieces import Piece, words
from etlc.sql.tokens import Token, scan

OPEN, CLOSE = "([{", ")]}"
_OPERATOR = frozenset("+-*/<>=~!@#%^&|?:")
_SPACED = words("= < > <= >= <> != ||")
# Keywords behind which a parenthesis is no call.
_BEFORE_PARENTHESIS = words(
    "in over and or not as from join on using where select by when then else union all except intersect having qualify"
)


class Uneven(Exception):
    """A text whose brackets do not match, or go too deep."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. ``own``: a new line stood before it; ``blank``: an empty one; ``line``: it goes to the line's end.

    ``gap``: what stood before it on its line, so that comments below one another stay so.
    """

    text: str
    own: bool
    blank: bool
    line: bool
    gap: str = " "


@dataclass(slots=True)
class Atom:
    """A token or an operator, and what stood before it.

    ``keyword`` is its text in lower case where it is a keyword whose case can be seen nowhere. ``gap``: something stood
    between it and the one before; ``newline``: a new line; ``newline_after`` and ``blank``: a new line, an empty line,
    behind the comments.
    """

    text: str
    kind: str
    start: int
    end: int
    gap: bool = False
    newline: bool = False
    newline_after: bool = False
    blank: bool = False
    comments: list[Comment] = field(default_factory=list)
    keyword: str = ""
    strict: bool = False  # a string behind a string on another line: DuckDB joins the two

    @property
    def word(self) -> str:
        """The text in lower case, for words only."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def shown(self) -> str:
        """The text as it is printed."""
        return self.keyword or self.text

    @property
    def forced(self) -> bool:
        """Whether it cannot stand on the line of the atom before it, whatever fits."""
        return self.strict or any(comment.own or comment.line for comment in self.comments)


def atoms_of(text: str) -> tuple[list[Atom], list[Comment]]:
    """The atoms of a text, and the comments behind the last one."""
    atoms: list[Atom] = []
    comments: list[Comment] = []
    end = 0
    for token in scan(text):
        blanks = text[end : token.start]
        lines = blanks.count("\n")
        if token.kind in ("comment", "line"):
            written = token.text.rstrip() if token.kind == "line" else token.text
            gap = blanks if blanks.strip(" ") == "" and token.kind == "line" else " "
            comments.append(Comment(written, lines > 0 or not end, lines > 1, token.kind == "line", gap or " "))
        else:
            _add(atoms, token, comments, lines)
            comments = []
        end = token.end
    _find_keywords(atoms)
    return atoms, comments


def _add(atoms: list[Atom], token: Token, comments: list[Comment], lines: int) -> None:
    before = atoms[-1] if atoms else None
    if before and before.end == token.start and _joined(before, token):
        before.text += token.text
        before.end = token.end
        return
    newline = lines > 0 or any(comment.own for comment in comments)
    atom = Atom(token.text, token.kind, token.start, token.end)
    atom.gap = before is not None and before.end != token.start
    atom.newline, atom.newline_after, atom.blank, atom.comments = newline, lines > 0, lines > 1, comments
    atom.strict = before is not None and before.kind == atom.kind == "string" and newline
    atoms.append(atom)


def _joined(before: Atom, token: Token) -> bool:
    """Whether two signs are one operator."""
    return before.kind == token.kind == "sign" and {before.text[-1], token.text} <= _OPERATOR


def _find_keywords(atoms: list[Atom]) -> None:
    kinds = {"sign": "op", "param": "op"}
    pieces = [Piece(atom.text, "dot" if atom.text == "." else kinds.get(atom.kind, atom.kind)) for atom in atoms]
    for index, atom in enumerate(atoms):
        if is_keyword(pieces, index):
            atom.keyword = pieces[index].low


def partners(atoms: list[Atom], deepest: int) -> dict[int, int]:
    """Opening to closing: brackets, and CASE to END. Raises Uneven."""
    stack: list[int] = []
    found: dict[int, int] = {}
    for index, atom in enumerate(atoms):
        top = atoms[stack[-1]] if stack else None
        if (atom.kind == "sign" and atom.text in OPEN) or atom.keyword == "case":
            stack.append(index)
        elif atom.kind == "sign" and atom.text in CLOSE:
            if top is None or top.text not in OPEN or OPEN.index(top.text) != CLOSE.index(atom.text):
                raise Uneven
            found[stack.pop()] = index
        elif atom.keyword == "end" and top is not None and top.keyword == "case":
            found[stack.pop()] = index
        if len(stack) > deepest:
            raise Uneven
    if stack:
        raise Uneven
    return found


def space(atoms: list[Atom], index: int) -> str:
    """What stands between an atom and the one before it on its line."""
    left, right = atoms[index - 1], atoms[index]
    if right.comments:
        return " "
    if (left.kind == "sign" and left.text in OPEN) or (right.kind == "sign" and right.text in CLOSE):
        return ""
    if right.text in (",", ";"):
        return ""
    if left.text == ",":
        tight = not right.gap and right.kind == "number" and atoms[index - 2].kind == "number"
        return "" if tight else " "
    if (left.kind == "sign" and left.text in _SPACED) or (right.kind == "sign" and right.text in _SPACED):
        return " "
    if right.text == "(" and left.keyword in _BEFORE_PARENTHESIS:
        return " "
    return " " if right.gap else ""


class Printer:
    """Puts atoms into lines. ``breaks`` are the indents of those that begin one, ``indents`` those of all others."""

    def __init__(self, atoms: list[Atom], breaks: list[int | None], indents: list[int]) -> None:
        self.atoms, self.breaks, self.indents = atoms, breaks, indents
        self.out: list[str] = []

    def text(self, rest: list[Comment]) -> str:
        """The whole text; ``rest`` are the comments behind the last atom."""
        for index, atom in enumerate(self.atoms):
            self._atom(index, atom)
        ended = False
        for comment in rest:
            self._comment(comment, 0, comment.own or ended, comment.blank)
            ended = comment.line
        return "".join(self.out) + "\n"

    def _atom(self, index: int, atom: Atom) -> None:
        target = self.breaks[index]
        closes = atom.text in CLOSE or atom.keyword == "end"
        inner = self.indents[index] if closes or target is None else target
        opened = bool(index) and self.atoms[index - 1].text in OPEN
        mine = _leading(atom) if target is not None and index else 0
        ended = own = False
        for place, comment in enumerate(atom.comments):
            own = comment.own or ended or (mine > 0 and place == len(atom.comments) - mine)
            self._comment(comment, inner, own, comment.blank and not (opened and not place))
            ended = comment.line
        if not index and not atom.comments:
            pass
        elif ended or atom.strict or (target is not None and not mine):
            blank = atom.blank and not closes and not (opened and not atom.comments)
            self._line(self.indents[index] if target is None else target, blank)
        elif atom.comments:
            self._line(inner, atom.blank) if own and atom.newline_after else self.out.append(" ")
        else:
            self.out.append(space(self.atoms, index))
        self.out.append(atom.shown)

    def _comment(self, comment: Comment, indent: int, own: bool, blank: bool) -> None:
        if self.out:
            self._line(indent, blank) if own else self.out.append(comment.gap)
        self.out.append(comment.text)

    def _line(self, indent: int, blank: bool) -> None:
        self.out.append("\n\n" if blank else "\n")
        self.out.append(" " * indent)


def _leading(atom: Atom) -> int:
    """How many block comments stand before an atom on its own line."""
    if atom.newline_after:
        return 0
    found = 0
    for comment in reversed(atom.comments):
        if comment.line:
            break
        found += 1
        if comment.own:
            break
    return found
