"""What stands in the plan: claims in terms of stored relations, through masks and models that are stored nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etlc.ir.codec import decode
from etlc.ir.upkeep import Upkeep
from etlc.pipeline.compiling import compile_project, need_plan
from etlc.pipeline.project import Options, Project
from tests.running.bench import project
from tests.upkeep.claims import Tables, connect
from tests.upkeep.refresh import Changes, claims_of, refreshed

pytestmark = pytest.mark.duckdb

SOURCES = """
sources:
  r: {path: "data/r.csv", columns: {k: BIGINT, day: TIMESTAMP, x: BIGINT}}
  s: {path: "data/s.csv", columns: {k: BIGINT, y: BIGINT}}
models:
"""


def _upkeep(tmp_path: Path, models: str) -> dict[str, Upkeep]:
    path = project(tmp_path / "p", SOURCES + models, {})
    kept = [need_plan(compile_project(Project.find(path), Options(), upkeep=True)) for _ in range(2)]
    with (path / "pipelines/p.yaml").open("a") as file:
        file.write("  other: {sql: select 1 as one}\n")
    kept.append(need_plan(compile_project(Project.find(path), Options(), upkeep=True)))
    found = [{name: model.upkeep for name, model in plan.models.items() if name != "other"} for plan in kept]
    assert found[0] == found[1] == found[2]  # from the cache of plans, and from what is kept of each model
    return {name: decode(Upkeep, json.loads(text)) for name, text in found[0].items() if text}


def _grains(found: Upkeep) -> dict[str, dict[str, tuple[str, ...]]]:
    return {grain.column: dict(grain.inputs) for grain in found.grains}


def test_through_models_that_are_stored_nowhere(tmp_path: Path) -> None:
    found = _upkeep(
        tmp_path,
        """
  staged: {sql: "select k as id, day::date as day, x from r where x > 0"}
  joined: {sql: "select staged.id, staged.day, x, y from staged left join s on staged.id = s.k"}
  months: {sql: "select date_trunc('month', day) as month, sum(x) as x from joined group by 1", publish: true}
  kept: {sql: "select id, x from staged_2", publish: true}
  staged_2: {sql: "select k as id, x from r", materialize: view}
  twice: {sql: "select a.id, b.x from staged_2 a join r b on a.id = b.k", publish: true}
""",
    )
    assert _grains(found["months"]) == {"month": {"r": ("date_trunc('month', cast(\"day\" AS DATE))",), "s": ()}}
    merge = found["months"].merge
    assert merge is not None and (merge.keys, merge.ways, merge.inputs) == (("month",), {"x": "sum"}, {"r": ()})
    assert found["kept"].linear == {"r": ()}
    assert found["twice"].linear == {} and _grains(found["twice"]) == {"id": {"r": ('"k"',)}}


THROUGH = """
  days: {sql: "select k, day::date as day, x % 3 as x from r where x > 0", materialize: view}
  pairs: {sql: "select days.k, day, x, y from days left join s on days.k = s.k", materialize: view}
  sums: {sql: "select k, sum(y) as y from s group by k", materialize: view}
  months: {sql: "select date_trunc('month', day) as month, sum(x) as x from pairs group by 1", materialize: table}
  by_k: {sql: "select k, x, count(*) as n, sum(y) as y from pairs group by k, x", materialize: table}
  whole: {sql: "select days.k, day, x, sums.y from days join sums on days.k = sums.k", materialize: table}
  again: {sql: "select a.k, b.x, a.day from days a join r b on a.k = b.k", materialize: table}
  both: {sql: "select k, x from days union all select k, y from s", materialize: table}
  keys: {sql: "select k % 2 as odd, k || '!' as name, x from pairs", materialize: table}
"""


def test_claims_through_models_hold(tmp_path: Path) -> None:
    found = _upkeep(tmp_path, THROUGH)
    plan = need_plan(compile_project(Project.find(tmp_path / "p"), Options(), upkeep=True))
    schema = {"r": [("k", "BIGINT"), ("day", "TIMESTAMP"), ("x", "BIGINT")], "s": [("k", "BIGINT"), ("y", "BIGINT")]}
    days = ["'2024-01-01 00:00:00'", "'2024-01-31 10:00:00'", "'2024-02-01 10:00:00'", "'infinity'"]
    changes, tried = Changes(schema, 3, {"BIGINT": ["0", "1", "2", "3"], "TIMESTAMP": days}), 0
    with connect() as con:
        tables = Tables(con, schema)
        tables.make({"r": [], "s": []})
        for name, model in plan.models.items():
            if name not in found and name != "other":
                con.execute(f"create temp view {name} as {model.sql}")
        texts = {name: model.sql for name, model in plan.models.items()}
        for name, claims in found.items():
            for claim, covers, minus, apply in claims_of(plan.models[name].sql, claims, texts):
                for _ in range(4):
                    fine = refreshed(plan.models[name].sql, covers, minus, apply, tables, changes)
                    assert fine is not False, (name, claim)
                    tried += fine is True
    assert tried > 50


def test_one_static_way_is_enough(tmp_path: Path) -> None:
    found = _upkeep(
        tmp_path,
        """
  base: {sql: "select k, x from r", materialize: view}
  totals: {sql: "select sum(x) as total from base", materialize: view}
  shares: {sql: "select s.k, x, total, y from base, totals, s where s.k = base.k", publish: true}
""",
    )
    assert found["shares"].linear == {"s": ()}
    assert _grains(found["shares"])["k"] == {"r": (), "s": ('"k"',)}


def test_what_differs_each_time_is_not_read_through(tmp_path: Path) -> None:
    found = _upkeep(
        tmp_path,
        """
  first: {sql: "select k, y from s order by y limit 3", materialize: view}
  joined: {sql: "select r.k, x, y from r join first on r.k = first.k", publish: true}
  stored: {sql: "select k, y from s order by y limit 3", materialize: table}
  beside: {sql: "select r.k, x, y from r join stored on r.k = stored.k", publish: true}
  mood: {sql: "select k, random() as z from s", materialize: view}
  moody: {sql: "select r.k, z from r join mood on r.k = mood.k", publish: true}
""",
    )
    assert found["joined"].linear == {} and found["beside"].linear == {"r": (), "stored": ()}
    assert _grains(found["joined"]) == {} and _grains(found["beside"])["k"] == {"r": ('"k"',), "stored": ('"k"',)}
    assert "unsteady" in {one.kind for one in found["joined"].obstacles}
    assert "volatile" in {one.kind for one in found["moody"].obstacles} and "mood" not in found
    assert (found["moody"].linear, found["moody"].grains, found["moody"].merge) == ({}, (), None)


def test_masked_columns_are_no_keys(tmp_path: Path) -> None:
    found = _upkeep(
        tmp_path,
        """
  hidden:
    sql: "select k, x, count(*) as n from r group by k, x"
    publish: true
    columns: {k: {mask: hash}}
  picked:
    sql: "select k, x from r qualify rank() over (partition by k order by x) = 1"
    publish: true
    columns: {x: {mask: hash}}
""",
    )
    assert set(_grains(found["hidden"])) == {"x"} and found["hidden"].merge is None
    assert set(_grains(found["picked"])) == {"k"} and found["picked"].latest is None


def test_columns_that_depend_on_the_data(tmp_path: Path) -> None:
    columns = "columns: {k: BIGINT}"
    found = _upkeep(tmp_path, f'  wide: {{sql: "pivot r on x using count(*) group by k", {columns}, publish: true}}\n')
    assert [one.kind for one in found["wide"].obstacles] == ["dynamic"]
