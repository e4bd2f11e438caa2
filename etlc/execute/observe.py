"""Observing sources: which files there are, and whether they are the ones that were seen before.

A file is known by path, size and times. Where these cannot be trusted - it was written within a clock's tick of
being looked at, as git calls "racily clean", or its server tells no time - its content is hashed.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import replace

from etlc.execute.paths import PathProblem, Paths
from etlc.execute.remote import RACY_NS as REMOTE_RACY_NS
from etlc.execute.remote import Remote
from etlc.ir.plan import PlanSource
from etlc.ir.record import Part, SourceState
from etlc.kinds.addresses import is_address

# Times of files are coarse, and clocks of disks and machines differ: a file younger than this may change unseen.
RACY_NS = 2_000_000_000


def observe_source(
    source: PlanSource, paths: Paths, before: SourceState | None, remote: Remote | None = None
) -> SourceState:
    """What a source is now. ``remote`` sees what lies at addresses. Raises PathProblem where a path may not be used."""
    if source.rows is not None:
        return SourceState(f"{source.fingerprint}-")
    known = {part.path: part for part in before.parts} if before else {}
    parts = tuple(observe_file(path, paths, known.get(path), remote) for path in paths.find(source.paths, remote))
    return SourceState(version(source.fingerprint, parts), parts, before.landed if before else ())


def version(fingerprint: str, parts: Iterable[Part]) -> str:
    """The version of a source: how it is read, and the content of its files."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(f"{part.path}\0{part.token}\0".encode("utf-8", "surrogatepass"))
    return f"{fingerprint}-{state.hexdigest()}"


def observe_file(path: str, paths: Paths, known: Part | None, remote: Remote | None = None) -> Part:
    """One file as it is now; what is known of it is kept where it did not change."""
    real = paths.real(path)
    there = remote if is_address(real) else None
    now = time.time_ns()
    size, mtime, changed = (*there.stat(real, path), 0) if there else _stat(real, path)
    newest = max(mtime, changed)
    trusted = newest > 0 and now - newest > (REMOTE_RACY_NS if there else RACY_NS)
    same = known is not None and (known.size, known.mtime, known.changed) == (size, mtime, changed)
    if known is not None and same and known.trusted:
        return known
    part = Part(path, size, mtime, changed, trusted=trusted)
    comparable = known is not None and known.digest and known.size == size
    if not trusted or same or comparable:
        part = replace(part, digest=there.digest(real, path) if there else content_hash(real, path))
    if known is not None and part.token == known.token:
        part = replace(part, layout=known.layout)
    return part


def _stat(real: str, path: str) -> tuple[int, int, int]:
    try:
        stat = os.stat(real)
    except OSError as error:
        raise PathProblem(f"{path} cannot be read: {error.strerror}") from error
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def content_hash(real: str, path: str) -> str:
    """BLAKE2b of a file's bytes. Raises PathProblem where it cannot be read."""
    state = hashlib.blake2b(digest_size=16)
    try:
        with open(real, "rb") as file:
            while block := file.read(1 << 20):
                state.update(block)
    except OSError as error:
        raise PathProblem(f"{path} cannot be read: {error.strerror}") from error
    return state.hexdigest()
