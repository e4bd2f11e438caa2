"""The selection language, through ``plan --json``: what is selected is what is listed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cli import etlc, write_project

MODELS = {
    "a": "select id, v from raw",
    "b": "select id, v + 1 as v from a",
    "c": "select id, v * 2 as v from b",
    "d": "select id from a",
    "e": "select c.id from c join d using (id)",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Five models in a diamond, over two pipelines; b is tagged, d has an owner of its own."""
    first = {"a": {"sql": MODELS["a"]}, "b": {"sql": MODELS["b"], "tags": ["hot", "daily"]}}
    second = {
        "c": {"sql": MODELS["c"], "tags": ["daily"]},
        "d": {"sql": MODELS["d"], "owner": "ann@example.com"},
    }
    rows = [{"id": 1, "v": 10}, {"id": 2, "v": 20}]
    write_project(
        tmp_path,
        {"project": "sel"},
        {
            "pipelines/one/one.yaml": yaml.safe_dump(
                {"pipeline": "one", "sources": {"raw": {"rows": rows}}, "models": first}
            ),
            "pipelines/two/two.yaml": yaml.safe_dump({"pipeline": "two", "models": second}),
            "pipelines/two/e.sql": MODELS["e"],
        },
    )
    return tmp_path


def chosen(project: Path, *arguments: str) -> set[str]:
    """The models that a plan lists when everything is up to date, so that only what is selected is."""
    return {step["model"] for step in etlc(project, "plan", "--json", *arguments, check=0).json["steps"]}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "abcde"),
        (["-s", "b"], "b"),
        (["-s", "B"], "b"),
        (["-s", "+c"], "abc"),
        (["-s", "b+"], "bce"),
        (["-s", "+b+"], "abce"),
        (["-s", "1+c"], "bc"),
        (["-s", "a+1"], "abd"),
        (["-s", "tag:daily"], "bc"),
        (["-s", "tag:daily,tag:hot"], "b"),
        (["-s", "pipeline:one"], "ab"),
        (["-s", "owner:ann@example.com"], "d"),
        (["-s", "path:pipelines/two/*"], "cde"),
        (["-s", "path:pipelines/two/e.sql"], "e"),
        (["-s", "raw+"], "abcde"),
        (["-s", "b", "-s", "d"], "bd"),
        (["-s", "+e", "--exclude", "tag:daily"], "ade"),
        (["--exclude", "e"], "abcd"),
        (["-s", "b+,pipeline:two"], "ce"),
    ],
)
def test_selection(project: Path, arguments: list[str], expected: str) -> None:
    """Each way to select, on its own and put together."""
    etlc(project, "run", check=0)
    assert chosen(project, *arguments) == set(expected)


@pytest.mark.parametrize("selection", ["nope", "tag:nope", "color:red", "path:nowhere/*", "pipeline:three"])
def test_what_names_nothing_is_wrong_usage(project: Path, selection: str) -> None:
    """Never an empty success: exit status 2, and a sentence."""
    result = etlc(project, "plan", "-s", selection, check=2)
    assert selection.split(":")[-1] in result.text or selection.split(":")[0] in result.text


def git(project: Path, *arguments: str) -> None:
    """Run git in the project."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)


def test_changed_since_a_revision(project: Path) -> None:
    """What is written differently, not what was touched; with its readers when asked for."""
    (project / ".gitignore").write_text(".etlc/\nwarehouse.duckdb*\n")
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "first")
    etlc(project, "run", check=0)
    assert chosen(project, "-s", "changed") == set()
    (project / "pipelines/two/e.sql").write_text(MODELS["e"] + " where c.v > 0")
    assert chosen(project, "-s", "changed") == {"e"}
    git(project, "commit", "-qam", "second")
    assert chosen(project, "-s", "changed") == set()
    assert chosen(project, "-s", "changed:HEAD~1") == {"e"}
    yaml_file = project / "pipelines/one/one.yaml"
    yaml_file.write_text(yaml_file.read_text().replace("v: 10", "v: 11"))
    listed = {s["model"] for s in etlc(project, "plan", "--json", "-s", "changed", check=0).json["steps"]}
    assert listed == {"a"}, "the reader of a source that changed"
    etlc(project, "plan", "-s", "changed:nonsense", check=2)


def test_what_is_needed_upstream_comes_first(project: Path) -> None:
    """As make does: the selected model and all it needs are built, the rest is left as it was."""
    ran = etlc(project, "run", "--json", "-s", "c", check=0).json
    done = {model["model"]: model["status"] for model in ran["models"]}
    assert done["c"] == "success" and "e" not in done and "d" not in done
    after = etlc(project, "plan", "--json", check=0).json["steps"]
    assert {step["model"]: step["action"] for step in after}["c"] == "skip"
    assert {step["model"]: step["action"] for step in after}["e"] != "skip"
