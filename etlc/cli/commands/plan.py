"""``etlc plan``: what a run would do, and why."""

from __future__ import annotations

import sys

import typer

from etlc.cli.job import job
from etlc.cli.options import (
    LOCK_TIMEOUT,
    Env,
    Exclude,
    FullRefresh,
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


def plan(
    context: typer.Context,
    select: Select = None,
    exclude: Exclude = None,
    full_refresh: FullRefresh = False,
    param: Param = None,
    env: Env = None,
    no_opt: NoOpt = None,
    lock_timeout: LockTimeout = LOCK_TIMEOUT,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show what a run would do, and why.

    Reads no data beyond file listings and state. With -v also the models that are up to date, how each is kept
    up and what is in the way of better, and the SQL.
    """
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.json import planned
        from etlc.report.plan import render

        given = Given(param, env, no_opt, select, exclude, lock_timeout, full_refresh)
        project = pipeline.Project.find(here.directory)
        done = pipeline.plan(project, pipeline.Options(**given.fields()), as_json or verbose)
        if done.diagnostics.errors or done.plan is None or done.decisions is None:
            here.status = 1
            here.failed(done.diagnostics)
            return
        here.findings(done.diagnostics)
        if as_json:
            here.json(planned(done.plan, done.decisions, done.sql, done.kept))
            return
        width = here.screen.width(sys.stdout)
        here.screen.result(render(done.plan, done.decisions, done.sql if verbose else None, width, done.kept))
