"""``etlc run``: brings the warehouse up to date."""

from __future__ import annotations

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
from etlc.diagnostics import Diagnostics


def run(
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
    """Bring the models up to date.

    Builds what changed and what reads it, checks the new rows before they replace the old, and writes the outputs.
    With -s, what the selected models need is brought up to date first.
    """
    with job(context, Look(as_json, quiet, verbose, no_color), _stopped, gently=True) as here:
        from etlc.cli.running import execute

        execute(here, Given(param, env, no_opt, select, exclude, lock_timeout, full_refresh))


def _stopped(found: Diagnostics) -> object:
    """The JSON of a run that was stopped before it did anything."""
    from etlc.report.json import ran
    from etlc.report.ledger import Ledger

    return ran(Ledger(), found)
