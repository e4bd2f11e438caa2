"""From the judge's refusals to findings: all of a query's, each at its place, in the user's words.

DuckDB stops at the first mistake. So each mistake that can be cut out is replaced by NULL, which has every type,
and the rest is bound again. What is found is always DuckDB's own finding.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from etlc.bind.elsewhere import UNITS
from etlc.bind.wording import LONGEST_NAME, function_help, plain, type_help
from etlc.diagnostics import Diagnostics, Span, SqlText
from etlc.ir.binding import SqlError
from etlc.sql.params import BoundSql
from etlc.sql.tokens import Token, call_end, first_named, reference_at, tokens_of

_WRONG_TYPES = (
    "No function matches",
    "Cannot compare",
    "Cannot mix",
    "No operator matches",
    "Could not convert",
    "Could not choose a best candidate",
    "Cannot cast",
    "must be of type",
    "must return",
    "Unimplemented type for cast",
)
MOST_FINDINGS = 20
_CURLY = "\u2018\u2019\u201c\u201d"


class Refusal:
    """Reports the refusals of one query. ``columns`` are those of its inputs, for did-you-mean."""

    def __init__(self, text: SqlText, bound: BoundSql, columns: Sequence[str], diagnostics: Diagnostics) -> None:
        self.text = text
        self.bound = bound
        self.columns = columns
        self.diagnostics = diagnostics

    def report(self, first: SqlError, again: Callable[[str], SqlError | None]) -> None:
        """Report ``first`` and what is found behind it; ``again`` binds a mended text."""
        error: SqlError | None = first
        edits = self.bound.edits
        text = self.bound.text
        seen: set[tuple[str, int]] = set()
        for _ in range(MOST_FINDINGS):
            if error is None or (error is not first and _may_echo(error)):
                return
            here = BoundSql(text, self.bound.used, edits)
            error = _of_column(error, tokens_of(text))
            place, cut = self._locate(error, here)
            alias = _kind(error) == "E202"  # said once, however often it is used
            key = (_missing(error) if alias else error.message, -1 if place is None or alias else place[0])
            if key in seen and not alias:
                return
            if key not in seen:
                seen.add(key)
                self._add(error, place, here)
            if cut is None or _reads_nothing(error, here):
                return
            start, end = cut
            text = f"{text[:start]}NULL{text[end:]}"
            written = here.written(start)
            edits = (*(e for e in edits if e[0] < written), (written, here.written(end) - written, 4),
                     *(e for e in edits if e[0] >= here.written(end)))  # fmt: skip
            error = again(text)

    def _locate(self, error: SqlError, here: BoundSql) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        """Offset and length in the written text, and what to cut out of the bound one, where either is known."""
        tokens = tokens_of(here.text)
        if error.offset is None or _kind(error) in ("E115", "E213"):
            token = _told(error, tokens)
            return ((here.written(token.start), len(token.text)), None) if token else (None, None)
        found = reference_at(tokens, error.offset)
        if found is None:
            return (here.written(error.offset), error.length), None
        first, last = found
        kind = _kind(error)
        if kind == "E201":
            written = here.written(last.start)
            return (written, len(last.text)), (first.start, last.end)
        if kind == "E202":
            return (here.written(first.start), len(first.text)), (first.start, last.end)
        if kind == "E203":
            end = call_end(tokens, first.start)
            return (here.written(first.start), len(first.text)), None if end is None else (first.start, end)
        return (here.written(first.start), len(first.text)), None

    def _add(self, error: SqlError, place: tuple[int, int] | None, here: BoundSql) -> None:
        code, message, help = describe(error, self.columns)
        if "`" in here.text and code in ("E203", "E214"):
            place, code = (here.written(here.text.index("`")), 1), "E205"
            message, help = "Backticks are no quotes here.", 'Write names plain, or in double quotes: "name".'
        elif (
            code == "E201"
            and place is not None
            and self.text.text.startswith('"', place[0])
            and not help.startswith("Did you")
        ):
            name = _missing(error)
            help = f"Double quotes are for names; write '{name}' if it is text. {help}".strip()
        elif error.kind == "invalid input" and "regexp" in here.text.lower():
            message, help = (
                f"This regular expression is broken: {error.message}.",
                "Write special characters as \\( or [(].",
            )
        elif code == "E201" and _missing(error).lower() in UNITS and place and self._before(place[0]).endswith("("):
            help = f"Write the unit as text: '{_missing(error).lower()}'."
        elif code == "E201" and place and self._before(place[0]).endswith("//"):
            help = "Comments begin with --; // divides whole numbers."
        elif (
            "in the GROUP BY clause" in message
            and not re.search(r"\bgroup\b", here.text, re.IGNORECASE)
            and (place and self._before(place[0]).lower().endswith("having"))
        ):
            help = "Filter rows with WHERE; HAVING filters groups, and stands behind GROUP BY."
        elif code in ("E201", "E204") and re.search(r"@[A-Za-z_]", self.text.text):
            help = "Params are written $name, and declared under `params:` in etlc.yaml."
        elif _reads_nothing(error, here):
            help = "The query reads nothing: say FROM, and the name of a source or a model."
        span = self.text.span if place is None else self.text.at(*place)
        self.diagnostics.add(code, span, message, help)

    def _before(self, offset: int) -> str:
        return self.text.text[:offset].rstrip()


_ONE_SIDE = re.compile("does not exist on (left|right) side of join")


def _may_echo(error: SqlError) -> bool:
    """Whether it may come from what was cut out before, not from the user."""
    untyped = "Could not choose a best candidate" in error.message  # NULL has every type
    return error.kind == "parser" or untyped or (_kind(error) == "E214" and "Ambiguous" not in error.message)


_BEHIND_A_TABLE = frozenset(
    [
        ")",
        ",",
        ";",
        "where",
        "join",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "natural",
        "semi",
        "anti",
        "asof",
        "positional",
        "on",
        "using",
        "group",
        "having",
        "order",
        "limit",
        "union",
        "intersect",
        "except",
        "window",
        "qualify",
    ]
)


def _of_column(error: SqlError, tokens: list[Token]) -> SqlError:
    """Of a wrong column in a correlated subquery DuckDB says that its table is unknown, though it stands in FROM."""
    found = reference_at(tokens, error.offset or 0) if _kind(error) == "E202" else None
    if found is None or found[0] == found[1]:
        return error
    for here, behind in zip(tokens, [*tokens[1:], Token(";", 0)], strict=True):
        if here.name == found[0].name and behind.text.lower() in _BEHIND_A_TABLE:
            return replace(error, subtype="COLUMN_NOT_FOUND", name=found[1].name, candidates=())
    return error


def _reads_nothing(error: SqlError, here: BoundSql) -> bool:
    return _kind(error) == "E201" and re.search(r"\bfrom\b", here.text, re.IGNORECASE) is None


def _told(error: SqlError, tokens: list[Token]) -> Token | None:
    """The token that a message without a position is about."""
    kind, named = _kind(error), _missing(error)
    if kind == "E115":
        return next((token for token in tokens if token.text == "?"), None)
    if kind == "E213":
        return next((t for t in tokens if t.name == named.lower() and t.start >= (error.offset or 0)), None)
    if found := re.match(r'[Cc]olumn "?(.+?)"? must appear in the GROUP BY', error.message):
        star = next((t for i, t in enumerate(tokens) if t.text == "*" and (not i or tokens[i - 1].text != "(")), None)
        return next((t for t in reversed(tokens) if t.name == found[1].lower()), star)
    if found := re.match(r"JSON path error near '(.+)'", error.message):
        return next((token for token in tokens if token.text.startswith("'") and found[1] in token.text), None)
    if error.kind == "invalid input" and ": " in error.message:  # a broken regular expression
        part = error.message.rpartition(": ")[2]
        return next((token for token in tokens if token.text.startswith("'") and part in token.text), None)
    if found := re.match(r"Combining ([A-Z]+)", error.message):
        return first_named(tokens, found[1])
    if _ONE_SIDE.search(error.message):
        tokens = tokens[next((i for i, token in enumerate(tokens) if _lists(tokens, i, named)), 0) :]
    return first_named(tokens, named) if named else None


def _lists(tokens: list[Token], at: int, name: str) -> bool:
    """Whether a USING stands there that lists a column."""
    end = next((i for i in range(at, len(tokens)) if tokens[i].text == ")"), at)
    return tokens[at].text.lower() == "using" and name.lower() in (token.name for token in tokens[at:end])


def _kind(error: SqlError) -> str:
    message = error.message
    if error.subtype == "COLUMN_NOT_FOUND" or "does not have a column named" in message:
        return "E201"
    if message.startswith("Column ") and ("not found" in message or "does not exist" in message):
        return "E201"
    if "EXCLUDE list" in message or "REPLACE list" in message:
        return "E201"
    if error.message.startswith("Referenced table"):
        return "E202"
    if error.message.startswith("Values were not provided"):
        return "E115"
    if error.kind == "catalog":
        if "Function" in message.split("with name")[0]:
            return "E203"
        return "E213" if message.startswith("Type ") else "E214"
    if "depth limit" in message:
        return "E106"
    if error.kind in ("parser", "syntax"):
        return "E205"
    if error.kind in ("conversion", "mismatch type") or any(words in message for words in _WRONG_TYPES):
        return "E204"
    return "E214"


def _missing(error: SqlError) -> str:
    """The name that was not found, where the message has it between quotes."""
    if error.name:
        return error.name
    if "does not have a column named" in error.message:
        return error.message.split('named "', 1)[1].split('"', 1)[0]
    parts = error.message.split('"')
    return parts[1] if len(parts) > 2 else ""


def describe(error: SqlError, columns: Sequence[str]) -> tuple[str, str, str]:
    """Code, sentence and help for a refusal."""
    code = _kind(error)
    name = _missing(error)
    if sided := _ONE_SIDE.search(error.message):
        help = f"USING wants it on both sides. Where its name is another there, write ON: a.{name} = b.other_name."
        if name.lower() not in {column.lower() for column in columns}:
            help = _column_help(name, error.candidates, columns)
        return code, f'There is no column "{name}" on the {sided[1]} side of this join.', help
    if code == "E201":
        return code, f'There is no column "{name}" here.', _column_help(name, error.candidates, columns)
    if code == "E202":
        named = re.findall(r'"([^"]+)"', error.message.partition("Candidate tables:")[2])
        there = f" Tables here: {', '.join(named)}." if named else ""
        return (
            code,
            f'There is no table or alias "{name}" in this query.',
            f"A table with an alias goes by its alias only.{there}",
        )
    if code == "E203":
        return code, f"There is no function {name}().", function_help(name, error.candidates)
    if code == "E213":
        return code, f'There is no type "{name}".', type_help(name)
    if code == "E106":
        help = "Compute the inner parts in models of their own, and select from those."
        return code, "This is nested too deeply for DuckDB.", help
    if code == "E115":
        return code, "A ? has no value here.", "Name a param: $name, declared under `params:` in etlc.yaml."
    return code, *plain(error.message)


def _column_help(name: str, candidates: Sequence[str], columns: Sequence[str]) -> str:
    """The column that was probably meant. ``candidates`` are DuckDB's, which knows what can be seen at the place."""
    if set(name) & set(_CURLY):
        return "These are curly quotes; SQL wants straight ones: ' for text, \" for names."
    lower = {column.lower(): column for column in (*columns, *candidates)}
    if name.lower() in lower:
        return f'"{name}" is read by the model, but cannot be seen here: select it in the CTE or subquery that stands here.'
    close = difflib.get_close_matches(name.lower()[:LONGEST_NAME], [c.lower() for c in candidates], 1, 0.6)
    close = close or difflib.get_close_matches(name.lower()[:LONGEST_NAME], list(lower), 1, 0.6)
    known = list(columns if {c.lower() for c in candidates} <= {c.lower() for c in columns} else candidates)
    listed = ", ".join(dict.fromkeys(known[:12])) + (", ..." if len(known) > 12 else "")
    there = f"Columns there: {listed}." if known else ""
    if len(known) == 1 and re.search("[;|\t]", known[0]):
        there += " Is its delimiter another one? See `options: {delim: ...}` of the source."
    return f'Did you mean "{lower[close[0]]}"? {there}'.strip() if close else there


def span_or(text: SqlText, offset: int | None) -> Span:
    """The place of an offset, or the whole text."""
    return text.span if offset is None else text.at(offset)
