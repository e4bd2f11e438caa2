"""Unit tests: what is run in memory, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.diagnostics import Located, Span
from etlc.ir.binding import Column

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that a test reads by its bare name: ``sql`` gives its rows. ``stored``: it is computed once.

    ``model``: it is computed as a model is, from the SQL of the project; otherwise its rows are given.
    """

    name: str
    sql: str
    stored: bool = False
    model: bool = False


@dataclass(frozen=True, slots=True)
class UnitTest:
    """A unit test as SQL. ``relations`` stand in an order in which each reads earlier ones only.

    ``columns`` are those that are compared, ``actual`` and ``expected`` are queries that give just them. ``key`` are
    their places (from 0) where the model has a key, and all of it is compared. ``form``: rows, csv or sql.
    """

    name: Located
    model: str
    relations: tuple[Relation, ...]
    columns: tuple[Column, ...]
    actual: str
    expected: str
    form: str
    key: tuple[int, ...] = ()
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class RowPair:
    """An expected row beside the one that came in its place. None: missing, or too many. ``differs``: places from 0."""

    expected: Row | None
    actual: Row | None
    differs: tuple[int, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the row is as it should be."""
        return self.expected is not None and self.actual is not None and not self.differs


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What came of a unit test: ``pass``, ``fail``, or ``error`` where its SQL could not be run.

    ``pairs`` are all rows in the order of the expected ones, what is too many at the end; empty unless it failed.
    ``missing`` and ``extra`` are the rows that the other side lacks, each as often as it does.
    """

    test: str
    model: str
    status: str
    seconds: float
    span: Span = field(compare=False)
    message: str = ""
    columns: tuple[Column, ...] = ()
    pairs: tuple[RowPair, ...] = ()
    missing: tuple[Row, ...] = ()
    extra: tuple[Row, ...] = ()

    def objects(self, rows: tuple[Row, ...]) -> list[Mapping[str, object]]:
        """Rows with their columns' names."""
        return [dict(zip((c.name for c in self.columns), row, strict=True)) for row in rows]
