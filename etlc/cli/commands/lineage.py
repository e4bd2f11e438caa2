"""``etlc lineage``: where a model comes from and what comes of it, to the column."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Env, Given, Json, Look, NoColor, Param, Quiet, Verbose


def lineage(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME[.COLUMN]", help="A model or a source, or one of its columns.")],
    param: Param = None,
    env: Env = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show lineage, up and down, to the column."""
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report.json import traced
        from etlc.report.lineage import Origin, Trace, render

        project = pipeline.Project.find(here.directory)
        done = pipeline.lineage(project, pipeline.Options(**Given(param, env).fields()), name)
        columns = {c: Origin(o.type, tuple(o.sources), o.kind, o.tags) for c, o in done.columns.items()}
        trace = Trace(done.name, done.column, tuple(done.upstream), tuple(done.downstream), columns, done.version)
        if as_json:
            here.json(traced(trace))
        else:
            here.screen.result(render(trace, here.screen.width(sys.stdout)))
