"""The parts that a query is taken apart into, as ranges of its pieces: see :mod:`etlc.sql.blocks`."""

from __future__ import annotations

from dataclasses import dataclass, field


class Unsliceable(Exception):
    """A form that is not taken apart."""


@dataclass(eq=False, slots=True)
class Item:
    """An item of a select list, without its comma. ``name`` is "" where DuckDB makes one; ``key`` tells it apart then.

    ``bare``: a column as it is, under its own name. ``always``: the rows depend on it.
    """

    start: int
    end: int
    name: str
    key: str
    star: bool = False
    bare: bool = False
    always: bool = False


@dataclass(eq=False, slots=True)
class Block:
    """A SELECT, with what stands behind it. ``whole``: the rows depend on all items, or they stand at places that count;
    ``prefix``: on so many, by their numbers. ``aggregated``: its items alone make it one row. Ranges of pieces in
    ``order`` are its ORDER BY. ``listed``: a source has new names for its columns, by their places.
    """

    start: int
    end: int
    items: list[Item] = field(default_factory=list)
    list_end: int = 0
    list_start: int = 0
    whole: bool = False
    prefix: int = 0
    aggregated: bool = False
    listed: bool = False
    order: tuple[int, int] | None = None
    limited: bool = False
    sources: list[Query] = field(default_factory=list)
    inner: list[Query] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Cte:
    """An entry of WITH, from its name on."""

    name: str
    start: int
    end: int
    query: Query
    listed: bool


@dataclass(eq=False, slots=True)
class Query:
    """A query: a SELECT, or the arms of set operations. ``exact``: all their columns count; ``tail`` stands behind all."""

    start: int
    end: int
    arms: list[Block] = field(default_factory=list)
    ctes: list[Cte] = field(default_factory=list)
    body: int = 0
    exact: bool = False
    tail: tuple[int, int] | None = None
