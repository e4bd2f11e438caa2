"""Masks as SQL: a model's query with what its columns show in place of their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etlc.ir.binding import Column
from etlc.ir.spec import Mask
from etlc.ir.statements import UNTYPED
from etlc.sql.quote import ident

_ZONED = "TIMESTAMP WITH TIME ZONE"
_DATES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_INTEGERS = tuple("TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT".split())
_WIDTH = 10


def is_number(type_name: str) -> bool:
    """Whether values of a type can be put into buckets of a width."""
    return type_name in (*_INTEGERS, "FLOAT", "DOUBLE") or type_name.startswith("DECIMAL(")


def null_of(type_name: str) -> str:
    """The NULL of a type."""
    return "NULL" if type_name == UNTYPED else f"CAST(NULL AS {type_name})"


def masked_query(text: str, columns: Sequence[Column], masks: Mapping[str, Mask]) -> str | None:
    """The query with masks around it; ``masks`` are by the names of ``columns``. None where a type has no such mask.

    By ``* REPLACE``, so that names and order are the query's own.
    """
    shown = []
    for column in columns:
        if column.name in masks:
            value = _value(masks[column.name], ident(column.name), column.type)
            if value is None:
                return None
            shown.append(f"{value} AS {ident(column.name)}")
    return f"SELECT * REPLACE ({', '.join(shown)}) FROM (\n{text}\n) AS _etlc_query" if shown else text


def _value(mask: Mask, name: str, type_name: str) -> str | None:
    if mask.kind == "hash":
        # Text of a moment depends on the session's time zone, its text in UTC doesn't.
        text = f"make_timestamp(epoch_us({name}))" if type_name == _ZONED else name
        return f"sha256(CAST({text} AS VARCHAR))"
    if mask.kind == "null":
        return null_of(type_name)
    return _bucket(name, type_name, mask.width or _WIDTH)


def _bucket(name: str, type_name: str, width: int) -> str | None:
    if type_name in ("FLOAT", "DOUBLE"):
        return f"CAST(floor({name} / {width}) * {width} AS {type_name})"
    if is_number(type_name):
        number = f"CAST({name} AS HUGEINT)" if type_name in _INTEGERS else name
        # % takes the sign of the number; TRY_CAST, because the edge below the least numbers of a type is none of it.
        return f"TRY_CAST({number} - (({number} % {width}) + {width}) % {width} AS {type_name})"
    if type_name in _DATES:
        return f"CAST(date_trunc('month', {name}) AS {type_name})"
    if type_name == _ZONED:
        return f"to_timestamp(epoch(date_trunc('month', make_timestamp(epoch_us({name})))))"
    return f"left({name}, 1) || '***'" if type_name == "VARCHAR" else None
