"""The edge to the terminal: results go to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

from etlc.cli.options import Look
from etlc.report.text import STYLES, Line, Piece, plain

_WIDEST = 140


class Screen:
    """Prints lines and JSON. A reader that has gone away is no error: what is left is dropped."""

    def __init__(self, look: Look) -> None:
        self.look = look
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")

    def result(self, lines: Iterable[Line]) -> None:
        """What was asked for."""
        self._print(sys.stdout, lines)

    def data(self, text: str) -> None:
        """What was asked for, as it is (JSON)."""
        _write(sys.stdout, text)

    def note(self, lines: Iterable[Line]) -> None:
        """What is good to know; silent with ``--quiet``."""
        if not self.look.quiet:
            self._print(sys.stderr, lines)

    def alarm(self, lines: Iterable[Line]) -> None:
        """What must be known."""
        self._print(sys.stderr, lines)

    def colored(self, stream: TextIO) -> bool:
        """Whether to print colours there."""
        off = self.look.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return not off and stream.isatty()

    def lively(self) -> bool:
        """Whether stderr is a terminal that can show something that moves."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not self.look.quiet

    def width(self, stream: TextIO) -> int | None:
        """The room on a line; None where the lines go into a file or a pipe."""
        if not stream.isatty():
            return None
        return max(40, min(shutil.get_terminal_size().columns, _WIDEST))

    def _print(self, stream: TextIO, lines: Iterable[Line]) -> None:
        made = list(lines)
        if not made:
            return
        _write(stream, ansi(made) if self.colored(stream) else plain(made))


def ansi(lines: Iterable[Line]) -> str:
    """The lines with their colours."""
    ended = (("".join(_colour(piece) for piece in one)) + "\n" for one in lines)
    return "".join(ended)


def _colour(piece: Piece) -> str:
    code = STYLES[piece.style]
    return f"\x1b[{code}m{piece.text}\x1b[0m" if code else piece.text


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
