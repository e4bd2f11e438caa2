"""``etlc validate``: everything that can be known without reading data."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from etlc.cli.job import Job, job, lines
from etlc.cli.options import Env, Given, Json, Look, NoColor, Param, Quiet, Staged, Verbose
from etlc.diagnostics import Diagnostics

Source = Callable[[str], Sequence[str] | None]


class Format(StrEnum):
    """How the findings are printed."""

    FULL = "full"
    CONCISE = "concise"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


def validate(
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILES]...", help="Report on these and what depends on them only.")
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="full (the default): with the lines around each place. concise: a line each. json: as --json. "
            "github: annotations of a workflow. sarif: for code scanning. junit: for test reports.",
        ),
    ] = None,
    staged: Staged = False,
    param: Param = None,
    env: Env = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Find mistakes in the specs without reading data.

    YAML, names, types, cycles and contracts of the whole project; with FILES, only what concerns these and what
    depends on them is reported. Files of several projects are validated each in its own.
    """
    if as_json and form not in (None, Format.JSON):
        raise typer.BadParameter(f"--json is --format json, and cannot stand beside --format {form}")
    chosen = form or (Format.JSON if as_json else Format.FULL)
    with job(context, Look(chosen is Format.JSON, quiet, verbose, no_color)) as here:
        if chosen not in (Format.FULL, Format.JSON):
            here.ended = lambda found, mishap: _print(here, chosen, found, None, here.source, mishap)
        from etlc import pipeline

        options = pipeline.Options(**Given(param, env).fields())
        done = pipeline.validate_files(here.directory, options, files or (), staged)
        here.status = 1 if done.diagnostics.errors else 0
        counts = (done.models, done.sources)
        _print(here, chosen, done.diagnostics, counts, lambda file: lines(lambda: done.read(file)))


def _print(
    here: Job, chosen: Format, found: Diagnostics, counts: tuple[int, int] | None, source: Source, mishap: str = ""
) -> None:
    """Print the findings. Formats that are read as a whole are whole, ``--quiet`` or not."""
    if chosen is Format.JSON:
        from etlc.report.json import findings

        here.json(findings(found, *(counts or (0, 0))))
        return
    quiet = here.look.quiet and chosen not in (Format.SARIF, Format.JUNIT)
    shown = [one for one in found if one.severity == "error" or not quiet]
    if quiet and not shown and not mishap:
        return
    if chosen is Format.FULL:
        from etlc.report.diagnostics import render as render_full

        here.screen.result(render_full(shown, source, here.screen.width(sys.stdout), counts))
        return
    from etlc.cli.repository import folder_in_repository
    from etlc.report.validation import Validation, render

    folder = folder_in_repository(here.root() or here.directory or Path(), os.environ)
    here.screen.data(render(chosen.value, Validation(shown, counts, folder, source, mishap)))
