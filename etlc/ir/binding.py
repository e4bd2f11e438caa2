"""What the judge of names and types answers, and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from etlc.sql.syntax import Query as Syntax
from etlc.sql.tree import Facts


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation: its name as written and its DuckDB type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class SqlError:
    """Why a text was refused. ``offset`` and ``length`` count characters of the text; None where unknown."""

    kind: str
    message: str
    offset: int | None = None
    length: int = 1
    subtype: str = ""
    name: str = ""
    candidates: tuple[str, ...] = ()


class Tree:
    """The syntax of a query, read when it is first asked for."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Syntax | None]) -> None:
        self._make = make
        self._made: Syntax | None = None

    def get(self) -> Syntax | None:
        """The syntax; None where the engine gives no tree of the query."""
        if self._made is None:
            self._made = self._make()
        return self._made


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the engine's parser says of a text: how many statements it has, and of the first its facts and its tree."""

    statements: int
    facts: Facts
    tree: Tree


class Shelf(Protocol):
    """Keeps plain data (JSON) from one compilation to the next, by a name that tells all that the data depends on."""

    def get(self, name: str) -> Any:
        """What was kept under a name; None where there is nothing."""
        ...

    def put(self, name: str, value: Any) -> None:
        """Keep a value. It must not be None."""
        ...


class Binder(Protocol):
    """An engine that holds no data and knows what is valid. Its relations are empty."""

    version: str

    def parse(self, sql: str) -> dict[str, Any] | SqlError:
        """The engine's own syntax tree of one or more statements, as JSON data."""
        ...

    def expect(self, texts: Sequence[str]) -> None:
        """These texts will be read soon: many at once cost less than one by one."""
        ...

    def read(self, sql: str) -> Parsed | SqlError:
        """What the engine's parser says of a text."""
        ...

    def is_expression(self, text: str) -> bool:
        """Whether a text is a single expression, in parentheses and without them."""
        ...

    def declare(self, name: str, columns: Sequence[Column]) -> None:
        """Make an empty relation, in place of one of the same name."""
        ...

    def bind(self, name: str, sql: str) -> tuple[Column, ...] | SqlError:
        """Bind a query, as CREATE TABLE AS names and types it, and make its empty relation ``name``."""
        ...

    def check(self, sql: str) -> SqlError | None:
        """Bind a query and keep nothing."""
        ...

    def evaluate(self, sql: str) -> SqlError | None:
        """Compute a query of literals alone: whether each of them is what it is cast to."""
        ...

    def type_name(self, text: str) -> str | None:
        """The canonical name of a type as a user writes it; None where there is no such type."""
        ...

    def volatile_functions(self) -> frozenset[str]:
        """Functions (lower case) that may answer differently each time."""
        ...
