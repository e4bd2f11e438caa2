"""What editors get: schemas that another program finds right, with a text to show for every key."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import etlc

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
PROJECTS = [*sorted(path.parent for path in (ROOT / "examples").glob("*/etlc.yaml")), ROOT / "etlc/cli/template"]
MODELINE = re.compile(r"^# yaml-language-server: \$schema=(\S+)$", re.MULTILINE)


def check(*args: str) -> subprocess.CompletedProcess[str]:
    """Run check-jsonschema, without any network."""
    command = [sys.executable, "-m", "check_jsonschema", "--no-cache", *args]
    return subprocess.run(command, capture_output=True, text=True)


def yaml_files(folder: Path) -> list[tuple[str, Path]]:
    """The spec files of a project, each with the name of its schema."""
    found = sorted((folder / "pipelines").rglob("*.yaml"))
    assert found
    return [("project", folder / "etlc.yaml"), *(("pipeline", path) for path in found)]


@pytest.mark.parametrize("name", ["project", "pipeline"])
def test_the_schemas_are_draft_07(name: str) -> None:
    """By their own word, and by the rules of that draft."""
    path = SCHEMAS / f"{name}.schema.json"
    assert json.loads(path.read_text())["$schema"] == "http://json-schema.org/draft-07/schema#"
    done = check("--check-metaschema", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_every_project_fits(project: Path) -> None:
    """The examples and the template of `etlc init`."""
    for name in ("project", "pipeline"):
        files = [str(path) for kind, path in yaml_files(project) if kind == name]
        done = check("--schemafile", str(SCHEMAS / f"{name}.schema.json"), *files)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_key_does_not_fit(tmp_path: Path) -> None:
    """The schemas refuse what etlc refuses."""
    (tmp_path / "p.yaml").write_text("pipeline: p\nmodels: {m: {sql: select 1, chekcs: []}}\n")
    done = check("--schemafile", str(SCHEMAS / "pipeline.schema.json"), str(tmp_path / "p.yaml"))
    assert done.returncode == 1 and "chekcs" in done.stdout


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_modelines_lead_to_the_schemas(project: Path, tmp_path: Path) -> None:
    """Each file names the copy that its project has in .etlc/schemas, by the way from itself."""
    for name, path in yaml_files(project):
        named = MODELINE.search(path.read_text(encoding="utf-8"))
        assert named is not None, path
        target = (path.parent / named[1]).resolve()
        assert target == (project / ".etlc/schemas" / f"{name}.schema.json").resolve()


def test_a_new_project_has_them(tmp_path: Path) -> None:
    """`etlc init` writes modelines and what they lead to, and its files fit."""
    etlc(tmp_path, "init", "shop", check=0)
    for name, path in yaml_files(tmp_path / "shop"):
        named = MODELINE.search(path.read_text(encoding="utf-8"))
        assert named is not None
        schema = path.parent / named[1]
        assert schema.read_text() == (SCHEMAS / f"{name}.schema.json").read_text()
        done = check("--schemafile", str(schema), str(path))
        assert done.returncode == 0, done.stdout


def keys(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that a schema knows, with its schema; and every definition."""
    if isinstance(part, dict):
        for section in ("properties", "definitions"):
            for name, inner in part.get(section, {}).items() if isinstance(part.get(section), dict) else ():
                yield f"{path}/{name}", inner
        for name, inner in part.items():
            yield from keys(inner, f"{path}/{name}")
    elif isinstance(part, list):
        for inner in part:
            yield from keys(inner, path)


@pytest.mark.parametrize("name", ["project", "pipeline"])
def test_every_key_has_a_text(name: str) -> None:
    """Which an editor shows: not empty, a sentence; a `$ref` beside it would hide it in draft-07."""
    found = list(keys(json.loads((SCHEMAS / f"{name}.schema.json").read_text())))
    assert len(found) > 20
    for path, part in found:
        text = part.get("description", "")
        assert len(text) > 4 and "$ref" not in part, path
