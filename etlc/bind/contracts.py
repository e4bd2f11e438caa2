"""A model's promises about its columns, held against what it gives."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from etlc.bind.wording import type_help
from etlc.diagnostics import Diagnostics, Span, span_of
from etlc.ir.binding import Binder, Column
from etlc.ir.spec import ModelSpec


def check_contract(model: ModelSpec, columns: Sequence[Column], binder: Binder, diagnostics: Diagnostics) -> bool:
    """Report columns that are missing or of another type. Never a cast: the query is what must be mended."""
    fine = True
    given = {column.name.lower(): column for column in columns}
    for name, promise in model.columns.items():
        column = given.get(name.lower())
        place = span_of(promise.type, name.span)
        if column is None:
            fine = False
            close = difflib.get_close_matches(name.lower(), list(given), 1)
            there = f"Columns there: {', '.join(c.name for c in columns[:12])}."
            help = f'Did you mean "{given[close[0]].name}"? {there}' if close else there
            diagnostics.add(
                "E210",
                name.span,
                f'Model "{model.name}" promises column "{name}", which its query does not give.',
                help,
            )
        elif promise.type is not None:
            fine &= _type_kept(model, column, promise.type, binder, diagnostics, place)
    return fine


def _type_kept(
    model: ModelSpec, column: Column, written: str, binder: Binder, diagnostics: Diagnostics, place: Span
) -> bool:
    promised = binder.type_name(written)
    if promised is None:
        diagnostics.add(
            "E213", place, f'Column "{column.name}" is promised an unknown type, {written}.', type_help(written)
        )
        return False
    if promised != column.type:
        diagnostics.add(
            "E210", place, f'Model "{model.name}" promises "{column.name}" as {promised}, but its query gives {column.type}.',
            f"Cast it in the query: CAST(... AS {promised}) AS {column.name}; or promise {column.type}.",
        )  # fmt: skip
        return False
    return True


def promised_columns(model: ModelSpec, binder: Binder, diagnostics: Diagnostics) -> tuple[Column, ...] | None:
    """The columns of a model whose result depends on the data (PIVOT without IN), from its contract alone."""
    if not model.columns or any(column.type is None for column in model.columns.values()):
        place = model.sql.at(0) if model.sql else model.span
        diagnostics.add(
            "E212", place, f'The columns of model "{model.name}" depend on its data, because PIVOT has no IN.',
            "List all its columns with their types under `columns:`, or give PIVOT an IN list.",
        )  # fmt: skip
        return None
    found = []
    for name, promise in model.columns.items():
        type_name = binder.type_name(promise.type or "")
        if type_name is None:
            diagnostics.add(
                "E213",
                span_of(promise.type, name.span),
                f'Column "{name}" is promised an unknown type, {promise.type}.',
                type_help(promise.type or ""),
            )
            return None
        found.append(Column(str(name), type_name))
    return tuple(found)
