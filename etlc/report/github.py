"""Workflow commands, which GitHub shows as annotations in the diff: ten errors and ten warnings of a step."""

from __future__ import annotations

from etlc.diagnostics import CODES, Diagnostic
from etlc.report.diagnostics import summary
from etlc.report.text import clean, plain
from etlc.report.validation import Validation


def render(validation: Validation) -> str:
    """A command per finding, errors first, and the summary for the log."""
    lines = [_command(one, validation.folder) for one in validation.ranked]
    if validation.mishap:
        lines.append(f"::error title=etlc::{_data(validation.mishap)}")
    end = "" if validation.mishap else plain(summary(validation.found, validation.counts))
    return "".join(line + "\n" for line in lines) + end


def _command(found: Diagnostic, folder: str) -> str:
    span = found.span
    facts: dict[str, object] = {}
    if span.file:
        facts = {"file": folder + span.file, "line": span.line, "endLine": span.end_line}
        if span.line == span.end_line:  # GitHub takes columns within one line only
            facts |= {"col": span.column, "endColumn": span.end_column}
    facts["title"] = f"{found.code}: {CODES[found.code].title}"
    told = f"{found.message}\n{found.help}" if found.help else found.message
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in facts.items())
    return f"::{found.severity} {properties}::{_data(told)}"


def _data(text: str) -> str:
    return "%0A".join(clean(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return clean(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
