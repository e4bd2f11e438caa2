"""The files of a project: the one place of this stage that touches the disk."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

PROJECT_FILE = "etlc.yaml"
LOCK_FILE = "etlc.lock"
YAML_ENDINGS = (".yaml", ".yml")
SPEC_ENDINGS = (*YAML_ENDINGS, ".sql")


class Files(Protocol):
    """Where the text of a project comes from: a folder, or a revision in git. Paths are relative, with ``/``."""

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is none. OSError where it is there, but may not be read."""
        ...

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """All files below ``folder`` whose names end with one of ``endings``, sorted; hidden folders are left out."""
        ...


@dataclass(frozen=True, slots=True)
class DiskFiles:
    """The files of a folder on disk. A symbolic link never leads out of it."""

    folder: Path
    _folders: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is none. OSError for one that leads out of the project."""
        if "\0" in path:
            return None
        root = self._real("")
        above, name = os.path.split(path)
        written = os.path.join(self._real(above), name)
        try:
            linked = stat.S_ISLNK(os.lstat(written).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return None
        real = os.path.realpath(written) if linked or name in ("", ".", "..") else written
        if real != root and not real.startswith(root.rstrip(os.sep) + os.sep):
            raise PermissionError("it is a link that leads out of the project")
        with open(real, "rb") as file:
            return file.read()

    def _real(self, folder: str) -> str:
        """A folder with its links followed: once for all the files in it."""
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(os.path.join(self.folder, folder))
        return self._folders[folder]

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """All files below ``folder`` with one of the endings. Linked folders are not followed: they may be cycles."""
        root = os.path.realpath(self.folder)
        top = os.path.realpath(os.path.join(root, folder))
        if top != root and not top.startswith(root.rstrip(os.sep) + os.sep):
            return []
        found = []
        for here, folders, names in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            below = "" if here == root else os.path.relpath(here, root).replace(os.sep, "/") + "/"
            found += [below + name for name in names if name.endswith(endings) and not name.startswith(".")]
        return sorted(found)


class Once:
    """Files that are each read once, so that all who ask get the same."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._read: dict[str, bytes | OSError | None] = {}
        self._walked: dict[tuple[str, tuple[str, ...]], list[str]] = {}

    def read(self, path: str) -> bytes | None:
        """As the files have it."""
        if path not in self._read:
            try:
                self._read[path] = self._files.read(path)
            except OSError as error:
                self._read[path] = error
        found = self._read[path]
        if isinstance(found, OSError):
            raise found
        return found

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """As the files have it."""
        key = (folder, endings)
        if key not in self._walked:
            self._walked[key] = self._files.walk(folder, endings)
        return self._walked[key]


def find_root(start: Path) -> Path | None:
    """The nearest folder, from ``start`` upwards, that holds an ``etlc.yaml``."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    return None


def snapshot(files: Files) -> dict[str, bytes]:
    """Every spec file that ``load`` would read, by its path. What cannot be read is left out."""
    from etlc.load.project import pipeline_folders

    texts: dict[str, bytes] = {}

    def take(path: str) -> bytes | None:
        try:
            data = files.read(path)
        except OSError:
            return None
        if data is not None:
            texts[path] = data
        return data

    project = take(PROJECT_FILE)
    take(LOCK_FILE)
    for path in spec_paths(files, pipeline_folders(project or b"")):
        take(path)
    for path in block_paths(files):
        take(path)
    return texts


def spec_paths(files: Files, folders: tuple[str, ...]) -> list[str]:
    """The pipeline files and the SQL files below ``folders``, each once, sorted."""
    found = {path for folder in folders for path in files.walk(folder, SPEC_ENDINGS)}
    return sorted(path for path in found if path != PROJECT_FILE and not path.startswith("blocks/"))


def block_paths(files: Files) -> list[str]:
    """The files of reusable blocks."""
    return files.walk("blocks", YAML_ENDINGS)
