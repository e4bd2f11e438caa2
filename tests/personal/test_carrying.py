"""Which columns carry a tag: by hand for each form of query, and by what really changes when the tagged values do."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tests.cli import etlc

pytestmark = pytest.mark.duckdb

_LINES = (Path(__file__).parent / "carrying.txt").read_text(encoding="utf-8").splitlines()
CASES = [tuple(part.strip() for part in line.split(":", 1)) for line in _LINES if not line.startswith("#")]
_USERS = [(1, "ann@x.org", 5551, 37, "Ulm"), (2, "bob@x.org", 5552, 4, "Bonn"), (3, "cleo@x.org", 5553, 41, "Ulm")]
_PROJECT = """pipeline: people
sources:
  users:
    path: users.parquet
    columns:
      email: {type: VARCHAR, tags: [pii]}
      phone: {type: BIGINT, tags: [pii, PII]}
      info: {type: "STRUCT(mail VARCHAR, call BIGINT)", tags: [pii]}
      mails: {type: "VARCHAR[]", tags: [pii]}
      age: {type: INTEGER, tags: [number]}
  orders: {path: orders.parquet}
"""


def tables(domain: str, prefix: int) -> duckdb.DuckDBPyConnection:
    """The same people, with other addresses and numbers, in the same order."""
    con = duckdb.connect()
    con.execute("create table users (id integer, email varchar, phone bigint, age integer, town varchar)")
    con.executemany("insert into users values (?, ?, ?, ?, ?)", _USERS)
    con.execute(f"update users set email = replace(email, 'x.org', '{domain}'), phone = phone + {prefix}")
    con.execute(
        "create or replace table users as select *, {'mail': email, 'call': phone} as info, [email] as mails from users"
    )
    con.execute(
        f"create table orders as select * from (values (1, 10, 'ann@{domain}'), (9, 4, 'eve@x.org')) as o(user_id, total, payer)"
    )
    return con


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[set[str], bool]]:
    """The columns that etlc reports, by model, and whether it says that it cannot follow the query."""
    root = tmp_path_factory.mktemp("carrying")
    (root / "pipelines").mkdir()
    (root / "etlc.yaml").write_text("project: people\n")
    con = tables("x.org", 0)
    for name in ("users", "orders"):
        con.execute(f"copy {name} to '{root / name}.parquet'")
    (root / "pipelines" / "people.yaml").write_text(_PROJECT)
    for number, (_, sql) in enumerate(CASES):
        (root / "pipelines" / f"q{number}.sql").write_text(sql)
    answer = etlc(root, "validate", "--json", check=1).json
    result: dict[str, tuple[set[str], bool]] = {f"q{number}": (set(), False) for number in range(len(CASES))}
    for one in answer["diagnostics"]:
        if one["severity"] == "error":
            assert one["code"] == "E308", one
            if column := re.match(r'Column "(.*)" of "(q\d+)" is published', one["message"]):
                assert one["file"] == f"pipelines/{column[2]}.sql"
                result[column[2]][0].add(column[1])
            else:
                lost = re.match(r'The query of "(q\d+)" cannot be followed', one["message"])
                assert lost, one
                result[lost[1]] = (set(), True)
    return result


@pytest.mark.parametrize("number", range(len(CASES)), ids=[sql[:60] for _, sql in CASES])
def test_carries(number: int, found: dict[str, tuple[set[str], bool]]) -> None:
    expected, sql = CASES[number]
    columns, lost = found[f"q{number}"]
    assert lost == (expected == "*"), sql
    if not lost:
        assert columns == {name.strip() for name in expected.split(",") if name.strip()}, sql
        assert changing(sql) <= columns


def changing(sql: str) -> set[str]:
    """The columns whose values are others where addresses and numbers are."""
    first, second = tables("x.org", 0).execute(sql), tables("y.org", 4000).execute(sql)
    names = [name for name, *_ in first.description or ()]
    pairs = zip(names, zip(*first.fetchall(), strict=True), zip(*second.fetchall(), strict=True), strict=True)
    return {name for name, one, other in pairs if Counter(map(str, one)) != Counter(map(str, other))}
