"""``etlc lock``: the schemas of the sources, as they are now, into etlc.lock."""

from __future__ import annotations

from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Env, Given, Json, Look, NoColor, Param, Quiet, Verbose


def lock(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if the file does not fit the specs or the data.")
    ] = False,
    param: Param = None,
    env: Env = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Look at the sources, and rewrite etlc.lock."""
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.files import locked
        from etlc.report.json import locked as locked_json

        project = pipeline.Project.find(here.directory)
        if check:
            found = pipeline.check_lock(project, pipeline.Options(**Given(param, env).fields()))
            here.status = 1 if found.errors else 0
            if found.errors or as_json:
                here.failed(found)
            elif not quiet:
                here.screen.result(locked("etlc.lock", []))
            return
        done = pipeline.lock(project, pipeline.Options(**Given(param, env).fields()))
        if done.diagnostics.errors:
            here.status = 1
            here.failed(done.diagnostics)
            return
        here.findings(done.diagnostics)
        if as_json:
            here.json(locked_json(str(done.path), done.changes))
        elif not quiet:
            here.screen.result(locked(str(done.path), done.changes))
