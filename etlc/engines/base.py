"""What the runner needs of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol, Self

from etlc.ir.binding import SqlError


class EngineError(Exception):
    """A statement failed; ``error`` is what the engine says of it."""

    def __init__(self, error: SqlError) -> None:
        super().__init__(error.message)
        self.error = error


class EngineInterrupted(Exception):
    """A statement was stopped from outside."""


class WarehouseBusy(Exception):
    """Another process holds the warehouse. ``holder`` is the engine's word on who it is."""

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(holder)
        self.path = path
        self.holder = holder


class WarehouseUnusable(Exception):
    """The warehouse cannot be opened; the message says why."""


class ExtensionMissing(Exception):
    """DuckDB lacks an extension; the message is its name."""


class Session(Protocol):
    """One connection: its own transaction, its own temporary relations."""

    def execute(self, sql: str, params: Sequence[object] | Mapping[str, object] | None = None) -> None:
        """Run one statement. Raises EngineError, EngineInterrupted."""
        ...

    def rows(self, sql: str, params: Sequence[object] | Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run one query and fetch all of it. Raises EngineError, EngineInterrupted."""
        ...

    def table(
        self, sql: str, params: Sequence[object] | Mapping[str, object] | None = None, limit: int | None = None
    ) -> tuple[list[str], list[str], list[tuple[Any, ...]]]:
        """Names, types and rows (at most ``limit``) of a query. Raises EngineError, EngineInterrupted."""
        ...

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """Within the block, what takes longer than this ends with an EngineError."""
        ...

    def rollback(self) -> None:
        """Give up the transaction, if one is open."""
        ...


class Engine(Protocol):
    """A warehouse that is open."""

    version: str

    def session(self) -> Session:
        """A new connection to the same warehouse."""
        ...

    def interrupt(self) -> None:
        """Stop what runs in any session. May be called from another thread or a signal handler."""
        ...

    def close(self) -> None:
        """Close all sessions and the warehouse."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
