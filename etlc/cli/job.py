"""What every command goes through: its end, by exit status, is decided here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import typer

from etlc.cli.options import Look
from etlc.cli.screen import Screen
from etlc.cli.signals import Watch, watch
from etlc.diagnostics import Diagnostics

Shape = Callable[[Diagnostics], object]


@dataclass
class Job:
    """A command under way.

    ``shape`` makes the JSON of a command that could not do its work; ``partly`` prints what it did before its end.
    ``ended`` prints such an end, its findings or its one sentence, where another format was asked for.
    """

    directory: Path | None
    screen: Screen
    shape: Shape | None = None
    status: int = 0
    partly: Callable[[], None] = lambda: None
    ended: Callable[[Diagnostics, str], None] | None = None
    watch: Watch = field(default_factory=Watch)

    @property
    def look(self) -> Look:
        """How results are shown."""
        return self.screen.look

    def json(self, value: object) -> None:
        """Print a result as JSON."""
        from etlc.report.json import encode

        self.screen.data(encode(value) + "\n")

    def findings(self, found: Diagnostics, counts: tuple[int, int] | None = None) -> None:
        """Print findings on stderr, with a summary line if there are any; with ``--quiet`` the errors only."""
        from etlc.report.diagnostics import render

        shown = [d for d in found if d.severity == "error" or not self.look.quiet]
        if shown:
            width = self.screen.width(sys.stderr)
            self.screen.alarm(render(shown, self.source, width, counts))

    def failed(self, found: Diagnostics) -> None:
        """Print findings that kept a command from its result: in the format that was asked for, else on stderr."""
        if self.ended is not None:
            self.ended(found, "")
            return
        if not self.look.json:
            self.findings(found)
            return
        from etlc.report.json import findings

        self.json(self.shape(found) if self.shape else findings(found, 0, 0))

    def root(self) -> Path | None:
        """The project's folder, as far as it can be told."""
        start = (self.directory or Path.cwd()).absolute()
        return next((folder for folder in (start, *start.parents) if (folder / "etlc.yaml").is_file()), None)

    def source(self, file: str) -> list[str] | None:
        """The lines of a file that a finding points into; None where it can't be read."""
        return lines(((self.root() or Path()) / file).read_bytes)


def lines(read: Callable[[], bytes | None]) -> list[str] | None:
    """The lines of a file, None where it can't be read."""
    try:
        data = read()
    except (OSError, ValueError):
        return None
    return None if data is None else data.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")


@contextmanager
def job(context: typer.Context, look: Look, shape: Shape | None = None, gently: bool = False) -> Iterator[Job]:
    """The frame around a command: signals, mistakes and mishaps become messages and an exit status."""
    made = Job(context.obj, Screen(look), shape)
    stopped = False
    with watch(gently) as watching:
        made.watch = watching
        try:
            yield made
        except typer.Exit as leave:
            made.status = leave.exit_code
        except BaseException as error:
            if isinstance(error, (typer.BadParameter, SystemExit, GeneratorExit)):
                raise
            stopped = watching.signal is not None
            if not stopped:
                _end(made, error)
    if watching.signal is not None and (stopped or made.status):
        _interrupted(made, stopped)
        made.status = watching.status
    raise typer.Exit(made.status)


def _interrupted(made: Job, stopped: bool) -> None:
    from etlc.report.text import line

    if stopped and not made.look.json:
        made.partly()
    elif stopped and made.shape is not None:
        made.json(made.shape(Diagnostics()))
    made.screen.alarm([line("Interrupted.")])


def _end(made: Job, error: BaseException) -> None:
    stop = getattr(sys.modules.get("etlc.pipeline"), "Stop", None)
    if stop is not None and isinstance(error, stop):
        _stopped(made, error)
        return
    if not made.look.json:
        made.partly()
    made.failed(crash(error, made.root()))
    made.status = 1


def _stopped(made: Job, error: BaseException) -> None:
    found: Diagnostics = getattr(error, "diagnostics", None) or Diagnostics()
    made.status = int(getattr(error, "status", 1))
    if len(found):
        made.failed(found)
        return
    from etlc.report.text import Piece, clean, line

    message = clean(getattr(error, "message", "") or str(error))
    if made.ended is not None:
        made.ended(Diagnostics(), message)
    made.screen.alarm([line(Piece("error", "error"), Piece(f": {message}", "bold"))])


def unexpected(error: BaseException) -> int:
    """Tell of an exception that came from outside any command, and give the exit status."""
    made = Job(None, Screen(Look()))
    made.failed(crash(error, made.root()))
    return 1


def crash(error: BaseException, root: Path | None) -> Diagnostics:
    """The one finding that an unexpected exception becomes; its traceback goes into a file."""
    from etlc.cli.crash import write_report
    from etlc.diagnostics import Span

    found = Diagnostics()
    path = write_report(error, root)
    if root is not None and path is not None and path.is_relative_to(root):
        path = path.relative_to(root)
    where = f"its report is in {path}" if path else "its report could not be written"
    found.add(
        "E901",
        Span(""),
        f"Something unexpected happened in etlc ({type(error).__name__}); {where}.",
        "This is a fault of etlc, not of your project. Please report it, with that file." if path else "",
    )
    return found
