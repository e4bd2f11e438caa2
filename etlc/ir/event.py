"""What happens during a run, as it happens; and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from etlc.diagnostics import Diagnostic
from etlc.ir.decision import Reason


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found. ``status`` is ``pass``, ``warn`` or ``fail``; ``sample`` are up to five failing rows."""

    model: str
    check: str
    status: str
    failures: int
    columns: tuple[str, ...] = ()
    sample: tuple[tuple[object, ...], ...] = ()
    diagnostic: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class ModelResult:
    """What became of a model. ``status`` is ``success``, ``failed``, ``skipped`` or ``blocked``; ``seconds`` of wall time."""

    model: str
    action: str
    status: str
    reason: Reason
    rows: int | None = None
    seconds: float = 0.0
    error: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class OutputResult:
    """What became of an output. ``status`` is ``success``, ``failed``, ``skipped`` or ``blocked``."""

    output: str
    model: str
    action: str
    status: str
    path: str
    seconds: float = 0.0
    error: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A relation held against a full refresh: ``status`` is ``same``, ``differs``, ``behind`` (it is not up to date) or
    ``volatile`` (no two refreshes agree).

    ``missing`` and ``extra`` count rows, as bags; up to five of each are shown. ``sampled``: only some keys were tried.
    """

    relation: str
    status: str
    rows: int = 0
    missing: int = 0
    extra: int = 0
    columns: tuple[str, ...] = ()
    missing_rows: tuple[tuple[object, ...], ...] = ()
    extra_rows: tuple[tuple[object, ...], ...] = ()
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins. ``total`` is how many sources, models and outputs it will work on."""

    run_id: str
    total: int


@dataclass(frozen=True, slots=True)
class Started:
    """Work begins on one thing: ``kind`` is ``source``, ``model`` or ``output``."""

    kind: str
    name: str
    action: str


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A source was landed. ``rows`` is how many its landed table has now."""

    source: str
    files: int
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run is over. ``status`` is ``success`` or ``failed``."""

    run_id: str
    status: str
    seconds: float
    diagnostics: tuple[Diagnostic, ...] = field(default=())


Event = RunStarted | Started | SourceRead | CheckResult | ModelResult | OutputResult | RunFinished
