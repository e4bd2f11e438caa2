"""A project on disk and how a command was called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from etlc.diagnostics import Diagnostics, Span
from etlc.ir.graph import BoundGraph, Graph
from etlc.ir.plan import Plan
from etlc.ir.spec import LockedSource, Spec


class Stop(Exception):
    """Ends a command: with findings, with a sentence, or with both; ``status`` is the exit status."""

    def __init__(self, message: str = "", status: int = 1, diagnostics: Diagnostics | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.diagnostics = diagnostics or Diagnostics()


class Interrupted(Exception):
    """The work was stopped by :func:`etlc.pipeline.interrupt`; what was committed stands."""


def stop_with(code: str, span: Span, message: str, help: str = "", status: int = 1) -> Stop:
    """A Stop for one finding."""
    diagnostics = Diagnostics()
    diagnostics.add(code, span, message, help)
    return Stop("", status, diagnostics)


@dataclass(frozen=True, slots=True)
class Options:
    """How a command was called. ``lock_timeout`` is in seconds."""

    params: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None
    no_opt: tuple[str, ...] = ()
    lock_timeout: float = 10.0
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    full_refresh: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """The folder that holds etlc.yaml."""

    root: Path

    @staticmethod
    def find(directory: Path | None) -> Project:
        """The project of a folder, or the one around it, as git does it. Raises Stop (2) where there is none."""
        from etlc.load import find_root

        start = (directory or Path.cwd()).absolute()
        if directory is not None and not start.is_dir():
            raise Stop(f"There is no folder {directory}.", 2)
        root = find_root(start)
        if root is None:
            raise Stop(f"There is no etlc.yaml in {start} or above it. `etlc init` makes a project.", 2)
        return Project(Path(os.path.realpath(root)))

    @property
    def cache(self) -> Path:
        """Where caches lie; safe to delete."""
        return self.root / ".etlc" / "cache"


@dataclass(frozen=True, slots=True)
class Front:
    """What compiling gave. ``plan`` is None where there are errors; ``looked`` are sources that etlc.lock lacks.

    ``spec``, ``graph`` and ``bound`` are None where the plan came from the cache or the stage was not reached.
    """

    diagnostics: Diagnostics
    plan: Plan | None
    models: int
    sources: int
    looked: Mapping[str, LockedSource]
    spec: Spec | None = None
    graph: Graph | None = None
    bound: BoundGraph | None = None
