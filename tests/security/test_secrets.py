"""The value of ``${env:NAME}`` reaches no message, and no file that etlc writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from etlc.pipeline import Options, Project, Stop, check, compile_project, lock, plan, run, show, validate
from tests.security.support import files_with

pytestmark = pytest.mark.duckdb
SPEC = """project: p
allow: ["${env:LAKE_OF_TEST}"]
"""
PIPELINE = """pipeline: p
sources:
  t: {path: "${env:LAKE_OF_TEST}/t*.csv", columns: {x: INTEGER}, options: {filename: true}}
models:
  m: {sql: select * from t}
  v: {sql: select x from t, materialize: view}
outputs:
  m: {path: "${env:LAKE_OF_TEST}/out/m.csv"}
  v: {path: "${env:LAKE_OF_TEST}/parts", format: parquet, partition_by: [x]}
"""
LAKES = {
    "good": {"t1.csv": "x,y\n1,2\n"},
    "bad cast": {"t1.csv": "x,y\n1,2\n", "t2.csv": "x,y\nNA,2\n"},
    "bad line": {"t1.csv": "x,y\n1,2,3,4\n"},
    "other columns": {"t1.csv": "a,b\n1,2\n"},
    "no csv": {"t1.csv": "\x00\x01\x02"},
    "no file": {},
    "output in the way": {"t1.csv": "x,y\n1,2\n", "out": "a file", "parts": "a file"},
}


@pytest.mark.parametrize("case", LAKES)
def test_no_trace_of_the_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    secret = "s3cr3tL4ke"
    lake, home = tmp_path / secret / "deep", tmp_path / "home"
    lake.mkdir(parents=True)
    (home / "pipelines").mkdir(parents=True)
    monkeypatch.setenv("LAKE_OF_TEST", str(lake))
    for name, text in LAKES[case].items():
        (lake / name).write_text(text)
    (home / "etlc.yaml").write_text(SPEC)
    (home / "pipelines" / "p.yaml").write_text(PIPELINE)
    project, options = Project(home), Options()
    messages: list[str] = []
    commands = [
        lambda: validate(project, options, []),
        lambda: plan(project, options),
        lambda: run(project, options, lambda event: messages.append(repr(event))),
        lambda: run(project, options, lambda event: messages.append(repr(event))),
        lambda: check(project, options),
        lambda: lock(project, options),
        lambda: compile_project(project, options),
    ]
    for command in commands:
        try:
            done = command()
            messages += [repr(done), *(f"{d} {d.help}" for d in done.diagnostics)]
        except Stop as stop:
            messages += [stop.message, *(f"{d} {d.help}" for d in stop.diagnostics)]
    for name in ("t", "m"):
        try:
            shown = show(project, options, name, 5)
            messages += [repr(shown)]
        except Stop as stop:
            messages += [stop.message, *(f"{d} {d.help}" for d in stop.diagnostics)]
    assert [message for message in messages if secret in message] == []
    assert files_with(home, secret) == []
