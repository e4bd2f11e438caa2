"""What ``etlc format`` changed, would change and left alone."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from etlc.report.text import Line, Piece, clean, counted, line

_STYLES = {"+": "good", "-": "bad", "@": "place"}


def named(path: str) -> Line:
    """A file on a line of its own, for other programs to read."""
    return line(clean(path))


def patch(changes: Iterable[tuple[str, str, str]]) -> str:
    """A unified diff of (file, before, after), to the letter: `git apply` takes it."""
    return "".join(f"{row}\n" for change in changes for row in _diff(*change))


def unified(changes: Iterable[tuple[str, str, str]]) -> list[Line]:
    """The same for a terminal."""
    made: list[Line] = []
    for change in changes:
        for number, row in enumerate(_diff(*change)):
            style = "bold" if number < 2 else _STYLES.get(row[:1], "")
            made.extend(line(Piece(clean(part.replace("\t", "    ").rstrip("\r")), style)) for part in row.split("\n"))
    return made


def _diff(path: str, before: str, after: str) -> Iterator[str]:
    return difflib.unified_diff(_rows(before), _rows(after), f"a/{path}", f"b/{path}", lineterm="")


def _rows(text: str) -> list[str]:
    rows = text.split("\n")
    if rows[-1]:
        return [*rows[:-1], rows[-1] + "\n\\ No newline at end of file"]
    return rows[:-1]


def summary(changed: int, files: int, left: int, written: bool) -> list[Line]:
    """How many files were or would be changed; and that something was left as it is."""
    rest = files - changed
    if not changed:
        made = [line(f"{counted(rest, 'file')} looked at; nothing to change.")]
    else:
        words = "laid out anew" if written else "would be laid out anew"
        made = [line(f"{counted(changed, 'file')} {words}, {counted(rest, 'file')} left as before.")]
    if left:
        made.append(line(f"{counted(left, 'text')} left as written; `-v` says why."))
    return made


def left_alone(left: Sequence[tuple[str, str]]) -> list[Line]:
    """What stays as it was written, and why."""
    return [line(Piece(clean(path), "place"), f" stays as it is: {clean(reason)}.") for path, reason in left]


def as_json(changed: Sequence[str], left: Sequence[tuple[str, str]]) -> dict[str, object]:
    """``format --json``."""
    return {"changed": list(changed), "left": [{"file": path, "reason": reason} for path, reason in left]}
