"""Many models at once: no conflicts among workers, and no order but the one that is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running.bench import acted, good, project, run, statuses, tables, write

pytestmark = pytest.mark.duckdb


def test_two_hundred_independent_models(tmp_path: Path) -> None:
    spec = "models:\n" + "".join(
        f"  m{n}: {{sql: 'select {n} as n, range as r from range({n % 7})', checks: [{{not_null: [n]}}]}}\n"
        for n in range(200)
    )
    path = project(tmp_path / "p", spec, {})
    assert set(good(path).values()) == {"create"}
    found = tables(path)
    assert {name: len(rows) for name, (_, _, rows) in found.items()} == {f"m{n}": n % 7 for n in range(200)}
    assert acted(path) == set()
    project(path, spec.replace("as n,", "+ 0 as n,"), {})
    assert len(acted(path)) == 200


def test_a_wide_graph(tmp_path: Path) -> None:
    spec = "sources:\n  s: {path: data/s.csv}\nmodels:\n  root: {sql: 'select k from s', materialize: table}\n"
    spec += "".join(f"  m{n}: {{sql: 'select k + {n} as k from root', materialize: table}}\n" for n in range(60))
    union = " union all ".join(f"select k from m{n}" for n in range(60))
    spec += f"  total: {{sql: 'select sum(k) as k from ({union})'}}\n"
    path = project(tmp_path / "p", spec, {})
    write(path / "data/s.csv", "k\n1\n2\n")
    good(path)
    assert tables(path)["total"][2] == [(60 * 3 + 2 * sum(range(60)),)]
    write(path / "data/s.csv", "k\n1\n")
    assert len(acted(path)) == 62
    assert tables(path)["total"][2] == [(60 + sum(range(60)),)]


@pytest.mark.parametrize("kept", ["auto", "table", "view"])
def test_a_deep_chain(kept: str, tmp_path: Path) -> None:
    spec = "models:\n  m0: {sql: 'select 0 as n'}\n"
    spec += "".join(f"  m{n}: {{sql: 'select n + 1 as n from m{n - 1}', materialize: {kept}}}\n" for n in range(1, 61))
    path = project(tmp_path / "p", spec, {})
    good(path)
    assert tables(path)["m60"][2] == [(60,)]
    assert acted(path) == set()


def test_failures_among_many(tmp_path: Path) -> None:
    """Each branch stands for itself."""
    spec = "models:\n"
    for n in range(40):
        value = f"error(''{n}'')" if n % 5 == 0 else str(n)
        spec += f"  a{n}: {{sql: 'select {value} as x', materialize: table}}\n"
        spec += f"  b{n}: {{sql: 'select x from a{n}', materialize: table}}\n"
        spec += f"  c{n}: {{sql: 'select x from b{n}', materialize: table}}\n"
    path = project(tmp_path / "p", spec, {})
    ran = run(path)
    assert ran.exit_status == 3
    found = statuses(ran)
    for n in range(40):
        bad = n % 5 == 0
        assert [found[f"{k}{n}"] for k in "abc"] == (["failed", "blocked", "blocked"] if bad else ["success"] * 3)
    assert len(ran.models) == 120


def test_some_models_of_which_one_rests_between(tmp_path: Path) -> None:
    """The middle one is inlined and has nothing to do, but what is above it must be there before what is below it."""
    spec = (
        "sources:\n  s: {path: data/s.csv}\n  o: {path: data/o.csv}\nmodels:\n"
        "  top: {sql: 'select k from s, range(200000) where k > 0', publish: false, materialize: KEPT}\n"
        "  middle: {sql: 'select k from top'}\n  low: {sql: 'select count(*) as n from middle, o'}\n"
    )
    for turn in range(5):
        path = project(tmp_path / str(turn), spec.replace("KEPT", "auto"), {})
        write(path / "data/s.csv", "k\n1\n")
        write(path / "data/o.csv", "v\n1\n")
        good(path)
        project(path, spec.replace("KEPT", "table"), {})
        write(path / "data/o.csv", "v\n1\n2\n")
        assert acted(path, "low") == {"top", "low"}
        assert tables(path)["low"][2] == [(400000,)]
