"""The table of commands, and the options that stand before a command."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from etlc import __version__
from etlc.cli.commands.check import check
from etlc.cli.commands.compile import compile_
from etlc.cli.commands.diff import diff
from etlc.cli.commands.explain import explain
from etlc.cli.commands.format import format_
from etlc.cli.commands.init import init
from etlc.cli.commands.lineage import lineage
from etlc.cli.commands.lock import lock
from etlc.cli.commands.plan import plan
from etlc.cli.commands.query import query
from etlc.cli.commands.run import run
from etlc.cli.commands.show import show
from etlc.cli.commands.test import test
from etlc.cli.commands.validate import validate
from etlc.cli.commands.verify import verify
from etlc.cli.job import unexpected

COMMANDS: dict[str, Callable[..., None]] = {
    "init": init,
    "validate": validate,
    "compile": compile_,
    "plan": plan,
    "diff": diff,
    "run": run,
    "test": test,
    "check": check,
    "verify": verify,
    "show": show,
    "query": query,
    "lock": lock,
    "format": format_,
    "lineage": lineage,
    "explain": explain,
}

app = typer.Typer(
    name="etlc",
    help="Compiles folders of YAML and SQL into pipelines, and runs them on DuckDB: only what is needed, and why.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"etlc {__version__}")
        raise typer.Exit()


@app.callback()
def begin(
    context: typer.Context,
    project: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The project's folder. Default: found upwards from here, as git does it."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and leave.")
    ] = False,
) -> None:
    """Keep the options that stand before the command where every command finds them."""
    context.obj = project


for _name, _function in COMMANDS.items():
    app.command(_name)(_function)


def main() -> None:
    """Run the command line, and end the process. Never shows a traceback."""
    # A command lives for a second and makes few cycles: looking for them at Python's pace takes a tenth of that.
    gc.set_threshold(500_000, 50, 50)
    try:
        app(prog_name="etlc")
    except SystemExit as leave:
        _leave(leave)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        sys.exit(unexpected(error))


def _leave(leave: SystemExit) -> None:
    """End the process at once: all is closed and written, and taking a big project apart in memory takes 50 ms."""
    if not isinstance(leave.code, int | None) or threading.active_count() > 1:
        raise leave
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        raise leave from None
    os._exit(leave.code or 0)
