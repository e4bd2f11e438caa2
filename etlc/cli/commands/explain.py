"""``etlc explain``: what a diagnostic means."""

from __future__ import annotations

from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Json, Look, NoColor, Quiet, Verbose


def explain(
    context: typer.Context,
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="For instance E201; without it, all codes.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Explain the code of a finding, by example."""
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc.diagnostics import CODES
        from etlc.report import explain as report

        if code is None:
            if as_json:
                here.json([report.facts(known) for known in CODES.values()])
            else:
                here.screen.result(report.codes(CODES.values()))
            return
        found = CODES.get(code.strip().upper())
        if found is None:
            raise typer.BadParameter(f"there is no code '{code}'.{report.suggestion(code)}", param_hint="CODE")
        text = report.page(found)
        if as_json:
            here.json({**report.facts(found), "text": text})
        else:
            here.screen.result(report.styled(text))
