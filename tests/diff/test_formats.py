"""How a difference is printed, and the revisions that it can be taken against."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.diff.repo import call, commit, diff, git, told, write

pytestmark = pytest.mark.duckdb

GOLDEN = Path(__file__).parent / "golden"
BEFORE = """\
pipeline: shop
sources:
  raw: {path: data/raw.csv, columns: {id: BIGINT, day: DATE, amount: "DECIMAL(12,2)", note: VARCHAR}}
models:
  stg: {sql: "select id, day, amount from raw where amount > 1"}
  daily:
    key: [day]
    checks: [{row_count: {min: 10}}]
    sql: select day, sum(amount) as revenue, count(*) as n from stg group by day
  kpi: {sql: "select max(revenue) as best from daily", publish: true}
  old_notes: {sql: "select id, note from raw"}
  gone: {sql: "select 1 as one"}
outputs:
  daily: {path: out/daily.csv}
"""
AFTER = """\
pipeline: shop
sources:
  raw: {path: data/raw.csv, columns: {id: BIGINT, day: DATE, amount: "DECIMAL(12,2)", note: VARCHAR, more_: DATE}}
models:
  stg: {sql: "select id, day, amount from raw where amount > 2"}
  daily:
    key: [day]
    version: 2
    checks: [{row_count: {min: 5}}]
    sql: select day, sum(amount) as turnover, count(*) as n from stg group by day
  kpi: {sql: "select max(turnover) as best from daily", publish: true}
  notes: {sql: "select id, note from raw"}
  added: {sql: "select 2 as two"}
outputs:
  daily: {path: out/by_day.csv}
