"""What casts do, against DuckDB itself on the values where types end."""

from __future__ import annotations

import duckdb
import pytest

from etlc.sql.casts import cast_effect

pytestmark = pytest.mark.duckdb

WHOLE = [
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
]
VALUES = {
    **{name: [f"-{2 ** (8 * size - 1)}", f"{2 ** (8 * size - 1) - 1}", "7"] for name, size in zip(WHOLE[:5], (1, 2, 4, 8, 16), strict=True)},
    **{name: ["0", f"{2 ** (8 * size) - 1}", "7"] for name, size in zip(WHOLE[5:], (1, 2, 4, 8, 16), strict=True)},
    "DECIMAL(4,2)": ["99.99", "-0.01"], "DECIMAL(12,2)": ["9999999999.99", "0.01"], "DECIMAL(18,0)": ["999999999999999999"],
    "FLOAT": ["1.5", "1e30"], "DOUBLE": ["0.1", "1.5", "1e300"], "DATE": ["2024-01-02"],
    
    "TIMESTAMP": ["2024-01-02 03:04:05.000006"], "TIMESTAMP_NS": ["2024-01-02 03:04:05.000000007"],
    "VARCHAR": ["x"], "BOOLEAN": ["true"],
}  # fmt: skip


def survives(before: str, after: str, value: str) -> str:
    """What becomes of a value that is cast there and back."""
    try:
        (same,) = duckdb.connect().execute(
            f"SELECT CAST(CAST(x AS {after}) AS {before}) = x FROM (SELECT CAST(? AS {before}) AS x)", [value]
        ).fetchone() or (None,)
    except duckdb.Error:
        return "tries"
    return "keeps" if same else "rounds"


@pytest.mark.parametrize("before", VALUES)
def test_what_is_said_is_what_happens(before: str) -> None:
    """``keeps`` is never said of a pair that loses or refuses a value, and a loss is never left unsaid."""
    for after in VALUES:
        seen = {survives(before, after, value) for value in VALUES[before]}
        told = cast_effect(before, after)
        if told == "keeps":
            assert seen == {"keeps"}, (before, after)
        assert not (told == "tries" and "rounds" in seen), (before, after)
    assert cast_effect(before, before) == cast_effect(before, "VARCHAR") == "keeps"


def test_examples() -> None:
    assert [cast_effect("INTEGER", t) for t in ("BIGINT", "DOUBLE", "SMALLINT", "DECIMAL(12,2)")] == [
        "keeps",
        "keeps",
        "tries",
        "keeps",
    ]
    assert [cast_effect("DATE", t) for t in ("TIMESTAMP", "INTEGER")] == ["keeps", "tries"]
    assert [cast_effect("DOUBLE", t) for t in ("INTEGER", "FLOAT", "DECIMAL(12,2)")] == ["rounds", "rounds", "rounds"]
