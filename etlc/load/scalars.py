"""What a plain YAML scalar means: YAML 1.2's core schema, ISO dates and timestamps, and exact decimals."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

Value = str | int | float | bool | Decimal | dt.date | dt.datetime | None

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_STARTS = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt]|[ ]+)([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?"
    r"(?:[ ]*(?:([Zz])|([-+])([0-9]{2})(?::?([0-9]{2}))?))?"
)

# Longer digit strings are text: no type of DuckDB holds them as numbers, and Python refuses to print them.
_LONGEST_NUMBER = 1000


def resolve(text: str) -> Value:
    """The value of a plain scalar. What is none of the known forms is the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS or len(text) > _LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    if _BASED.fullmatch(text):
        return int(text, 0)
    return _moment(text)


def _moment(text: str) -> Value:
    try:
        if found := _DATE.fullmatch(text):
            return dt.date(*map(int, found.groups()))
        if found := _MOMENT.fullmatch(text):
            return _timestamp(found)
    except (ValueError, OverflowError):  # 2024-13-45 is text
        return text
    return text


def _timestamp(found: re.Match[str]) -> dt.datetime:
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hours, off_minutes = found.groups()
    zone: dt.timezone | None = dt.UTC if zulu else None
    if sign:
        offset = dt.timedelta(hours=int(off_hours), minutes=int(off_minutes or 0))
        zone = dt.timezone(-offset if sign == "-" else offset)
    micros = int((fraction or "0").ljust(6, "0"))
    return dt.datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micros, zone)
