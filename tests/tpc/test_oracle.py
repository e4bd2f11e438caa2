"""The judge itself: it must see every kind of difference, and no difference where there is none."""

from pathlib import Path

import duckdb
import pytest

from tests.oracle import assert_same_rows, read_table, table_names

SAME = [
    ("select unnest([1, 2, 2, null])", "select unnest([2, null, 1, 2])"),
    ("select unnest(['nan'::double, null, 0.1 + 0.2])", "select unnest([0.3::double, null, 'nan'])"),
    ("select [1.0::double, null], {'a': 1e15::double}", "select [1.0::double + 1e-13, null], {'a': 1e15::double + 1}"),
    (
        "select 1e300::double, 'x' union all select -1e-300, 'x'",
        "select -1e-300::double, 'x' union all select 1e300, 'x'",
    ),
    ("select timestamptz '2024-01-01 00:00:00+00'", "select timestamptz '2024-01-01 01:00:00+01'"),
    ("select 1 where false", "select 2 where false"),
]
OTHER = [
    ("select unnest([1, 2, 2])", "select unnest([1, 1, 2])"),
    ("select unnest([1, null])", "select unnest([1, null, null])"),
    ("select unnest([1, null])", "select unnest([1, 0])"),
    ("select 1.0::double", "select 1.0::double + 1e-8"),
    ("select unnest([1.0::double, null])", "select unnest([1.0::double, 'nan'])"),
    ("select unnest([1.0::double, 1.0, 2.0])", "select unnest([1.0::double, 2.0, 2.0])"),
    ("select 1.0::double, 'a' union all select 2, 'b'", "select 2.0::double, 'a' union all select 1, 'b'"),
    ("select timestamptz '2024-01-01 00:00:00+00'", "select timestamptz '2024-01-01 00:00:00+01'"),
    ("select 1 as a, 2 as b", "select 1 as a"),
]
OTHER_SCHEMA = [
    ("select 1 as a", "select 1 as b"),
    ("select 1 as a", "select 1 as A"),
    ("select 1::integer as a", "select 1::bigint as a"),
    ("select 1::decimal(18, 2) as a", "select 1::decimal(38, 2) as a"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_same(left: str, right: str) -> None:
    """Order, rounding in the last digits and places in a list of nulls make no difference."""
    with duckdb.connect() as con:
        assert_same_rows(con, f"from ({left}) as q", f"from ({right}) as q", schema=False)


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_other(left: str, right: str) -> None:
    """Another row, another number of the same row, a null for a value, a float too far off."""
    with duckdb.connect() as con, pytest.raises(AssertionError):
        assert_same_rows(con, left, right, schema=False)


@pytest.mark.parametrize(("left", "right"), OTHER_SCHEMA)
def test_other_schema(left: str, right: str) -> None:
    """Names, their case and types count, unless they are not asked for."""
    with duckdb.connect() as con:
        assert assert_same_rows(con, left, right, schema=False) == 1
        with pytest.raises(AssertionError, match="other columns"):
            assert_same_rows(con, left, right)


def test_warehouse_is_read(tmp_path: Path) -> None:
    """Tables and views of schema main are named and read; others are not seen."""
    file = tmp_path / "it's.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute("create table t as select 1 as a, timestamptz '2024-01-01 00:00:00+00' as b")
        con.execute("create schema hidden; create table hidden.u as select 2")
        con.execute("create view v as select a + 1 from t")
    assert table_names(file) == {"t", "v"}
    assert read_table(file, "v") == [(2,)]
    assert read_table(file, "t")[0][0] == 1