"""


def repo(path: Path, text: str = BEFORE) -> Path:
    """A project, committed."""
    write(path, {"etlc.yaml": "project: shop\n", "pipelines/shop.yaml": text})
    commit(path)
    return path


def golden(name: str, text: str) -> None:
    """Compare with a file; ``ETLC_GOLDEN=write`` writes it."""
    path = GOLDEN / name
    if os.environ.get("ETLC_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("format", ["text", "markdown", "json"])
def test_the_formats(format: str, tmp_path: Path) -> None:
    repo(tmp_path)
    write(tmp_path, {"pipelines/shop.yaml": AFTER})
    done = call(tmp_path, "diff", "--format", format)
    assert done.exit_code == 0 and done.stderr == ""
    commit_name = git(tmp_path, "rev-parse", "HEAD").strip()
    text = done.stdout.replace(commit_name, "COMMIT").replace(commit_name[:7], "COMMIT")
    golden({"text": "diff.txt", "markdown": "diff.md", "json": "diff.json"}[format], text)
    if format == "json":
        assert json.loads(done.stdout) == diff(tmp_path)


def test_breaking(tmp_path: Path) -> None:
    """A removed model has no place; one with a new version is no breach."""
    repo(tmp_path)
    write(tmp_path, {"pipelines/shop.yaml": AFTER})
    done = call(tmp_path, "diff", "--breaking", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [(one["code"], one["file"], one["line"]) for one in found["diagnostics"]] == [
        ("E510", None, None), ("E510", "pipelines/shop.yaml", 12),
    ]  # fmt: skip
    assert {one["model"]: one["versioned"] for one in found["breaking"]} == {
        "daily": True,
        "old_notes": False,
        "gone": False,
    }
    done = call(tmp_path, "diff", "--breaking")
    assert done.exit_code == 1 and done.stderr.count("error[E510]") == 2 and "Since HEAD" in done.stdout
    write(tmp_path, {"pipelines/shop.yaml": BEFORE})
    assert call(tmp_path, "diff", "--breaking").exit_code == 0


def test_a_version_that_goes_down(tmp_path: Path) -> None:
    versioned = BEFORE.replace("key: [day]", "key: [day]\n    version: 3")
    repo(tmp_path, versioned)
    write(tmp_path, {"pipelines/shop.yaml": versioned.replace("version: 3", "version: 2")})
    assert told(diff(tmp_path)) == ["model daily changed", "  version: 3 -> 2"]
    done = call(tmp_path, "diff", "--breaking")
    assert done.exit_code == 1 and 'The version of model "daily" goes down; it was 3.' in done.stderr
    write(tmp_path, {"pipelines/shop.yaml": versioned.replace("version: 3", "version: 4")})
    assert call(tmp_path, "diff", "--breaking").exit_code == 0


def test_older_revisions_and_a_subfolder(tmp_path: Path) -> None:
    """A project below the top of the repository, against a tag, a branch and a hash; the work tree stays as it is."""
    project = repo(tmp_path / "data team/shop")
    git(project, "tag", "v1")
    write(project, {"pipelines/shop.yaml": AFTER})
    commit(project)
    write(project, {".etlc/.gitignore": "*\n"})
    before = git(project, "status", "--porcelain", "--ignored")
    for revision in ("v1", "HEAD~1", git(project, "rev-parse", "v1").strip()):
        assert "model stg changed query" in told(diff(project, revision))
    assert told(diff(project)) == [] and told(diff(project, "main")) == []
    assert git(project, "status", "--porcelain", "--ignored") == before


def test_a_project_that_was_not_there_yet(tmp_path: Path) -> None:
    write(tmp_path, {"README.md": "hello\n"})
    commit(tmp_path)
    write(tmp_path, {"etlc.yaml": "project: shop\n", "pipelines/shop.yaml": BEFORE})
    found = diff(tmp_path)
    assert {change["change"] for kind in ("sources", "models", "outputs") for change in found[kind]} == {"added"}
    assert len(found["models"]) == 5 and found["breaking"] == [] and len(found["rebuilt"]) == 5


REFUSED = {"nope": "there is no revision nope", "-x": "-x", "HEAD~5": "there is no revision HEAD~5"}


@pytest.mark.parametrize("revision", REFUSED)
def test_no_such_revision(revision: str, tmp_path: Path) -> None:
    repo(tmp_path)
    done = call(tmp_path, "diff", *(["--"] if revision.startswith("-") else []), revision)
    assert (done.exit_code, done.stdout) == (2, "") and REFUSED[revision] in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    write(tmp_path / "p", {"etlc.yaml": "project: shop\n", "pipelines/shop.yaml": BEFORE})
    done = call(tmp_path / "p", "diff")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "the project is not in a git repository" in done.stderr
    subprocess.run(["git", "init", "-q"], cwd=tmp_path / "p", check=True)
    done = call(tmp_path / "p", "diff")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1) and "there is no revision HEAD" in done.stderr


def test_a_revision_that_does_not_compile(tmp_path: Path) -> None:
    """What stands on its own is compared; what hangs on the mistake is named."""
    repo(tmp_path, BEFORE.replace("from stg group", "from stgg group"))
    write(
        tmp_path,
        {
            "pipelines/shop.yaml": BEFORE.replace("amount > 1", "amount > 2").replace(
                "select 1 as one", "select 2 as one"
            )
        },
    )
    found = diff(tmp_path)
    assert told(found) == ["model stg changed query", "model gone changed query"]
    assert found["not_compared"] == ["daily", "kpi"] and [one["code"] for one in found["problems"]] == ["E202"]
    done = call(tmp_path, "diff", "-v")
    assert done.exit_code == 0 and "Not compared with HEAD, which has 1 error: daily and kpi." in done.stdout
    assert "HEAD:pipelines/shop.yaml:9: E202" in done.stderr
    assert "Not compared (1 error there): `daily`, `kpi`" in call(tmp_path, "diff", "--format", "markdown").stdout


def test_a_work_tree_that_does_not_compile(tmp_path: Path) -> None:
    repo(tmp_path)
    write(tmp_path, {"pipelines/shop.yaml": BEFORE.replace("from stg group", "from stgg group")})
    done = call(tmp_path, "diff")
    assert (done.exit_code, done.stdout) == (1, "") and "error[E202]" in done.stderr


def test_a_revision_whose_etlc_yaml_is_broken(tmp_path: Path) -> None:
    repo(tmp_path)
    write(tmp_path, {"etlc.yaml": "project: [\n"})
    commit(tmp_path)
    write(tmp_path, {"etlc.yaml": "project: shop\n"})
    done = call(tmp_path, "diff")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1) and "nothing to compare with" in done.stderr


def test_a_source_that_nothing_pinned_then(tmp_path: Path) -> None:
    """Without a lock in the old revision, a source that is declared alike has the schema of today; data is not asked."""
    bare = BEFORE.replace(BEFORE[BEFORE.index(", columns:") : BEFORE.index("}}\n") + 1], "")
    repo(tmp_path, bare)
    write(tmp_path, {"data/raw.csv": "id,day,amount,note\n1,2024-01-02,3.50,x\n"})
    assert call(tmp_path, "lock").exit_code == 0
    assert told(diff(tmp_path)) == [] and diff(tmp_path)["not_compared"] == []
    write(tmp_path, {"pipelines/shop.yaml": bare.replace("data/raw.csv", "data/raw*.csv")})
    assert call(tmp_path, "lock").exit_code == 0
    found = diff(tmp_path)
    assert found["not_compared"] == ["raw", "stg", "daily", "kpi", "old_notes"]
    assert [one["code"] for one in found["problems"]] == ["E401"]


def test_a_lock_that_changed(tmp_path: Path) -> None:
    bare = BEFORE.replace(BEFORE[BEFORE.index(", columns:") : BEFORE.index("}}\n") + 1], "")
    write(tmp_path, {"data/raw.csv": "id,day,amount,note\n1,2024-01-02,3.50,x\n"})
    write(tmp_path, {"etlc.yaml": "project: shop\n", "pipelines/shop.yaml": bare})
    assert call(tmp_path, "lock").exit_code == 0
    commit(tmp_path)
    write(tmp_path, {"data/raw.csv": "id,day,amount,note\nx,2024-01-02,3.50,x\n"})
    assert call(tmp_path, "lock").exit_code == 0
    assert told(diff(tmp_path))[:3] == [
        "source raw changed columns",
        "  retyped id BIGINT VARCHAR",
        "model stg changed upstream raw",
    ]
    assert "breaking old_notes: column id is VARCHAR now, and was BIGINT" in told(diff(tmp_path))


def test_names_that_mean_something_to_markdown_and_terminals(tmp_path: Path) -> None:
    repo(tmp_path)
    text = BEFORE.replace("count(*) as n from", 'count(*) as "a|b <x>" from')
    write(tmp_path, {"pipelines/shop.yaml": text})
    shown = call(tmp_path, "diff", "--format", "markdown").stdout
    assert "a\\|b \\<x\\>" in shown and "<x>" not in shown


def test_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal what came is green, what went red, and nothing is coloured with --no-color."""
    from etlc.cli import screen

    repo(tmp_path)
    write(tmp_path, {"pipelines/shop.yaml": AFTER})
    monkeypatch.setattr(screen.Screen, "colored", lambda self, stream: not self.look.no_color)
    shown = call(tmp_path, "diff").stdout
    assert "\x1b[32m+\x1b[0m" in shown and "\x1b[31m-\x1b[0m" in shown
    assert "\x1b" not in call(tmp_path, "diff", "--no-color").stdout
