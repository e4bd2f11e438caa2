"""What passes and what fails: held against what plain DuckDB makes of the same rows."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.units.project import PIPELINE, call, project, run_one

pytestmark = pytest.mark.duckdb

GIVEN = """\
  given:
    orders:
      - {id: 1, customer: de, day: 2024-01-02, amount: 10.00}
      - {id: 2, customer: fr, day: 2024-01-02, amount: 2.50}
      - {id: 3, customer: de, day: 2024-01-03, amount: 0.00}
      - {id: 4, customer: de, day: 2023-12-31, amount: 7.00}
      - {id: 5, day: 2024-01-04, amount: 1.00}
"""
DAILY = "[{day: 2024-01-04, revenue: 1.00}, {day: 2024-01-02, revenue: 12.50}]"

STATUSES = {
    "rows in any order": (f"model: daily\n{GIVEN}  expect: {DAILY}", "pass"),
    "in order": (
        f"model: ranked\n{GIVEN}  ordered: true\n  expect: [{{revenue: 12.50}}, {{revenue: 1.00}}]", "pass",
    ),
    "in the wrong order": (
        f"model: ranked\n{GIVEN}  ordered: true\n  expect: [{{revenue: 1.00}}, {{revenue: 12.50}}]", "fail",
    ),
    "a row is missing": (f"model: daily\n{GIVEN}  expect: [{{day: 2024-01-04, revenue: 1.00}}]", "fail"),
    "no rows expected": ("model: daily\n  expect: []", "pass"),
    "no rows expected, but some came": (f"model: daily\n{GIVEN}  expect: []", "fail"),
    "a duplicate counts": (
        "model: paid\n  given:\n    orders: [{day: 2024-01-02, amount: 1}, {day: 2024-01-02, amount: 1}]\n"
        "  expect: [{amount: 1}]", "fail",
    ),
    "a duplicate expected twice": (
        "model: paid\n  given:\n    orders: [{day: 2024-01-02, amount: 1}, {day: 2024-01-02, amount: 1}]\n"
        "  expect: [{amount: 1}, {amount: 1.00}]", "pass",
    ),
    "missing columns are null": (
        "model: paid\n  given:\n    orders: [{day: 2024-01-02, amount: 1}]\n"
        "  expect: [{id: null, customer: ~, amount: 1}]", "pass",
    ),
    "null is not nothing": (
        "model: paid\n  given:\n    orders: [{customer: '', day: 2024-01-02, amount: 1}]\n  expect: [{customer: null}]",
        "fail",
    ),
    "a given model stands in place": (
        "model: daily\n  given:\n    PAID: [{day: 2020-01-01, amount: -3}]\n  expect: [{day: 2020-01-01, revenue: -3}]",
        "pass",
    ),
    "inline rows stay, files are empty": ("model: named\n  expect: [{name: Germany}, {name: France, id: null}]", "pass"),
    "inline rows replaced": (
        "model: named\n  given: {countries: [{code: it, name: Italy}]}\n  expect: [{name: Italy}]", "pass",
    ),
    "csv": (
        "model: daily\n  given:\n    orders:\n      csv: |\n        id, day, amount, customer\n"
        "        1, 2024-01-02, 5.00, \"a, b\"\n\n        2, 2024-01-02,,\n"
        "  expect:\n    csv: |\n      day,orders\n      2024-01-02,1", "pass",
    ),
    "csv in short": (
        'model: paid\n  given: {orders: {csv: "day,amount,customer\\n2024-01-02,1,\\"\\""}}\n'
        "  expect: [{customer: ''}]", "pass",
    ),
    "sql": (
        "model: daily\n  given:\n    orders: {sql: \"select date '2024-01-02' as day, 2 as amount from range(3)\"}\n"
        "  expect: {sql: \"select date '2024-01-02' as day, 6 as revenue\"}", "pass",
    ),
    "sql that reads what is given": (
        f"model: daily\n{GIVEN}  expect:\n    sql: select day, sum(amount) as revenue from paid group by all", "pass",
    ),
    "params": (
        f"model: daily\n{GIVEN}  params: {{start: 2024-01-04, share: 0.25}}\n"
        "  expect: [{day: 2024-01-04, revenue: 1, ours: 0.25}]", "pass",
    ),
    "params of a run do not reach beyond": (f"model: daily\n{GIVEN}  expect: [{{orders: 1}}, {{orders: 2}}]", "pass"),
    "read twice, computed once": (f"model: both_ways\n{GIVEN}  expect: [{{zero: 0}}, {{zero: 0}}]", "pass"),
    "rows: as a form": ("model: daily\n  expect: {rows: []}", "pass"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATUSES)
def test_status(name: str, tmp_path: Path) -> None:
    body, status = STATUSES[name]
    assert run_one(tmp_path, f"one:\n  {body}")["status"] == status


def test_one_after_the_other(tmp_path: Path) -> None:
    """All of them in one session, in an order that changes relations from given to computed and back."""
    names = [*STATUSES, *reversed(STATUSES)]
    tests = "\n".join(f"t{n}:\n  {STATUSES[name][0]}" for n, name in enumerate(names))
    found = call(project(tmp_path, tests), "test", "--json").json["tests"]
    assert [one["status"] for one in found] == [STATUSES[name][1] for name in names]


# type of a column: what is given, what is the same, what is another value
TYPES = {
    "INTEGER": ("7", "'7'", "8"),
    "DECIMAL(10,2)": ("10.0", "10.00", "10.01"),
    "DOUBLE": ("0.3", "0.30000000003", "0.3000001"),
    "FLOAT": ("0.1", "0.1", "0.11"),
    "BOOLEAN": ("true", "'true'", "false"),
    "VARCHAR": ("007", "'007'", "7"),
    "DATE": ("2024-02-29", "'2024-02-29'", "2024-03-01"),
    "TIMESTAMP": ("2024-01-02 10:00:00", "2024-01-02T10:00:00", "2024-01-02 10:00:00.000001"),
    "TIMESTAMP_NS": ("'2024-01-02 10:00:00.000000001'", "'2024-01-02 10:00:00.000000001'", "2024-01-02 10:00:00"),
    "TIMESTAMP WITH TIME ZONE": ("2024-01-02 10:00:00+02:00", "2024-01-02 08:00:00Z", "2024-01-02 08:00:01Z"),
    "TIME": ("10:00:00", "'10:00'", "10:00:01"),
    "INTERVAL": ("1 day", "24 hours", "2 days"),
    "UUID": (
        "8c7c4a6e-7a3b-4a55-9a5c-3f0f7a4f8f10", "8C7C4A6E-7A3B-4A55-9A5C-3F0F7A4F8F10",
        "8c7c4a6e-7a3b-4a55-9a5c-3f0f7a4f8f11",
    ),
    "BLOB": ("'\\x01a'", "'\\x01a'", "'\\x02a'"),
    "HUGEINT": ("170141183460469231731687303715884105727", "'170141183460469231731687303715884105727'", "1"),
    "INTEGER[]": ("[1, 2]", "'[1,2]'", "[2, 1]"),
    "DOUBLE[]": ("[0.1, null]", "[0.10000000000001, null]", "[0.2, null]"),
    "DECIMAL(4,2)[2]": ("[1.5, 2.25]", "[1.50, 2.25]", "[1.5, 2.26]"),
    "STRUCT(a INTEGER, b DATE)": ("{a: 1, b: 2024-01-01}", "{b: 2024-01-01, a: 1}", "{a: 1, b: 2024-01-02}"),
    "MAP(VARCHAR, INTEGER)": ("{x: 1, y: 2}", "{y: 2, x: 1}", "{x: 1, y: 3}"),
    "STRUCT(a VARCHAR)[]": ("[{a: 'NULL'}]", "[{a: 'NULL'}]", "[{a: null}]"),
    "JSON": ('{a: [1, 2.5], b: null}', "'{\"a\":[1,2.5],\"b\":null}'", "{a: [1]}"),
}  # fmt: skip


@pytest.mark.parametrize("type_name", TYPES)
def test_types(type_name: str, tmp_path: Path) -> None:
    given, same, other = TYPES[type_name]
    pipeline = (
        f"pipeline: p\nsources:\n  s: {{path: x.csv, columns: {{v: '{type_name}'}}}}\n"
        "models:\n  m: {sql: select v from s}\ntests:\n"
    )
    tests = "\n".join(
        f"t{n}:\n  model: m\n  given: {{s: [{{v: {given}}}]}}\n  expect: [{{v: {value}}}]"
        for n, value in enumerate((given, same, other, "null"))
    )
    found = call(project(tmp_path, tests, pipeline), "test", "--json").json
    if type_name == "INTERVAL":  # DuckDB's own equality says 24 hours, what is shown says which
        assert [one["status"] for one in found["tests"]] == ["pass", "fail", "fail", "fail"]
        return
    assert found["diagnostics"] == [] or all(d["code"] == "E509" for d in found["diagnostics"])
    assert [one["status"] for one in found["tests"]] == ["pass", "pass", "fail", "fail"]


@pytest.mark.parametrize("seed", range(6))
def test_against_plain_duckdb(seed: int, tmp_path: Path) -> None:
    """Random rows with NULLs and duplicates; plain DuckDB says what to expect; one changed value is found."""
    dice = random.Random(seed)
    rows = [
        (dice.choice([1, 2, 3, None]), dice.choice(["a", "b", "", None]), f"2024-01-0{dice.randint(1, 4)}", dice.choice([None, "1.50", "2.25", "-1.00"]))
        for _ in range(dice.randint(1, 30))
    ]  # fmt: skip
    with duckdb.connect() as con:
        con.execute("create table orders (id BIGINT, customer VARCHAR, day DATE, amount DECIMAL(12,2))")
        con.executemany("insert into orders values (?, ?, ?, ?)", rows)
        select = (
            "select id, customer, day::varchar, amount::varchar from orders where amount > 0 and day >= '2024-01-01'"
        )
        expected = con.execute(select).fetchall()
    dice.shuffle(expected)
    given = "".join(f"        {_csv(row)}\n" for row in rows)

    def body(rows: list[tuple[Any, ...]]) -> str:
        listed = "".join(f"    - {_flow(row)}\n" for row in rows)
        return f"  given:\n    orders:\n      csv: |\n        id,customer,day,amount\n{given}  expect:{' []' if not rows else ''}\n{listed}"

    tests = f"right:\n  model: paid\n{body(expected)}"
    if expected:
        changed = list(expected)
        at = dice.randrange(len(changed))
        changed[at] = (changed[at][0], changed[at][1], changed[at][2], "9.99")
        tests += f"wrong:\n  model: paid\n{body(changed)}twice:\n  model: paid\n{body([*expected, expected[at]])}"
    found = call(project(tmp_path, tests), "test", "--json").json["tests"]
    assert [one["status"] for one in found] == ["pass", "fail", "fail"][: len(found)]
    for one, missing, extra in zip(found[1:], (1, 1), (1, 0), strict=False):
        assert (len(one["missing"]), len(one["extra"])) == (missing, extra)


def _csv(row: tuple[Any, ...]) -> str:
    return ",".join("" if value is None else f'"{value}"' if value == "" else str(value) for value in row)


def _flow(row: tuple[Any, ...]) -> str:
    names = ("id", "customer", "day", "amount")
    texts = ["null" if v is None else f"'{v}'" if isinstance(v, str) else str(v) for v in row]
    return "{" + ", ".join(f"{n}: {t}" for n, t in zip(names, texts, strict=True)) + "}"


def test_sql_that_fails_is_a_finding_at_the_test(tmp_path: Path) -> None:
    done = call(
        project(tmp_path, "boom:\n  model: quotient\n  given: {orders: [{id: 1, customer: x, amount: 2}]}\n  expect: []"),
        "test", "--json",
    )  # fmt: skip
    assert done.code == 1
    (one,) = done.json["tests"]
    (finding,) = (found for found in done.json["diagnostics"] if found["severity"] == "error")
    assert one["status"] == "error" and "not for x" in one["message"]
    assert (finding["code"], finding["line"]) == ("E509", PIPELINE.count("\n") + 1)
    assert "not for x" in finding["message"]


def test_only_what_is_needed_is_computed(tmp_path: Path) -> None:
    """A model that fails on every row stands above one that is given."""
    pipeline = PIPELINE.replace("tests:\n", "  below: {sql: select q from quotient}\ntests:\n")
    tests = "one:\n  model: below\n  given: {quotient: [{q: 3}]}\n  expect: [{q: 3}]"
    assert call(project(tmp_path, tests, pipeline), "test").code == 0


def test_no_data_is_read_and_nothing_is_written(tmp_path: Path) -> None:
    project(tmp_path, f"one:\n  model: daily\n{GIVEN}  expect: {DAILY}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("id,customer,day,amount\n9,zz,2024-05-05,99.00\n")
    assert call(tmp_path, "test").code == 0
    assert {path.name for path in tmp_path.iterdir()} <= {"data", "pipelines", "etlc.yaml", ".etlc"}


def test_a_test_reaches_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    project(tmp_path, "one:\n  model: daily\n  given:\n    orders: {sql: \"from 'secret.csv'\"}\n  expect: []")
    codes = {found["code"] for found in call(tmp_path, "test", "--json").json["diagnostics"]}
    assert {code for code in codes if code.startswith("E")} == {"E207"}


def test_models_whose_columns_depend_on_the_data(tmp_path: Path) -> None:
    pipeline = PIPELINE.replace(
        "tests:\n",
        "  wide:\n    columns: {day: DATE, de: \"DECIMAL(38,2)\", fr: \"DECIMAL(38,2)\"}\n    sql: pivot paid on customer using sum(amount) group by day\n"
        "  above: {sql: \"select day, de + fr as total from wide\"}\ntests:\n",
    )  # fmt: skip
    given = (
        "  given:\n    paid:\n      - {customer: de, day: 2024-01-01, amount: 1}\n"
        "      - {customer: fr, day: 2024-01-01, amount: 2}\n"
    )
    tests = (
        f"a:\n  model: wide\n{given}  expect: [{{day: 2024-01-01, de: 1, fr: 2}}]\n"
        f"b:\n  model: above\n{given}  expect: [{{total: 3}}]\n"
        "c:\n  model: above\n  given: {wide: [{de: 1, fr: 5}]}\n  expect: [{total: 6}]\n"
        f"d:\n  model: above\n{given}  expect: [{{total: 3}}]\n"
    )
    found = call(project(tmp_path, tests, pipeline), "test", "--json").json
    assert [one["status"] for one in found["tests"]] == ["pass"] * 4, found
