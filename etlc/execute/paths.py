"""Paths of sources and outputs: found, resolved, and kept inside what the project declares."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_OPEN, _CLOSE = "${env:", "}"


class PathProblem(Exception):
    """A path that may not be used; the message is a sentence without secrets."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Resolves the paths of a project. ``env`` are the environment's variables, for ``${env:NAME}``; ``named`` are
    those that the project's paths name.

    What leaves this class names a variable, never its value: files are kept as ``${env:LAKE}/orders/x.csv``.
    """

    root: Path
    allow: tuple[str, ...]
    env: Mapping[str, str]
    named: frozenset[str] = frozenset()

    def real(self, path: str) -> str:
        """The absolute path on disk, variables filled in. Raises PathProblem for an unset variable."""
        filled = self._fill(path)
        return filled if filled.startswith("/") else f"{self.root}/{filled}"

    def folders(self) -> list[str]:
        """The real folders that the project may use: its own, and those it allows."""
        found = [os.path.realpath(self.root)]
        for entry in self.allow:
            if "://" not in entry:
                found.append(os.path.realpath(self.real(entry)))
        return found

    def inside(self, real: str) -> bool:
        """Whether a path, its links followed, lies in one of the folders."""
        target = os.path.realpath(real)
        return any(target == folder or target.startswith(folder.rstrip("/") + "/") for folder in self.folders())

    def find(self, pattern: str) -> list[str]:
        """The files that a pattern names, sorted. Raises PathProblem for one that lies outside."""
        if "://" in pattern:
            raise PathProblem(f"{pattern} is an address; this version reads files only")
        prefix, real_prefix = self._prefix(pattern)
        real = self.real(pattern)
        if not prefix and not pattern.startswith("/"):
            real_prefix = f"{self.root}/"
        if glob.has_magic(real[len(real_prefix) :]):
            if not self.inside(_above_magic(real, len(real_prefix))):
                raise PathProblem(f"{pattern} leads out of the project by a symbolic link")
            found = sorted(glob.glob(glob.escape(real_prefix) + real[len(real_prefix) :], recursive=True))
        else:
            found = [real] if os.path.exists(real) else []
        files = []
        for file in found:
            if os.path.isdir(file):
                continue
            shown = self._shown(file, prefix, real_prefix)
            if not self.inside(file):
                raise PathProblem(f"{shown} leads out of the project by a symbolic link")
            files.append(shown)
        return files

    def prefixes(self, patterns: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """(real, shown) beginnings of the files that the patterns name."""
        found = {f"{self.root}/": ""}
        for pattern in patterns:
            prefix, real = self._prefix(pattern)
            if prefix:
                found[real] = prefix
        return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))

    def redact(self, text: str) -> str:
        """The text with the values of variables that the project's paths name put back to their names."""
        values = {self.env[name]: name for name in self.named if self.env.get(name)}
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, f"{_OPEN}{values[value]}{_CLOSE}")
        return text

    def _fill(self, path: str) -> str:
        for name in variables(path):
            if name not in self.env:
                raise PathProblem(f"the environment variable {name} is not set")
            path = path.replace(f"{_OPEN}{name}{_CLOSE}", self.env[name])
        return path

    def _prefix(self, pattern: str) -> tuple[str, str]:
        """What of a pattern is fixed by variables: as written, and on disk."""
        end = pattern.rfind(_CLOSE) + 1 if _OPEN in pattern else 0
        prefix = pattern[:end]
        real = self._fill(prefix)
        return prefix, real if real.startswith("/") or not prefix else f"{self.root}/{real}"

    def _shown(self, file: str, prefix: str, real_prefix: str) -> str:
        if prefix:
            return prefix + file[len(real_prefix) :]
        home = f"{self.root}/"
        return file[len(home) :] if file.startswith(home) else file


def _above_magic(pattern: str, fixed: int) -> str:
    """The folder that holds all that a pattern can match; the first ``fixed`` characters are no pattern."""
    parts = pattern[fixed:].split("/")
    plain = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return pattern[:fixed] + "/".join(parts[:plain])


def variables(text: str) -> list[str]:
    """The names of the variables in ``${env:NAME}``."""
    found = []
    for piece in text.split(_OPEN)[1:]:
        name, close, _ = piece.partition(_CLOSE)
        if close:
            found.append(name)
    return found
