"""Git repositories with projects in them, for hooks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

GOOD = "select 1 as a, 2 as b\n"
GOOD_READER = "select a\nfrom m\n"
BAD = "select missing\nfrom m\n"
PIPELINE = "pipeline: p\n\nmodels:\n  m:\n    description: M\n"


def environment(**more: str) -> dict[str, str]:
    """This environment without what git has told us of other repositories."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, **more}


def git(folder: Path, *args: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    """Run git there."""
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always", *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment(**env))
    assert not check or done.returncode == 0, (args, done.stdout, done.stderr)
    return done


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A repository with one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    write(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first", "--no-verify")
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their relative paths."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def project(prefix: str = "", **more: str) -> dict[str, str]:
    """The files of a small project below a folder."""
    files = {
        "etlc.yaml": "project: shop\n",
        "pipelines/p.yaml": PIPELINE,
        "pipelines/m.sql": GOOD,
        ".gitignore": ".etlc/\n",
    }
    return {prefix + name: text for name, text in {**files, **more}.items()}
