"""The cores of a query: the SELECTs whose joined rows are linear in what they read, whatever is then made of these.

A core stands for the relations that come to the query through it. Its rows are labelled with keys as if it were an input
(by a negative number), so that the walk from the leaves up tells which columns of the query it is local in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from etlc.analyze.closure import Place
from etlc.analyze.scope import Scope
from etlc.analyze.upkeep.keys import can_key
from etlc.analyze.upkeep.rows import NO_KEYS, Joined, Keys, Linear, packed
from etlc.ir.binding import Column
from etlc.ir.upkeep import Core, Cores
from etlc.sql.quote import ident
from etlc.sql.syntax import Expr, From, Join, Select

_T = TypeVar("_T")
_MOST_COLUMNS = 8  # by which rows are told apart; more of them cost more than they spare
_MOST_LABELS = 2_000


@dataclass(frozen=True, slots=True)
class Block:
    """A SELECT that may be a core. ``linear``: the relations that its joined rows are linear in; ``span``: the numbers
    of the occurrences in its FROM; ``kept``, ``inner``: as in ``etlc.ir.upkeep.Core``; ``far``: the entries on the far
    side of that join."""

    select: Select
    linear: Linear
    span: range
    kept: tuple[int, ...]
    inner: int = -1
    far: range = range(0)


def blocks_of(select: Select, scope: Scope, rows: Joined, span: range) -> Iterator[Block]:
    """The blocks of a SELECT of which the joined rows can be asked for without what is around it: one for all that they
    are linear in, and one for each relation on the far side of a join, with that join as an inner one."""
    joins = list(_joins(select.source))
    parts = [part for join in joins if join.condition is not None for part in join.condition.walk()]
    outside = any(part.query is not None or _is_outside(part, scope) for part in parts)
    if outside or select.sampled or any(entry.reads for entry in scope.entries):
        return
    if rows.linear:
        yield Block(select, rows.linear, span, _kept(select, scope, range(0)))
    for name, (join, far) in rows.far.items():
        yield Block(select, {name: frozenset()}, span, _kept(select, scope, far), joins.index(join), far)


def _joins(node: From | None) -> Iterator[Join]:
    if isinstance(node, Join):
        yield node
        yield from _joins(node.left)
        yield from _joins(node.right)


def _is_outside(part: Expr, scope: Scope) -> bool:
    return part in scope.outer or part in scope.around or part in scope.aliased


def _kept(select: Select, scope: Scope, far: range) -> tuple[int, ...]:
    """The conditions of WHERE that read the joined rows alone, and nothing ``far``: there may have been NULLs before.
    To leave one out finds more rows, never fewer."""
    conditions = select.where.conjuncts() if select.where is not None else ()
    return tuple(
        number
        for number, condition in enumerate(conditions)
        if not any(part.query is not None or _is_outside(part, scope) for part in condition.walk())
        and scope.entries_of(condition).isdisjoint(far)
    )


def label(rows: Joined, scope: Scope, number: int, far: range) -> None:
    """Every column of the joined rows is a key of the core; none that is ``far``."""
    if sum(len(entry.relation.fields) for entry in scope.entries) > _MOST_LABELS:
        return
    for at, entry in enumerate(scope.entries):
        for place, field in enumerate(entry.relation.fields) if entry.shown and entry.key and at not in far else ():
            if field.name and can_key(field.type):
                text = place_text(scope, (at, place))
                rows.values[at, place] = {**rows.values.get((at, place), NO_KEYS), number: text}


def place_text(scope: Scope, place: Place) -> str:
    """The label of a column of a SELECT's FROM."""
    entry = scope.entries[place[0]]
    return f"{ident(entry.key)}.{ident(entry.relation.fields[place[1]].name)}"


def cores_of(
    blocks: Sequence[Block], visits: Mapping[Select, int], occurrences: Sequence[str], choices: Sequence[range],
    columns: Sequence[tuple[Column, Keys]],
) -> Cores | None:  # fmt: skip
    """The cores that a query's rows come through. ``visits``: how often each SELECT was met; ``columns``: those that the
    query gives and that tell rows apart, with their keys."""
    chosen, covered = _outermost(blocks, occurrences)
    if not covered:
        return None
    numbers: dict[_Place, list[int]] = {}
    for number, block in enumerate(blocks):
        if any(_place(blocks[one]) == _place(block) for one in chosen):
            numbers.setdefault(_place(block), []).append(-1 - number)

    def tells(keys: Keys, place: _Place) -> bool:
        return len(numbers[place]) == visits[place[0]] and all(number in keys for number in numbers[place])

    told = {
        c.name: frozenset(p for p in numbers if tells(keys, p)) for c, keys in columns if answers(keys, blocks, choices)
    }
    most, names = most_told(told)
    by = [(c.name, keys) for c, keys in columns if c.name in names]
    found = []
    for place, own in numbers.items():
        block = blocks[-1 - own[0]]
        here = by if place in most else []
        keys = tuple(dict.fromkeys(tuple(keys[number] for _, keys in here) for number in own)) if here else ()
        found.append(Core(block.select.number, packed(block.linear), block.kept, keys, block.inner))
    return Cores(tuple(name for name, _ in by), tuple(found), covered)


def answers(keys: Keys, blocks: Sequence[Block], choices: Sequence[range]) -> bool:
    """Whether what has several right answers is worked out by these keys as well."""
    spans = [blocks[-1 - number].span for number in keys if number < 0]
    return all(any(span and span[0] in choice for span in spans) for choice in choices if choice)


def most_told(told: Mapping[str, frozenset[_T]]) -> tuple[frozenset[_T], list[str]]:
    """Of what each column tells, the most; and the columns that tell all of that."""
    most = max(told.values(), key=len, default=frozenset[_T]())
    return most, [name for name, these in told.items() if most and these >= most][:_MOST_COLUMNS]


_Place = tuple[Select, int, str]


def _place(block: Block) -> _Place:
    return block.select, block.inner, next(iter(block.linear)) if block.inner >= 0 else ""


def _outermost(blocks: Sequence[Block], occurrences: Sequence[str]) -> tuple[list[int], tuple[str, ...]]:
    """The blocks that no other one stands for, and the relations of which all occurrences are in one."""
    left = {number for number, name in enumerate(occurrences) if name}
    chosen = []
    for number, block in sorted(enumerate(blocks), key=lambda one: (one[1].span.start, -one[1].span.stop)):
        own = {at for at in block.span if at in left and occurrences[at] in block.linear}
        if own:
            chosen.append(number)
            left -= own
    bare = {occurrences[number] for number in left}
    return chosen, tuple(sorted({name for name in occurrences if name} - bare))
