"""What is wrong with a test is told by ``validate``, at its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.units.project import TESTS_BEGIN, call, project

pytestmark = pytest.mark.duckdb

# the test, without its name; the line below its name and the column of the finding; what its help or message says
MISTAKES = {
    "given column": ("given: {orders: [{amuont: 1}]}\nexpect: []", "E306", 2, 23, 'Did you mean "amount"?'),
    "expected column": ("given: {}\nexpect:\n  - {day: 2024-01-01}\n  - {revenu: 1}", "E306", 5, 10, "revenue"),
    "csv column": ("expect:\n  csv: |\n    day,revenu\n    2024-01-01,1", "E306", 4, 13, "revenue"),
    "column of a query": ('expect: {sql: "select 1 as revenu"}', "E306", 2, 20, "revenue"),
    "value of a wrong type": ("given:\n  orders:\n  - {id: 1}\n  - {id: one}\nexpect: []", "E307", 5, 14, "BIGINT"),
    "value in csv": ("given:\n  orders:\n    csv: |\n      id,day\n      1, 2024-13-01\nexpect: []", "E307", 6, 14, "DATE"),
    "value that would be rounded": ("expect: [{revenue: 1.005}]", "E307", 2, 24, "1.005 has 3 decimals; \"revenue\" keeps 2.Write 1.0"),
    "decimals of a whole number": ("given: {orders: [{id: 1.5}]}\nexpect: []", "E307", 2, 27, '1.5 has 1 decimal; "id" keeps none.Write a whole'),
    "text for a whole number": ("given: {orders: [{id: one}]}\nexpect: []", "E307", 2, 27, "BIGINT.Write a whole number."),
    "text for a number": ("expect: [{revenue: much}]", "E307", 2, 24, "Write a number."),
    "text for a date": ("given: {orders: [{day: soon}]}\nexpect: []", "E307", 2, 28, "Write a date, such as 2024-01-31."),
    "placeholder": ("given: {orders: [{id: n/a}]}\nexpect: []", "E307", 2, 27, "Leave it out, or write null, for no value."),
    "value out of range": ("given: {orders: [{id: 9223372036854775808}]}\nexpect: []", "E307", 2, 27, "BIGINT"),
    "a list": ("given: {orders: [{customer: [x]}]}\nexpect: []", "E307", 2, 33, "a list is no VARCHAR"),
    "a line too short": ("expect:\n  csv: |\n    day,revenue\n    2024-01-01", "E103", 5, 9, "2 columns"),
    "a column twice": ("expect:\n  csv: |\n    day,Day\n    2024-01-01,2024-01-01", "E105", 4, 13, "twice"),
    "two forms": ('expect: {csv: a, sql: "select 1"}', "E103", 2, 22, "beside"),
    "no form": ("expect: {}", "E104", 2, 5, "`csv`"),
    "unknown form": ("expect: {format: csv}", "E102", 2, 14, "Known keys"),
    "unknown source": ("given: {ordres: []}\nexpect: []", "E305", 2, 13, '"orders"'),
    "not read": ("given: {countries: []}\nexpect: []", "E305", 2, 13, "does not read"),
    "the model itself": ("given: {daily: []}\nexpect: []", "E305", 2, 13, "tests"),
    "a given query that reads": (
        'given: {orders: {sql: "select id from countries, orders"}}\nexpect: []', "E305", 2, 43, "read nothing",
    ),
    "a broken query": ('given: {orders: {sql: "select 1 as id fro x"}}\nexpect: []', "E205", 2, 43, "fro"),
    "unknown param": ("params: {strat: 2024-01-01}\nexpect: []", "E115", 2, 14, "start"),
    "param of a wrong type": ("params: {share: much}\nexpect: []", "E115", 2, 21, "DECIMAL(4,2)"),
    "date param": ("params: {start: soon}\nexpect: []", "E115", 2, 21, "a date"),
    "a file": ("given: {orders: {sql: \"select * from read_csv('x.csv')\"}}\nexpect: []", "E207", 2, 42, "read_csv"),
}  # fmt: skip


def errors(out: str) -> list[dict[str, Any]]:
    """The errors among the findings; the project has SQL that is warned of on purpose."""
    return [one for one in json.loads(out)["diagnostics"] if one["severity"] == "error"]


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str, tmp_path: Path) -> None:
    body, code, line, column, words = MISTAKES[name]
    lines = "".join(f"  {text}\n" for text in ["model: daily", *body.split("\n")])
    project(tmp_path, f"wrong:\n{lines}right:\n  model: daily\n  expect: []\n")
    done = call(tmp_path, "validate", "--json")
    assert done.code == 1
    (found,) = errors(done.out)
    place = (found["line"] - TESTS_BEGIN, found["column"])
    assert (found["code"], *place) == (code, line, column), found
    assert words in found["message"] + found["help"], found


def test_all_of_them_at_once(tmp_path: Path) -> None:
    tests = (
        "a:\n  model: daily\n  given: {orders: [{id: x, day: y}, {id: 1.5}]}\n  expect: [{revenue: z}]\n"
        "b:\n  model: dayly\n  given: {ordrs: []}\n  expect: []\n"
    )
    found = errors(call(project(tmp_path, tests), "validate", "--json").out)
    assert sorted(one["code"] for one in found) == ["E305", "E305", "E307", "E307", "E307", "E307"]


def test_tests_of_broken_models_are_silent(tmp_path: Path) -> None:
    project(tmp_path, "a:\n  model: ranked\n  given: {daily: [{x: 1}]}\n  expect: [{y: 1}]")
    path = tmp_path / "pipelines/shop.yaml"
    path.write_text(path.read_text().replace("sum(amount) as revenue", "sum(amuont) as revenue"))
    found = errors(call(tmp_path, "validate", "--json").out)
    assert [one["code"] for one in found] == ["E201"]
    done = call(tmp_path, "test", "--json")
    assert done.code == 1
    assert done.json["tests"] == [] and done.json["summary"] == {"passed": 0, "failed": 0}


def test_names_are_unique(tmp_path: Path) -> None:
    project(tmp_path, "a:\n  model: daily\n  expect: []")
    (tmp_path / "pipelines/more.yaml").write_text("pipeline: more\ntests:\n  A: {model: daily, expect: []}\n")
    found = errors(call(tmp_path, "validate", "--json").out)
    assert [(one["code"], one["file"]) for one in found] == [("E109", "pipelines/shop.yaml")]
