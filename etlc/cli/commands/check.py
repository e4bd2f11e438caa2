"""``etlc check``: the data checks, on what stands in the warehouse."""

from __future__ import annotations

import sys

import typer

from etlc.cli.job import job
from etlc.cli.options import (
    LOCK_TIMEOUT,
    Env,
    Exclude,
    Given,
    Json,
    LockTimeout,
    Look,
    NoColor,
    NoOpt,
    Param,
    Quiet,
    Select,
    Verbose,
)


def check(
    context: typer.Context,
    select: Select = None,
    exclude: Exclude = None,
    param: Param = None,
    env: Env = None,
    no_opt: NoOpt = None,
    lock_timeout: LockTimeout = LOCK_TIMEOUT,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Run the data checks on what stands."""
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.checks import render
        from etlc.report.json import checked

        given = Given(param, env, no_opt, select, exclude, lock_timeout)
        project = pipeline.Project.find(here.directory)
        done = pipeline.check(project, pipeline.Options(**given.fields()))
        here.status = 1 if done.diagnostics.errors or any(c.status == "fail" for c in done.checks) else 0
        if done.diagnostics.errors and not done.checks:
            here.failed(done.diagnostics)
            return
        here.findings(done.diagnostics)
        if as_json:
            here.json(checked(done.checks))
        elif not quiet or here.status:
            here.screen.result(render(done.checks, verbose, here.screen.width(sys.stdout)))
