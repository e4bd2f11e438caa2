"""Why something is done or left: every reason that a decision can carry, in words."""

from __future__ import annotations

from etlc.ir.decision import Reason
from etlc.report.text import clean, listed

_FIXED = {
    "current": "nothing changed",
    "first": "not built yet",
    "refresh": "asked for with --full-refresh",
    "missing": "its table is gone from the warehouse",
    "removed": "no longer in the specs",
    "failed": "failed last time",
    "unused": "inlined, and nobody needs it now",
    "output_first": "not written yet",
    "output_edited": "the output's own definition changed",
}


def why(reason: Reason) -> str:
    """The reason as a short sentence that begins in lower case and ends without a full stop."""
    return clean(_worded(reason))


def _worded(reason: Reason) -> str:
    names, detail = reason.names, reason.detail
    match reason.kind:
        case kind if kind in _FIXED:
            return _FIXED[kind]
        case "columns":
            return f"its columns changed: {listed(names)}" if names else "its columns changed"
        case "edited":
            return (
                f"its SQL changed, or the value of {listed([f'${name}' for name in names])}"
                if names
                else "its SQL changed"
            )
        case "input":
            return f"{listed(names)} changed" if names else "what it reads changed"
        case "untouched":
            return f"nothing that changed in {listed(names)} reaches it"
        case "files":
            return f"{listed(names)} changed: {_files(detail)}"
        case "volatile":
            called = listed([f"{name.removesuffix('()')}()" for name in names])
            return f"{called or 'a function in it'} may answer differently each time"
        case "storage":
            return _storage(detail)
        case "publish":
            return f"it is {detail or 'published or hidden'} now"
        case "engine":
            return f"built by another version{f' ({detail})' if detail else ''}"
        case "checks":
            return f"only its checks changed: {listed(names)}" if names else "only its checks changed"
        case "upstream":
            return f"{listed(names)} failed" if names else "something that it reads failed"
        case "output_missing":
            return f"{listed(names)} {'is' if len(names) == 1 else 'are'} missing" if names else "its file is missing"
        case "output_changed":
            altered = listed(names) or "its file"
            return f"{altered} changed since it was written"
        case _:
            return " ".join([reason.kind.replace("_", " "), listed(names), detail]).strip()


def _files(detail: str) -> str:
    """``2 new, 1 changed`` becomes ``2 new files, 1 changed``."""
    first, comma, rest = detail.partition(", ")
    number, _, word = first.partition(" ")
    if not word:
        return detail or "it is read differently"
    noun = "file" if number == "1" else "files"
    return f"{number} {word} {noun}{comma}{rest}"


def _storage(detail: str) -> str:
    before, _, after = detail.partition(" to ")
    words = {"table": "a table", "view": "a view", "inline": "inlined"}
    if before in words and after in words:
        kept = "; `publish: true` keeps it" if before == "table" and after == "inline" else ""
        return f"it was {words[before]} and is {words[after]} now{kept}"
    return detail or "it is stored differently now"
