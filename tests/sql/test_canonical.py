"""The canonical form: equal where nothing changed, different where anything might have, and of the same meaning."""

import duckdb
import pytest

from etlc.sql.canonical import canonical
from tests.sql.corpus import QUERIES, SCHEMA, SETUP


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(SETUP)
    connection.execute("set threads = 1")
    return connection


def run(con: duckdb.DuckDBPyConnection, text: str) -> object:
    """Names (without case), types and the bag of rows; None where DuckDB refuses the text."""
    try:
        result = con.execute(text)
        types = [str(column[1]) for column in result.description or []]
        return len(types), types, sorted(map(repr, result.fetchall()))
    except duckdb.Error:
        return None


@pytest.mark.parametrize("text", QUERIES)
def test_same_meaning(con: duckdb.DuckDBPyConnection, text: str) -> None:
    form = canonical(text, SCHEMA)
    assert run(con, form) == run(con, text), form


@pytest.mark.parametrize("text", QUERIES)
def test_idempotent(text: str) -> None:
    form = canonical(text, SCHEMA)
    assert canonical(form, SCHEMA) == form
