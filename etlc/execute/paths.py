"""Paths of sources and outputs: found, resolved, and kept inside what the project declares."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISDIR, S_ISLNK

from etlc.execute.remote import PathProblem, Remote
from etlc.kinds import addresses

__all__ = ["PathProblem", "Paths", "variables"]

_OPEN, _CLOSE = "${env:", "}"


@dataclass(frozen=True, slots=True)
class Paths:
    """Resolves the paths of a project. ``env`` are the environment's variables, for ``${env:NAME}``; ``named`` are
    those that the project's paths name. ``remote``: one of the paths is an address.

    What leaves this class names a variable, never its value: files are kept as ``${env:LAKE}/orders/x.csv``.
    """

    root: Path
    allow: tuple[str, ...]
    env: Mapping[str, str]
    named: frozenset[str] = frozenset()
    remote: bool = False

    @staticmethod
    def of(root: Path, allow: Iterable[str], env: Mapping[str, str], patterns: Iterable[str]) -> Paths:
        """The paths of a project whose sources and outputs lie at ``patterns``. Raises PathProblem for ``allow``."""
        allowed, patterns = tuple(map(str, allow)), tuple(map(str, patterns))
        named = frozenset(name for pattern in (*allowed, *patterns) for name in variables(pattern))
        paths = Paths(root, allowed, env, named)
        for entry, real in zip(allowed, map(paths.real, allowed), strict=True):
            if addresses.is_address(real) and (fault := addresses.fault(real)):
                raise PathProblem(f"{addresses.without_query(entry)} {fault[0]}")
        if any(
            addresses.is_address(paths._fill(path)) for path in patterns if all(name in env for name in variables(path))
        ):
            return replace(paths, remote=True)
        return paths

    def real(self, path: str) -> str:
        """The absolute path on disk, or the address, variables filled in. Raises PathProblem for an unset variable.

        Without ``..`` and the like, because DuckDB 2.0 takes them out of the names of the files that it reports.
        """
        filled = self._fill(path)
        if addresses.is_address(filled):
            return addresses.normal(filled)
        return os.path.normpath(os.path.join(self.root, filled))

    def folders(self) -> list[str]:
        """The real folders that the project may use: its own, and those it allows."""
        allowed = [real for real in map(self.real, self.allow) if not addresses.is_address(real)]
        return [os.path.realpath(path) for path in (str(self.root), *allowed)]

    def addresses(self) -> list[str]:
        """The addresses that the project may use; none where it uses none."""
        return [real for real in map(self.real, self.allow) if self.remote and addresses.is_address(real)]

    def inside(self, real: str) -> bool:
        """Whether a path, its links followed, lies in one of the folders, or an address under an allowed one."""
        if addresses.is_address(real):
            return not addresses.fault(real) and any(addresses.below(real, entry) for entry in self.addresses())
        target = os.path.realpath(real)
        return any(target == folder or target.startswith(folder.rstrip("/") + "/") for folder in self.folders())

    def find(self, patterns: Sequence[str], remote: Remote | None = None) -> list[str]:
        """The files that the patterns name, as :meth:`look` does."""
        return list(self.look(patterns, remote))

    def look(self, patterns: Sequence[str], remote: Remote | None = None) -> dict[str, os.stat_result | None]:
        """The files that the patterns name, each once, in the order of the patterns and then by name; with what the disk
        tells of them, None where it was not asked or tells nothing.

        They are named as SQL names them that is given :meth:`prefixes`. ``remote`` lists what addresses name. Raises
        PathProblem for one that lies outside.
        """
        prefixes, folders = self.prefixes(patterns), _Folders(self)
        found: dict[str, os.stat_result | None] = {}
        for pattern in patterns:
            for real, stat in self._match(pattern, remote):
                start, shown = next((pair for pair in prefixes if real.startswith(pair[0])), ("", ""))
                named = shown + real[len(start) :]
                if _OPEN in real[len(start) :]:
                    raise PathProblem(f"{named} has {_OPEN} in its name, which stands for a variable")
                if not (folders.hold(real) if stat is not None and not S_ISLNK(stat.st_mode) else self.inside(real)):
                    raise PathProblem(self.outside(named))
                found[named] = None if stat is not None and S_ISLNK(stat.st_mode) else stat
        return found

    def outside(self, shown: str) -> str:
        """The sentence for a path that is not :meth:`inside`."""
        if addresses.is_address(self._fill(shown)):
            fault = addresses.fault(self._fill(shown))
            return f"{addresses.without_query(shown)} {fault[0] if fault else 'is not under an address of `allow:`'}"
        return f"{shown} leads out of the project by a symbolic link"

    def _match(self, pattern: str, remote: Remote | None) -> list[tuple[str, os.stat_result | None]]:
        """What a pattern names, and what the disk tells of it: of a link, that it is one."""
        real_prefix = self._prefix(pattern)[1]
        real = self.real(pattern)
        if addresses.is_address(real):
            if remote is None or not self.inside(real):
                raise PathProblem(self.outside(pattern))
            return [(file, None) for file in remote.match(real, pattern)]
        if glob.has_magic(real[len(real_prefix) :]):
            if not self.inside(_above_magic(real, len(real_prefix))):
                raise PathProblem(f"{pattern} leads out of the project by a symbolic link")
            found = sorted(glob.glob(glob.escape(real_prefix) + real[len(real_prefix) :], recursive=True))
        else:
            found = [real] if os.path.exists(real) else []
        looked = [(file, _lstat(file)) for file in found]
        return [(file, stat) for file, stat in looked if not _is_folder(file, stat)]

    def absent(self, patterns: Sequence[str]) -> list[str]:
        """Those that name one file or folder, which is not there. An address says so itself when it is read."""
        return [
            pattern
            for pattern in patterns
            if not addresses.is_address(real := self.real(pattern))
            and not glob.has_magic(real[len(self._prefix(pattern)[1]) :])
            and not os.path.exists(real)
        ]

    def prefixes(self, patterns: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """(real, shown) beginnings of the files that the patterns name."""
        found = {f"{self.root}/": "", **{real: prefix for prefix, real in map(self._prefix, patterns)}}
        return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))

    def redact(self, text: str) -> str:
        """The text with the values of variables that the project's paths name put back to their names.

        Addresses lose their queries, where tokens may stand.
        """
        values = {self.env[name]: name for name in self.named if self.env.get(name)}
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, f"{_OPEN}{values[value]}{_CLOSE}")
        return addresses.without_query(text)

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
        if addresses.is_address(pattern):
            return addresses.place(pattern), addresses.normal(addresses.place(pattern))
        if pattern.startswith("/"):
            return "/", "/"
        above = os.path.normpath(pattern).split("/").count("..")
        folder = self.real("../" * above).rstrip("/")
        return "../" * above, f"{folder}/"


class _Folders:
    """Whether files that are no links lie inside: what is asked of their folders, and of each once."""

    def __init__(self, paths: Paths) -> None:
        self._allowed = [folder.rstrip("/") + "/" for folder in paths.folders()]
        self._known: dict[str, bool] = {}

    def hold(self, real: str) -> bool:
        """The same as ``Paths.inside``."""
        folder = os.path.dirname(real)
        found = self._known.get(folder)
        if found is None:
            target = os.path.realpath(folder).rstrip("/") + "/"
            found = self._known[folder] = any(target.startswith(allowed) for allowed in self._allowed)
        return found


def _lstat(file: str) -> os.stat_result | None:
    try:
        return os.lstat(file)
    except OSError:
        return None  # who reads it says so


def _is_folder(file: str, stat: os.stat_result | None) -> bool:
    if stat is None or S_ISLNK(stat.st_mode):
        return os.path.isdir(file)
    return S_ISDIR(stat.st_mode)


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
