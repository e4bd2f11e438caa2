"""What ``etlc validate`` came to, in the formats that other programs read. Each format is a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from etlc.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Validation:
    """The findings, and how many models and sources were looked at.

    ``folder`` is where the project lies in its repository, with a slash at its end, empty for the top; ``lines`` gives
    the lines of a file of the project. ``mishap`` is the sentence of an end without findings.
    """

    found: Sequence[Diagnostic]
    counts: tuple[int, int] | None
    folder: str
    lines: Callable[[str], Sequence[str] | None]
    mishap: str = ""

    @property
    def ranked(self) -> list[Diagnostic]:
        """The errors, then the warnings, each by place."""
        return sorted(self.found, key=lambda one: one.severity != "error")


def render(name: str, validation: Validation) -> str:
    """The text in a format: ``concise``, ``github``, ``sarif`` or ``junit``."""
    text: str = import_module(f"etlc.report.{name}").render(validation)
    return text


def sentence(found: Diagnostic) -> str:
    """The message on one line."""
    return " ".join(found.message.split())


def is_mishap(found: Diagnostic) -> bool:
    """Whether this is not about the specs: etlc itself has failed."""
    return found.code == "E901"
