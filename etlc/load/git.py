"""The files of a project as a git revision has them, without touching the work tree."""

from __future__ import annotations

import subprocess
from pathlib import Path


class GitProblem(Exception):
    """git could not answer; the message is its first line."""


class GitFiles:
    """A project at a revision. Raises GitProblem where there is no such revision or no repository."""

    def __init__(self, root: Path, revision: str) -> None:
        self.root = root
        self.revision = revision
        if revision.startswith("-"):
            raise GitProblem(f"{revision} is no revision")
        self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        self._names = [
            name for name in self._git("ls-tree", "-r", "-z", "--name-only", revision, "./").split("\0") if name
        ]

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where the revision has none of that name."""
        if path not in self._names:
            return None
        return self._run("show", f"{self.revision}:./{path}")

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """The files below a folder, sorted; hidden folders are left out."""
        prefix = "" if folder in ("", ".") else folder.rstrip("/") + "/"
        found = [name for name in self._names if name.startswith(prefix) and name.lower().endswith(endings)]
        return sorted(name for name in found if not any(part.startswith(".") for part in name.split("/")))

    def _git(self, *arguments: str) -> str:
        return self._run(*arguments).decode("utf-8", "surrogateescape")

    def _run(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            raise GitProblem("git is not installed") from error
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise GitProblem(lines[0] if lines else f"there is no revision {self.revision}")
        return done.stdout
