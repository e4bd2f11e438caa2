"""What is staged is what is checked, whatever lies on disk: against repositories made by git itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hooks.repos import BAD, GOOD, environment, git, project, repository, write

ROOT = Path(__file__).parents[2]


def etlc(folder: Path, *args: str, check: int | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Call etlc from a folder, without naming any project."""
    command = [sys.executable, "-m", "etlc", *args]
    more = environment(PYTHONPATH=str(ROOT), **env)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=more)
    assert "Traceback" not in done.stdout + done.stderr
    assert check is None or done.returncode == check, (done.returncode, done.stdout, done.stderr)
    return done


def found(folder: Path, *args: str, **env: str) -> list[tuple[str, str]]:
    """(code, file) of what `validate --staged` finds."""
    data: Any = json.loads(etlc(folder, "validate", "--staged", "--json", *args, **env).stdout)
    return [(one["code"], one["file"]) for one in data["diagnostics"] if one["severity"] == "error"]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository that is one project."""
    return repository(tmp_path / "repo", project())


def test_staged_and_on_disk_differ(repo: Path) -> None:
    """A mistake that is staged is found though it is mended on disk, and the other way round; the excerpt is staged."""
    write(repo, {"pipelines/n.sql": BAD})
    git(repo, "add", "-A")
    write(repo, {"pipelines/n.sql": "-- mended\nselect a from m\n"})
    assert found(repo) == [("E201", "pipelines/n.sql")]
    shown = etlc(repo, "validate", "--staged", check=1).stdout
    assert "1 | select missing" in shown and "mended" not in shown
    assert etlc(repo, "validate", check=0)
    git(repo, "add", "-A")
    write(repo, {"pipelines/n.sql": BAD})
    assert found(repo) == []
    etlc(repo, "validate", check=1)


def test_untracked_files_are_absent(repo: Path) -> None:
    """Neither their mistakes count, nor can staged files read them."""
    write(repo, {"pipelines/n.sql": BAD})
    assert found(repo) == []
    write(repo, {"pipelines/n.sql": GOOD, "pipelines/o.sql": "select a from n\n"})
    git(repo, "add", "pipelines/o.sql")
    assert found(repo) == [("E202", "pipelines/o.sql")]
    git(repo, "add", "-N", "pipelines/n.sql")  # announced only: the commit will not hold it
    assert found(repo) == [("E202", "pipelines/o.sql")]


def test_deleted_files(repo: Path) -> None:
    """What is deleted on disk only is still there; what is deleted in the index is gone, though it lies on disk."""
    write(repo, {"pipelines/o.sql": "select a from m\n"})
    git(repo, "add", "-A")
    (repo / "pipelines/m.sql").unlink()
    assert found(repo) == []
    write(repo, {"pipelines/m.sql": GOOD})
    git(repo, "rm", "-q", "--cached", "pipelines/m.sql")
    assert ("E112", "pipelines/p.yaml") in found(repo)


def test_the_index_is_not_written(repo: Path) -> None:
    """Looking changes nothing, not even where git would refresh it."""
    before = (repo / ".git/index").read_bytes()
    os.utime(repo / "pipelines/m.sql", (1, 1))
    assert found(repo) == [] and (repo / ".git/index").read_bytes() == before
    (repo / ".git/index.lock").write_text("")  # another git is at work
    assert found(repo) == []


def test_links_and_submodules(repo: Path, tmp_path: Path) -> None:
    """A link is read through the index; one that leads out of the project is refused; a submodule is not looked into."""
    write(repo, {"shared/n.sql": BAD})
    os.symlink("../shared/n.sql", repo / "pipelines/n.sql")
    git(repo, "add", "-A")
    write(repo, {"shared/n.sql": GOOD})
    assert found(repo) == [("E201", "pipelines/n.sql")]
    os.symlink(tmp_path / "out.sql", repo / "pipelines/o.sql")
    (tmp_path / "out.sql").write_text(GOOD)
    git(repo, "add", "-A")
    assert found(repo) == [("E114", "pipelines/o.sql")]
    git(repo, "rm", "-q", "-f", "pipelines/o.sql")
    inner = repository(tmp_path / "inner", {"x.sql": BAD})
    git(repo, "submodule", "add", "-q", str(inner), "pipelines/sub")
    assert found(repo) == []


def test_a_conflict_is_said(repo: Path) -> None:
    """A merge that is not resolved has no staged state."""
    git(repo, "checkout", "-q", "-b", "other")
    write(repo, {"pipelines/m.sql": "select 3 as a\n"})
    git(repo, "commit", "-q", "-a", "-m", "other")
    git(repo, "checkout", "-q", "main")
    write(repo, {"pipelines/m.sql": "select 4 as a\n"})
    git(repo, "commit", "-q", "-a", "-m", "main")
    git(repo, "merge", "-q", "other", check=False)
    done = etlc(repo, "validate", "--staged", check=2)
    assert "pipelines/m.sql is in conflict" in done.stderr


def test_no_repository(tmp_path: Path) -> None:
    """A sentence, and the status of wrong usage."""
    write(tmp_path, project())
    done = etlc(tmp_path, "validate", "--staged", check=2)
    assert "not in a git repository" in done.stderr


def hook(repo: Path, command: str) -> None:
    """Make a plain git hook, without pre-commit."""
    path = repo / ".git/hooks/pre-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m etlc {command}\n')
    path.chmod(0o755)


@pytest.mark.parametrize("prefix", ["", "data/shop/"])
def test_commits_of_every_kind(tmp_path: Path, prefix: str) -> None:
    """`git commit`, `-a` and of single files hand their own index to the hook; a project may lie in a subfolder."""
    files = {"README.md": "x\n", **project(prefix, **{"pipelines/n.sql": "select a from m\n"})}
    repo = repository(tmp_path / "repo", files)
    hook(repo, "validate --staged")
    m, n = f"{prefix}pipelines/m.sql", f"{prefix}pipelines/n.sql"
    write(repo, {m: "select 1 as b\n"})
    write(repo, {"README.md": "y\n"})
    assert git(repo, "commit", "-m", "only the README", "README.md", check=False).returncode == 0
    done = git(repo, "commit", "-a", "-m", "all", check=False)
    assert done.returncode != 0 and f"{n}:1:8" in done.stdout + done.stderr
    write(repo, {n: "select b from m\n"})
    assert git(repo, "commit", "-m", "half", m, check=False).returncode != 0
    assert git(repo, "commit", "-a", "-m", "all", check=False).returncode == 0
    git(repo, "rm", "-q", m)
    assert git(repo, "commit", "-m", "gone", check=False).returncode != 0


def test_a_linked_work_tree(repo: Path, tmp_path: Path) -> None:
    """`git worktree` keeps its index elsewhere."""
    git(repo, "worktree", "add", "-q", str(tmp_path / "tree"))
    tree = tmp_path / "tree"
    write(tree, {"pipelines/n.sql": BAD})
    git(tree, "add", "-A")
    assert found(tree) == [("E201", "pipelines/n.sql")] and found(repo) == []
    hook(repo, "validate --staged")
    assert git(tree, "commit", "-m", "bad", check=False).returncode != 0


def test_several_projects(tmp_path: Path) -> None:
    """Each file goes to its own project, found upwards from it; places are told from the working directory."""
    repo = repository(
        tmp_path / "repo", {**project("one/"), **project("two/"), ".pre-commit-config.yaml": "repos: []\n"}
    )
    write(repo, {"one/pipelines/n.sql": BAD, "two/pipelines/n.sql": BAD})
    git(repo, "add", "-A")
    assert found(repo) == [("E201", "one/pipelines/n.sql"), ("E201", "two/pipelines/n.sql")]
    assert found(repo, "two/pipelines/n.sql", ".pre-commit-config.yaml") == [("E201", "two/pipelines/n.sql")]
    assert found(repo, ".pre-commit-config.yaml") == []
    assert found(repo / "one") == [("E201", "pipelines/n.sql")]
    shown = etlc(repo, "validate", "one/pipelines/n.sql", check=1).stdout
    assert "--> one/pipelines/n.sql:1:8" in shown and "1 | select missing" in shown
    etlc(repo, "validate", "one/pipelines/gone.sql", check=2)
    etlc(repo, "validate", check=2)
    write(repo, {"two/pipelines/m.sql": "SELECT 1 as a,2 as b\n"})
    assert etlc(repo, "format", "two/pipelines/m.sql", "one/pipelines/m.sql", check=0).stdout == "two/pipelines/m.sql\n"
    assert (repo / "two/pipelines/m.sql").read_text() == GOOD


def test_format_of_what_is_staged(repo: Path) -> None:
    """It can be checked; to write there would be to stage."""
    write(repo, {"pipelines/m.sql": "SELECT 1 as a,2 as b\n"})
    git(repo, "add", "-A")
    write(repo, {"pipelines/m.sql": GOOD})
    assert etlc(repo, "format", "--staged", "--check", check=1).stdout == "pipelines/m.sql\n"
    etlc(repo, "format", "--check", check=0)
    etlc(repo, "format", "--staged", check=2)


def test_sources_without_a_contract(repo: Path) -> None:
    """Data is not in the index: a source that neither a contract nor the lock describes is looked at on disk."""
    source = "pipeline: p\nsources: {s: {path: data/s.csv}}\nmodels: {m: {sql: select x from s}}\n"
    write(repo, {"pipelines/p.yaml": source, ".gitignore": ".etlc/\ndata/\n", "data/s.csv": "x\n1\n"})
    (repo / "pipelines/m.sql").unlink()
    git(repo, "add", "-A")
    assert found(repo) == []
    write(repo, {"data/s.csv": "y\n1\n"})
    assert found(repo) == [("E201", "pipelines/p.yaml")]
