"""A run and its progress on stderr: live on a terminal, one plain line per finished model elsewhere."""

from __future__ import annotations

import sys
import time

from etlc import pipeline
from etlc.cli.job import Job
from etlc.cli.live import LiveView
from etlc.cli.options import Given
from etlc.cli.screen import Screen
from etlc.diagnostics import Diagnostics
from etlc.ir.event import Event, Started
from etlc.report.json import ran
from etlc.report.ledger import Ledger
from etlc.report.progress import finished_line, live_lines
from etlc.report.summary import render


def execute(here: Job, given: Given) -> None:
    """Run, show the progress, and tell at the end what was done: after an interruption or a mishap as well."""
    progress = _Progress(here.screen, Ledger(begun=time.monotonic()))
    ledger = progress.ledger
    here.watch.stoppable(pipeline.interrupt)
    try:
        project = pipeline.Project.find(here.directory)
        try:
            done = pipeline.run(project, pipeline.Options(**given.fields()), progress)
        finally:
            progress.stop()
    except BaseException as error:
        if ledger.started and not isinstance(error, pipeline.Stop):
            ledger.finish("stopped", time.monotonic())
            here.shape = lambda found: ran(ledger, found)
            here.partly = lambda: _tell(here, ledger, Diagnostics())
        raise
    here.status = done.exit_status
    ledger.models, ledger.outputs, ledger.checks = list(done.models), list(done.outputs), list(done.checks)
    ledger.run_id = done.run_id or None
    ledger.finish(done.status, time.monotonic())
    if here.look.json:
        here.json(ran(ledger, done.diagnostics))
    else:
        _tell(here, ledger, done.diagnostics)


def _tell(here: Job, ledger: Ledger, found: Diagnostics) -> None:
    here.findings(ledger.findings(found))
    here.screen.note(render(ledger, here.look.verbose, here.screen.width(sys.stderr)))


class _Progress:
    """What is told of each event. Rich is imported when work begins on a terminal, and not before."""

    def __init__(self, screen: Screen, ledger: Ledger) -> None:
        self.ledger = ledger
        self._screen = screen
        self._live: LiveView | None = None
        self._name_width = 0

    def __call__(self, event: Event) -> None:
        """Take note of the event, and show it."""
        self.ledger.on(event, time.monotonic())
        if isinstance(event, Started) and self._live is None and self._screen.lively():
            self._begin()
        told = finished_line(event, self._name_width)
        if told is None:
            return
        self._name_width = told.name_width
        if self._live is None:
            self._screen.note([told.line])
        elif told.bad or self._screen.look.verbose:
            self._live.above([told.line])

    def stop(self) -> None:
        """The run is over, in one way or another."""
        if self._live is not None:
            self._live.stop()
        elif self._name_width:
            self._screen.note([[]])

    def _begin(self) -> None:
        width = self._screen.width(sys.stderr)
        self._live = LiveView(
            lambda: live_lines(self.ledger, time.monotonic(), width), self._screen.colored(sys.stderr)
        )
