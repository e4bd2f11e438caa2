"""``etlc verify``: what stands in the warehouse, held against a full refresh."""

from __future__ import annotations

import sys
from typing import Annotated

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
    Param,
    Quiet,
    Select,
    Verbose,
)


def _share(text: str) -> str:
    _part(text)
    return text


def _part(text: str) -> float:
    number = text.strip().removesuffix("%")
    try:
        part = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        part = -1.0
    if not 0 < part <= 1:
        raise typer.BadParameter(f"{text!r} is no share; write 10% or 0.1")
    return part


def verify(
    context: typer.Context,
    select: Select = None,
    exclude: Exclude = None,
    sample: Annotated[
        str,
        typer.Option(metavar="SHARE", callback=_share, help="Try about this part of each model's keys, such as 10%."),
    ] = "100%",
    param: Param = None,
    env: Env = None,
    lock_timeout: LockTimeout = LOCK_TIMEOUT,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Compare what stands with a full refresh, and change nothing.

    Every stored model is worked out again from its inputs, and every landed file is read again. The first rows that
    differ are shown. What is not up to date is passed over.
    """
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.json import verified
        from etlc.report.verified import render

        given = Given(param, env, None, select, exclude, lock_timeout)
        project = pipeline.Project.find(here.directory)
        done = pipeline.verify(project, pipeline.Options(**given.fields()), _part(sample))
        here.status = 1 if done.diagnostics.errors else 0
        if not as_json:
            here.findings(done.diagnostics)
        if as_json:
            here.json(verified(done.results, done.diagnostics))
        elif not quiet or here.status:
            here.screen.result(render(done.results, verbose, here.screen.width(sys.stdout)))
