"""A spec reads what it declares and nothing else, writes where it says and nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etlc.pipeline import Options, Project, Stop, compile_project, plan, run, validate
from tests.security.support import CANARY, attacks, files_with, make_world, pipeline, watched

pytestmark = pytest.mark.duckdb
CORPUS = attacks()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("world"))


def attack(inside: Path, field: str, text: str) -> tuple[list[str], list[str]]:
    """Carry out one attack: the errors of validate, and every message of all commands."""
    for left in ("out", ".etlc", "warehouse.duckdb", "etlc.lock"):
        shutil.rmtree(inside / left, ignore_errors=True)
        (inside / left).unlink(missing_ok=True)
    outside = inside.parent / "outside"
    filled = text.replace("{out}", str(outside))
    params = {"p": filled} if field == "param" else {}
    spec, pipelines = pipeline(field, "" if field == "param" else filled)
    (inside / "etlc.yaml").write_text(spec, encoding="utf-8")
    (inside / "pipelines" / "p.yaml").write_text(pipelines, encoding="utf-8", errors="surrogatepass")
    project, options = Project(inside), Options(params=params)
    messages: list[str] = []
    with watched(outside) as seen:
        try:
            found = [d for d in validate(project, options, []).diagnostics if d.severity == "error"]
        except Stop as stop:
            found = [d for d in stop.diagnostics if d.severity == "error"]
            messages += [stop.message]
        messages += [f"{d} {d.help}" for d in found]
        assert all(d.code.startswith("E") and d.span.file and d.span.line > 0 for d in found)
        for command in (plan, compile_project):
            try:
                messages += [f"{d} {d.help}" for d in command(project, options).diagnostics]
            except Stop as stop:
                messages += [stop.message, *(f"{d} {d.help}" for d in stop.diagnostics)]
        assert not (inside / "warehouse.duckdb").exists()
    assert seen == [], f"validate, plan or compile touched what lies outside: {seen}"
    with watched(outside) as seen:
        try:
            done = run(project, options, lambda event: messages.append(repr(event)))
            messages += [repr(done)]
        except Stop as stop:
            messages += [stop.message, *(f"{d} {d.help}" for d in stop.diagnostics)]
    assert seen == [], f"run touched what lies outside: {seen}"
    assert not [message for message in messages if CANARY in message]
    assert files_with(inside, CANARY) == []
    assert (inside / "pipelines" / "p.yaml").read_text(encoding="utf-8", errors="surrogatepass") == pipelines
    assert (inside / "etlc.yaml").read_text(encoding="utf-8") == spec
    assert (inside / "data" / "x.csv").read_text() == "x,note\n1,a\n2,b\n"
    assert not (inside / "pipelines" / "new.sql").exists()
    return [d.code for d in found], messages


@pytest.mark.parametrize("field", [field for field in CORPUS if not field.endswith("_harmless")])
def test_attacks_are_refused_by_validate(world: Path, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    monkeypatch.setenv("CANARY_FOLDER", str(world.parent / "outside"))
    monkeypatch.setenv("CANARY_UP", "../../outside")
    accepted, wrong = [], []
    for text in CORPUS[field]:
        try:
            codes, _ = attack(world, field, text)
        except AssertionError as error:
            wrong.append((text, str(error)[:300]))
            continue
        if not codes:
            accepted.append(text)
    assert (accepted, wrong) == ([], [])


@pytest.mark.parametrize("field", [field for field in CORPUS if field.endswith("_harmless")])
def test_odd_texts_do_no_harm(world: Path, field: str) -> None:
    for text in CORPUS[field]:
        attack(world, field, text)


def test_the_corpus_is_large() -> None:
    assert sum(map(len, CORPUS.values())) >= 300
