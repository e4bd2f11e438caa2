"""What changed of the inputs, and what taking it up will cost, in words."""

from __future__ import annotations

from etlc.ir.decision import Decision, Difference
from etlc.report.reasons import why
from etlc.report.text import clean, counted, listed

_MOST = 2  # inputs that are told of


def cause(decision: Decision) -> str:
    """Why something is done to a model: where its inputs changed, what of them, and what taking that up will probably
    cost."""
    if not decision.differences:
        return why(decision.reason)
    told = [_told(one) for one in decision.differences[:_MOST]]
    more = len(decision.differences) - len(told)
    return clean("; ".join([*told, f"{more:,} more changed"] if more else told) + _cost(decision))


def _cost(decision: Decision) -> str:
    if decision.share is None or decision.action not in ("append", "merge", "refresh"):
        return ""
    percent = round(decision.share * 100)
    return f", {'under 1' if percent < 1 else f'~{percent}'} % of a full refresh"


def share(decision: Decision) -> float | None:
    """The same as a number: 0 for nothing, 1 for all; None where there are no rows to work out."""
    if decision.action in ("view", "inline", "drop"):
        return None
    if decision.action == "skip":
        return 0.0
    return 1.0 if decision.share is None else round(decision.share, 4)


def facts(one: Difference) -> dict[str, object]:
    """A change as JSON."""
    return {
        "relation": one.relation,
        "files_new": one.files_new,
        "files_changed": one.files_changed,
        "files_gone": one.files_gone,
        "rows": one.rows,
    }


def _told(one: Difference) -> str:
    if one.rows is not None:
        rows = one.rows if one.exact else _rounded(one.rows)
        return f"{'' if one.exact else 'about '}{counted(rows, 'row')} of {one.relation}"
    kinds = ((one.files_new, "new"), (one.files_changed, "changed"), (one.files_gone, "gone"))
    counts = [(count, word) for count, word in kinds if count]
    if not counts:
        return f"{one.relation} changed"
    noun = "file" if sum(count for count, _ in counts) == 1 else "files"
    return f"{listed([f'{count:,} {word}' for count, word in counts])} {noun} of {one.relation}"


def _rounded(count: int) -> int:
    """Two digits of it: it is an estimate."""
    return int(float(f"{count:.2g}"))
