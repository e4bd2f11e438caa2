"""A run as it goes: a line for each thing that is finished, and what is under way just now."""

from __future__ import annotations

from dataclasses import dataclass

from etlc.ir.event import CheckResult, Event, ModelResult, OutputResult, SourceRead
from etlc.report.ledger import Ledger
from etlc.report.text import Line, Piece, cell_width, clean, counted, cut, duration, line

_MOST = 8
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS_PER_SECOND = 10
_ACTION = 8
_NAMES = 24


@dataclass(frozen=True, slots=True)
class Told:
    """A line about something finished, and how wide its first column is, so that the next can line up."""

    line: Line
    name_width: int
    bad: bool


def finished_line(event: Event, name_width: int) -> Told | None:
    """The line for an event; None where it is not worth one."""
    match event:
        case SourceRead():
            facts = [counted(event.files, "file"), counted(event.rows, "row"), duration(event.seconds)]
            return _told(event.source, Piece("read", "dim"), facts, name_width)
        case ModelResult(status="skipped"):
            return None
        case ModelResult():
            rows = [counted(event.rows, "row")] if event.rows is not None else []
            return _told(event.model, _state(event.status, event.action), [*rows, *_took(event)], name_width)
        case OutputResult(status="skipped"):
            return None
        case OutputResult():
            facts = [clean(event.path), *_took(event)]
            return _told(event.output, _state(event.status, event.action), facts, name_width)
        case CheckResult(status="fail" | "warn"):
            state = Piece(event.status, "error" if event.status == "fail" else "warning")
            return _told(event.model, state, [clean(event.check), counted(event.failures, "row")], name_width)
        case _:
            return None


def live_lines(ledger: Ledger, now: float, width: int | None) -> list[Line]:
    """What is under way, the longest first, and how far the run is."""
    turn = _SPINNER[int(now * _TURNS_PER_SECOND) % len(_SPINNER)]
    working = sorted(ledger.running.copy().items(), key=lambda item: item[1][1])
    widest = max((cell_width(name) for (_, name), _ in working[:_MOST]), default=0)
    names = min(max(_NAMES, widest), max(12, (width or 80) - 24))
    made: list[Line] = []
    for (_, name), (action, since) in working[:_MOST]:
        shown = cut(clean(name), names)
        pad = " " * (names - cell_width(shown))
        made.append(
            line(
                Piece(turn, "place"),
                f" {shown}{pad}  ",
                Piece(f"{action:<{_ACTION}}", "dim"),
                f"  {_clock(now - since)}",
            )
        )
    if len(working) > _MOST:
        made.append(line(Piece(f"  and {len(working) - _MOST:,} more", "dim")))
    made.append(line(Piece(f"  {ledger.done:,} of {ledger.total:,} done, {_clock(now - ledger.begun)}", "dim")))
    return made


def _clock(seconds: float) -> str:
    """A time that ticks: tenths of a second would only flicker after the first minute."""
    return f"{max(0.0, seconds):.1f} s" if seconds < 60 else duration(seconds)


def _told(name: str, state: Piece, facts: list[str], name_width: int) -> Told:
    shown = clean(name)
    wide = max(_NAMES, name_width, cell_width(shown))
    pad = " " * (wide - cell_width(shown))
    room = " " * max(0, _ACTION - len(state.text))
    return Told(
        line(shown, f"{pad}  ", state, f"{room}  ", "  ".join(facts)), wide, state.style in ("error", "warning")
    )


def _state(status: str, action: str) -> Piece:
    if status == "failed":
        return Piece("failed", "error")
    if status == "blocked":
        return Piece("blocked", "warning")
    return Piece(clean(action), "good")


def _took(event: ModelResult | OutputResult) -> list[str]:
    return [] if event.status == "blocked" else [duration(event.seconds)]
