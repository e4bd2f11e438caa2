"""The files of a project as they are staged: what `git commit` would commit now. Nothing is written, no lock is taken."""

from __future__ import annotations

import os
import posixpath
import subprocess
from pathlib import Path

from etlc.load.files import LOCK_FILE, SPEC_ENDINGS
from etlc.load.git import GitProblem

_LINK, _FILE = "120000", "100"
_PLACES = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
_EMPTY = frozenset(
    (
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    )
)


class IndexFiles:
    """A project in git's index. What is not staged, and what lies in a submodule, is not there.

    Raises GitProblem where there is no repository, or where a merge has left a file in conflict.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs: dict[str, str] = {}
        self._links: set[str] = set()
        for entry in self._run("ls-files", "-s", "-z", "--", "./").decode("utf-8", "surrogateescape").split("\0"):
            about, _, name = entry.partition("\t")
            mode, blob, stage = about.split(" ") if name else ("", "", "0")
            if stage != "0":
                raise GitProblem(f"{name} is in conflict; resolve it, and stage it")
            if mode == _LINK or mode.startswith(_FILE):
                self._blobs[name] = blob
                self._links |= {name} if mode == _LINK else set()
        self._drop_intended()
        self._texts: dict[str, bytes] | None = None

    def __contains__(self, path: str) -> bool:
        return path in self._blobs

    def read(self, path: str) -> bytes | None:
        """The staged content of a file, None where none is staged. OSError for a link that leads out of the project."""
        if self._texts is None:
            wanted = {name for name in self._blobs if name == LOCK_FILE or name.endswith(SPEC_ENDINGS)}
            self._texts = self._contents(sorted(wanted))
        for _ in range(len(self._links) + 1):
            if path not in self._links:
                break
            target = self._text(path).decode("utf-8", "surrogateescape")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if path in self._links or path.startswith(("../", "/")) or path == "..":
            raise PermissionError("it is a link that leads out of the project")
        return self._text(path) if path in self._blobs else None

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """The staged files below a folder, sorted; hidden files and folders are left out."""
        prefix = "" if folder in ("", ".") else folder.rstrip("/") + "/"
        found = [name for name in self._blobs if name.startswith(prefix) and name.endswith(endings)]
        return sorted(name for name in found if not any(part.startswith(".") for part in name.split("/")))

    def _drop_intended(self) -> None:
        """Files that `git add --intent-to-add` announced stand in the index as empty ones, but are not committed."""
        if any(blob in _EMPTY and name.endswith((*SPEC_ENDINGS, LOCK_FILE)) for name, blob in self._blobs.items()):
            found = self._run("diff-files", "--name-only", "--diff-filter=A", "--relative", "-z")
            for name in found.decode("utf-8", "surrogateescape").split("\0"):
                self._blobs.pop(name, None)

    def _text(self, path: str) -> bytes:
        assert self._texts is not None
        if path not in self._texts:
            self._texts |= self._contents([path])
        return self._texts[path]

    def _contents(self, names: list[str]) -> dict[str, bytes]:
        """Several files by one process."""
        data = self._run("cat-file", "--batch", given="".join(f"{self._blobs[name]}\n" for name in names).encode())
        found, place = {}, 0
        for name in names:
            end = data.index(b"\n", place)
            about = data[place:end].split(b" ")
            if len(about) != 3:
                raise GitProblem(f"git has lost the staged content of {name}")
            found[name] = data[end + 1 : end + 1 + int(about[2])]
            place = end + int(about[2]) + 2
        return found

    def _run(self, *arguments: str, given: bytes = b"") -> bytes:
        command = ["git", "-C", str(self.root), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, check=False, input=given, env=_environment())
        except OSError as error:
            raise GitProblem("git is not installed") from error
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            words = lines[0].removeprefix("fatal: ") if lines else "git gave no answer"
            raise GitProblem("the project is not in a git repository" if "not a git repository" in words else words)
        return done.stdout


def _environment() -> dict[str, str]:
    """What git told its hook, so that it holds in the project's folder too: git names places relative to its own."""
    found = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    if "GIT_DIR" in found:
        found.setdefault("GIT_WORK_TREE", ".")
    return {name: os.path.abspath(value) if name in _PLACES and value else value for name, value in found.items()}
