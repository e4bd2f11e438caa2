"""Quoting. Every piece of SQL text that etlc composes goes through these helpers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

Scalar = str | int | float | bool | Decimal | dt.date | dt.datetime | None
Value = Scalar | list["Value"] | tuple["Value", ...] | dict[str, "Value"]


def ident(name: str) -> str:
    """``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def idents(names: Iterable[str]) -> str:
    """Several identifiers, separated by commas."""
    return ", ".join(ident(name) for name in names)


def qualified(schema: str, name: str) -> str:
    """``schema.name``, both quoted."""
    return f"{ident(schema)}.{ident(name)}"


def string(text: str) -> str:
    """A string literal. NUL cannot stand in one, so it is refused with ValueError."""
    if "\0" in text:
        raise ValueError("a NUL character cannot stand in SQL")
    return "'" + text.replace("'", "''") + "'"


def literal(value: object) -> str:
    """A YAML or Python value as a DuckDB literal of the natural type: ``10.00`` is a DECIMAL(4,2).

    Raises TypeError for a value that has no literal.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dt.datetime):
        kind = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
        return f"CAST({string(value.isoformat(sep=' '))} AS {kind})"
    if isinstance(value, dt.date):
        return f"CAST({string(value.isoformat())} AS DATE)"
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{string(str(key))}: {literal(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"no SQL literal for {type(value).__name__}")


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return f"CAST({string(str(value))} AS DOUBLE)"
    return f"CAST({string(repr(value))} AS DOUBLE)"


def literals(values: Iterable[object]) -> str:
    """Several literals, separated by commas."""
    return ", ".join(literal(value) for value in values)


def call(function: str, argument: str, options: Mapping[str, object]) -> str:
    """``function(argument, name=value, ...)``: a table function with named options, values as literals."""
    named = "".join(f", {ident(name)}={literal(value)}" for name, value in options.items())
    return f"{function}({argument}{named})"
