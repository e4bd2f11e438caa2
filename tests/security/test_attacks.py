"""A spec reads what it declares and nothing else, writes where it says and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from etlc.pipeline import Options, Project, Stop, compile_project, plan, run, validate
from tests.security.support import CANARY, attacks, files_with, make_world, pipeline, watched

pytestmark = pytest.mark.duckdb
CORPUS = attacks()
OURS = ("etlc.yaml", "pipelines/base.yaml", "data/x.csv")


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CANARY", CANARY)
    monkeypatch.setenv("CANARY_FOLDER", str(tmp_path / "outside"))
    monkeypatch.setenv("CANARY_UP", "../../outside")
    return make_world(tmp_path)


def carry_out(inside: Path, field: str) -> dict[str, str]:
    """Put each attack of a field into a pipeline file of its own; gives the attacks by file."""
    found = {}
    for number, text in enumerate(CORPUS[field]):
        filled = text.replace("{out}", str(inside.parent / "outside"))
        name = f"pipelines/p_{number}.yaml"
        body = pipeline(field.removesuffix("_harmless"), filled, number)
        (inside / name).write_text(body, encoding="utf-8", errors="surrogatepass")
        found[name] = text
    return found


def attempt(inside: Path, options: Options) -> tuple[list[tuple[str, str]], list[str]]:
    """All commands: (file, code) of the errors that validate finds, and every message. Asserts that no harm is done."""
    outside = inside.parent / "outside"
    before = {name: (inside / name).read_bytes() for name in OURS}
    project = Project(inside)
    messages: list[str] = []

    def said(diagnostics: object) -> list[str]:
        return [f"{d} {d.help}" for d in diagnostics]  # type: ignore[attr-defined]

    with watched(outside) as seen:
        found = [d for d in validate(project, options, []).diagnostics if d.severity == "error"]
        messages += said(found)
        for command in (plan, compile_project):
            try:
                messages += said(command(project, options).diagnostics)
            except Stop as stop:
                messages += [stop.message, *said(stop.diagnostics)]
        assert not (inside / "warehouse.duckdb").exists()
    assert seen == [], f"validate, plan or compile touched what lies outside: {seen}"
    with watched(outside) as seen:
        try:
            done = run(project, options, lambda event: messages.append(repr(event)))
            messages += [repr(done), *said(done.diagnostics)]
        except Stop as stop:
            messages += [stop.message, *said(stop.diagnostics)]
    assert seen == [], f"run touched what lies outside: {seen}"
    assert [message for message in messages if CANARY in message] == []
    assert files_with(inside, CANARY) == []
    assert before == {name: (inside / name).read_bytes() for name in OURS}
    assert all(d.code.startswith("E") and d.span.line > 0 and d.span.column > 0 for d in found)
    return [(d.span.file, d.code) for d in found], messages


@pytest.mark.parametrize("field", [field for field in CORPUS if field != "param" and not field.endswith("_harmless")])
def test_attacks_are_refused_by_validate(inside: Path, field: str) -> None:
    placed = carry_out(inside, field)
    found, _ = attempt(inside, Options())
    refused = {file for file, _ in found}
    assert [text for file, text in placed.items() if file not in refused] == []
    assert refused <= set(placed)


@pytest.mark.parametrize("field", [field for field in CORPUS if field.endswith("_harmless")])
def test_odd_texts_do_no_harm(inside: Path, field: str) -> None:
    carry_out(inside, field)
    attempt(inside, Options())


@pytest.mark.parametrize("text", CORPUS["param"])
def test_params_are_literals(inside: Path, text: str) -> None:
    filled = text.replace("{out}", str(inside.parent / "outside"))
    with pytest.raises(Stop, match=r'^Param "p" takes a whole number') as stopped:
        attempt(inside, Options(params={"p": filled}))
    assert stopped.value.status == 2
    assert files_with(inside, CANARY) == [] and not (inside.parent / "outside" / "new.csv").exists()


def test_the_corpus_is_large() -> None:
    assert sum(map(len, CORPUS.values())) >= 300
