"""A published view shows no rows that have not passed: neither the checks on it nor those on what it reads."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.running.bench import good, messages, project, run, statuses, tables, write

CHECK = "checks: [{expression: k < 9}]"
SPEC = """
sources:
  s: {path: "data/s*.csv", columns: {k: BIGINT}SOURCE}
  t: {path: "data/t*.csv", columns: {k: BIGINT}}
models:
  hidden: {sql: "select k from s", materialize: view, publish: false HIDDEN}
  shown: {sql: "select k, k + 1 as more from hidden", materialize: view, publish: true SHOWN}
  total: {sql: "select sum(k) as k from shown"}
  other: {sql: "select k from t", materialize: view}
"""


def spec(place: str) -> str:
    """The project with the check at one place, or nowhere."""
    text = SPEC
    for name in ("SOURCE", "HIDDEN", "SHOWN"):
        text = text.replace(name, f", {CHECK}" if name == place else "")
    return text


def kind(path: Path, name: str) -> str:
    """What stands under a name in the warehouse."""
    with duckdb.connect(str(path / "warehouse.duckdb"), read_only=True) as con:
        found = con.execute("select table_type from information_schema.tables where table_name = ?", [name]).fetchall()
    return ", ".join(sorted(str(row[0]) for row in found))


@pytest.mark.duckdb
@pytest.mark.parametrize("place", ["SOURCE", "HIDDEN", "SHOWN"])
def test_new_rows_are_checked_before_a_view_shows_them(place: str, tmp_path: Path) -> None:
    path = project(tmp_path / "p", spec(place), {})
    write(path / "data/s1.csv", "k\n1\n2\n")
    write(path / "data/t1.csv", "k\n1\n")
    good(path)
    before = tables(path)
    write(path / "data/s2.csv", "k\n9\n")
    for _ in range(2):
        ran = run(path)
        assert ran.exit_status == 3, messages(ran)
        after = tables(path)
        assert {name: after[name] for name in ("shown", "total")} == {name: before[name] for name in ("shown", "total")}
        assert statuses(ran)["total"] == "blocked"
    write(path / "data/s2.csv", "k\n8\n")
    assert good(path)["shown"] == "view"
    assert tables(path)["shown"][2] == [(1, 2), (2, 3), (8, 9)]
    assert set(good(path).values()) == {"skip"}


@pytest.mark.duckdb
def test_a_view_stays_a_view_and_follows_its_checks(tmp_path: Path) -> None:
    path = project(tmp_path / "p", spec("SHOWN"), {})
    write(path / "data/s1.csv", "k\n1\n")
    write(path / "data/t1.csv", "k\n1\n")
    good(path)
    assert kind(path, "shown") == "BASE TABLE, VIEW" and kind(path, "other") == "VIEW"
    project(path, spec(""), {})
    good(path)
    assert kind(path, "shown") == "VIEW", "without a check, nothing is stored"
    project(path, spec("SHOWN").replace("materialize: view, publish: true", "publish: true"), {})
    good(path)
    assert kind(path, "shown") == "BASE TABLE"
    project(path, spec("SHOWN"), {})
    good(path)
    assert tables(path)["shown"][2] == [(1, 2)]
    project(path, spec("").replace("  shown:", "  renamed:").replace("from shown", "from renamed"), {})
    good(path)
    assert kind(path, "shown") == ""


@pytest.mark.duckdb
def test_a_source_that_cannot_be_read_leaves_every_view_as_it_was(tmp_path: Path) -> None:
    path = project(tmp_path / "p", spec(""), {})
    write(path / "data/s1.csv", "k\n1\n")
    write(path / "data/t1.csv", "k\n1\n")
    good(path)
    before = tables(path)
    write(path / "data/s2.csv", "k\n2\n")
    write(path / "data/t2.csv", "k\nmany\n")
    ran = run(path)
    assert ran.exit_status == 1 and "many" in messages(ran) and not ran.models
    assert tables(path) == before
    write(path / "data/s2.csv", "k\nfew\n")
    ran = run(path)
    assert ran.exit_status == 1 and "many" in messages(ran) and "few" in messages(ran), "both at once"
    write(path / "data/s2.csv", "k\n2\n")
    write(path / "data/t2.csv", "k\n2\n")
    good(path)
    assert tables(path)["shown"][2] == [(1, 2), (2, 3)] and tables(path)["other"][2] == [(1,), (2,)]
