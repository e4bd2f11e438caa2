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
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from etlc import __version__
from etlc.diagnostics import Diagnostic, Diagnostics, Span
from etlc.ir.codec import Unfit, decode, encode
from etlc.ir.plan import Plan

_KEEP = 8
_OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan, the findings that came with it, and how many models and sources were read."""

    plan: Plan
    findings: tuple[tuple[str, ...], ...]
    models: int
    sources: int

    @staticmethod
    def of(diagnostics: Diagnostics, plan: Plan, models: int, sources: int) -> Kept:
        """What is kept of a compilation without errors."""
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
        return Kept(plan, tuple(rows), models, sources)

    def diagnostics(self) -> Diagnostics:
        """The findings, as they were reported."""
        found = Diagnostics()
        for code, message, help, file, *place in self.findings:
            found.append(Diagnostic(code, message, Span(file, *map(int, place)), help))
        return found


def key(texts: Mapping[str, bytes], params: Mapping[str, str]) -> str:
    """The name under which a plan is kept: a hash of all that it depends on."""
    state = hashlib.blake2b(digest_size=16)
    for part in (__version__, _version("duckdb"), _version("sqlglot"), json.dumps(sorted(params.items()))):
        state.update(part.encode() + b"\0")
    for name, data in sorted(texts.items()):
        state.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogatepass") + data)
    return state.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def read(folder: Path, name: str) -> Kept | None:
    """The kept plan, None where there is none or it is damaged or foreign."""
    try:
        seal = _seal(folder)
        data = (folder / f"{name}.json").read_bytes()
        proof, _, body = data.partition(b"\n")
        if seal is None or proof.decode() != _proof(seal, body):
            return None
        kept = decode(Kept, json.loads(body))
        return kept if isinstance(kept, Kept) else None
    except (OSError, ValueError, Unfit, KeyError, TypeError):
        return None


def write(folder: Path, name: str, kept: Kept) -> None:
    """Keep a plan. A cache that cannot be written costs time, and nothing else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / _OWNER).exists():
            (folder / _OWNER).write_text("Caches of etlc; safe to delete.\n")
        seal = _seal(folder)
        if seal is None:
            return
        body = json.dumps(encode(kept), separators=(",", ":")).encode("utf-8", "surrogatepass")
        hidden = folder / f".{name}.{os.getpid()}"
        hidden.write_bytes(_proof(seal, body).encode() + b"\n" + body)
        os.replace(hidden, folder / f"{name}.json")
        plans = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        for old in plans[:-_KEEP]:
            old.unlink(missing_ok=True)
    except (OSError, ValueError):
        return


def _seal(folder: Path) -> bytes | None:
    """The key of the proofs: what only this copy of the folder, on this disk, has."""
    try:
        stat = os.stat(folder / _OWNER)
    except OSError:
        return None
    return f"{stat.st_dev} {stat.st_ino} {stat.st_mtime_ns}".encode()


def _proof(seal: bytes, body: bytes) -> str:
    return hashlib.blake2b(body, key=seal[:64], digest_size=32).hexdigest()
