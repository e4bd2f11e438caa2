"""Outputs held against the models that they write."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Iterable, Mapping, Sequence

from etlc.diagnostics import Diagnostics, Located
from etlc.ir.binding import Column
from etlc.ir.spec import OutputSpec
from etlc.kinds.addresses import in_bucket, on_server, without_query
from etlc.kinds.sinks import FORMATS, sink_kind


def check_outputs(
    outputs: Iterable[OutputSpec], relations: Mapping[str, Sequence[Column]], diagnostics: Diagnostics
) -> None:
    """Report formats that nobody knows, columns to part by that are not there, and paths that are written twice."""
    columns = {name.lower(): found for name, found in relations.items()}
    taken: dict[str, OutputSpec] = {}
    for output in outputs:
        _check_format(output, diagnostics)
        _check_address(output, diagnostics)
        known = columns.get(output.model.lower())
        if known is not None and output.partition_by:
            _check_parts(output, known, diagnostics)
        first = taken.setdefault(posixpath.normpath(output.path), output)
        if first is not output:
            diagnostics.add(
                "E304", output.path.span, f'Output "{output.name}" writes to the path of output "{first.name}".',
                "Give each output a path of its own.",
            )  # fmt: skip


def _check_format(output: OutputSpec, diagnostics: Diagnostics) -> None:
    if sink_kind(output.format, output.path) or (output.format is None and output.partition_by):
        return
    listed = f"Formats of outputs: {', '.join(FORMATS)}."
    if output.format is None:
        message = f'The format of output "{output.name}" cannot be told from the ending of its path.'
        diagnostics.add("E304", output.path.span, message, f"Say `format:`, or give the file a known ending. {listed}")
        return
    close = difflib.get_close_matches(output.format.lower(), [*FORMATS, "excel"], 1)
    help = f"Did you mean {close[0]}? {listed}" if close and close[0] in FORMATS else listed
    diagnostics.add("E304", output.format.span, f'Output "{output.name}" has an unknown format, {output.format}.', help)


def _check_address(output: OutputSpec, diagnostics: Diagnostics) -> None:
    if on_server(output.path):
        diagnostics.add(
            "E304", output.path.span,
            f'Output "{output.name}" goes to `{without_query(output.path)}`, but a web server takes no files.',
            "Write it into a folder, or into a bucket: s3://bucket/name.parquet.",
        )  # fmt: skip
    elif in_bucket(output.path) and output.partition_by:
        diagnostics.add(
            "E304", output.partition_by[0].span,
            f'Output "{output.name}" is parted and goes into a bucket, where the files of old parts could not be removed.',
            "Write it into a folder, or as one file without `partition_by`.",
        )  # fmt: skip
    elif in_bucket(output.path) and any(letter in output.path for letter in "*["):
        message = f'Output "{output.name}" has a wildcard in its path.'
        diagnostics.add("E304", output.path.span, message, "Name one file.")


def _check_parts(output: OutputSpec, known: Sequence[Column], diagnostics: Diagnostics) -> None:
    names = {column.name.lower(): column.name for column in known}
    missing: list[Located] = [name for name in output.partition_by if name.lower() not in names]
    for name in missing:
        close = difflib.get_close_matches(name.lower(), list(names), 1)
        there = f"Columns there: {', '.join(list(names.values())[:12])}."
        diagnostics.add(
            "E304", name.span,
            f'Output "{output.name}" is parted by column "{name}", which "{output.model}" does not have.',
            f'Did you mean "{names[close[0]]}"? {there}' if close else there,
        )  # fmt: skip
    if not missing and set(names) <= {name.lower() for name in output.partition_by}:
        diagnostics.add(
            "E304", output.partition_by[0].span,
            f'Output "{output.name}" is parted by all its columns, so none is left to write.',
            "Leave at least one column out of `partition_by`.",
        )  # fmt: skip
