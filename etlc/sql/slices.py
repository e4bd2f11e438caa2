"""What an edit of a query changes: its set of rows, or only some of its columns.

A slice is the query with only what one of its columns needs, or its rows alone: the items of SELECTs and the CTEs that
nothing kept names are left out of its text. Where the slices of two queries mean the same, so does the column. Names
count as named wherever they are written, in whatever case: what is kept may be more than what is needed, never less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from etlc.sql.blocks import Blocks
from etlc.sql.canonical import canonical, spelling
from etlc.sql.parts import Block, Cte, Item, Query, Unsliceable
from etlc.sql.pieces import Piece, fold, join, split

Schema = Mapping[str, Sequence[tuple[str, str]]]
_COUNT = (Piece("count", "word"), Piece("(", "punct"), Piece("*", "op"), Piece(")", "punct"))


class Written(Protocol):
    """A query as text, with the (column, type) pairs of each relation that it reads."""

    @property
    def sql(self) -> str:
        """The text."""
        ...

    @property
    def schema(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The columns of what it reads."""
        ...


@dataclass(frozen=True, slots=True)
class Changed:
    """What an edit changes. ``rows``: there may be other rows, or more or fewer of them. ``columns``, in lower case:
    those of the new query that may have other values in rows that are otherwise the same."""

    rows: bool
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Slice:
    """A part of a query. ``names`` are those in it, ``whole``: columns without a name in it count too."""

    text: str
    names: frozenset[str]
    whole: bool


def changes(before: Written, after: Written, columns: Iterable[str]) -> Changed:
    """What is different between two versions of a query; ``columns`` are those that the new one gives, in order."""
    names = [fold(column) for column in columns]
    all_of_it = Changed(True, frozenset(names))
    if before.schema == after.schema and (before.sql == after.sql or _same_text(before, after)):
        return Changed(False, frozenset())
    try:
        old, new = _Slicer(before.sql), _Slicer(after.sql)
        if not _alike(old.slice(frozenset()), new.slice(frozenset()), before.schema, after.schema):
            return all_of_it
        keys = _keys(new, names)
        known = {item.key for item in old.items}
        open_ = old.starred or new.starred
        made = (
            frozenset(item.key for one in (old, new) for item in one.items if not item.name) if open_ else frozenset()
        )
        found = set()
        for name, key in zip(names, keys, strict=True):
            need = frozenset((key, *_plain(key))) | made if open_ else frozenset((key,))
            there = key in known or old.starred
            if not there or not _alike(old.slice(need), new.slice(need), before.schema, after.schema):
                found.add(name)
        return Changed(False, frozenset(found))
    except (Unsliceable, RecursionError):
        return all_of_it


def _same_text(before: Written, after: Written) -> bool:
    return canonical(before.sql, before.schema) == canonical(after.sql, after.schema)


def _keys(slicer: _Slicer, names: Sequence[str]) -> list[str]:
    """The key of the item that gives each column."""
    if slicer.starred:
        return list(names)
    if len(slicer.items) != len(names):
        raise Unsliceable
    for item, name in zip(slicer.items, names, strict=True):
        if item.name and item.name != name:
            raise Unsliceable
    return [item.key for item in slicer.items]


def _plain(name: str) -> Iterable[str]:
    """The name that a column may have had before DuckDB numbered it: a second ``a`` becomes ``a_1``."""
    head, _, tail = name.rpartition("_")
    return (head, *_plain(head)) if head and tail.isdecimal() else ()


def _alike(one: _Slice, other: _Slice, old: Schema, new: Schema) -> bool:
    """Whether two slices are certain to mean the same."""
    names, whole = one.names | other.names, one.whole or other.whole
    if _named(old, names, whole) != _named(new, names, whole):
        return False
    return one.text == other.text or canonical(one.text, old) == canonical(other.text, new)


def _named(schema: Schema, names: Collection[str], whole: bool) -> dict[str, list[tuple[str, str]]]:
    """The columns that names may mean, with their types."""
    return {
        fold(relation): [(fold(column), kind) for column, kind in columns if whole or fold(column) in names]
        for relation, columns in schema.items()
        if fold(relation) in names
    }


@dataclass(eq=False, slots=True)
class _Chunk:
    """Pieces that are kept together: those with the same parts around them. ``names`` are those in them, ``bare`` the
    ones that may be items of a SELECT around; ``reads`` the names of CTEs; ``row``: a relation stands for its whole row.
    """

    chain: tuple[Item | Cte, ...]
    blocks: tuple[Block, ...]
    queries: tuple[Query, ...]
    names: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    row: bool = False


