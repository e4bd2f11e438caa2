"""User mistakes are values: a code, a place, one sentence, help. They are collected, and shown all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from etlc.diagnostics.codes import CODES
from etlc.diagnostics.span import Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``message`` is one sentence; ``help`` says what to do, and may be empty."""

    code: str
    message: str
    span: Span
    help: str = ""

    @property
    def severity(self) -> str:
        """``error`` or ``warning``, as the code says."""
        return CODES[self.code].severity

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The order in which findings are shown: by place, then by code."""
        return (self.span.file, self.span.line, self.span.column, self.code, self.message)


class Diagnostics:
    """Collects findings; each is kept once, however often it is reported."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span, str], Diagnostic] = {}

    def add(self, code: str, span: Span, message: str, help: str = "") -> None:
        """Report a finding. ``code`` must be one of :data:`etlc.diagnostics.codes.CODES`."""
        self.append(Diagnostic(code, message, span, help))

    def append(self, diagnostic: Diagnostic) -> None:
        """Report a finding that stands already."""
        if diagnostic.code not in CODES:
            raise KeyError(f"unknown diagnostic code {diagnostic.code}")
        self._found.setdefault((diagnostic.code, diagnostic.span, diagnostic.message), diagnostic)

    def extend(self, more: Diagnostics) -> None:
        """Report all that ``more`` has collected."""
        for diagnostic in more:
            self.append(diagnostic)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found.values(), key=Diagnostic.sort_key))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(d.severity == "error" for d in self._found.values())

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self._found) - self.errors
