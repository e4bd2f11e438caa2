"""Values of tests that do not fit their columns, in words: what is wrong with them, and what to write instead."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from etlc.ir.binding import Column

_DECIMAL = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
_PLACEHOLDERS = frozenset(["", "na", "n/a", "nan", "none", "null", "nil", "-", "--", "?"])
_LONGEST = 40  # digits; longer numbers are not written out
_OF_TYPE = {
    "DOUBLE": "Write a number.",
    "FLOAT": "Write a number.",
    "DATE": "Write a date, such as 2024-01-31.",
    "TIME": "Write a time, such as 12:30:00.",
    "BOOLEAN": "Write true or false.",
}


def too_exact(text: str, column: Column) -> tuple[str, str] | None:
    """The sentence and the help for a number with more decimals than the column keeps; None for what else is wrong."""
    kept, number = _scale(column.type), _number(text)
    if kept is None or number is None or len(text) > _LONGEST:
        return None
    written = len(format(number, "f").partition(".")[2].rstrip("0"))
    if written <= kept:
        return None
    has = f"{text} has {written} decimal{'' if written == 1 else 's'}"
    if kept == 0:
        return f'{has}; "{column.name}" keeps none.', "Write a whole number, or give the column decimals."
    whole = f"{number:.{kept}f}"
    return f'{has}; "{column.name}" keeps {kept}.', f"Write {whole}, or give the column more decimals."


def what_to_write(text: str | None, type_name: str) -> str:
    """What fits a column of the type, where ``text`` does not."""
    if text is not None and text.strip().lower() in _PLACEHOLDERS:
        return "Leave it out, or write null, for no value."
    if _scale(type_name) is not None:
        if text is not None and _number(text) is not None:
            return "Write a number that the type can hold, or give the column a wider type."
        return "Write a whole number." if _WHOLE.fullmatch(type_name) else "Write a number."
    if type_name.startswith("TIMESTAMP"):
        return "Write a timestamp, such as 2024-01-31 12:30:00."
    return _OF_TYPE.get(type_name, "")


def _scale(type_name: str) -> int | None:
    """How many decimals a type keeps; None where that is no question."""
    decimal = _DECIMAL.fullmatch(type_name)
    if decimal:
        return int(decimal[1])
    return 0 if _WHOLE.fullmatch(type_name) else None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < _LONGEST else None
