"""Observing sources: which files there are, and whether they are the ones that were seen before.

A file is known by path, size and times. Where these cannot be trusted - it was written within a clock's tick of
being looked at, as git calls "racily clean", it got other times and kept its size, or its server tells no time - its
content is hashed. To hold it against, a run keeps hashes of the content of the files that it reads.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from etlc.execute.paths import PathProblem, Paths
from etlc.execute.remote import RACY_NS as REMOTE_RACY_NS
from etlc.execute.remote import Remote
from etlc.ir.plan import PlanSource
from etlc.ir.record import Part, SourceState
from etlc.kinds.addresses import is_address

# Times of files are coarse, and clocks of disks and machines differ: a file younger than this may change unseen.
RACY_NS = 2_000_000_000
# Bytes that a run hashes for later, of files that it sees for the first time, the smallest first: what takes a fifth of a
# second, beside reading as much. Without a limit, the first run over a lake of Parquet would take longer to hash it than
# to read the columns that it uses. A larger file that is touched wakes its readers that one time, and is hashed then.
# A hash of some of its bytes would not do: a changed value would pass for a touch.
MOST_HASHED = 256_000_000
_OPENING = 50_000  # bytes that are hashed in the time that it takes to open a file
_MUCH = 30_000_000  # bytes that are hashed in the time that it takes to write the state


def observe_source(
    source: PlanSource, paths: Paths, before: SourceState | None, remote: Remote | None = None
) -> SourceState:
    """What a source is now. ``remote`` sees what lies at addresses. Raises PathProblem where a path may not be used."""
    if source.rows is not None:
        return SourceState(f"{source.fingerprint}-")
    known = {part.path: part for part in before.parts} if before else {}
    now = time.time_ns()  # before the files are looked at
    found = paths.look(source.paths, remote)
    parts = tuple([observe_file(path, stat, now, paths, known.get(path), remote) for path, stat in found.items()])
    unmoved = before is not None and parts == before.parts and before.version.startswith(f"{source.fingerprint}-")
    named = before.version if before is not None and unmoved else version(source.fingerprint, parts)
    return SourceState(named, parts, before.landed if before else ())


def version(fingerprint: str, parts: Iterable[Part]) -> str:
    """The version of a source: how it is read, and the content of its files."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(f"{part.path}\0{part.token}\0".encode("utf-8", "surrogatepass"))
    return f"{fingerprint}-{state.hexdigest()}"


def observe_file(
    path: str, stat: os.stat_result | None, now: int, paths: Paths, known: Part | None, remote: Remote | None
) -> Part:
    """One file as it is now; what is known of it is kept where it did not change. ``stat`` is what the disk told of it
    after the time ``now`` (ns), if it did."""
    told = None if stat is None else _times(stat)
    if known is not None and known.trusted and told == (known.size, known.mtime, known.changed):
        return known
    real = paths.real(path)
    there = remote if is_address(real) else None
    size, mtime, changed = (*there.stat(real, path), 0) if there else told or _times(_stat(real, path))
    newest = max(mtime, changed)
    trusted = newest > 0 and now - newest > (REMOTE_RACY_NS if there else RACY_NS)
    same = known is not None and (known.size, known.mtime, known.changed) == (size, mtime, changed)
    if known is not None and same and known.trusted:
        return known
    # Of the same size: it was touched, or has other content. Even the same mtime tells nothing, since it can be set.
    comparable = known is not None and known.size == size and (known.digest != "" or known.mtime == mtime)
    digest = ""
    if not trusted or comparable:
        digest = there.digest(real, path) if there else content_hash(real, path)
    if known is not None and known.size == size and digest and digest == known.digest:
        return Part(path, size, mtime, changed, known.token, trusted, known.layout, digest)
    return Part(path, size, mtime, changed, digest or f"{size}-{mtime}", trusted, digest=digest)


def with_digests(
    sources: Mapping[str, SourceState], before: Mapping[str, SourceState], paths: Paths
) -> dict[str, SourceState]:
    """The states with hashes of the files that are new or changed, as far as they go: see ``MOST_HASHED``.

    Called before the files are read, so that what is read is at least as new as what is hashed.
    """
    waiting = []
    for name, state in sources.items():
        known = {part.path: part for part in before[name].parts} if name in before else {}
        for at, part in enumerate(state.parts):
            old = known.get(part.path)
            fresh = old is None or (old.size, old.mtime, old.changed) != (part.size, part.mtime, part.changed)
            if fresh and not part.digest and not is_address(paths.real(part.path)):
                # What was touched once, or written under the same size, will probably be so again.
                again = old is not None and old.size == part.size
                waiting.append((not again, part.size, name, at))
    found = {name: list(state.parts) for name, state in sources.items()}
    left = MOST_HASHED
    for first, size, name, at in sorted(waiting):
        left -= size if first else 0
        if left < 0:
            break
        part = found[name][at]
        with suppress(PathProblem):  # who reads it says what is wrong with it
            found[name][at] = replace(part, digest=content_hash(paths.real(part.path), part.path))
    return {name: replace(state, parts=tuple(found[name])) for name, state in sources.items()}


def touched(before: Mapping[str, SourceState], now: Mapping[str, SourceState]) -> list[str]:
    """The sources of which files have other times than they had ``before``, or can be trusted now, and no other content:
    where it is much that every run would have to hash again. A few small files are not worth a write."""
    found, work = [], 0
    for name, state in now.items():
        known = before.get(name)
        if known is not None and known.version == state.version and known.parts != state.parts:
            found.append(name)
            work += sum(part.size + _OPENING for part in set(state.parts) - set(known.parts))
    return found if work >= _MUCH else []


def _stat(real: str, path: str) -> os.stat_result:
    try:
        return os.stat(real)
    except OSError as error:
        raise PathProblem(f"{path} cannot be read: {error.strerror}") from error


def _times(stat: os.stat_result) -> tuple[int, int, int]:
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
