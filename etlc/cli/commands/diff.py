"""``etlc diff``: what changed in meaning since a git revision."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Env, Given, Json, Look, NoColor, Param, Quiet, Verbose


class Format(StrEnum):
    """How a difference is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


def diff(
    context: typer.Context,
    revision: Annotated[
        str, typer.Argument(metavar="[REV]", help="A commit, branch or tag; what stands now is compared with it.")
    ] = "HEAD",
    breaking: Annotated[
        bool, typer.Option("--breaking", help="Fail if a published contract is broken without a new version.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="markdown is for a pull request.")] = Format.text,
    param: Param = None,
    env: Env = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show what changed in meaning since a git revision.

    Models, columns, checks, sources, outputs, contracts, and what a run would rebuild. Comments, layout and
    descriptions are no change. The work tree is not touched.
    """
    as_json = as_json or format == Format.json
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.diagnostics import Diagnostics
        from etlc.report import diff_json, diff_markdown, diff_text

        project = pipeline.Project.find(here.directory)
        done = pipeline.diff(project, pipeline.Options(**Given(param, env).fields()), revision)
        found = done.diagnostics if breaking else Diagnostics()
        here.status = 1 if found.errors else 0
        if as_json:
            here.json(diff_json.differed(done.difference, revision, done.commit, done.problems, found))
            return
        problems = len(done.problems)
        if format == Format.markdown:
            here.screen.data(diff_markdown.render(done.difference, revision, done.commit, problems))
        else:
            here.screen.result(diff_text.render(done.difference, revision, done.commit, problems))
        if verbose and problems:
            here.screen.note(diff_text.problems(done.problems, revision))
        here.findings(found)