@dataclass(slots=True)
class _State:
    """What is kept so far. ``needs``: the names of columns that are named where a query is read; None for all."""

    kept: set[Item | Cte]
    needs: dict[Query, set[str] | None]
    active: set[_Chunk]

    def copy(self) -> _State:
        needs = {query: None if need is None else set(need) for query, need in self.needs.items()}
        return _State(set(self.kept), needs, set(self.active))


class _Slicer:
    """One query, and what of it is kept. Raises Unsliceable."""

    def __init__(self, text: str) -> None:
        spelled = spelling(text)
        pieces = split(spelled) if spelled is not None else None
        if not pieces:
            raise Unsliceable
        self.blocks = Blocks(pieces)
        self.pieces = pieces
        self.root = self.blocks.root
        self.items = self.root.arms[0].items
        self.starred = any(item.star for block in self.root.arms for item in block.items)
        self.dropped = self._idle_order()
        for block in self.blocks.blocks:
            if block.order is None or block.order[0] not in self.dropped:
                self.blocks.count_order(block)
        self.lists = {block.list_start: block for block in self.blocks.blocks}
        sources = [query for block in self.blocks.blocks for query in block.sources]
        self.queries = [self.root, *sources, *(cte.query for cte in self.blocks.ctes)]
        self.owner = {block: query for query in self.queries for block in query.arms}
        self.home = {item: block for block in self.blocks.blocks for item in block.items}
        self.chunks = self._chunks()
        self.of: dict[Item | Cte, list[_Chunk]] = {}
        for chunk in self.chunks:
            for one in chunk.chain:
                self.of.setdefault(one, []).append(chunk)
        self.read_by = self._readers()
        self.start = self._start()

    def _idle_order(self) -> range:
        """The ORDER BY that only says how rows are written down: they are a bag."""
        block = self.root.arms[0]
        if len(self.root.arms) > 1 or self.root.exact or block.limited or block.order is None:
            return range(0)
        return range(*block.order)

    def _chunks(self) -> list[_Chunk]:
        around: list[list[Item | Cte | Block | Query]] = [[] for _ in self.pieces]
        parts: list[Item | Cte | Block | Query] = [*self.home, *self.blocks.ctes, *self.blocks.blocks, *self.queries]
        for one in parts:
            for place in range(one.start, one.end):
                around[place].append(one)
        found: dict[tuple[object, ...], _Chunk] = {}
        for place, parts in enumerate(around):
            if place in self.dropped:
                continue
            chunk = found.get(tuple(parts))
            if chunk is None:
                chunk = found[tuple(parts)] = _Chunk(
                    tuple(one for one in parts if isinstance(one, Item | Cte)),
                    tuple(one for one in parts if isinstance(one, Block)),
                    tuple(one for one in parts if isinstance(one, Query)),
                )
            self._note(chunk, place)
        return list(found.values())

    def _note(self, chunk: _Chunk, place: int) -> None:
        """Take up a piece."""
        name, before, after = self.blocks.name(place), self.blocks.text(place - 1), self.blocks.text(place + 1)
        if not name:
            return
        chunk.names.add(name)
        if place in self.blocks.places:
            chunk.reads.add(self.blocks.places[place])
            return
        is_call = self.pieces[place].kind == "word" and after == "("
        if before != "." and not is_call:
            chunk.bare.add(name)
        opens = any(isinstance(one, Cte) and one.start == place for one in chunk.chain)
        chunk.row |= (
            name in self.blocks.relations and before not in (".", "as") and after not in (".", "(") and not opens
        )

    def _readers(self) -> dict[Query, list[Block]]:
        """The SELECTs that name each query, or that it stands in; those with one within included."""
        found = {query: [block] for block in self.blocks.blocks for query in block.sources}
        for cte in self.blocks.ctes:
            found[cte.query] = []
            for chunk in self.chunks:
                if cte.name in chunk.reads:
                    found[cte.query] += chunk.blocks
            found[cte.query] = list(dict.fromkeys(found[cte.query]))
        return found

    def _start(self) -> _State:
        """What is kept whatever is needed."""
        state = _State(set(), {query: set() for query in self.queries}, set())
        listed = {cte.query for cte in self.blocks.ctes if cte.listed}
        for query, readers in self.read_by.items():
            if query in listed or any(block.listed for block in readers):
                self._demand_all(query, state)
        for block in self.blocks.blocks:
            owner = self.owner.get(block)
            whole = owner is None or owner.exact or block.whole or self._uneven(owner)
            if owner is not None and (owner.exact or self._uneven(owner)):
                self._demand_all(owner, state)
            for number, item in enumerate(block.items):
                made = not item.name and not item.star and owner is not self.root
                if whole or made or item.always or number < block.prefix:
                    self._keep(item, state)
        for chunk in self.chunks:
            self._try(chunk, state)
        return state

    def _uneven(self, query: Query) -> bool:
        """Whether the arms of a set operation cannot be matched item by item."""
        lengths = {len(block.items) for block in query.arms}
        return len(query.arms) > 1 and (len(lengths) > 1 or any(i.star for block in query.arms for i in block.items))

    def slice(self, need: frozenset[str]) -> _Slice:
        """The query with what its rows and these columns need. Columns without a name go by the key of their item."""
        state = self.start.copy()
        self._demand(self.root, need, state)
        if any(chunk.row for chunk in state.active):
            raise Unsliceable
        whole = any(block.listed or self._shows_all(block, state) for block in self.blocks.blocks)
        names = {name for chunk in state.active for name in chunk.names}
        names.update(*(found for found in state.needs.values() if found))
        return _Slice(join(self._emit(0, len(self.pieces), state.kept)), frozenset(names), whole)

    def _shows_all(self, block: Block, state: _State) -> bool:
        """Whether a SELECT has a star of which all columns count."""
        owner = self.owner.get(block)
        starred = any(item.star and item in state.kept for item in block.items)
        return starred and (owner is None or state.needs[owner] is None)

    def _keep(self, part: Item | Cte, state: _State) -> None:
        """Keep an item, with those at its place in other arms, or a CTE."""
        if part in state.kept:
            return
        state.kept.add(part)
        if isinstance(part, Item):
            block = self.home[part]
            owner = self.owner.get(block)
            if owner is not None and len(owner.arms) > 1 and not self._uneven(owner):
                for arm in owner.arms:
                    self._keep(arm.items[block.items.index(part)], state)
            if part.star:
                self._pass(block, state)
        for chunk in self.of.get(part, ()):
            self._try(chunk, state)

    def _try(self, chunk: _Chunk, state: _State) -> None:
        """Follow the names of a chunk, once all around it is kept."""
        if chunk in state.active or any(part not in state.kept for part in chunk.chain):
            return
        state.active.add(chunk)
        for cte in self.blocks.ctes:
            if cte.name in chunk.reads:
                self._keep(cte, state)
        for query, readers in self.read_by.items():
            if query not in chunk.queries and any(block in chunk.blocks for block in readers):
                self._demand(query, chunk.names, state)
        for block in chunk.blocks:
            if not any(source in chunk.queries for source in block.sources):
                for item in block.items:
                    if item.name in chunk.bare and not item.bare and item not in chunk.chain:
                        self._keep(item, state)

    def _demand(self, query: Query, names: Collection[str], state: _State) -> None:
        """These columns of a query are named."""
        need = state.needs[query]
        if need is None:
            return
        new = {one for name in names for one in (name, *_plain(name))} - need - {""}
        if not new:
            return
        need |= new
        for item in query.arms[0].items:
            if item.key in new or item.star:
                self._keep(item, state)
        for block in query.arms:
            self._pass(block, state)

    def _demand_all(self, query: Query, state: _State) -> None:
        if state.needs[query] is None:
            return
        state.needs[query] = None
        for block in query.arms:
            for item in block.items:
                self._keep(item, state)
            self._pass(block, state)

    def _pass(self, block: Block, state: _State) -> None:
        """What is needed of a star is needed of what it stands for."""
        if not any(item.star and item in state.kept for item in block.items):
            return
        owner = self.owner.get(block)
        need = state.needs[owner] if owner is not None else None
        for query, readers in self.read_by.items():
            if block in readers and query is not owner:
                if need is None:
                    self._demand_all(query, state)
                else:
                    self._demand(query, need, state)

    def _emit(self, start: int, end: int, kept: set[Item | Cte]) -> list[Piece]:
        """The pieces that are kept, with commas between the items."""
        out: list[Piece] = []
        place = start
        while place < end:
            block, opened = self.lists.get(place), self.blocks.withs.get(place)
            if place in self.dropped:
                place += 1
            elif block is not None and not (
                place == start and any(item.start == start and item.end == end for item in block.items)
            ):
                out += self._list(block, kept)
                place = block.list_end
            elif opened is not None:
                entries = [self._emit(cte.start, cte.end, kept) for cte in opened.ctes if cte in kept]
                out += [self.pieces[place]] * bool(entries) + _joined(entries)
                place = opened.body
            else:
                out.append(self.pieces[place])
                place += 1
        return out

    def _list(self, block: Block, kept: set[Item | Cte]) -> list[Piece]:
        """A select list: what stands for the items left out says whether the SELECT is one row."""
        items = [self._emit(item.start, item.end, kept) for item in block.items if item in kept]
        if block.aggregated:
            items.append(list(_COUNT))
        return _joined(items or [[Piece("1", "number")]])


def _joined(entries: Sequence[Sequence[Piece]]) -> list[Piece]:
    out: list[Piece] = []
    for entry in entries:
        out += [Piece(",", "punct")] * bool(out) + list(entry)
    return out
