"""All TPC-H and TPC-DS queries, each CTE a model of its own, give through etlc what plain DuckDB gives."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.cli import acted_on, actions, etlc
from tests.oracle import assert_same_rows, attach, ident, table_names
from tests.tpc.answers import answer_rows, differences
from tests.tpc.conftest import Built
from tests.tpc.projects import Project, relaid

pytestmark = pytest.mark.tpc

MODELS = {"tpch": 23, "tpcds": 165}
NOT_EMPTY = {"tpch": 22, "tpcds": 81}

BARE = "import sys, duckdb; duckdb.connect(sys.argv[1]).execute(open('.etlc/compiled/plan.sql').read())"


def test_nothing_is_refused(built: Built) -> None:
    """`validate` finds no error in any of the queries, and counts them all."""
    result = built.validated
    assert [d for d in result.json["diagnostics"] if d["severity"] == "error"] == []
    assert result.code == 0, result
    summary = result.json["summary"]
    tpc = built.project.tpc
    assert (summary["errors"], summary["models"], summary["sources"]) == (0, MODELS[tpc.name], len(tpc.tables))


def test_first_run_builds_everything(built: Built) -> None:
    """`run` succeeds and says so of every model; what nothing reads is published, and only that."""
    assert built.ran.code == 0, built.ran
    report = built.ran.json
    assert report["status"] == "success"
    assert {model["model"] for model in report["models"]} == built.project.models
    assert [model for model in report["models"] if model["status"] != "success" or model["error"]] == []
    assert built.project.bodies <= acted_on(built.ran)
    assert table_names(built.project.warehouse) == built.project.bodies


def test_rows_names_and_types_are_the_original_querys(built: Built) -> None:
    """Each stored result is the original query's without its last ORDER BY and LIMIT, as CREATE TABLE AS gives it."""
    wrong, not_empty = [], 0
    with built.project.oracle() as con:
        attach(con, built.project.warehouse)
        for query in built.project.splits.values():
            con.execute(f"create temp table expected as {query.whole}")
            try:
                stored = f"from warehouse.main.{query.name}"
                not_empty += assert_same_rows(con, stored, "from temp.expected", what=query.name) > 0
            except (AssertionError, duckdb.Error) as error:
                wrong.append(f"{query.name}: {error}")
            con.execute("drop table temp.expected")
    assert not wrong, f"{len(wrong)} queries differ\n" + "\n".join(wrong)
    assert not_empty >= NOT_EMPTY[built.project.tpc.name]


def test_second_run_skips_everything(built: Built) -> None:
    """With nothing changed, `plan` and `run` say skip of every model, and do nothing."""
    plan = etlc(built.project.path, "plan", "--json", check=0)
    assert actions(plan) == dict.fromkeys(built.project.models, "skip")
    run = etlc(built.project.path, "run", "--json", check=0)
    assert run.json["status"] == "success"
    assert acted_on(run) == set()
    assert table_names(built.project.warehouse) == built.project.bodies


def test_plan_sql_gives_the_same_tables_in_bare_duckdb(built: Built, tmp_path: Path) -> None:
    """`compile` leaves a script by which DuckDB alone, started in the project's folder, comes to the same tables."""
    project = built.project
    etlc(project.path, "compile", check=0)
    script = (project.path / ".etlc" / "compiled" / "plan.sql").read_text(encoding="utf-8")
    assert not re.search(r"\battach\b", script, re.IGNORECASE)
    assert str(project.path) not in script
    plain = tmp_path / "plain.duckdb"
    bare = subprocess.run(
        [sys.executable, "-c", BARE, str(plain)], cwd=project.path, capture_output=True, encoding="utf-8", timeout=300
    )
    assert bare.returncode == 0, bare.stderr
    assert table_names(plain) == project.bodies
    with project.oracle() as con:
        attach(con, project.warehouse)
        attach(con, plain, "plain")
        for name in sorted(project.bodies):
            assert_same_rows(con, f"from plain.main.{name}", f"from warehouse.main.{name}", what=name)


def test_published_answers(built: Built) -> None:
    """TPC-H: the stored result in the original order, cut by the original LIMIT, is the published answer."""
    answers = built.project.tpc.answers if built.project.tpc.name == "tpch" else {}
    if not answers:
        pytest.skip("answers are published for TPC-H only")
    assert len(answers) == 22
    wrong = {}
    with duckdb.connect() as con:
        attach(con, built.project.warehouse)
        for nr, query in built.project.splits.items():
            rows = con.execute(f"select * from warehouse.main.{ident(query.name)} {query.tail}").fetchall()
            found = differences(answer_rows(answers[nr]), rows)
            if found:
                wrong[query.name] = found[:3]
    assert not wrong


def test_layout_and_comments_rebuild_nothing(small: Project) -> None:
    """Every query with a word a line and comments around it is the same query still."""
    etlc(small.path, "run", check=0)
    small.write(outside=False, edit=relaid)
    assert actions(etlc(small.path, "plan", "--json", check=0)) == dict.fromkeys(small.models, "skip")
    assert acted_on(etlc(small.path, "run", "--json", check=0)) == set()


def test_an_edit_rebuilds_the_model_and_its_readers_alone(small: Project) -> None:
    """Another quarter of revenue in q15's CTE concerns q15 and no other query."""

    def later(model: str, sql: str) -> str:
        return sql.replace("1996-0", "1995-0") if model == "q15_revenue" else sql

    etlc(small.path, "run", check=0)
    small.write(outside=False, edit=later)
    assert acted_on(etlc(small.path, "plan", "--json", check=0)) == {"q15_revenue", "q15"}
    assert acted_on(etlc(small.path, "run", "--json", check=0)) <= {"q15_revenue", "q15"}
    query = next(query for query in small.splits.values() if query.name == "q15")
    with small.oracle() as con:
        attach(con, small.warehouse)
        changed = later("q15_revenue", query.whole)
        assert changed != query.whole
        rows = assert_same_rows(con, "from warehouse.main.q15", changed)
        assert rows > 0
        assert con.execute(f"(from warehouse.main.q15) except ({query.whole})").fetchall()
