"""From the judge's refusals to findings: all of a query's, each at its place, in the user's words.

DuckDB stops at the first mistake. So each mistake that can be cut out is replaced by NULL, which has every type,
and the rest is bound again. What is found is always DuckDB's own finding.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from etlc.diagnostics import Diagnostics, Span, SqlText
from etlc.ir.binding import SqlError
from etlc.sql.params import BoundSql
from etlc.sql.tokens import call_end, first_named, reference_at, tokens_of

MOST_FINDINGS = 20


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
            if error is None or (error.kind == "parser" and error is not first):
                return
            here = BoundSql(text, self.bound.used, edits)
            place, cut = self._locate(error, here)
            key = (error.message, -1 if place is None else place[0])
            if key in seen:
                return
            seen.add(key)
            self._add(error, place)
            if cut is None:
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
        if error.offset is None:
            named = _missing(error)
            token = first_named(tokens, named) if named else None
            return ((here.written(token.start), len(token.text)), None) if token else (None, None)
        found = reference_at(tokens, error.offset)
        if found is None:
            return (here.written(error.offset), error.length), None
        first, last = found
        kind = _kind(error)
        if kind == "E201":
            written = here.written(last.start)
            return (written, len(last.text)), (first.start, last.end)
        if kind == "E203":
            end = call_end(tokens, first.start)
            return (here.written(first.start), len(first.text)), None if end is None else (first.start, end)
        return (here.written(error.offset), max(error.length, len(first.text))), None

    def _add(self, error: SqlError, place: tuple[int, int] | None) -> None:
        span = self.text.span if place is None else self.text.at(*place)
        code, message, help = describe(error, self.columns)
        self.diagnostics.add(code, span, message, help)


def _kind(error: SqlError) -> str:
    message = error.message
    if error.subtype == "COLUMN_NOT_FOUND" or "does not have a column named" in message:
        return "E201"
    if message.startswith("Column ") and ("not found" in message or "does not exist" in message):
        return "E201"
    if "EXCLUDE list" in message or "REPLACE list" in message:
        return "E201"
    if error.kind == "catalog":
        if "Function" in message.split("with name")[0]:
            return "E203"
        return "E213" if message.startswith("Type ") else "E214"
    if error.kind in ("parser", "syntax"):
        return "E205"
    wrong_types = ("No function matches", "Cannot compare", "Cannot mix", "No operator matches", "Could not convert",
                   "Cannot cast", "must be of type", "must return", "Unimplemented type for cast")  # fmt: skip
    if error.kind in ("conversion", "mismatch type") or any(words in message for words in wrong_types):
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
    if code == "E201":
        known = list(dict.fromkeys([*error.candidates, *columns]))
        return code, f'There is no column "{name}" here.', _did_you_mean(name, known)
    if code == "E203":
        close = list(error.candidates)
        return code, f"There is no function {name}().", f"Did you mean {close[0]}()?" if close else ""
    if code == "E213":
        return code, f'There is no type "{name}".', f"Did you mean {error.candidates[0]}?" if error.candidates else ""
    lines = [line.strip() for line in error.message.split("\n") if line.strip()]
    sentence = lines[0].rstrip(".!") if lines else "DuckDB refuses this query"
    help = " ".join(lines[1:])
    if "Candidate functions" in help:
        sentence, help = _signatures(sentence, lines)
    return code, f"{sentence[:1].upper()}{sentence[1:]}.", help


def _signatures(sentence: str, lines: list[str]) -> tuple[str, str]:
    sentence = sentence.split(". You might need")[0]
    start = next(i for i, line in enumerate(lines) if "Candidate functions" in line)
    forms = [line.split(" -> ")[0] for line in lines[start + 1 :]][:4]
    return sentence, f"Add a cast, e.g. CAST(x AS DOUBLE). It takes: {'; '.join(forms)}."


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    lower = {column.lower(): column for column in known}
    close = difflib.get_close_matches(name.lower(), list(lower), 1, 0.6)
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    there = f"Columns there: {listed}." if known else ""
    return f'Did you mean "{lower[close[0]]}"? {there}'.strip() if close else there


def span_or(text: SqlText, offset: int | None) -> Span:
    """The place of an offset, or the whole text."""
    return text.span if offset is None else text.at(offset)
