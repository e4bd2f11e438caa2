"""Ctrl-C and its kin: the first asks the work to stop, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_SHOW_CURSOR = b"\x1b[?25h"
_STOPPING = (signal.SIGINT, signal.SIGTERM)


class Interruption(KeyboardInterrupt):
    """Thrown at work that writes no data, so that it stops where it is."""


@dataclass
class Watch:
    """What has arrived: the number of the first signal, or None; and what asks the work to stop."""

    signal: int | None = None
    interrupt: Callable[[], None] | None = None

    def stoppable(self, interrupt: Callable[[], None]) -> None:
        """From now on a signal calls ``interrupt``; at once if it has come already."""
        self.interrupt = interrupt
        if self.signal is not None:
            interrupt()

    @property
    def status(self) -> int:
        """The exit status that tells of the signal."""
        return 128 + (self.signal or 0)


@contextmanager
def watch(gently: bool) -> Iterator[Watch]:
    """Listen while the block runs.

    ``gently``: the handler only sets a flag and asks the work to stop, since an exception that is thrown in the middle
    of a transaction could land anywhere. Otherwise it throws :class:`Interruption`.
    """
    watching = Watch()

    def handle(number: int, frame: FrameType | None) -> None:
        if watching.signal is not None:
            if sys.stderr.isatty():
                os.write(2, _SHOW_CURSOR)
            os._exit(watching.status)
        watching.signal = number
        if watching.interrupt is not None:
            watching.interrupt()
        if not gently:
            raise Interruption

    before = {number: signal.signal(number, handle) for number in _STOPPING}
    try:
        yield watching
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
