"""Compiled plans, kept in ``.etlc/cache``: a command on unchanged specs reads one file and imports no compiler.

A plan is found by a hash of every text that it was compiled from. What was not written by this project, on this
machine, is thrown away: a repository could bring a forged one. The proof is a keyed hash; the key is made of the
inode and the times of a file in the cache, which a clone or a copy does not keep.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

from etlc import __version__
from etlc.diagnostics import Diagnostic, Diagnostics, Span
from etlc.ir.codec import Unfit, decode, encode
from etlc.ir.plan import Plan
from etlc.ir.spec import LockedSource

_KEEP = 8
_OWNER = "owner"
_SUMMARIES = "summaries"
_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan, the findings that came with it, and how many models and sources were read.

    ``looked`` are the sources that a look told the schema of; it is good while the files of all that were looked at are as
    in ``listings``: one that had none may have some by now, and they tell how they are to be read.
    """

    plan: Plan
    findings: tuple[tuple[str, ...], ...]
    models: int
    sources: int
    looked: Mapping[str, LockedSource]
    listings: Mapping[str, str]

    @staticmethod
    def of(
        diagnostics: Diagnostics,
        plan: Plan,
        counts: tuple[int, int],
        looked: Mapping[str, LockedSource],
        listings: Mapping[str, str],
    ) -> Kept:
        """What is kept of a compilation without errors; ``counts`` are models and sources."""
        rows = []
        for d in diagnostics:
            span = d.span
            rows.append(
                (
                    d.code,
                    d.message,
                    d.help,
                    span.file,
                    *map(str, (span.line, span.column, span.end_line, span.end_column)),
                )
            )
        return Kept(plan, tuple(rows), *counts, looked, listings)

    def diagnostics(self) -> Diagnostics:
        """The findings, as they were reported."""
        found = Diagnostics()
        for code, message, help, file, *place in self.findings:
            found.append(Diagnostic(code, message, Span(file, *map(int, place)), help))
        return found


def key(texts: Mapping[str, bytes], params: Mapping[str, str], upkeep: bool) -> str:
    """The name under which a plan is kept: a hash of all that it depends on. ``upkeep``: it can be run."""
    state = hashlib.blake2b(digest_size=16)
    for part in (
        __version__,
        version_of("duckdb"),
        version_of("sqlglot"),
        json.dumps([*sorted(params.items()), upkeep]),
    ):
        state.update(part.encode() + b"\0")
    for name, data in sorted(texts.items()):
        state.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogatepass") + data)
    return state.hexdigest()


@cache
def version_of(package: str) -> str:
    """The version of an installed package, "" where there is none; by the name of its folder of facts, where it lies
    beside the package: to read the facts takes longer than all else here."""
    found = util.find_spec(package)
    if found is None or not found.origin:
        return ""
    beside = Path(found.origin).parent.parent
    named = [path.name for path in beside.glob(f"{package}-*.dist-info")]
    if len(named) == 1:
        return named[0].removeprefix(f"{package}-").removesuffix(".dist-info")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def read(folder: Path, name: str) -> Kept | None:
    """The kept plan, None where there is none or it is damaged or foreign."""
    body = _load(folder, f"{name}.json")
    try:
        kept = decode(Kept, json.loads(body)) if body is not None else None
        return kept if isinstance(kept, Kept) else None
    except (ValueError, Unfit, KeyError, TypeError):
        return None


def write(folder: Path, name: str, kept: Kept) -> None:
    """Keep a plan. A cache that cannot be written costs time, and nothing else."""
    if _store(folder, f"{name}.json", _json(encode(kept))):
        with suppress(OSError):
            plans = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
            for old in plans[:-_KEEP]:
                old.unlink(missing_ok=True)


class Summaries:
    """What the compiler found out about each text, from one compilation to the next: a shelf (``etlc.ir.binding``).

    What compilations do not ask for any more goes, once it is more than what they do ask for. A line of the file is a
    name and its value: what nobody asks for is not read, and what is kept is not written anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self._made: dict[str, Any] = {}
        self._fresh = False
        lines = (_load(folder, _SUMMARIES) or b"").decode("utf-8", "surrogatepass").split("\n")
        if lines[0] == __version__:
            self._known = dict(zip(lines[1::2], lines[2::2], strict=True))

    def get(self, name: str) -> Any:
        """What was kept under a name; None where there is nothing."""
        found = self._made.get(name)
        if found is None:
            text = self._known.get(name)
            if text is not None:
                self._used[name] = text
                found = self._made[name] = json.loads(text)
        return found

    def put(self, name: str, value: Any) -> None:
        """Keep a value. It must not be None."""
        self._made[name] = value
        self._used[name] = _json(value)
        self._fresh = True

    def save(self) -> None:
        """Write what was asked for or found out; nothing where nothing was found out."""
        if self._fresh:
            idle = {name: text for name, text in self._known.items() if name not in self._used}
            kept = {**(idle if len(idle) <= len(self._used) else {}), **self._used}
            lines = (line for pair in kept.items() for line in pair)
            _store(self._folder, _SUMMARIES, "\n".join((__version__, *lines)))


def _load(folder: Path, name: str) -> bytes | None:
    """What a file of the cache holds, if this project wrote it on this machine."""
    try:
        seal = _seal(folder)
        proof, _, body = (folder / name).read_bytes().partition(b"\n")
        return body if seal is not None and proof.decode() == _proof(seal, body) else None
    except (OSError, ValueError):
        return None


def _store(folder: Path, name: str, text: str) -> bool:
    """Write a file of the cache at once, with its proof. Whether that could be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / _OWNER).exists():
            (folder / _OWNER).write_text("Caches of etlc; safe to delete.\n")
            (folder.parent / ".gitignore").write_text("*\n")  # whatever the project's own says
        seal = _seal(folder)
        if seal is None:
            return False
        body = text.encode("utf-8", "surrogatepass")
        hidden = folder / f".{name}.{os.getpid()}"
        hidden.write_bytes(_proof(seal, body).encode() + b"\n" + body)
        os.replace(hidden, folder / name)
        return True
    except (OSError, ValueError):
        return False


def _seal(folder: Path) -> bytes | None:
    """The key of the proofs: what only this copy of the folder, on this disk, has."""
    try:
        stat = os.stat(folder / _OWNER)
    except OSError:
        return None
    return f"{stat.st_dev} {stat.st_ino} {stat.st_mtime_ns}".encode()


def _proof(seal: bytes, body: bytes) -> str:
    return hashlib.blake2b(body, key=seal[:64], digest_size=32).hexdigest()
