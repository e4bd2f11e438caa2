"""Each command: what it hands to the pipeline, what it prints where, and its exit status."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from etlc.cli.app import app
from etlc.diagnostics import Diagnostics, Span
from etlc.ir.event import CheckResult
from tests.report.runs import BUSY, EVENTS, IDLE, PLAN, SQL

Call = Callable[..., Result]


def found(*codes: str) -> Diagnostics:
    made = Diagnostics()
    for code in codes:
        made.add(code, Span("etlc.yaml", 2, 1, 2, 8), f"The message of {code}.")
    return made


def answer(pipeline: ModuleType, name: str, value: object) -> list[tuple[object, ...]]:
    """Make a function of the pipeline give ``value``; returns the arguments that it was called with."""
    calls: list[tuple[object, ...]] = []

    def function(*args: object) -> object:
        calls.append(args)
        return value

    setattr(pipeline, name, function)
    return calls


def test_validate(call: Call, pipeline: ModuleType) -> None:
    calls = answer(pipeline, "validate_files", pipeline.Validated(found("E105", "W201"), 12, 3))
    done = call("validate", "a.yaml", "b.sql", "--param", "day=2024-01-01", "--param", "x=a=b")
    assert done.exit_code == 1
    assert "error[E105]: The message of E105." in done.stdout and "2 | project: twice" in done.stdout
    assert done.stdout.endswith("1 error, 1 warning in 12 models and 3 sources.\n")
    assert done.stderr == ""
    _, options, files, staged, locked = calls[0]
    assert (files, staged, locked) == (["a.yaml", "b.sql"], False, False)
    assert getattr(options, "params") == {"day": "2024-01-01", "x": "a=b"}  # noqa: B009


def test_validate_json(call: Call, pipeline: ModuleType) -> None:
    answer(pipeline, "validate_files", pipeline.Validated(found("W201"), 12, 3))
    done = call("validate", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["summary"] == {"errors": 0, "warnings": 1, "models": 12, "sources": 3}


def test_validate_quietly(call: Call, pipeline: ModuleType) -> None:
    answer(pipeline, "validate_files", pipeline.Validated(found("W201"), 12, 3))
    done = call("validate", "-q")
    assert (done.exit_code, done.output) == (0, "")


def test_validate_in_other_formats(call: Call, pipeline: ModuleType) -> None:
    answer(pipeline, "validate_files", pipeline.Validated(found("E105", "W201"), 12, 3))
    assert call("validate", "--format", "full").stdout == call("validate").stdout
    assert call("validate", "--format", "json").stdout == call("validate", "--json").stdout
    assert call("validate", "--format", "json", "--json").stdout == call("validate", "--json").stdout
    for form in ("concise", "github", "sarif", "junit"):
        done = call("validate", "--format", form)
        assert (done.exit_code, done.stderr) == (1, "") and "The message of E105." in done.stdout
        quiet = call("validate", "--format", form, "-q").stdout
        assert ("The message of W201." in quiet) == (form in ("sarif", "junit"))
    assert call("validate", "--format", "concise").stdout == (
        "etlc.yaml:2:1: error[E105] The message of E105.\n"
        "etlc.yaml:2:1: warning[W201] The message of W201.\n"
        "1 error, 1 warning in 12 models and 3 sources.\n"
    )


@pytest.mark.parametrize("form", ["full", "concise", "github", "sarif", "junit"])
def test_validate_in_two_formats(call: Call, form: str) -> None:
    done = call("validate", "--json", "--format", form)
    assert (done.exit_code, done.stdout) == (2, "") and f"--format {form}" in done.stderr


def test_files_are_named_from_the_top_of_the_repository(
    pipeline: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "checkout" / "data" / "shop"
    project.mkdir(parents=True)
    (project / "etlc.yaml").write_text("project: shop\n", encoding="utf-8")
    answer(pipeline, "validate_files", pipeline.Validated(found("E105"), 1, 1))

    def named(form: str) -> str:
        done = CliRunner().invoke(app, ["--project", str(project), "validate", "--format", form])
        if form == "sarif":
            (result,) = json.loads(done.stdout)["runs"][0]["results"]
            return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        found = re.search(r'file="?(.*?)[",]', done.stdout)
        return found[1] if found else ""

    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert {named(form) for form in ("github", "sarif", "junit")} == {"etlc.yaml"}
    (tmp_path / "checkout" / "data" / ".git").mkdir()
    assert {named(form) for form in ("github", "sarif", "junit")} == {"shop/etlc.yaml"}
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "checkout"))
    assert {named(form) for form in ("github", "sarif", "junit")} == {"data/shop/etlc.yaml"}
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert {named(form) for form in ("github", "sarif", "junit")} == {"shop/etlc.yaml"}


def test_compile(call: Call, pipeline: ModuleType) -> None:
    answer(pipeline, "compile_project", pipeline.Compiled(Diagnostics(), ["a.sql", "plan.sql"]))
    assert call("compile").stdout == "Wrote 2 files:\n  a.sql\n  plan.sql\n"
    assert json.loads(call("compile", "--json").stdout) == {"files": ["a.sql", "plan.sql"]}


def test_plan(call: Call, pipeline: ModuleType) -> None:
    calls = answer(pipeline, "plan", pipeline.Planned(found("W201"), PLAN, BUSY, SQL))
    done = call("plan", "-s", "+a", "-s", "b", "--exclude", "c", "--no-opt", "d", "--lock-timeout", "2m")
    assert done.exit_code == 0
    assert "stg_orders" in done.stdout and "warning[W201]" in done.stderr and "create table" not in done.stdout
    options = calls[0][1]
    assert calls[0][2] is False  # how models are kept up is not asked for
    assert options == pipeline.Options({}, None, ("d",), 120.0, ("+a", "b"), ("c",), False)
    assert "create table" in call("plan", "-v").stdout
    assert calls[-1][2] is True
    assert [step["model"] for step in json.loads(call("plan", "--json").stdout)["steps"]] == list(BUSY.models)


def test_plan_with_nothing_to_do(call: Call, pipeline: ModuleType) -> None:
    answer(pipeline, "plan", pipeline.Planned(Diagnostics(), PLAN, IDLE, SQL))
    assert call("plan").stdout == "Nothing to do: 2 models are up to date.\n"


@pytest.mark.parametrize("command", ["plan", "compile", "check", "lock"])
def test_errors_in_the_specs(call: Call, pipeline: ModuleType, command: str) -> None:
    answers = {
        "plan": pipeline.Planned(found("E105")),
        "compile": pipeline.Compiled(found("E105")),
        "check": pipeline.Checked(found("E105")),
        "lock": pipeline.Locked(Path("etlc.lock"), [], found("E105")),
    }
    answer(pipeline, "compile_project" if command == "compile" else command, answers[command])
    done = call(command)
    assert (done.exit_code, done.stdout) == (1, "") and "error[E105]" in done.stderr
    done = call(command, "--json")
    assert (done.exit_code, done.stderr) == (1, "")
    assert [one["code"] for one in json.loads(done.stdout)["diagnostics"]] == ["E105"]


def test_run(call: Call, pipeline: ModuleType) -> None:
    def run(project: object, options: object, on_event: Callable[[object], None]) -> object:
        for event in EVENTS:
            on_event(event)
        kinds = {kind: [e for e in EVENTS if type(e).__name__ == kind] for kind in ("ModelResult", "OutputResult")}
        checks = [e for e in EVENTS if isinstance(e, CheckResult)]
        return pipeline.Ran("r1", "failed", 3, Diagnostics(), kinds["ModelResult"], kinds["OutputResult"], checks)

    pipeline.run = run  # type: ignore[attr-defined]
    done = call("run")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "stg_orders                create    1,204 rows  0.03 s\n" in done.stderr
    assert "error[E502]" in done.stderr and "Failed: 1 model failed, 1 blocked" in done.stderr
    quiet = call("run", "-q")
    assert "error[E502]" in quiet.stderr and "stg_csv" not in quiet.stderr
    made = json.loads(call("run", "--json").stdout)
    assert list(made) == ["run_id", "status", "models", "outputs", "checks", "diagnostics"]
    assert (made["run_id"], made["status"]) == ("r1", "failed")


def test_run_that_the_specs_stop(call: Call, pipeline: ModuleType) -> None:
    answer(pipeline, "run", pipeline.Ran("", "failed", 1, found("E105")))
    done = call("run", "--json")
    assert done.exit_code == 1
    made = json.loads(done.stdout)
    assert (made["status"], made["models"], len(made["diagnostics"])) == ("failed", [], 1)


def test_check(call: Call, pipeline: ModuleType) -> None:
    checks = [event for event in EVENTS if isinstance(event, CheckResult)]
    answer(pipeline, "check", pipeline.Checked(Diagnostics(), checks))
    done = call("check")
    assert done.exit_code == 1 and "3 checks: 1 failed, 1 warned, 1 passed." in done.stdout
    assert json.loads(call("check", "--json").stdout)[2] == {
        "model": "by_day", "check": "not_null_revenue", "status": "fail", "failures": 17,
    }  # fmt: skip
    answer(pipeline, "check", pipeline.Checked(Diagnostics(), checks[:2]))
    assert call("check").exit_code == 0


def test_show_and_query(call: Call, pipeline: ModuleType) -> None:
    table = pipeline.Table(["a"], ["INTEGER"], [(1,), (None,)])
    shown, asked = answer(pipeline, "show", table), answer(pipeline, "query", table)
    assert call("show", "orders", "-n", "2").stdout == "      a\nINTEGER\n      1\n   NULL\n2 rows\n"
    assert call("query", "select 1", "--json").stdout == '[\n  {"a": 1},\n  {"a": null}\n]\n'
    assert (shown[0][2:], asked[0][2:]) == (("orders", 2), ("select 1",))


def test_lock(call: Call, pipeline: ModuleType) -> None:
    answer(pipeline, "lock", pipeline.Locked(Path("x/etlc.lock"), ["raw: new column a INTEGER."]))
    assert call("lock").stdout == "raw: new column a INTEGER.\netlc.lock is written.\n"


def test_lineage(call: Call, pipeline: ModuleType) -> None:
    column = pipeline.LineageColumn("DATE", ["raw.at"], "expression")
    answer(pipeline, "lineage", pipeline.Lineage("m", None, ["raw"], [], {"day": column}, 2))
    assert "expression" in call("lineage", "m").stdout
    assert json.loads(call("lineage", "m", "--json").stdout) == {
        "model": "m", "version": 2, "upstream": ["raw"], "downstream": [],
        "columns": {"day": {"type": "DATE", "from": ["raw.at"], "kind": "expression"}},
    }  # fmt: skip


def test_init(call: Call, pipeline: ModuleType) -> None:
    calls = answer(pipeline, "init_project", ["etlc.yaml"])
    assert "cd shop" in call("init", "shop").stdout
    assert calls[0] == (Path("shop"),)


def test_explain(call: Call) -> None:
    assert call("explain", "e201").stdout.strip()
    assert "unknown column" in call("explain").stdout
    for prefix, codes in (("W2", {"W201"}), ("e20", {f"E20{n}" for n in range(1, 10)})):
        shown = call("explain", prefix).stdout
        assert set(re.findall(r"[EW]\d{3}", shown)) == codes
        assert {one["code"] for one in json.loads(call("explain", prefix, "--json").stdout)} == codes
    done = call("explain", "E2001")
    assert done.exit_code == 2 and "E201" in done.stderr
    assert json.loads(call("explain", "E201", "--json").stdout)["code"] == "E201"
