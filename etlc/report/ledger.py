"""What a run has told so far: the one place that progress, summary and JSON read from."""

from __future__ import annotations

from dataclasses import dataclass, field

from etlc.diagnostics import Diagnostics
from etlc.ir.event import (
    CheckResult,
    Event,
    ModelResult,
    OutputResult,
    RunFinished,
    RunStarted,
    SourceRead,
    Started,
)


@dataclass
class Ledger:
    """Collects the events of a run. ``begun`` and ``now`` are seconds of one and the same clock."""

    begun: float = 0.0
    run_id: str | None = None
    status: str = "failed"
    seconds: float = 0.0
    total: int = 0
    done: int = 0
    started: bool = False
    left: list[str] = field(default_factory=list)
    running: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    sources: list[SourceRead] = field(default_factory=list)
    models: list[ModelResult] = field(default_factory=list)
    outputs: list[OutputResult] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)

    def on(self, event: Event, now: float) -> None:
        """Take note of an event."""
        match event:
            case RunStarted():
                self.started, self.run_id, self.total = True, event.run_id, event.total
            case Started():
                self.running[event.kind, event.name] = (event.action, now)
            case SourceRead():
                self.sources.append(event)
                self._ended("source", event.source, True)
            case ModelResult():
                self.models.append(event)
                self._ended("model", event.model, event.status != "skipped")
            case OutputResult():
                self.outputs.append(event)
                self._ended("output", event.output, event.status != "skipped")
            case CheckResult():
                self.checks.append(event)
            case RunFinished():
                self.status = event.status

    def finish(self, status: str, now: float) -> None:
        """The run is over. What is under way still was left as it stood before."""
        self.status, self.seconds = status, now - self.begun
        self.left = [name for _, name in self.running]
        self.running.clear()

    def findings(self, found: Diagnostics) -> Diagnostics:
        """``found``, and the errors that models, outputs and checks came to, each once. A check that warns is none."""
        merged = Diagnostics()
        merged.extend(found)
        for error in [
            *(model.error for model in self.models),
            *(output.error for output in self.outputs),
            *(check.diagnostic for check in self.checks if check.status == "fail"),
        ]:
            if error is not None:
                merged.append(error)
        return merged

    def _ended(self, kind: str, name: str, worked: bool) -> None:
        known = self.running.pop((kind, name), None)
        if worked or known is not None:
            self.done = min(self.done + 1, self.total)
