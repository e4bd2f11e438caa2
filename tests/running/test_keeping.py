"""What plan says of how each model is kept up: what changed, what that costs, and what is in the way of better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli import etlc, write_project

pytestmark = pytest.mark.duckdb

PROJECT = "project: t\nparams: {least: 0, name: a'b}\n"
SOURCES = """\
pipeline: p
sources:
  r: {path: "data/r/*.csv", columns: {k: BIGINT, g: VARCHAR, x: BIGINT, ts: TIMESTAMP}}
  s: {path: "data/s.csv", columns: {k: BIGINT, y: BIGINT}}
models:
"""
ROWS = {
    "data/r/1.csv": "k,g,x,ts\n1,a,1,2024-01-01\n",
    "data/r/2.csv": "k,g,x,ts\n2,b,2,2024-01-02\n",
    "data/r/3.csv": "k,g,x,ts\n3,c,3,2024-01-03\n",
    "data/s.csv": "k,y\n1,10\n2,20\n",
}


def made(path: Path, models: str, **files: str) -> Path:
    """A project of these models; ``files`` are .sql files."""
    sql = {f"pipelines/{name}.sql": text for name, text in files.items()}
    return write_project(path / "p", PROJECT, {"pipelines/p.yaml": SOURCES + models, **ROWS, **sql})


def steps(path: Path, *arguments: str) -> dict[str, Any]:
    """The steps of plan --json, by model."""
    return {step["model"]: step for step in etlc(path, "plan", "--json", *arguments, check=0).json["steps"]}


def place(path: Path, file: str, text: str) -> tuple[str, int, int]:
    """Where a text stands in a file, for the first time."""
    before = (path / file).read_text().partition(text)[0]
    return file, before.count("\n") + 1, len(before) - before.rfind("\n")


def of(step: dict[str, Any]) -> list[tuple[str, tuple[str, int, int]]]:
    """The obstacles of a step: kind and place."""
    return [(one["kind"], (one["file"], one["line"], one["column"])) for one in step["obstacles"]]


HINDERED = {
    "window": ("select k, x,\n  row_number() over (order by ts) as n\nfrom r", "row_number"),
    "window_parted": ("select k, sum(x) over (partition by g) as t\nfrom r", "sum(x)"),
    "limit": ("select k, x from r order by x\nlimit 3", "limit 3"),
    "total": ("select\n  max(ts) as last\nfrom r", "max(ts)"),
    "group": ("select k, median(x) as x from r\ngroup by rollup (k)", "median(x)"),
    "not_in": ("select k from r where x > $least\n  and k not in (select k from s)", "k not in"),
    "subquery": ("select k from r where x > $least and x < (select median(y) from s)", "(select median"),
    "join": ("select s.k, y from r\nleft join s on r.x < s.y", "left join"),
    "positional": ("select r.k, s.y from r\npositional join s", "positional"),
    "volatile": ("select k,\n  random() as z\nfrom r", "random"),
    "distinct_on": ("select distinct on (x % 2) k, g from r", "x % 2"),
    "mixed": ("select r.k, o.x from r join (select distinct on (g) g, x from r) o using (g)", "g) g"),
    "expression": ("select k, g collate nocase as g from r", "g collate"),
}


@pytest.mark.parametrize("kind", HINDERED)
def test_what_is_in_the_way_has_a_place(tmp_path: Path, kind: str) -> None:
    sql, clause = HINDERED[kind]
    path = made(tmp_path, "  other: {sql: select 1 as one}\n", m=sql)
    found = of(steps(path)["m"])
    file, line, column = place(path, "pipelines/m.sql", clause)
    assert (kind, (file, line, column)) in found
    assert len(found) == 1 or kind == "subquery"  # which has a total of its own
    told = etlc(path, "plan", "-v", check=0).out
    assert f"-- {file}:{line}:{column}  {clause.split(chr(10))[0]}" in told


def test_a_place_in_yaml_and_after_params(tmp_path: Path) -> None:
    path = made(
        tmp_path, "  m:\n    sql: |\n      select k, $name as a, $name as b, row_number() over () as n\n      from r\n"
    )
    assert of(steps(path)["m"]) == [("window", place(path, "pipelines/p.yaml", "row_number"))]
    etlc(path, "plan", check=0)
    assert steps(path, "--param", "name=much longer than before")["m"]["obstacles"] == steps(path)["m"]["obstacles"]


def test_a_line_above_moves_the_place(tmp_path: Path) -> None:
    sql = "select k, row_number() over (order by ts) as n from r\n"
    path = made(tmp_path, "  other: {sql: select 1 as one}\n", m=sql)
    before = steps(path)["m"]["obstacles"][0]["line"]
    (path / "pipelines/m.sql").write_text("-- one\n-- two\n" + sql)
    assert steps(path)["m"]["obstacles"][0]["line"] == before + 2


def test_what_is_kept_up_by_all_has_none(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        """\
  rows: {sql: "select k, x + 1 as x from r where x > 0"}
  sums: {sql: "select g, sum(x) as x from r group by g"}
  medians: {sql: "select k, median(x) over (partition by k) as x from r"}
  both: {sql: "select r.k, x, y from r left join s on r.k = s.k"}
  means: {sql: "select g, avg(x / 2) as mean from r group by g"}
  seen: {sql: "select k from r", materialize: view}
