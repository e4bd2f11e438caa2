"""Which functions a model may call: every function that DuckDB has was looked at."""

from __future__ import annotations

import duckdb
import pytest

from etlc.resolve.safety import TABLE_FUNCTIONS
from tests.security.support import HERE

pytestmark = pytest.mark.duckdb


def test_no_function_is_new() -> None:
    """A new function of DuckDB is read about, refused in etlc/resolve/safety.py if need be, and added to the list."""
    known = set((HERE / "functions.txt").read_text(encoding="utf-8").split("\n"))
    rows = duckdb.connect().execute(
        "select distinct lower(function_name) from duckdb_functions()"
        " where function_type in ('scalar', 'macro', 'aggregate', 'window')"
        " and not regexp_matches(function_name, '^(icu_)?collate_')"
    )
    assert {row[0] for row in rows.fetchall()} - known == set()


def test_table_functions_that_are_allowed_read_nothing() -> None:
    assert not [
        name for name in TABLE_FUNCTIONS if any(word in name for word in ("read", "scan", "duckdb", "glob", "query"))
    ]
