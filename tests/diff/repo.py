"""Git repositories with a project in them, and what ``etlc diff`` says of them, put in a line each."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from etlc.cli.app import app

GIT = {
    "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_DATE": "2024-01-02T03:04:05+00:00", "GIT_COMMITTER_DATE": "2024-01-02T03:04:05+00:00",
}  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """Call git, with a name and a time of its own."""
    done = subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, **GIT}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def commit(folder: Path) -> None:
    """Commit all that stands in a folder; the repository is made where there is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a commit")


def call(folder: Path, *arguments: str) -> Result:
    """Call etlc in this process. No traceback may get out."""
    done = CliRunner().invoke(app, ["--project", str(folder), *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def diff(folder: Path, *arguments: str) -> dict[str, Any]:
    """``diff --json``."""
    done = call(folder, "diff", *arguments, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def told(found: dict[str, Any]) -> list[str]:
    """All that changed, a line each: what happened to a thing, and below it what happened to its parts."""
    lines = []
    for kind in ("source", "model", "output"):
        for change in found[f"{kind}s"]:
            said = [kind, change[kind], change["change"], change["was"], change.get("rows")]
            said += [" > ".join(change.get("through") or []) or None]
            lines.append(" ".join(filter(None, said)))
            lines += [
                " ".join(filter(None, [" ", *(_text(c[key]) for key in ("change", "column", "before", "after"))]))
                for c in change.get("columns", [])
            ]
            lines += [
                f"  {c['check']} {c['change']} {', '.join(c['details'])}".rstrip() for c in change.get("checks", [])
            ]
            lines += [f"  {p['name']}: {_text(p['before'])} -> {_text(p['after'])}" for p in change["properties"]]
    lines += [f"{p['name']}: {_text(p['before'])} -> {_text(p['after'])}" for p in found["settings"]]
    lines += [f"breaking {b['model']}: {'; '.join(b['reasons'])}" for b in found["breaking"]]
    return [line for line in lines if line]


def _text(value: object) -> str:
    return "" if value is None else str(value)
