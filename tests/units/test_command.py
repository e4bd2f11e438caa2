"""``etlc test``: which tests it runs, what it prints, and what ``--update`` writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.units.project import TESTS_BEGIN, call, project

pytestmark = pytest.mark.duckdb

THREE = """\
right:
  model: paid
  expect: []
wrong:
  model: daily
  given:
    paid:
      - {day: 2024-01-01, amount: 1.00}
      - {day: 2024-01-02, amount: 2.00}
      - {day: 2024-01-04, amount: 4.00}
  expect:
    - {day: 2024-01-01, revenue: 1.00}
    - {day: 2024-01-02, revenue: 20.00}
    - {day: 2024-01-03, revenue: null}
also_right: {model: named, given: {countries: []}, expect: []}
"""
SHOWN = """\
fail   wrong of daily: 1 row differs in revenue, 1 row is missing, 1 row is too many.  pipelines/shop.yaml:{line}
       expected             │  actual
       day         revenue  │  day         revenue
       2024-01-01     1.00  │  2024-01-01     1.00
    ≠  2024-01-02    20.00  │  2024-01-02   ≠ 2.00
    -  2024-01-03     NULL  │
    +                       │  2024-01-04     4.00

"""


def test_what_is_printed(tmp_path: Path) -> None:
    done = call(project(tmp_path, THREE), "test")
    assert done.code == 1
    assert re.sub(r"\(\d+\.\d s\)", "(T)", done.out) == (
        SHOWN.format(line=TESTS_BEGIN + 3) + "3 tests: 2 passed, 1 failed (T)\n"
    )
    assert 'error[E509]: Test "wrong" of model "daily" failed: 1 row differs in revenue' in done.err
    assert call(tmp_path, "test", "-q").out == done.out or "wrong" in call(tmp_path, "test", "-q").out


def test_quiet_and_verbose(tmp_path: Path) -> None:
    project(tmp_path, THREE)
    assert (call(tmp_path, "test", "-q", "right").out, call(tmp_path, "test", "right").code) == ("", 0)
    assert call(tmp_path, "test", "right").out.startswith("1 test: 1 passed (")
    lines = call(tmp_path, "test", "-v", "right", "ALSO_RIGHT").out.split("\n")
    assert [line.split()[:2] for line in lines[:2]] == [["pass", "right"], ["pass", "also_right"]]


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ((), ["right", "wrong", "also_right"]),
        (("wrong", "right"), ["right", "wrong"]),
        (("-s", "daily"), ["wrong"]),
        (("-s", "tag:report"), ["wrong"]),
        (("-s", "+daily"), ["right", "wrong"]),
        (("--exclude", "paid+"), ["also_right"]),
        (("right", "-s", "daily"), []),
    ],
)
def test_selection(args: tuple[str, ...], names: list[str], tmp_path: Path) -> None:
    found = call(project(tmp_path, THREE), "test", "--json", *args).json
    assert [one["test"] for one in found["tests"]] == names
    failed = names.count("wrong")
    assert found["summary"] == {"passed": len(names) - failed, "failed": failed}


def test_wrong_names(tmp_path: Path) -> None:
    done = call(project(tmp_path, THREE), "test", "rigth")
    assert done.code == 2 and 'Did you mean "right"?' in done.err
    assert call(tmp_path, "test", "-s", "nothing_there").code == 2


def test_json(tmp_path: Path) -> None:
    (one,) = call(project(tmp_path, THREE), "test", "--json", "wrong").json["tests"]
    assert one.pop("seconds") >= 0
    assert one == {
        "test": "wrong", "model": "daily", "status": "fail",
        "message": "1 row differs in revenue, 1 row is missing, 1 row is too many.",
        "missing": [{"day": "2024-01-02", "revenue": 20.0}, {"day": "2024-01-03", "revenue": None}],
        "extra": [{"day": "2024-01-02", "revenue": 2.0}, {"day": "2024-01-04", "revenue": 4.0}],
    }  # fmt: skip


def test_no_tests_at_all(tmp_path: Path) -> None:
    done = call(project(tmp_path, "{}"), "test")
    assert (done.code, done.out.count("There are no tests yet")) == (0, 1)
    assert call(tmp_path, "test", "--json").json["tests"] == []


def test_params_of_the_command_line(tmp_path: Path) -> None:
    project(tmp_path, "one:\n  model: paid\n  given: {orders: [{day: 2024-01-02, amount: 1}]}\n  expect: []")
    assert call(tmp_path, "test").code == 1
    assert call(tmp_path, "test", "--param", "start=2025-01-01").code == 0


def test_at_most_twenty_rows(tmp_path: Path) -> None:
    rows = "\n".join(f"    - {{id: {n}, day: 2024-01-02, amount: 1}}" for n in range(40))
    expected = "\n".join(f"    - {{id: {n if n < 10 else n + 100}}}" for n in range(40))
    done = call(project(tmp_path, f"one:\n  model: paid\n  given:\n    orders:\n{rows}\n  expect:\n{expected}"), "test")
    assert done.out.count("│") == 2 + 20
    assert "and 40 more; 10 rows as expected" in done.out


UPDATED = {
    "flow": (
        "  expect:\n    # first\n    - {day: 2024-01-01, revenue: 1}    # right\n    - {revenue: 7, day: 2024-01-02} # seven\n"
        "    - {day: 2025-01-01, revenue: 9.99}\n    # last\n",
        "  expect:\n    # first\n    - {day: 2024-01-01, revenue: 1}    # right\n    - {revenue: 2.00, day: 2024-01-02} # seven\n"
        "    # last\n",
    ),
    "block maps": (
        "  expect:\n  - day: 2024-01-01\n    revenue: 1.00 # right\n  - day: 2024-01-02\n    revenue: 5\n",
        "  expect:\n  - day: 2024-01-01\n    revenue: 1.00 # right\n  - day: 2024-01-02\n    revenue: 2.00\n",
    ),
    "a row more": (
        "  expect:\n    - {day: 2024-01-02, revenue: 2}   # b\n",
        "  expect:\n    - {day: 2024-01-02, revenue: 2}   # b\n    - {day: 2024-01-01, revenue: 1.00}\n",
    ),
    "from nothing": (
        "  expect: []\n",
        "  expect:\n    - {day: 2024-01-01, revenue: 1.00, orders: 1, ours: 0.5000}\n"
        "    - {day: 2024-01-02, revenue: 2.00, orders: 1, ours: 1.0000}\n",
    ),
    "in brackets": (
        "  expect: [{day: 2024-01-02}]   # why\n", "  expect: [{day: 2024-01-02}, {day: 2024-01-01}]   # why\n",
    ),
    "csv": (
        "  expect:\n    csv: |\n      day, revenue\n      2024-01-01,  1\n      2024-01-02, 3\n  # after\n",
        "  expect:\n    csv: |\n      day, revenue\n      2024-01-01,  1\n      2024-01-02,2.00\n  # after\n",
    ),
    "csv in short": (
        '  expect: {csv: "day,revenue\\n2024-01-01,1\\n2024-01-02,3"}\n',
        '  expect: {csv: "day,revenue\\n2024-01-01,1\\n2024-01-02,2.00"}\n',
    ),
    "rows": ("  expect: {rows: [{revenue: 1}]}\n", "  expect: {rows: [{revenue: 1}, {revenue: 2.00}]}\n"),
}  # fmt: skip
TWO = "one:\n  model: daily\n  given:\n    paid: [{day: 2024-01-01, amount: 1}, {day: 2024-01-02, amount: 2}]\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", UPDATED)
def test_update(name: str, newline: str, tmp_path: Path) -> None:
    before, after = UPDATED[name]
    rest = "\nlast: {model: paid, expect: []}   # the end"
    path = project(tmp_path, TWO + before + rest) / "pipelines/shop.yaml"
    text = path.read_text().rstrip("\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", newline).encode())
    done = call(tmp_path, "test", "--update")
    assert (done.code, "one: rewritten in pipelines/shop.yaml." in done.out) == (0, True), done
    wanted = text.replace(_indented(before), _indented(after))
    if name == "flow":  # columns are written in the order in which they are first named
        wanted = wanted.replace("{revenue: 2.00, day: 2024-01-02}", "{day: 2024-01-02, revenue: 2.00}")
    assert path.read_bytes() == b"\xef\xbb\xbf" + wanted.replace("\n", newline).encode()
    assert call(tmp_path, "test").code == 0
    assert call(tmp_path, "test", "--update").out.endswith("Nothing to update.\n")


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" if line else "\n" for line in text.rstrip("\n").split("\n"))


def test_update_at_the_end_of_a_file(tmp_path: Path) -> None:
    """Where the last line has no end."""
    path = project(tmp_path, TWO + "  expect:\n    - {revenue: 1}") / "pipelines/shop.yaml"
    text = path.read_text().rstrip("\n")
    path.write_text(text)
    assert call(tmp_path, "test", "--update").code == 0
    assert path.read_text() == text + "\n      - {revenue: 2.00}"


def test_update_of_odd_values(tmp_path: Path) -> None:
    """Text that YAML would read as something else comes back as the text that it is."""
    values = ["null", "true", "7", "1.50", "2024-01-01", "", " x ", "a: b", "it's", 'say "hi"', "# no", "ä\\n", "[x]"]
    rows = ", ".join("('" + value.replace("'", "''") + "')" for value in values)
    given = f"select v as customer, date '2024-01-02' as day, 1 as amount from (values {rows}) as t(v)"
    tests = (
        f"one:\n  model: paid\n  given:\n    orders:\n      sql: |\n        {given}\n  expect:\n    - {{customer: x}}\n"
    )
    for form in (tests, tests.replace("    - {customer: x}", "    csv: |\n      customer,day\n      x,2024-01-01")):
        assert call(project(tmp_path, form), "test", "--update").code == 0
        assert call(tmp_path, "test").code == 0


def test_update_leaves_what_it_may_not_touch(tmp_path: Path) -> None:
    tests = (
        "shared:\n  model: daily\n  expect: &rows\n    - {revenue: 1}\n"
        "alias:\n  model: daily\n  expect: *rows\n"
        'query: {model: daily, expect: {sql: "select 3 as revenue"}}\n'
        "fails: {model: quotient, given: {orders: [{id: 1, customer: x, amount: 2}]}, expect: []}\n"
    )
    path = project(tmp_path, tests) / "pipelines/shop.yaml"
    text = path.read_bytes()
    done = call(tmp_path, "test", "--update", "--json")
    assert done.code == 1 and done.json["updated"] == []
    assert path.read_bytes() == text
    told = call(tmp_path, "test", "--update").out
    assert "alias: not changed; its rows stand where others read them too" in told
    assert "query: not changed; it expects the result of a query" in told


def test_update_rows_in_order(tmp_path: Path) -> None:
    given = "  given:\n    daily: [{day: 2024-01-01, revenue: 1}, {day: 2024-01-02, revenue: 2}]\n"
    path = project(
        tmp_path,
        f"one:\n  model: ranked\n{given}  ordered: true\n  expect:\n    - {{revenue: 1}}\n    - {{revenue: 2}}",
    )
    assert "they come in another order" in call(path, "test").out
    assert call(tmp_path, "test", "--update").code == 0
    text = (tmp_path / "pipelines/shop.yaml").read_text()
    assert text.endswith("      - {revenue: 2.00}\n      - {revenue: 1.00}\n")
