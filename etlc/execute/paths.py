"""Paths of sources and outputs: found, resolved, and kept inside what the project declares."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
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
        """The absolute path on disk, variables filled in, without ``..``. Raises PathProblem for an unset variable.

        Without ``..`` and the like, because DuckDB 2.0 takes them out of the names of the files that it reports.
        """
        return os.path.normpath(os.path.join(self.root, self._fill(path)))

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

    def find(self, patterns: Sequence[str]) -> list[str]:
        """The files that the patterns name, each once, in the order of the patterns and then by name.

        They are named as SQL names them that is given :meth:`prefixes`. Raises PathProblem for one that lies outside.
        """
        prefixes = self.prefixes(patterns)
        found: dict[str, None] = {}
        for pattern in patterns:
            for real in self._match(pattern):
                named = next((shown + real[len(start) :] for start, shown in prefixes if real.startswith(start)), real)
                if not self.inside(real):
                    raise PathProblem(f"{named} leads out of the project by a symbolic link")
                found[named] = None
        return list(found)

    def _match(self, pattern: str) -> list[str]:
        if "://" in pattern:
            raise PathProblem(f"{pattern} is an address; this version reads files only")
        real_prefix = self._prefix(pattern)[1]
        real = self.real(pattern)
        if glob.has_magic(real[len(real_prefix) :]):
            if not self.inside(_above_magic(real, len(real_prefix))):
                raise PathProblem(f"{pattern} leads out of the project by a symbolic link")
            found = sorted(glob.glob(glob.escape(real_prefix) + real[len(real_prefix) :], recursive=True))
        else:
            found = [real] if os.path.exists(real) else []
        return [file for file in found if not os.path.isdir(file)]

    def prefixes(self, patterns: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """(real, shown) beginnings of the files that the patterns name."""
        found = {f"{self.root}/": "", **{real: prefix for prefix, real in map(self._prefix, patterns)}}
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
        """How a pattern begins, as written and on disk: with variables, in the project, above it, or anywhere."""
        if _OPEN in pattern:
            prefix = pattern[: pattern.rfind(_CLOSE) + 1]
            slash = "/" if pattern[len(prefix) :].startswith("/") or self._fill(prefix).endswith("/") else ""
            shown = prefix + ("/" if pattern[len(prefix) :].startswith("/") else "")
            return shown, self.real(prefix).rstrip("/") + slash
        if pattern.startswith("/"):
            return "/", "/"
        above = os.path.normpath(pattern).split("/").count("..")
        folder = self.real("../" * above).rstrip("/")
        return "../" * above, f"{folder}/"


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