""",
    )
    found = steps(path)
    assert {name: step["obstacles"] for name, step in found.items() if name != "means"} == {
        "rows": [], "sums": [], "medians": [], "both": [], "seen": [],
    }  # fmt: skip
    assert found["rows"]["ways"] == {"r": ["append", "segment replace", "refresh", "groups"]}
    assert found["sums"]["ways"] == {"r": ["merge", "partial aggregates", "refresh", "groups"]}
    assert found["sums"]["partials"] == [{"model": "sums", "by": ["g"], "aggregates": ["sum"]}]
    assert (found["sums"]["grain"], found["sums"]["keys"]) == ("g", {"r": ['"g"']})
    assert found["both"]["keys"] == {"r": ['"k"'], "s": ['"k"']}
    assert found["seen"]["ways"] == {} and found["seen"]["grain"] is None
    # Here a refresh is open, but nothing is added up.
    assert found["means"]["ways"] == {"r": ["refresh", "groups"]} and found["means"]["partials"] == []
    assert [kind for kind, _ in of(found["means"])] == ["unsteady"]


def test_an_input_that_tells_nothing(tmp_path: Path) -> None:
    path = made(tmp_path, '  m: {sql: "select x + 0.5::double as z from r where x in (select y from s)"}\n')
    step = steps(path)["m"]
    assert step["ways"]["s"] == [] and step["ways"]["r"][0] == "append"
    assert of(step) == [("key", place(path, "pipelines/p.yaml", "m: {sql"))]
    assert "where a row of s goes to" in step["obstacles"][0]["message"]
    told = etlc(path, "plan", "-v", check=0).out
    assert "--   s  rebuild\n" in told and "--   r  append" in told


def test_what_joined_rows_tell(tmp_path: Path) -> None:
    path = made(tmp_path, '  m: {sql: "select g, sum(x) as x, max(y) as y from r join s on r.k = s.k group by g"}\n')
    step = steps(path)["m"]
    partial = "partial aggregates"
    assert step["ways"] == {"r": ["merge", partial, "refresh", "groups"], "s": ["merge", partial, "groups"]}
    assert step["obstacles"] == []
    told = etlc(path, "plan", "-v", check=0).out
    assert "--   r  merge; if rows change or go, refresh by g\n" in told
    assert "--   s  merge; if rows change or go, groups\n" in told


def test_each_input_has_a_grain_of_its_own(tmp_path: Path) -> None:
    path = made(tmp_path, '  m: {sql: "select r.k, s.y, count(*) as n from r join s on r.x < s.y group by all"}\n')
    step = steps(path)["m"]
    assert step["obstacles"] == [] and set(step["keys"]) < {"r", "s"}
    told = etlc(path, "plan", "-v", check=0).out
    assert "--   r  merge; if rows change or go, partial aggregates\n" in told
    assert "--   keeps count_star by r.k, s.y\n" in told


def test_through_a_model_that_is_inlined(tmp_path: Path) -> None:
    numbered = "select k, x, row_number() over (order by ts) as n\nfrom r"
    path = made(tmp_path, '  m: {sql: "select k, n from numbered where n < 3", publish: true}\n', numbered=numbered)
    found = steps(path)
    assert found["numbered"]["action"] == "inline" and found["numbered"]["obstacles"] == []
    assert of(found["m"]) == [("window", place(path, "pipelines/numbered.sql", "row_number"))]
    assert found["m"]["obstacles"][0]["model"] == "numbered"


def test_what_cannot_be_compared_and_what_is_turned_off(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        """\
  odd: {sql: "select map {'k': k} as pairs, k from r"}
  off: {sql: "select k, row_number() over () as n from r", incremental: full}
