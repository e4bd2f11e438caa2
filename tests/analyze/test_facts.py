"""What is derived of a query (keys, NULLs, types, names) is true of its rows, whatever the query: plain DuckDB tells."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.analyze.facts import attempt, connect

pytestmark = pytest.mark.duckdb


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as opened:
        yield opened


@pytest.mark.parametrize("block", range(12))
def test_facts_are_true(block: int, con: duckdb.DuckDBPyConnection) -> None:
    found = {seed: attempt(seed, con) for seed in range(block * 60, block * 60 + 60)}
    assert {seed: tried for seed, tried in found.items() if tried[1]} == {}
    # The other queries are not valid SQL; were it nearly all, the test would say nothing.
    assert sum(wrong is not None for _, wrong in found.values()) >= 15
