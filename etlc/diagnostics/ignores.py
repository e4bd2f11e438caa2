"""Warnings that the user does not want to see: findings and ignores in, findings out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from etlc.diagnostics.codes import CODES
from etlc.diagnostics.diagnostic import Diagnostic, Diagnostics
from etlc.diagnostics.span import Span

IDLE = "W101"


@dataclass(frozen=True, slots=True)
class Ignore:
    """A warning to leave out where it starts within one of ``places``, or ``everywhere`` in the project.

    ``span`` is where the ignore is written. ``told``: one that leaves nothing out is a finding itself.
    """

    code: str
    span: Span
    places: tuple[Span, ...] = ()
    everywhere: bool = False
    told: bool = True


def sift(found: Diagnostics, ignores: Iterable[Ignore]) -> tuple[Diagnostics, frozenset[Ignore]]:
    """The findings that are not ignored, and the ignores that left something out. Errors are never left out."""
    by_place: dict[tuple[str, str], list[tuple[Span, Ignore]]] = {}
    everywhere: dict[str, Ignore] = {}
    for ignore in ignores:
        if ignore.everywhere:
            everywhere.setdefault(ignore.code, ignore)
        for place in ignore.places:
            by_place.setdefault((ignore.code, place.file), []).append((place, ignore))
    kept, used = Diagnostics(), set()
    for one in found:
        candidates = by_place.get((one.code, one.span.file), ())
        fitting = {ignore for place, ignore in candidates if _starts_in(one, place)}
        fitting |= {everywhere[one.code]} if one.code in everywhere else set()
        if not fitting or one.severity == "error":
            kept.append(one)
        used |= fitting
    return kept, frozenset(used)


def report_idle(ignores: Iterable[Ignore], used: Collection[Ignore], found: Diagnostics) -> None:
    """Report the ignores that left nothing out (W101), unless errors cut short the search for what they are about.

    A code that only a run finds may yet be needed.
    """
    known = list(ignores)
    if found.errors or any(ignore.everywhere and ignore.code == IDLE for ignore in known):
        return
    for ignore in known:
        if ignore.told and ignore not in used and not CODES[ignore.code].late:
            message = f"There is no {ignore.code} here to ignore."
            found.add(IDLE, ignore.span, message, "Remove it, so that a new one is not overlooked.")


def _starts_in(found: Diagnostic, place: Span) -> bool:
    start = (found.span.line, found.span.column)
    return (place.line, place.column) <= start < (place.end_line, place.end_column)
