"""Values of test rows as SQL: written by hand, they are read with the type of the column that they stand in."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal, InvalidOperation

from etlc.sql.quote import string

_RANGES = {
    "TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128,
    "UTINYINT": -8, "USMALLINT": -16, "UINTEGER": -32, "UBIGINT": -64, "UHUGEINT": -128,
}  # fmt: skip
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_LARGE = 10**300
_FAR = 400  # powers of ten beyond which no type of DuckDB reaches


def is_nested(type_name: str) -> bool:
    """Whether values of the type hold others: a list, an array, a struct, a map."""
    return type_name.endswith("]") or type_name.startswith(("STRUCT(", "MAP(", "UNION("))


def cell_sql(value: object, written: str | None, type_name: str) -> str:
    """A value as SQL that can be cast to the type. Raises ValueError, with the reason, where it never fits."""
    if value is None:
        return "NULL"
    if isinstance(value, list | dict):
        if type_name == "JSON":
            return string(json.dumps(_as_json(value, exact=True), ensure_ascii=False))
        if not is_nested(type_name):
            raise ValueError(f"{'a list' if isinstance(value, list) else 'a map'} is no {type_name}")
        # By way of JSON, in which everything is text: so DuckDB reads each part with the type that it has there.
        text = string(json.dumps(_as_json(value, exact=False), ensure_ascii=False))
        return f"CAST(CAST({text} AS JSON) AS {type_name})"
    if type_name == "VARCHAR" and written is not None:
        return string(written)
    text = plain_text(value)
    if type_name == "BOOLEAN" and not isinstance(value, bool | str):
        raise ValueError("a BOOLEAN is true or false")
    if loses(text, value, type_name):
        raise ValueError(f"a {type_name} does not hold all of it")
    return f"CAST({string(text)} AS {type_name})" if is_nested(type_name) else string(text)


def loses(text: str, value: object, type_name: str) -> bool:
    """Whether a cast would succeed, but round or cut the value: what was written would not be what is compared."""
    if type_name == "DATE":
        return _has_time(value)
    decimal = _DECIMAL.fullmatch(type_name)
    if decimal is None and type_name not in _RANGES:
        return False
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return False  # the cast says so
    if not number.is_finite() or abs(number.adjusted()) > _FAR:
        return False
    return len(format(number, "f").partition(".")[2].rstrip("0")) > (int(decimal[2]) if decimal else 0)


def _has_time(value: object) -> bool:
    if isinstance(value, str) and ":" in value:
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return False
    return isinstance(value, dt.datetime) and value.time() != dt.time()


def surely_fits(value: object, type_name: str) -> bool:
    """Whether the cast of a value succeeds for certain, so that nobody needs to try."""
    if value is None or (type_name == "VARCHAR" and not isinstance(value, list | dict)):
        return True
    if isinstance(value, bool):
        return type_name == "BOOLEAN"
    if isinstance(value, int | Decimal) and (decimal := _DECIMAL.fullmatch(type_name)):
        return -(bound := Decimal(10) ** (int(decimal[1]) - int(decimal[2]))) < value < bound
    if isinstance(value, int) and (bits := _RANGES.get(type_name)):
        return value in (range(1 << -bits) if bits < 0 else range(-(1 << bits - 1), 1 << bits - 1))
    if isinstance(value, int | float | Decimal) and type_name == "DOUBLE":
        return -_LARGE < value < _LARGE
    if isinstance(value, dt.datetime):
        return value.tzinfo is None and type_name == "TIMESTAMP"
    return isinstance(value, dt.date) and type_name in ("DATE", "TIMESTAMP")


def plain_text(value: object) -> str:
    """A single value as DuckDB writes and reads it as text."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


def _as_json(value: object, exact: bool) -> object:
    """A list or a map as JSON data; ``exact``: numbers stay numbers, otherwise all that is single becomes text."""
    if isinstance(value, list):
        return [_as_json(item, exact) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_json(item, exact) for key, item in value.items()}
    if value is None or (exact and isinstance(value, bool | int)):
        return value
    if exact and isinstance(value, float | Decimal):
        return float(value)
    return plain_text(value)
