"""Files at addresses: listed, looked at and written through DuckDB, which alone talks to servers.

DuckDB tells an object's size and time, but not its ETag; the content is hashed where the time says nothing.
"""

from __future__ import annotations

import glob
import gzip
import re
import zlib
from pathlib import Path
from typing import Any

from etlc.engines.base import EngineError, Session
from etlc.kinds.addresses import in_bucket, without_query
from etlc.kinds.sources import file_list
from etlc.sql.quote import string

# Servers keep times in whole seconds by clocks of their own: what is younger may change unseen.
RACY_NS = 120_000_000_000
_LARGEST = 4_000_000_000  # what DuckDB takes as one value, in bytes
_STATUS = re.compile(r"HTTP (?:code )?([1-5][0-9][0-9])(?: ([A-Z][A-Za-z ]*))?")


class PathProblem(Exception):
    """A path that may not be used, or leads nowhere; the message is a sentence without secrets."""


class Unreachable(PathProblem):
    """A server does not answer, or not with what was asked for."""


class Remote:
    """The objects at addresses, as ``session`` sees them. What it has listed it does not ask for again.

    ``real`` is an address with its variables filled in, ``shown`` the same as it may be shown. All methods raise
    Unreachable.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._seen: dict[str, tuple[int, int]] = {}

    def match(self, real: str, shown: str) -> list[str]:
        """The addresses that a pattern names; one without a wildcard is not looked at."""
        if not (in_bucket(real) and glob.has_magic(real)):
            return [real]
        found = {name: (size, time) for name, size, time in self._ask(string(real), shown) if not name.endswith("/")}
        self._seen.update(found)
        return sorted(found)

    def stat(self, real: str, shown: str) -> tuple[int, int]:
        """Size in bytes, and the time of the last change in ns, 0 where the server does not tell it."""
        if real not in self._seen:
            found = self._ask(file_list([real]), shown)
            if not found:
                raise Unreachable(f"{without_query(shown)}: there is no such file")
            self._seen[real] = found[0][1:]
        return self._seen[real]

    def digest(self, real: str, shown: str) -> str:
        """A hash of the content, "" where that is too large: then its time must do."""
        size, time = self.stat(real, shown)
        if size > _LARGEST and not time:
            raise Unreachable(
                f"{without_query(shown)} is larger than 4 GB, and its server does not tell when it changed"
            )
        if size > _LARGEST:
            return ""
        return str(self._query(f"SELECT sha256(content) FROM read_blob({file_list([real])})", shown)[0][0])

    def blank(self, real: str, shown: str) -> bool:
        """Whether an object, perhaps packed with gzip, holds nothing but white space. It is read whole."""
        data = bytes(self._query(f"SELECT content FROM read_blob({file_list([real])})", shown)[0][0])
        try:
            return not (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).strip(b"\xef\xbb\xbf \t\r\n")
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return False  # DuckDB says what is wrong with it

    def put(self, file: Path, real: str, shown: str) -> None:
        """Upload a file, which appears whole or not at all. Raises PathProblem.

        Not by COPY of the query itself: where that fails half-way, DuckDB leaves half an object.
        """
        if file.stat().st_size > _LARGEST:
            raise PathProblem(f"{shown} would be larger than 4 GB, which DuckDB cannot upload whole")
        content = f"SELECT content FROM read_blob({file_list([str(file)])})"
        try:
            self.session.execute(f"COPY ({content}) TO {string(real)} (FORMAT blob)")
        except EngineError as error:
            raise Unreachable(f"{shown}: {words(error)}") from error
        self._seen.pop(real, None)

    def _ask(self, argument: str, shown: str) -> list[tuple[str, int, int]]:
        query = f"SELECT filename, size, coalesce(epoch_ns(last_modified), 0) FROM read_blob({argument})"
        try:
            return [(str(name), int(size), int(time)) for name, size, time in self.session.rows(query)]
        except EngineError as error:
            if "No files found" in error.error.message:
                return []
            raise Unreachable(f"{without_query(shown)}: {words(error)}") from error

    def _query(self, query: str, shown: str) -> list[tuple[Any, ...]]:
        try:
            return self.session.rows(query)
        except EngineError as error:
            raise Unreachable(f"{without_query(shown)}: {words(error)}") from error


def words(error: EngineError) -> str:
    """What the network did, in a few words: DuckDB's own name the server and the query."""
    message = error.error.message
    if status := _STATUS.search(message):
        hint = ", see the credentials in the environment" if status[1] in ("401", "403") else ""
        return f"the server answers {' '.join(part for part in status.groups() if part).strip()}{hint}"
    lower = message.lower()
    if "timeout" in lower or "timed out" in lower:
        return "the server does not answer in time"
    if "could not connect" in lower or "resolve" in lower or "connection" in lower:
        return "the server cannot be reached"
    if "http 0 " in lower:  # DuckDB's word where it lost the status while it tried in several ways
        return "the server answers with an error"
    return without_query(message.split("\n")[0]).rstrip(".")
