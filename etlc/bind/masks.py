"""Masks: what a model's columns show in place of their values, put around its query."""

from __future__ import annotations

from collections.abc import Sequence

from etlc.diagnostics import Diagnostics
from etlc.ir.binding import Binder, Column, SqlError
from etlc.ir.graph import BoundModel, GraphModel
from etlc.ir.masks import is_number, masked_query, null_of
from etlc.ir.spec import Mask, Spec


def check_masks(spec: Spec, diagnostics: Diagnostics) -> None:
    """Report masks where none can be: on columns of sources, and NULL where a value is promised."""
    for source in spec.sources.values():
        for name, column in source.columns.items():
            if column.mask is not None:
                diagnostics.add(
                    "E309", column.mask.span, f'Column "{name}" of source "{source.name}" cannot be masked: a source is read as it is.',
                    "Put the mask on a model that reads it.",
                )  # fmt: skip
    for model in spec.models.values():
        key = {name.lower() for name in model.key}
        for name, column in model.columns.items():
            if column.mask is not None and column.mask.kind == "null" and (name.lower() in key or not column.nullable):
                what = "is part of the key" if name.lower() in key else "is promised not to be NULL"
                diagnostics.add(
                    "E309", column.mask.span, f'Column "{name}" of model "{model.name}" {what}, and its mask makes it NULL.',
                    "Use `mask: hash`: equal values stay equal, and different ones different.",
                )  # fmt: skip


def has_masks(model: GraphModel) -> bool:
    """Whether a column of it is to be masked."""
    return any(column.mask is not None for column in model.spec.columns.values())


def mask_columns(
    model: GraphModel, columns: Sequence[Column], binder: Binder, diagnostics: Diagnostics
) -> BoundModel | None:
    """The model with its masks around its query, and the columns that it then gives; None where one cannot be applied.

    What depends on the data cannot be bound: there the contract says what comes out.
    """
    text = model.query.bound.text
    masks = _masks(model, columns)
    if not masks:
        return BoundModel(model, tuple(columns), text)
    fine = True
    for column in columns:
        if column.name in masks:
            problem = _problem(masks[column.name], column, model, binder)
            if problem:
                fine = False
                diagnostics.add("E309", masks[column.name].span, *problem)
    masked = masked_query(text, columns, masks) if fine else None
    if masked is None:
        return None
    if model.query.facts.dynamic:
        return BoundModel(model, tuple(columns), masked)
    found = binder.bind(model.name, masked)
    assert not isinstance(found, SqlError), found  # each mask by itself was bound
    return BoundModel(model, found, masked)


def _masks(model: GraphModel, columns: Sequence[Column]) -> dict[str, Mask]:
    """The masks by the names that the query gives; of a column that it does not give, the contract's check tells."""
    wanted = {name.lower(): spec.mask for name, spec in model.spec.columns.items()}
    found = {column.name: wanted.get(column.name.lower()) for column in columns}
    return {name: mask for name, mask in found.items() if mask is not None}


def _problem(mask: Mask, column: Column, model: GraphModel, binder: Binder) -> tuple[str, str] | None:
    """Why a mask cannot be put on a column, and what to do."""
    if mask.width is not None and not is_number(column.type):
        message = f'Column "{column.name}" is {column.type}; buckets have a width for numbers only.'
        return message, "Write `mask: bucket`: months of dates, first letters of text."
    if model.query.facts.dynamic and mask.kind == "hash" and column.type != "VARCHAR":
        message = f'Column "{column.name}" is promised as {column.type}, and its mask makes it VARCHAR.'
        return message, "Promise what the mask gives: `type: VARCHAR`."
    alone = masked_query(f"SELECT {null_of(column.type)} AS value", [Column("value", column.type)], {"value": mask})
    if alone is None or isinstance(binder.check(alone), SqlError):
        return f'Column "{column.name}" is {column.type}, which no bucket fits.', "Use `mask: hash` or `mask: null`."
    return None
