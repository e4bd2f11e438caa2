"""User mistakes are values: a code, a place, one sentence, help. They are collected, and shown all at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from etlc.diagnostics.codes import CODES
from etlc.diagnostics.span import Span

MOST_OF_A_KIND = 200
_LONGEST_WORD = 200
_LONG_WORD = re.compile(rf"\S{{{_LONGEST_WORD},}}")


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


def _readable(sentence: str) -> str:
    """A sentence on one line: a name that it quotes may hold line breaks, or megabytes, since any text of YAML may."""
    if len(sentence) > _LONGEST_WORD:
        sentence = _LONG_WORD.sub(_shortened, sentence)
    return " ".join(sentence.splitlines())


def _shortened(word: re.Match[str]) -> str:
    """The beginning of a word that is too long to be read, with the sign that ends its sentence."""
    text = word.group()
    return f"{text[: _LONGEST_WORD // 2]}…{text[-1] if text[-1] in '.?:,;' else ''}"


class Diagnostics:
    """Collects findings; each is kept once, however often it is reported, and of one kind in one file not too many."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span, str], Diagnostic] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, code: str, span: Span, message: str, help: str = "") -> None:
        """Report a finding. ``code`` must be one of :data:`etlc.diagnostics.codes.CODES`."""
        self.append(Diagnostic(code, _readable(message), span, _readable(help)))

    def append(self, diagnostic: Diagnostic) -> None:
        """Report a finding that stands already."""
        if diagnostic.code not in CODES:
            raise KeyError(f"unknown diagnostic code {diagnostic.code}")
        key = (diagnostic.code, diagnostic.span, diagnostic.message)
        if key in self._found:
            return
        kind = (diagnostic.code, diagnostic.span.file)
        self._counts[kind] += 1
        if self._counts[kind] <= MOST_OF_A_KIND:
            self._found[key] = diagnostic
        elif self._counts[kind] == MOST_OF_A_KIND + 1:
            more = f"There are more findings of this kind, {diagnostic.code}, in this file than are listed."
            self._found[key] = replace(diagnostic, message=more, help="Mend these first.")

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
