"""``etlc test``: the unit tests, in memory."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Env, Exclude, Given, Json, Look, NoColor, NoOpt, Param, Quiet, Select, Verbose
from etlc.diagnostics import Diagnostics


def test(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAMES]...", help="Only these tests.")] = None,
    select: Select = None,
    exclude: Exclude = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write what came into the tests that fail, as what they expect.")
    ] = False,
    param: Param = None,
    env: Env = None,
    no_opt: NoOpt = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Run the unit tests, in memory.

    A test gives rows of what a model reads, and says which rows the model must make of them. No data is read, nothing
    is stored.
    """

    def shape(found: Diagnostics) -> object:
        from etlc.report.json import tested

        return tested((), found)

    with job(context, Look(as_json, quiet, verbose, no_color), shape) as here:
        from etlc import pipeline
        from etlc.report.json import tested
        from etlc.report.units import render, updates

        given = Given(param, env, no_opt, select, exclude)
        project = pipeline.Project.find(here.directory)
        done = pipeline.run_unit_tests(project, pipeline.Options(**given.fields()), names or (), update)
        here.status = 1 if done.diagnostics.errors else 0
        if as_json:
            changed = [each.test for each in done.updates if not each.problem] if update else None
            here.json(tested(done.results, done.diagnostics, changed))
            return
        here.findings(done.diagnostics)
        if not quiet or here.status:
            width = here.screen.width(sys.stdout)
            here.screen.result(render(done.results, done.seconds, done.known, verbose, width))
        if update:
            here.screen.result(updates((each.test, each.file, each.problem) for each in done.updates))
