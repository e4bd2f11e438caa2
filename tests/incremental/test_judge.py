"""The judge sees what it is there for: deliberately wrong ways to bring a table up to date are all found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import etlc.decide.models
import etlc.execute.build
import etlc.execute.desk
import etlc.execute.run
from etlc.cli.app import app
from etlc.ir.plan import PlanModel, PlanSource
from etlc.ir.statements import create_table
from tests.cli import write_project
from tests.incremental.drive import failure, smaller
from tests.incremental.judge import standing
from tests.incremental.shapes import SHAPES, Draw
from tests.incremental.story import Case, Seen

pytestmark = pytest.mark.duckdb


def _made(text: str) -> Callable[..., str]:
    def wrong(model: PlanModel, sql: str = "") -> str:
        head, _, query = create_table(model, sql).partition("\n")
        return f"{head}\n{text.format(query=query)}"

    return wrong


def _stale(*arguments: Any) -> Any:
    """Changed files wake nobody."""
    plan, model, inputs, record, *rest = arguments
    kept = None if record is None else replace(record, inputs=dict(inputs))
    return etlc.decide.reasons.rebuild_reason(plan, model, inputs, kept, *rest)


def _scan(keep: Callable[[list[Any]], list[Any]]) -> Callable[..., str]:
    right = etlc.execute.desk.scan_sql

    def wrong(source: PlanSource, parts: Any, *rest: Any, **more: Any) -> str:
        return right(source, keep(list(parts)), *rest, **more)

    return wrong


WRONG: dict[str, tuple[Any, str, Any]] = {
    "duplicates are lost": (etlc.execute.build, "create_table", _made("select distinct * from ({query})")),
    "rows without a key are lost": (
        etlc.execute.build,
        "create_table",
        _made("select * from ({query}) where k is not null"),
    ),
    "the last file is lost": (etlc.execute.desk, "scan_sql", _scan(lambda parts: parts[:-1])),
    "changed inputs wake nobody": (etlc.decide.models, "rebuild_reason", _stale),
}


@pytest.mark.parametrize("name", WRONG)
def test_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WRONG[name])
    found = (failure(Case(seed, steps=3), Seen()) for seed in range(200, 215))
    wrong = next((wrong for pair in found if pair is not None for wrong in pair[:1]), None)
    assert wrong is not None and wrong.kind in ("rows", "status"), wrong


def test_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WRONG["rows without a key are lost"])
    case, found = next((c, f) for c in (Case(seed, steps=3) for seed in range(200, 215)) if (f := failure(c, Seen())))
    small, wrong = smaller(case, *found)
    assert wrong.kind == found[0].kind
    again = failure(small, Seen())
    assert again is not None and len(again[1].world.models) <= len(found[1].world.models) and small.steps <= 3


# What stories have found, each with the smallest project that shows it.

_LATE = "pipeline: p\nsources:\n  s: {path: 'data/*.csv', columns: {k: INTEGER, g: VARCHAR}}\n"


def _run(folder: Path, files: dict[str, str], model: str) -> list[str]:
    write_project(folder, "project: p\n", {"pipelines/p.yaml": _LATE, "pipelines/m.sql": model, **files})
    done = CliRunner().invoke(app, ["--project", str(folder), "run", "-v"])
    return [str(done.exit_code), *[word for word in ("rebuild", "create") if word in done.stdout + done.stderr]]


def test_files_that_come_after_the_first_run(tmp_path: Path) -> None:
    assert _run(tmp_path, {}, "select k, g from s")[0] == "0"
    assert _run(tmp_path, {"data/1.csv": "k,g\n", "data/2.csv": "k,g\n1,a\n"}, "select k, g from s")[0] == "0"


def test_a_layout_after_files_that_came_late(tmp_path: Path) -> None:
    assert _run(tmp_path, {}, "select k, g from s")[0] == "0"
    assert _run(tmp_path, {"data/1.csv": "g,k\na,1\n"}, "select k, g from s")[0] == "0"
    assert _run(tmp_path, {}, "select k,  g from s") == ["0"]


def test_an_inlined_model_is_edited_while_files_come(tmp_path: Path) -> None:
    """Of what its reader is kept up by, the old text's rows are no part."""
    spec = "pipeline: p\nsources:\n  s: {path: 'data/*.csv', columns: {k: INTEGER}}\nmodels:\n"
    spec += (
        "  m: {sql: 'select k + $by as k from s', publish: false}\n  r: {sql: 'select k from m', materialize: table}\n"
    )
    for by, number in ((1, 1), (2, 2)):
        files = {"pipelines/p.yaml": spec.replace("$by", str(by)), f"data/{number}.csv": f"k\n{number}0\n"}
        if number == 1:
            files["data/0.csv"] = "k\n0\n3\n4\n"
        write_project(tmp_path, "project: p\n", files)
        assert CliRunner().invoke(app, ["--project", str(tmp_path), "run", "--no-opt", "cheap-full"]).exit_code == 0
    assert sorted(standing(tmp_path).tables["main.r"].rows) == [(2,), (5,), (6,), (12,), (22,)]


@pytest.mark.parametrize("seed", range(20))
def test_a_name_changes_nothing_else(seed: int) -> None:
    """A query is drawn regardless of what the relations are called: what it reads is found by that."""
    for _, shape in SHAPES.values():
        draw = Draw(str(seed), {})
        assert shape(draw, "_a_", "_b_").replace("_a_", "other").replace("_b_", "s1") == shape(draw, "other", "s1")
