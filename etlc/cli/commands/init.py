"""``etlc init``: a small working project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Json, Look, NoColor, Quiet, Verbose


def init(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where; default: here.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Make a small working project with data."""
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.files import started

        place = directory or here.directory or Path()
        files = pipeline.init_project(place)
        if as_json:
            here.json({"files": list(files)})
        elif not quiet:
            here.screen.result(started("" if place == Path() else str(place), files))
