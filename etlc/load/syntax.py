"""YAML that is none, in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from etlc.diagnostics import lines_of, position

# NUL, other control characters, and line ends that only YAML and Unicode count: an editor shows other lines.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?= |$)", re.MULTILINE)

_PROBLEMS = (
    (
        "mapping values are not allowed",
        "A `:` followed by a space is not possible here.",
        "Indent keys of one map alike, and put text that contains `: ` in quotes.",
    ),
    (
        "could not find expected ':'",
        "A key stands here without its `:`.",
        "Write `key: value`; text over several lines needs `|`.",
    ),
    (
        "block sequence entries are not allowed",
        "A list with `-` cannot begin on the line of its key.",
        "Put each `- item` on a line of its own.",
    ),
    (
        "alphabetic or numeric character",
        "Text cannot begin with `*` or `&`, which have a meaning of their own in YAML.",
        "Put the text in quotes.",
    ),
    (
        "did not find expected key",
        "This line is indented like nothing above it, or a key is missing.",
        "Indent keys of one map alike, and put text after a closing quote inside the quotes.",
    ),
    (
        "did not find expected '-'",
        "A list is mixed with something else here.",
        "Indent keys and `- items` alike within one block.",
    ),
    (
        "did not find expected ',' or ']'",
        "The list that begins in line {context} is not closed by `]`.",
        "Add the missing `,` or `]`.",
    ),
    (
        "did not find expected ',' or '}'",
        "The map that begins in line {context} is not closed by `}}`.",
        "Add the missing `,` or `}`, and put values that contain `: ` or `,` in quotes.",
    ),
    (
        "found unexpected end of stream",
        "The quoted text that begins in line {context} is not closed.",
        "Add the closing quote.",
    ),
    (
        "found unknown escape character",
        "A backslash in double quotes begins an escape that YAML does not know.",
        "Use single quotes, where a backslash is a backslash.",
    ),
    (
        "did not find expected <document start>",
        "Something stands here that belongs to nothing above.",
        "Check the indentation of this line.",
    ),
    (
        "did not find expected comment or line break",
        "A block of text begins with `|` or `>` alone on the line.",
        "Put the text on the next line, indented.",
    ),
)
_LONGEST = 40


def quoted(text: str) -> str:
    """A piece of the user's text, in backticks, on one line and not too long."""
    flat = "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))
    return f"`{flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + '…'}`"


class Fault(Exception):
    """Why a YAML text has no tree; it becomes a finding. Lines and columns count from 1."""

    def __init__(self, code: str, line: int, column: int, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code, self.line, self.column, self.message, self.help = code, line, column, message, help


def text_fault(text: str) -> Fault | None:
    """What makes a text unfit to be parsed at all."""
    if found := _CONFLICT.search(text):
        return _at(
            text,
            found.start(),
            "An unresolved merge conflict begins here.",
            "Keep one of the two sides, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`.",
        )
    if found := _ODD.search(text):
        return _at(
            text,
            found.start(),
            f"The character U+{ord(found.group()):04X} is not allowed here.",
            "Remove it; it is invisible in most editors.",
        )
    return None


def syntax_fault(error: Any, text: str) -> Fault:
    """The finding for an error of the YAML parser."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Fault("E101", 1, 1, "This is not valid YAML.")
    problem, start = str(getattr(error, "problem", "") or ""), getattr(error, "context_mark", None) or mark
    lines = lines_of(text)
    mark = _within(mark, lines)
    line = lines[mark.line]
    here = line[mark.column : mark.column + 1]
    message, help = f"This is not valid YAML: {problem or 'it cannot be read'}.", ""
    if "\t" in line[: len(line) - len(line.lstrip())] or here == "\t":
        message, help = "A tab is used for indentation, which YAML does not allow.", "Indent with spaces."
    elif "cannot start any token" in problem:
        message, help = f"Text cannot begin with `{here}`.", "Put the text in quotes."
    else:
        for part, words, advice in _PROBLEMS:
            if part in problem:
                message, help = words.replace("{context}", str(start.line + 1)).replace("}}", "}"), advice
                break
        else:
            return Fault("E101", mark.line + 1, mark.column + 1, message, help)
        return _slip(problem, lines, mark, start) or Fault("E101", *_place(problem, mark, start), message, help)
    return Fault("E101", mark.line + 1, mark.column + 1, message, help)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place as PyYAML counts it, from 0."""

    line: int
    column: int


def _within(mark: Any, lines: Sequence[str]) -> Any:
    """The mark; the end of the text where the parser stood behind it, on a line that there is not."""
    if mark.line < len(lines):
        return mark
    return _Mark(len(lines) - 1, len(lines[-1]))


def _place(problem: str, mark: Any, start: Any) -> tuple[int, int]:
    """Where the mistake is: a quote or an alias where it begins, anything else where the parser noticed it."""
    begins = ("unexpected end of stream", "alphabetic or numeric", "could not find expected ':'")
    place = start if any(words in problem for words in begins) else mark
    return place.line + 1, place.column + 1


def _slip(problem: str, lines: Sequence[str], mark: Any, start: Any) -> Fault | None:
    """The usual slips, which the parser notices in the next line or takes for something else."""
    if "mapping values are not allowed" in problem:
        above = next((n for n in range(mark.line - 1, -1, -1) if lines[n].strip()), 0)
        if found := re.match(r"\s*(?:- )?[\w.-]+ *(=)", lines[above]):
            message = "A key is followed by `:`, not by `=`."
            return Fault("E101", above + 1, found.start(1) + 1, message, "Write `key: value`.")
        if found := re.match(r"\s*(?:- )?[\w.-]+(:)\S", lines[above]):
            message = "A blank is missing behind this `:`."
            return Fault("E101", above + 1, found.start(1) + 1, message, "Write `key: value`.")
    if "did not find expected key" in problem and re.search(r"['\"]$", lines[mark.line][: mark.column].rstrip()):
        message = "The quoted text has ended before this."
        help = "Write a `'` within '...' twice, or quote the text with \"...\"."
        return Fault("E101", mark.line + 1, mark.column + 1, message, help)
    if "could not find expected ':'" in problem and start.line and re.search(r"[|>][+-]?\s*$", lines[start.line - 1]):
        message = "The text below `|` is not indented."
        return Fault("E101", start.line + 1, start.column + 1, message, "Indent it further than the key above.")
    return None


def _at(text: str, offset: int, message: str, help: str) -> Fault:
    return Fault("E101", *position(text, offset), message, help)
