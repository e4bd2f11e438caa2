"""``etlc format``: YAML and SQL laid out alike everywhere, never changed in meaning."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from etlc.cli.job import job
from etlc.cli.options import Json, Look, NoColor, Quiet, Staged, Verbose


def format_(
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILES]...", help="Only these files or folders; default: all.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if something would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; print what would change.")] = False,
    staged: Staged = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Lay out the YAML and SQL of the project.

    Keys come in the order of the schema, SQL a clause a line. Comments stay, and nothing changes its meaning: what
    cannot be laid out without doubt stays as it is, and -v says why.
    """
    if staged and not (check or diff):
        raise typer.BadParameter("--staged goes with --check or --diff: what is staged is only looked at")
    with job(context, Look(as_json, quiet, verbose, no_color)) as here:
        from etlc import pipeline
        from etlc.report import formatted as report

        write = not (check or diff)
        done = [
            (part.prefix, pipeline.format_files(part.project, part.files or None, staged, write))
            for part in pipeline.parts_of(here.directory, files or (), staged)
        ]
        changes = [(prefix + one.path, one.before, one.after) for prefix, each in done for one in each.changes]
        left = [(prefix + path, reason) for prefix, each in done for path, reason in each.left]
        here.status = 1 if check and changes else 0
        if as_json:
            here.json(report.as_json([path for path, *_ in changes], left))
            return
        if verbose:
            here.screen.note(report.left_alone(left))
        if diff and here.screen.width(sys.stdout):
            here.screen.result(report.unified(changes))
        elif diff:
            here.screen.data(report.patch(changes))
        elif not quiet or check:
            here.screen.result([report.named(path) for path, *_ in changes])
        if not quiet:
            here.screen.note(report.summary(len(changes), sum(each.files for _, each in done), len(left), write))
