"""Findings on a line each: ``file:line:column: error[E201] sentence``."""

from __future__ import annotations

from etlc.diagnostics import Diagnostic
from etlc.report.diagnostics import summary
from etlc.report.text import clean, plain
from etlc.report.validation import Validation, sentence


def render(validation: Validation) -> str:
    """A line per finding, and the summary. Files are relative to the project."""
    lines = [one_line(one) for one in validation.found]
    if validation.mishap:
        lines.append(f"error: {clean(validation.mishap)}")
    end = "" if validation.mishap else plain(summary(validation.found, validation.counts))
    return "".join(line + "\n" for line in lines) + end


def one_line(found: Diagnostic, folder: str = "") -> str:
    """A finding on one line."""
    span = found.span
    place = f"{clean(folder + span.file)}:{span.line}:{span.column}: " if span.file else ""
    return f"{place}{found.severity}[{found.code}] {clean(sentence(found))}"
