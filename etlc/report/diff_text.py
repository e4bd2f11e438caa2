"""The difference of two revisions on a terminal: grouped, what came in green, what went in red."""

from __future__ import annotations

from etlc.diagnostics import Diagnostics
from etlc.ir.difference import Change, Difference
from etlc.report.diff_words import NOTHING, details, fact, headline, sign, summary
from etlc.report.text import Line, Piece, clean, counted, line, listed

_STYLES = {"+": "good", "-": "bad", "~": "warning", "!": "error", " ": ""}
_MANY = 12


def render(difference: Difference, revision: str, commit: str, problems: int) -> list[Line]:
    """Sources, models and outputs that changed, what a run would do about it, and what could not be compared."""
    if difference.empty:
        return [line(NOTHING)]
    made = [line(Piece(f"Since {clean(revision)} ({commit[:7]}): ", "bold"), summary(difference))]
    for title, changes in (
        ("Sources", difference.sources),
        ("Models", difference.models),
        ("Outputs", difference.outputs),
    ):
        if changes:
            made += [[], line(Piece(title, "bold"))]
            width = min(32, max(len(clean(change.name)) for change in changes))
            for change in changes:
                made += _change(change, width)
                made += _breaking(change.was or change.name, difference) if title == "Models" else []
    if difference.settings:
        made += [[], line(Piece("Settings", "bold"))]
        made += [line("  ", Piece("~", _STYLES["~"]), f" {fact(one)}") for one in difference.settings]
    return [*made, *_ends(difference, revision, problems)]


def _change(change: Change, width: int) -> list[Line]:
    mark = sign(change.kind)
    words = headline(change)
    name = Piece(clean(change.name), "bold")
    pad = " " * (width - len(name.text)) if words else ""
    made = [line("  ", Piece(mark, _STYLES[mark]), " ", name, f"{pad}  {words}" if words else "")]
    return made + [line("      ", Piece(mark, _STYLES[mark]), f" {said}") for mark, said in details(change)]


def _breaking(name: str, difference: Difference) -> list[Line]:
    """How readers of the model break."""
    known = {model.lower(): reasons for model, reasons in difference.broken.items()}
    unversioned = {breach.model.lower() for breach in difference.breaches}
    reasons = "; ".join(clean(reason) for reason in known.get(name.lower(), ()))
    word = "breaking" if name.lower() in unversioned else "breaking, with a new version"
    return [line("      ", Piece("!", _STYLES["!"]), f" {word}: {reasons}")] if reasons else []


def _ends(difference: Difference, revision: str, problems: int) -> list[Line]:
    made: list[Line] = []
    if difference.rebuilt:
        names = listed(map(clean, difference.rebuilt), _MANY)
        made += [[], line(f"A run would rebuild {counted(len(difference.rebuilt), 'model')}: {names}.")]
    if difference.unknown:
        errors = f", which has {counted(problems, 'error')}" if problems else ""
        said = f"Not compared with {clean(revision)}{errors}: {listed(map(clean, difference.unknown), _MANY)}."
        made += [[], line(Piece(said, "warning"))]
    return made


def problems(found: Diagnostics, revision: str) -> list[Line]:
    """The errors of the old revision. Their lines are of its files, which are not at hand."""
    made = []
    for one in found:
        place = f"{clean(revision)}:{clean(one.span.file)}:{one.span.line}: " if one.span.file else ""
        made.append(line(Piece(place, "place"), f"{one.code} {clean(one.message)}"))
    return made