""",
    )
    found = steps(path)
    assert [kind for kind, _ in of(found["odd"])] == ["type"] and "pairs" in found["odd"]["obstacles"][0]["message"]
    assert of(found["off"]) == [("off", place(path, "pipelines/p.yaml", "off: {"))]
    assert found["off"]["ways"] == {"r": []}


CHAIN = """\
  kept: {sql: "select k, g, x from r where x > 0", publish: true}
  sums: {sql: "select g, sum(x) as x from kept group by g"}
  last: {sql: "select k, row_number() over (order by x) as n from kept"}
  fixed: {sql: "select k, y from s"}
"""
WAYS = ("--no-opt", "cheap-full")


def test_what_changed_is_told_in_files_and_rows(tmp_path: Path) -> None:
    path = made(tmp_path, CHAIN)
    etlc(path, "run", check=0)
    idle = steps(path)
    assert all(step["changed"] == [] and step["share"] == 0 for step in idle.values())
    (path / "data/r/4.csv").write_text("k,g,x,ts\n4,d,4,2024-01-04\n")
    found = steps(path, *WAYS)
    assert found["kept"]["changed"] == [
        {"relation": "r", "files_new": 1, "files_changed": 0, "files_gone": 0, "rows": None}
    ]
    assert found["kept"]["share"] == 0.25  # a file of four, all of one size
    assert found["sums"]["changed"] == [
        {"relation": "kept", "files_new": None, "files_changed": None, "files_gone": None, "rows": 1}
    ]
    assert (found["sums"]["action"], found["sums"]["share"]) == ("merge", 0.25)
    assert (found["last"]["action"], found["last"]["share"]) == ("rebuild", 1.0)
    assert (found["fixed"]["changed"], found["fixed"]["share"]) == ([], 0.0)
    told = etlc(path, "plan", *WAYS, check=0).out
    assert "append   kept   1 new file of r, ~25 % of a full refresh\n" in told
    assert "merge    sums   about 1 row of kept, ~25 % of a full refresh\n" in told
    assert "rebuild  last   about 1 row of kept\n" in told and "fixed" not in told.split("\n\n")[0]
    assert max(map(len, told.split("\n"))) <= 100


def test_files_that_changed_and_went(tmp_path: Path) -> None:
    path = made(tmp_path, CHAIN)
    etlc(path, "run", check=0)
    (path / "data/r/1.csv").write_text("k,g,x,ts\n1,a,7,2024-01-01\n")
    (path / "data/r/2.csv").unlink()
    (path / "data/r/5.csv").write_text("k,g,x,ts\n5,e,5,2024-01-05\n")
    found = steps(path, *WAYS)["kept"]
    assert found["strategy"] == "segment replace"
    assert {key: found["changed"][0][key] for key in ("files_new", "files_changed", "files_gone")} == {
        "files_new": 1, "files_changed": 1, "files_gone": 1,
    }  # fmt: skip
    assert "1 new, 1 changed and 1 gone files of r" in etlc(path, "plan", *WAYS, check=0).out


def test_what_was_missed_in_between_is_counted(tmp_path: Path) -> None:
    path = made(tmp_path, CHAIN)
    etlc(path, "run", check=0)
    (path / "data/r/4.csv").write_text("k,g,x,ts\n4,d,4,2024-01-04\n6,d,6,2024-01-04\n")
    etlc(path, "run", "-s", "kept", *WAYS, check=0)
    found = steps(path, *WAYS)
    assert found["kept"]["action"] == "skip"
    assert found["sums"]["changed"][0]["rows"] == 2
    assert "merge   sums   2 rows of kept" in etlc(path, "plan", *WAYS, check=0).out.replace("merge    ", "merge   ")


def test_why_a_way_is_not_gone(tmp_path: Path) -> None:
    path = made(tmp_path, CHAIN)
    etlc(path, "run", check=0)
    (path / "data/r/4.csv").write_text("k,g,x,ts\n4,d,4,2024-01-04\n")
    assert (
        "-- kept: cheap full, since that takes no longer than to find out what changed\n"
        in etlc(path, "plan", "-v").out
    )
    (path / "data/s.csv").write_text("k,y\n1,10\n")
    assert "-- fixed: segment replace\n" in etlc(path, "plan", "-v", *WAYS).out
    told = etlc(path, "plan", "-v", *WAYS, "--no-opt", "append", "--no-opt", "segment-replace").out
    assert "-- kept: refresh, by k\n" in told
