"""What a first look at a source finds."""

from __future__ import annotations

from dataclasses import dataclass

from etlc.ir.spec import LockedSource


@dataclass(frozen=True, slots=True)
class Looked:
    """A source's schema as its files have it, or the sentence that says why there is none.

    ``unreachable``: its files were not found where they should be, or not reached.
    """

    schema: LockedSource | None
    problem: str = ""
    help: str = ""
    unreachable: bool = False
