"""W319: text where a number, a date or the like is due, and that is none."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import family, type_of
from etlc.sql.syntax import Expr
from etlc.sql.tokens import tokens_of

_KINDS = ("number", "date", "timestamp", "zoned", "time", "boolean", "uuid")


def find(subject: Subject) -> Iterator[Finding]:
    """Text that is compared with a column of another type, or cast to one: DuckDB tries it at the first row."""
    for scope in subject.scopes:
        for part in scope.all_parts:
            for text, kind in _casts(part, scope):
                if not subject.fits(text.name, kind):
                    place = text.start if text.start is not None else _text_after(subject, part.start)
                    yield Finding(
                        "W319", place, f"'{text.name}' is no {kind}, so the first row that it meets stops the run.",
                        _help(text.name, kind),
                    )  # fmt: skip


def _casts(part: Expr, scope: Scope) -> Iterator[tuple[Expr, str]]:
    """The texts directly within an expression, each with the type that DuckDB casts it to."""
    if part.kind == "cast" and part.name == "cast" and _is_text(part.args[0]):
        if family(part.type) in _KINDS or part.type == "INTERVAL":
            yield part.args[0], part.type
    elif part.kind in ("compare", "between", "in"):
        types = {type_of(arg, scope) for arg in part.args if not _is_text(arg)}
        if len(types) == 1 and family(kind := types.pop()) in _KINDS:
            yield from ((arg, kind) for arg in part.args if _is_text(arg))


def _text_after(subject: Subject, start: int | None) -> int | None:
    """Where the text of ``date '...'`` stands, which DuckDB 2.0 gives the place of its type only."""
    if start is None:
        return None
    tokens = tokens_of(subject.model.model.query.bound.text)
    return next((token.start for token in tokens if token.kind == "string" and token.start >= start), start)


def _is_text(expr: Expr) -> bool:
    return expr.kind == "literal" and expr.type == "VARCHAR"


def _help(text: str, kind: str) -> str:
    if text.startswith("$") or "{{" in text:
        return "Within quotes it is plain text. A param is written without them: $name."
    if family(kind) in ("date", "timestamp", "zoned"):
        return "Dates are written year-month-day: '2024-12-31'."
    return "Mend the value, or cast the column to VARCHAR if texts are to be compared."
