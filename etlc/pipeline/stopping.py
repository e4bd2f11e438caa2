"""Stopping work from outside: one flag, and the engines that are open."""

from __future__ import annotations

import _thread
import threading
import time

from etlc.engines.base import Engine

stopped = threading.Event()
_engines: list[Engine] = []
_AGAIN = 0.05


def watch(engine: Engine) -> None:
    """Let :func:`interrupt` reach an engine."""
    _engines.append(engine)
    if stopped.is_set():
        engine.interrupt()


def interrupt() -> None:
    """Stop what runs: statements are cancelled, nothing new is begun. Safe in a signal handler."""
    first = not stopped.is_set()
    stopped.set()
    for engine in list(_engines):
        engine.interrupt()
    if first:
        # Not threading.Thread: it takes locks that the main thread may hold while it handles the signal.
        _thread.start_new_thread(_insist, ())


def _insist() -> None:
    """A statement that was just about to begin forgets that it was told to stop: so it is told again."""
    while stopped.is_set():
        time.sleep(_AGAIN)
        for engine in list(_engines):
            engine.interrupt()
