"""Which column each name of a query means, by DuckDB's rules, where that is beyond doubt.

A name that may mean two things is ``kept``: nothing of that spelling is renamed anywhere. What cannot be followed at
all raises Unsure. Trees are sqlglot's and only read; sqlglot is imported by the caller's call, never by this module's
import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from etlc.sql.pieces import fold, words

Tree = Any  # an sqlglot expression; sqlglot is never imported at the top of a module


class Unsure(Exception):
    """The query holds something whose names cannot be followed with certainty."""


@dataclass(eq=False, slots=True)
class Name:
    """The name of an output column. ``place``: where it is written; ``fixed``: others depend on its spelling."""

    text: str
    place: int
    fixed: bool = False


@dataclass(eq=False, slots=True)
class Source:
    """An entry of a FROM clause. ``columns`` are by folded name; ``known`` if there are no others."""

    key: str
    place: int
    columns: dict[str, Name]
    known: bool = True
    hidden: bool = False


@dataclass(eq=False, slots=True)
class Level:
    """The names that one SELECT brings into view. ``aliases`` map to the plain column they stand for, or None."""

    parent: Level | None
    sources: list[Source] = field(default_factory=list)
    aliases: dict[str, tuple[Name, Tree]] = field(default_factory=dict)
    using: set[str] = field(default_factory=set)
    joined: bool = False


@dataclass(slots=True)
class Outputs:
    """The output columns of a query; ``known`` if each of them has a known name of its own."""

    names: list[Name]
    known: bool = True

    def columns(self) -> dict[str, Name]:
        """The columns by folded name, without those that share one."""
        found: dict[str, Name] = {}
        for name in self.names:
            key = fold(name.text)
            if key in found:
                found[key].fixed = name.fixed = True
                self.known = False
            found[key] = name
        return found


@dataclass(slots=True)
class Ref:
    """A column as written: ``source`` and ``name`` where it was found, the identifiers that say so, and their count."""

    places: list[int]
    source: Source | None = None
    name: Name | None = None
    qualified: bool = False


@dataclass(slots=True)
class Entry:
    """A named place in FROM: the identifier of the alias where there is one, else that of the relation."""

    source: Source
    place: int
    aliased: bool


@dataclass(slots=True)
class Projection:
    """An item of a select list with a name: an alias at ``place``, or a plain column that ends at ``place``."""

    name: Name
    place: int
    aliased: bool
    ref: Ref | None


@dataclass(slots=True)
class Found:
    """All names of a query."""

    refs: dict[int, Ref] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    ctes: list[tuple[int, Source]] = field(default_factory=list)
    cte_uses: list[tuple[int, Source]] = field(default_factory=list)
    listed: list[tuple[int, Name]] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    plain: set[int] = field(default_factory=set)


# Bare words that DuckDB may read as a function or a hidden column, whatever sqlglot makes of them.
SPECIAL = words(
    "current_date current_time current_timestamp localtime localtimestamp current_user session_user user"
    " current_catalog current_schema current_role rowid rownum filename file_row_number"
)


def place_of(identifier: Tree) -> int:
    """Where an identifier is written."""
    start = identifier.meta.get("start") if identifier is not None else None
    if not isinstance(start, int):
        raise Unsure
    return start


def parts_of(column: Tree) -> list[Tree]:
    """The identifiers of a dotted name, in order."""
    return [part for part in (column.args.get(key) for key in ("catalog", "db", "table", "this")) if part is not None]


def ancestors(level: Level | None) -> Iterator[Level]:
    """A level and those around it, innermost first."""
    while level is not None:
        yield level
        level = level.parent


class Lookup:
    """Finds what names mean. One for each query; the results gather in ``found``."""

    def __init__(self, schema: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self.relations = {fold(name): columns for name, columns in schema.items()}
        self.found = Found()

    def relation(self, name: str, place: int) -> Source:
        """A relation of the schema as a source."""
        columns = self.relations.get(fold(name))
        if columns is None:
            raise Unsure
        return Source(fold(name), place, {fold(column): Name(column, -1, True) for column, _ in columns})

    def keep(self, *names: str) -> None:
        """Nothing of these spellings is to be renamed."""
        self.found.kept.update(fold(name) for name in names)

    def column(self, column: Tree, level: Level, bound: frozenset[str]) -> None:
        """Find what a written column means, and note it."""
        parts = parts_of(column)
        names = [fold(part.name) for part in parts]
        if names[0] in bound:
            self.keep(names[0])
            return
        places = [place_of(part) for part in parts]
        if len(parts) == 1 or not self._qualified(names, places, level):
            self._bare(parts[0], names, places, level)

    def _qualified(self, names: list[str], places: list[int], level: Level) -> bool:
        """A name with a source in front. False where the first part is no source, so a column with fields."""
        for here in ancestors(level):
            found = [source for source in here.sources if source.key == names[0]]
            clash = any(names[0] in source.columns for source in here.sources)
            guess = any(not source.known and source.key != names[0] for source in here.sources)
            if not found:
                if clash:
                    return False
                if guess:
                    self.keep(*names)
                    return True
                continue
            if len(found) > 1 or (clash and names[1] not in found[0].columns) or self._is_source(names[1:], level):
                raise Unsure
            if clash:
                raise Unsure
            self._note(found[0], names, places)
            return True
        return False

    def _is_source(self, names: list[str], level: Level) -> bool:
        """Whether ``a.b.c`` could be schema, relation and column."""
        return len(names) > 1 and any(source.key == names[0] for here in ancestors(level) for source in here.sources)

    def _note(self, source: Source, names: list[str], places: list[int]) -> None:
        name = source.columns.get(names[1])
        if source.hidden or (name is None and source.known):
            raise Unsure
        if name is None:
            self.keep(*names)
            return
        self.found.refs[places[0]] = Ref(places, source, name, True)

    def _bare(self, first: Tree, names: list[str], places: list[int], level: Level) -> None:
        """A name without a source, or with fields behind it."""
        name = names[0]
        if not first.args.get("quoted") and name in SPECIAL:
            raise Unsure
        for here in ancestors(level):
            sources = [source for source in here.sources if name in source.columns and not source.hidden]
            alias = here.aliases.get(name)
            is_source = any(source.key == name for deeper in ancestors(level) for source in deeper.sources)
            unknown = any(not source.known for source in here.sources)
            if is_source:
                if not sources:
                    raise Unsure
                self.keep(*names)
                return
            if len(sources) == 1 and name not in here.using and self._agrees(alias, name, sources[0]):
                self.found.refs[places[0]] = Ref(places, sources[0], sources[0].columns[name])
                return
            own = not sources and alias is not None and not unknown and here is level and len(names) == 1
            if own and alias is not None and not self._elsewhere(name, here.parent):
                self.found.refs[places[0]] = Ref(places, None, alias[0])
                return
            if sources or alias is not None or unknown:
                self.keep(*names)
                return
        raise Unsure

    def _agrees(self, alias: tuple[Name, Tree] | None, name: str, source: Source) -> bool:
        """Whether the alias of this name, if any, stands for the column of this name of this very source."""
        if alias is None:
            return True
        parts = parts_of(alias[1]) if type(alias[1]).__name__ == "Column" else []
        if not parts or fold(parts[-1].name) != name:
            return False
        return len(parts) == 1 or (len(parts) == 2 and fold(parts[0].name) == source.key)

    def _elsewhere(self, name: str, level: Level | None) -> bool:
        return any(
            name in here.aliases or any(name in source.columns or not source.known for source in here.sources)
            for here in ancestors(level)
        )
