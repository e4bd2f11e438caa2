"""``etlc validate``: everything that can be known without reading data."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Env, Given, Json, Look, NoColor, Param, Quiet, Verbose


def validate(
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILES]...", help="Report on these and what depends on them only.")
    ] = None,
    locked: Annotated[
        bool, typer.Option("--locked", help="Fail if etlc.lock does not fit the specs, or the data that is at hand.")
    ] = False,
    param: Param = None,
    env: Env = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Find mistakes in the specs without reading data.

    YAML, names, types, cycles and contracts of the whole project; with FILES, only what concerns these and what
    depends on them is reported.
    """
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.diagnostics import render
        from etlc.report.json import findings

        project = pipeline.Project.find(here.directory)
        done = pipeline.validate(project, pipeline.Options(**Given(param, env).fields()), list(files or ()), locked)
        here.status = 1 if done.diagnostics.errors else 0
        if as_json:
            here.json(findings(done.diagnostics, done.models, done.sources))
            return
        shown = [d for d in done.diagnostics if d.severity == "error" or not quiet]
        if shown or not quiet:
            width = here.screen.width(sys.stdout)
            here.screen.result(render(shown, here.source, width, (done.models, done.sources)))
