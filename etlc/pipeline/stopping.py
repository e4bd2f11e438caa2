"""Stopping work from outside: one flag, and the engines that are open."""

from __future__ import annotations

import threading

from etlc.engines.base import Engine

stopped = threading.Event()
_engines: list[Engine] = []


def watch(engine: Engine) -> None:
    """Let :func:`interrupt` reach an engine."""
    _engines.append(engine)


def interrupt() -> None:
    """Stop what runs: statements are cancelled, nothing new is begun. Safe in a signal handler."""
    stopped.set()
    for engine in list(_engines):
        engine.interrupt()
