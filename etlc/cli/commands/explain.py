"""``etlc explain``: what a diagnostic means."""

from __future__ import annotations

from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Json, Look, NoColor, Quiet, Verbose


def explain(
    context: typer.Context,
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]", help="For instance E201, W2 for all that begin so, or incremental; without it, all codes."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Explain the code of a finding by example, or how results are kept up to date."""
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc.diagnostics import CODES
        from etlc.report import explain as report

        told = report.topic(code or "")
        if told is not None:
            here.json({"topic": str(code), "text": told}) if as_json else here.screen.result(report.styled(told))
            return
        found = CODES.get((code or "").strip().upper())
        listed = list(CODES.values()) if code is None else report.beginning_with(code)
        if found is None and listed:
            if as_json:
                here.json([report.facts(known) for known in listed])
            else:
                here.screen.result(report.codes(listed))
            return
        if found is None:
            raise typer.BadParameter(f"there is no code '{code}'.{report.suggestion(code or '')}", param_hint="CODE")
        text = report.page(found)
        if as_json:
            here.json({**report.facts(found), "text": text})
        else:
            here.screen.result(report.styled(text))
