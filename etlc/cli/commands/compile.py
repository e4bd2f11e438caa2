"""``etlc compile``: the plan as plain SQL in ``.etlc/compiled/``."""

from __future__ import annotations

import typer

from etlc.cli.job import job
from etlc.cli.options import Env, Exclude, Given, Json, Look, NoColor, NoOpt, Param, Quiet, Select, Verbose


def compile_(
    context: typer.Context,
    select: Select = None,
    exclude: Exclude = None,
    param: Param = None,
    env: Env = None,
    no_opt: NoOpt = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the plan as plain SQL.

    Into .etlc/compiled/: a .sql file for each model, plan.json, and plan.sql, a script that plain DuckDB runs to the
    same tables.
    """
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.files import written
        from etlc.report.json import compiled

        given = Given(param, env, no_opt, select, exclude)
        project = pipeline.Project.find(here.directory)
        done = pipeline.compile_project(project, pipeline.Options(**given.fields()))
        here.status = 1 if done.diagnostics.errors else 0
        if done.diagnostics.errors:
            here.failed(done.diagnostics)
            return
        here.findings(done.diagnostics)
        if as_json:
            here.json(compiled(done.files))
        elif not quiet:
            here.screen.result(written(done.files, verbose))
