"""The files of a project as a git revision has them, without touching the work tree."""

from __future__ import annotations

import posixpath
import subprocess
from pathlib import Path

from etlc.load.files import LOCK_FILE, SPEC_ENDINGS

_LINK = "120000"


class GitProblem(Exception):
    """git could not answer; the message says why, without a full stop."""


class GitFiles:
    """A project at a revision. Raises GitProblem where there is no such revision or no repository.

    ``commit`` is the full name of the commit.
    """

    def __init__(self, root: Path, revision: str) -> None:
        self.root = root
        if revision.startswith("-"):
            raise GitProblem(f"{revision} is no revision")
        self._git("rev-parse", "--git-dir")
        try:
            self.commit = self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
        except GitProblem as problem:
            raise GitProblem(f"there is no revision {revision}") from problem
        self._blobs: dict[str, str] = {}
        self._links: set[str] = set()
        for entry in self._git("ls-tree", "-r", "-z", self.commit, "./").split("\0"):
            about, _, name = entry.partition("\t")
            mode, kind, blob = about.split(" ") if name else ("", "", "")
            if kind == "blob":
                self._blobs[name] = blob
                self._links |= {name} if mode == _LINK else set()
        self._texts: dict[str, bytes] | None = None

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where the revision has none of that name. A link leads to a file of the project."""
        if self._texts is None:
            wanted = [name for name in self._blobs if name == LOCK_FILE or name.lower().endswith(SPEC_ENDINGS)]
            self._texts = self._contents(wanted)
        if path in self._links:
            target = self._texts.get(path, b"").decode("utf-8", "surrogateescape")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if path not in self._blobs or path in self._links:
            return None
        if path not in self._texts:
            self._texts.update(self._contents([path]))
        return self._texts[path]

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """The files below a folder, sorted; hidden folders are left out."""
        prefix = "" if folder in ("", ".") else folder.rstrip("/") + "/"
        found = [name for name in self._blobs if name.startswith(prefix) and name.endswith(endings)]
        return sorted(name for name in found if not any(part.startswith(".") for part in name.split("/")))

    def _contents(self, names: list[str]) -> dict[str, bytes]:
        """Several files by one process."""
        asked = "".join(f"{self._blobs[name]}\n" for name in names)
        data = self._run("cat-file", "--batch", given=asked.encode())
        found, place = {}, 0
        for name in names:
            end = data.index(b"\n", place)
            size = int(data[place:end].split(b" ")[2])
            found[name] = data[end + 1 : end + 1 + size]
            place = end + size + 2
        return found

    def _git(self, *arguments: str) -> str:
        return self._run(*arguments).decode("utf-8", "surrogateescape")

    def _run(self, *arguments: str, given: bytes = b"") -> bytes:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), *arguments], capture_output=True, check=False, input=given
            )
        except OSError as error:
            raise GitProblem("git is not installed") from error
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            words = lines[0].removeprefix("fatal: ") if lines else "git gave no answer"
            raise GitProblem("the project is not in a git repository" if "not a git repository" in words else words)
        return done.stdout
