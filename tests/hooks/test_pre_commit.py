"""The hooks under pre-commit itself: it installs this package into an environment of its own, and runs on real commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from etlc.cli.app import COMMANDS
from tests.hooks.repos import BAD, GOOD, GOOD_READER, environment, git, project, repository, write

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
SHIPPED = ("etlc", "schemas", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".pre-commit-hooks.yaml")

Commit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository of this package as it stands, and its revision."""
    folder = tmp_path_factory.mktemp("package")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".etlc"))
        else:
            shutil.copy(ROOT / name, folder / name)
    repository(folder, {})
    return folder, git(folder, "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps its environments."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def repo(tmp_path: Path, package: tuple[Path, str], home: Path) -> tuple[Path, Commit]:
    """A repository with two projects and pre-commit's hook, and how to commit in it."""
    config = {
        "repos": [
            {"repo": str(package[0]), "rev": package[1], "hooks": [{"id": i} for i in ("etlc-format", "etlc-validate")]}
        ]
    }
    files = {**project("one/"), **project("two/"), ".pre-commit-config.yaml": yaml.dump(config), "README.md": "x\n"}
    folder = repository(tmp_path / "repo", files)
    env = {"PRE_COMMIT_HOME": str(home), "PYTHONPATH": "", "PRE_COMMIT_COLOR": "never"}
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"],
        cwd=folder,
        check=True,
        env=environment(**env),
        capture_output=True,
    )

    def commit(*args: str) -> subprocess.CompletedProcess[str]:
        return git(folder, "commit", "-m", "x", *args, check=False, **env)

    return folder, commit


@pytest.mark.slow
def test_commits(repo: tuple[Path, Commit]) -> None:
    """Mistakes and bad layout stop a commit; what is not staged does not count; a deletion is seen."""
    folder, commit = repo
    write(folder, {"README.md": "y\n"})
    done = commit("-a")
    assert done.returncode == 0, done.stdout + done.stderr

    write(folder, {"one/pipelines/n.sql": BAD, "two/pipelines/n.sql": GOOD_READER})
    git(folder, "add", "-A")
    write(folder, {"one/pipelines/n.sql": GOOD_READER, "two/pipelines/n.sql": BAD, "two/pipelines/o.sql": BAD})
    done = commit()
    assert done.returncode == 1 and "one/pipelines/n.sql:1:8" in done.stderr
    assert "two/pipelines/n.sql" not in done.stderr and "two/pipelines/o.sql" not in done.stderr

    git(folder, "add", "one")
    done = commit()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "two/pipelines/n.sql").read_text() == BAD  # what was not staged is back

    git(folder, "checkout", "-q", "two/pipelines/n.sql")
    (folder / "two/pipelines/o.sql").unlink()
    write(folder, {"one/pipelines/m.sql": "SELECT 1 as a,2 as b\n"})
    done = commit("-a")
    assert done.returncode == 1 and "one/pipelines/m.sql" in done.stderr
    assert (folder / "one/pipelines/m.sql").read_text() == GOOD  # laid out, to be staged

    git(folder, "checkout", "-q", "HEAD", ".")
    git(folder, "rm", "-q", "two/pipelines/m.sql")
    done = commit()
    assert done.returncode == 1 and "two/pipelines/p.yaml" in done.stderr


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hooks_call_what_there_is(hook: dict[str, object], tmp_path: Path) -> None:
    """The command of each hook exists, with its options; hooks that see deleted files run whatever was changed."""
    command, *options = str(hook["entry"]).split()[1:]
    assert command in COMMANDS and hook["language"] == "python"
    assert bool(hook.get("always_run")) == (hook.get("pass_filenames") is False)
    shown = subprocess.run(
        [sys.executable, "-m", "etlc", command, "--help"], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout  # fmt: skip
    missing = [option for option in options if option not in shown]
    assert not missing


def test_the_manifest() -> None:
    """pre-commit itself takes it."""
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_extra_is_the_packages_own() -> None:
    """The hooks install what the extra `fast` does."""
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert all(hook["additional_dependencies"] == extras["fast"] for hook in HOOKS)
