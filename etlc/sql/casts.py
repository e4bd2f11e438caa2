"""What a cast from one type to another may do to a value."""

from __future__ import annotations

import re

_DIGITS = {
    "TINYINT": 3, "UTINYINT": 3, "SMALLINT": 5, "USMALLINT": 5, "INTEGER": 10, "UINTEGER": 10, "BIGINT": 19,
    "UBIGINT": 20, "HUGEINT": 39, "UHUGEINT": 39,
}  # fmt: skip
_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_FLOATS = {"FLOAT": 24, "DOUBLE": 53}
_MOMENTS = ("DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def cast_effect(before: str, after: str) -> str:
    """``keeps``: every value stays what it is; ``rounds``: it may lose digits unseen; ``tries``: it may fail."""
    if before == after or after == "VARCHAR":
        return "keeps"
    if before in _MOMENTS and after in _MOMENTS:
        finer = _MOMENTS.index(after) > _MOMENTS.index(before)
        return "rounds" if not finer else "tries" if after == "TIMESTAMP_NS" else "keeps"
    if before in _FLOATS:
        if after in _FLOATS:
            return "keeps" if _FLOATS[after] > _FLOATS[before] else "rounds"
        return "rounds" if after in _DIGITS or _DECIMAL.fullmatch(after) or after == "BOOLEAN" else "tries"
    return _exact(before, after)


def _exact(before: str, after: str) -> str:
    """Of whole numbers and decimals."""
    old, new = _decimal(before), _decimal(after)
    if old is None:
        return "tries"
    if after == "BOOLEAN":
        return "rounds"
    if after in _FLOATS:
        bits = _BITS.get(before.removeprefix("U"), 128)
        return "keeps" if bits < _FLOATS[after] else "rounds"
    if new is None:
        return "tries"
    if old[1] > new[1]:
        return "rounds"
    if before in _DIGITS and after in _DIGITS:
        signed, wide = before.removeprefix("U"), after.removeprefix("U")
        unsigned = before != signed
        fits = _BITS[wide] > _BITS[signed] if unsigned and after == wide else _BITS[wide] >= _BITS[signed]
        return "keeps" if fits and (unsigned or after == wide) else "tries"
    return "keeps" if new[0] - new[1] >= old[0] - old[1] else "tries"


def _decimal(type_name: str) -> tuple[int, int] | None:
    """Digits and decimal places of an exact number."""
    if type_name in _DIGITS:
        return _DIGITS[type_name], 0
    found = _DECIMAL.fullmatch(type_name)
    return (int(found[1]), int(found[2])) if found else None
