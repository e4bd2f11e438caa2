"""DuckDB as the engine: one file, or memory, opened inside a fence.

The fence is closed before any SQL of a project runs: files only in the folders that the project declares, the network
only at the addresses that it allows, no extensions, no change of settings. DuckDB itself resolves symbolic links when it
holds a path against it.
"""

from __future__ import annotations

import glob
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from etlc.engines.base import EngineError, EngineInterrupted, ExtensionMissing, WarehouseBusy, WarehouseUnusable
from etlc.engines.errors import read_error
from etlc.engines.network import open_network
from etlc.ir.binding import SqlError
from etlc.sql.quote import ident, literal, string

# What DuckDB 1.5 can read: DuckDB 2.0 would otherwise write a newer format.
STORAGE = "v1.5.0"
_CONFIG: dict[str, str | bool | int | float | list[str]] = {"storage_compatibility_version": STORAGE}
_POLL = 0.05
_LOCKED = "Could not set lock on file"
_NEW = ".etlc-new-"
_LATE = SqlError("late", "it takes too long")


@dataclass(frozen=True, slots=True)
class Fence:
    """What a connection may touch: folders and addresses it may read and write, and its limits (memory, threads, temp)."""

    folders: tuple[str, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict)
    temp: str = ""
    addresses: tuple[str, ...] = ()


class DuckSession:
    """One connection of a :class:`DuckEngine`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, stopped: threading.Event) -> None:
        self.con = con
        self._stopped = stopped
        self._late = False

    def execute(self, sql: str, params: Sequence[object] | Mapping[str, object] | None = None) -> None:
        """Run one statement."""
        self._run(sql, params)

    def rows(self, sql: str, params: Sequence[object] | Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run one query and fetch all of it."""
        return self._fetch(sql, params, None)

    def table(
        self, sql: str, params: Sequence[object] | Mapping[str, object] | None = None, limit: int | None = None
    ) -> tuple[list[str], list[str], list[tuple[Any, ...]]]:
        """Names, types and rows of a query. Moments with a time zone come as text: Python would want pytz for them."""
        self._run(sql, params)
        about = self.con.description or []
        names, types = [str(column[0]) for column in about], [str(column[1]) for column in about]
        zoned = [name for name, kind in zip(names, types, strict=True) if "TIME ZONE" in kind.upper()]
        if zoned:
            texts = ", ".join(f"CAST({ident(name)} AS VARCHAR) AS {ident(name)}" for name in dict.fromkeys(zoned))
            sql = f"SELECT * REPLACE ({texts}) FROM (\n{sql}\n) AS _etlc_zoned"
        return names, types, self._fetch(sql, params, limit)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Statements in the block end with an EngineError once this time is over."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._late = False

    def _cut(self) -> None:
        self._late = True
        self.con.interrupt()

    def rollback(self) -> None:
        """Give up the transaction, if one is open."""
        with suppress(duckdb.Error, RuntimeError):  # there may be none
            self.con.execute("ROLLBACK")

    def _run(self, sql: str, params: Sequence[object] | Mapping[str, object] | None) -> None:
        if self._stopped.is_set():
            raise EngineInterrupted("stopped")
        if self._late:
            raise EngineError(_LATE)
        try:
            self.con.execute(sql, params) if params else self.con.execute(sql)
        except (duckdb.Error, RuntimeError, ValueError) as error:
            raise self._translated(error, sql) from error

    def _fetch(
        self, sql: str, params: Sequence[object] | Mapping[str, object] | None, limit: int | None
    ) -> list[tuple[Any, ...]]:
        self._run(sql, params)
        try:
            return self.con.fetchall() if limit is None else self.con.fetchmany(limit)
        except (duckdb.Error, RuntimeError, ValueError) as error:
            raise self._translated(error, sql) from error

    def _translated(self, error: Exception, sql: str) -> Exception:
        found = _translated(error, sql)
        late = self._late and not self._stopped.is_set() and isinstance(found, EngineInterrupted)
        return EngineError(_LATE) if late else found


def _translated(error: Exception, sql: str) -> Exception:
    # A signal that arrives while the main thread is in a query ends it with a RuntimeError.
    queried = isinstance(error, RuntimeError) and "interrupted" in str(error).lower()
    if isinstance(error, duckdb.InterruptException) or queried:
        return EngineInterrupted(str(error))
    return EngineError(read_error(error, sql))


