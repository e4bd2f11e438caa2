"""What moves on the terminal while a run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from etlc.cli.screen import ansi
from etlc.report.text import Line, plain

_PER_SECOND = 10


class LiveView:
    """Lines at the foot of stderr that are asked for again ten times a second, and vanish in the end.

    Imports Rich when it is made, so it is made when there is something to show.
    """

    def __init__(self, lines: Callable[[], list[Line]], colored: bool) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        render = ansi if colored else plain

        def text() -> Text:
            return Text.from_ansi(render(lines()).rstrip("\n"), no_wrap=True, overflow="ellipsis")

        self._render = render
        self._from_ansi = Text.from_ansi
        self._console = Console(stderr=True, highlight=False, force_terminal=True, no_color=not colored)
        self._live = Live(get_renderable=text, console=self._console, refresh_per_second=_PER_SECOND, transient=True)
        self._live.start(refresh=True)

    def stop(self) -> None:
        """Vanish."""
        self._live.stop()

    def above(self, lines: Iterable[Line]) -> None:
        """Print lines that stay."""
        self._console.print(self._from_ansi(self._render(lines).rstrip("\n")), soft_wrap=True)
