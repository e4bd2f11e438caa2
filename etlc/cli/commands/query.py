"""``etlc query``: a read-only query over the published models."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import LOCK_TIMEOUT, Env, Given, Json, LockTimeout, Look, NoColor, Param, Quiet, Verbose


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the published models.")],
    param: Param = None,
    env: Env = None,
    lock_timeout: LockTimeout = LOCK_TIMEOUT,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Query the published models."""
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.json import encode_rows
        from etlc.report.table import Rows, render

        given = Given(param, env, lock_timeout=lock_timeout)
        project = pipeline.Project.find(here.directory)
        done = pipeline.query(project, pipeline.Options(**given.fields()), sql)
        if as_json:
            here.screen.data(encode_rows(done.columns, done.rows))
        else:
            rows = Rows(done.columns, done.types, done.rows, done.more)
            here.screen.result(render(rows, here.screen.width(sys.stdout)))