class DuckEngine:
    """A DuckDB database that is open and fenced."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._stopped = threading.Event()
        self._closing = threading.RLock()  # reentrant: a signal handler may interrupt while the main thread closes
        self.version: str = duckdb.__version__

    def session(self) -> DuckSession:
        """A new connection to the same database."""
        cursor = self._con.cursor()
        self._cursors = [*self._cursors, cursor]
        return DuckSession(cursor, self._stopped)

    def interrupt(self) -> None:
        """Stop what runs in any session, and let nothing begin any more."""
        self._stopped.set()
        with self._closing:
            for cursor in self._cursors:
                cursor.interrupt()

    def close(self) -> None:
        """Close everything."""
        with self._closing:
            cursors, self._cursors = self._cursors, []
            for cursor in cursors:
                cursor.close()
            self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_memory(fence: Fence) -> DuckEngine:
    """A database in memory, fenced. It spills into ``fence.temp``. Raises WarehouseUnusable, ExtensionMissing."""
    return _fenced(duckdb.connect(":memory:"), fence)


def open_warehouse(
    path: Path, fence: Fence, timeout: float, stopped: threading.Event, read_only: bool = False
) -> DuckEngine:
    """Open the warehouse, waiting up to ``timeout`` seconds for a process that holds it.

    Raises WarehouseBusy where it is held longer, WarehouseUnusable where it is no database or cannot be made,
    ExtensionMissing, and EngineInterrupted when ``stopped`` is set meanwhile.
    """
    try:
        if not read_only and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path)
    except OSError as error:
        raise WarehouseUnusable(f"{error.strerror}: {error.filename}") from error
    deadline = time.monotonic() + timeout
    while True:
        try:
            con = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
            break
        except (duckdb.Error, RuntimeError) as error:
            if _LOCKED not in str(error):
                raise WarehouseUnusable(read_error(error).message.split("\n")[0]) from error
            if time.monotonic() >= deadline:
                raise WarehouseBusy(path.name, _holder(str(error))) from error
            if stopped.is_set():
                raise EngineInterrupted("stopped while waiting") from error
            time.sleep(_POLL)
    if not read_only:
        for orphan in path.parent.glob(f".{glob.escape(path.name)}{_NEW}*"):
            orphan.unlink(missing_ok=True)
    return _fenced(con, fence)


def _create(path: Path) -> None:
    """Make an empty warehouse, whole or not at all: DuckDB, when it is killed meanwhile, leaves one that nothing opens."""
    hidden = path.with_name(f".{path.name}{_NEW}{os.getpid()}")
    hidden.unlink(missing_ok=True)
    try:
        duckdb.connect(str(hidden), config=_CONFIG).close()
        os.link(hidden, path)
    except FileExistsError:
        return  # another process was faster
    except (duckdb.Error, OSError):
        return  # a disk without hard links, or one that is full: DuckDB makes it in place, or says why it cannot
    finally:
        hidden.unlink(missing_ok=True)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)  # of a warehouse that somebody has removed


def _holder(message: str) -> str:
    """Who holds the lock, as DuckDB names it: ``python3.11 (PID 4711)``."""
    _, mark, tail = message.partition("lock is held in ")
    return tail.split(". ")[0].strip().rsplit("/", 1)[-1] if mark else "another process"


def _fenced(con: duckdb.DuckDBPyConnection, fence: Fence) -> DuckEngine:
    try:
        _close_fence(con, fence)
    except (duckdb.Error, RuntimeError) as error:
        con.close()
        raise WarehouseUnusable(read_error(error).message.split("\n")[0]) from error
    except ExtensionMissing:
        con.close()
        raise
    return DuckEngine(con)


def _close_fence(con: duckdb.DuckDBPyConnection, fence: Fence) -> None:
    limits = dict(fence.limits)
    # Files are named with their brackets escaped, and DuckDB holds such a name against the folders as it is written.
    addresses = list(dict.fromkeys([*fence.addresses, *map(glob.escape, fence.addresses)]))
    folders = list(dict.fromkeys([*fence.folders, *map(glob.escape, fence.folders), *addresses]))
    early = [
        "autoload_known_extensions=false",
        "autoinstall_known_extensions=false",
        "allow_community_extensions=false",
        "allow_persistent_secrets=false",
    ]
    settings = [
        f"allowed_directories={literal(folders)}" if folders else "",
        f"allowed_paths={literal(addresses)}" if addresses else "",
        "python_enable_replacements=false",
        "errors_as_json=true",
        # DuckDB 2.0 writes files from threads of their own, and when the disk is full it may wait for them forever.
        "" if duckdb.__version__.startswith("1.") else "async_threads=0",
        f"memory_limit={string(limits['memory'])}" if "memory" in limits else "",
        f"threads={int(limits['threads'])}" if "threads" in limits else "",
        f"temp_directory={string(fence.temp)}" if fence.temp else "",
        f"max_temp_directory_size={string(limits['temp'])}" if "temp" in limits else "",
        "enable_external_access=false",
        # PIVOT without IN is several statements, around which DuckDB 1.5 sets and resets this by itself.
        "allowed_configs=['current_transaction_invalidation_policy']",
        "lock_configuration=true",
    ]
    for setting in early:
        con.execute(f"SET {setting}")
    if fence.addresses:
        open_network(con, os.environ)
    for setting in settings:
        if setting:
            con.execute(f"SET {setting}")
