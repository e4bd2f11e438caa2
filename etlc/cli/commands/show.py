"""``etlc show``: rows of a source or a model."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import LOCK_TIMEOUT, Env, Given, Json, LockTimeout, Look, NoColor, NoOpt, Param, Quiet, Verbose


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A source or a model.")],
    limit: Annotated[int, typer.Option("-n", "--limit", metavar="ROWS", min=0, help="How many rows.")] = 20,
    param: Param = None,
    env: Env = None,
    no_opt: NoOpt = None,
    lock_timeout: LockTimeout = LOCK_TIMEOUT,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show rows of a source or a model.

    They are computed from the specs as they stand; nothing is stored, and no run is needed before.
    """
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.json import encode_rows
        from etlc.report.table import Rows, render

        given = Given(param, env, no_opt, lock_timeout=lock_timeout)
        project = pipeline.Project.find(here.directory)
        done = pipeline.show(project, pipeline.Options(**given.fields()), name, limit)
        if as_json:
            here.screen.data(encode_rows(done.columns, done.rows))
        else:
            rows = Rows(done.columns, done.types, done.rows, done.more)
            here.screen.result(render(rows, here.screen.width(sys.stdout)))
