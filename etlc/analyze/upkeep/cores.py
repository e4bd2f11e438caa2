"""The cores of a query: the SELECTs whose joined rows are linear in what they read, whatever is then made of these.

A core stands for the relations that come to the query through it. Its rows are labelled with keys as if it were an input
(by a negative number), so that the walk from the leaves up tells which columns of the query it is local in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from etlc.analyze.scope import Scope
from etlc.analyze.upkeep.keys import can_key
from etlc.analyze.upkeep.rows import NO_KEYS, Joined, Keys
from etlc.ir.binding import Column
from etlc.ir.upkeep import Core, Cores
from etlc.sql.quote import ident
from etlc.sql.syntax import Expr, From, Join, Select

_MOST_COLUMNS = 8  # by which rows are told apart; more of them cost more than they spare
_MOST_LABELS = 2_000


@dataclass(frozen=True, slots=True)
class Block:
    """A SELECT that may be a core. ``linear``: the relations that its joined rows are linear in; ``span``: the numbers
    of the occurrences in its FROM."""

    select: Select
    linear: frozenset[str]
    span: range
    kept: tuple[int, ...]


def may_be_core(select: Select, scope: Scope, rows: Joined) -> bool:
    """Whether the joined rows of a SELECT can be asked for without what is around it."""
    if not rows.linear or select.sampled or any(entry.reads for entry in scope.entries):
        return False
    parts = [part for condition in _conditions(select.source) for part in condition.walk()]
    return not any(part.query is not None or _is_outside(part, scope) for part in parts)


def _conditions(node: From | None) -> Iterator[Expr]:
    if isinstance(node, Join):
        yield from _conditions(node.left)
        yield from _conditions(node.right)
        if node.condition is not None:
            yield node.condition


def _is_outside(part: Expr, scope: Scope) -> bool:
    return part in scope.outer or part in scope.around or part in scope.aliased


def kept_conditions(select: Select, scope: Scope) -> tuple[int, ...]:
    """The conditions of WHERE that read the joined rows alone. To leave one out finds more rows, never fewer."""
    conditions = select.where.conjuncts() if select.where is not None else ()
    return tuple(
        number
        for number, condition in enumerate(conditions)
        if not any(part.query is not None or _is_outside(part, scope) for part in condition.walk())
    )


def label(rows: Joined, scope: Scope, number: int) -> None:
    """Every column of the joined rows is a key of the core."""
    if sum(len(entry.relation.fields) for entry in scope.entries) > _MOST_LABELS:
        return
    for at, entry in enumerate(scope.entries):
        for place, field in enumerate(entry.relation.fields) if entry.shown and entry.key else ():
            if field.name and can_key(field.type):
                text = f"{ident(entry.key)}.{ident(field.name)}"
                rows.values[at, place] = {**rows.values.get((at, place), NO_KEYS), number: text}


def cores_of(
    blocks: Sequence[Block], visits: Mapping[Select, int], occurrences: Sequence[str], choices: Sequence[range],
    columns: Sequence[tuple[Column, Keys]],
) -> Cores | None:  # fmt: skip
    """The cores that a query's rows come through. ``visits``: how often each SELECT was met; ``columns``: those that the
    query gives and that tell rows apart, with their keys."""
    chosen, covered = _outermost(blocks, occurrences)
    if not covered:
        return None
    numbers: dict[Select, list[int]] = {}
    for number, block in enumerate(blocks):
        if any(blocks[one].select is block.select for one in chosen):
            numbers.setdefault(block.select, []).append(-1 - number)

    def tells(keys: Keys, select: Select) -> bool:
        return len(numbers[select]) == visits[select] and all(number in keys for number in numbers[select])

    def answers(keys: Keys) -> bool:  # what has several right answers is worked out by these keys as well
        spans = [blocks[-1 - number].span for number in keys if number < 0]
        return all(any(span and span[0] in choice for span in spans) for choice in choices if choice)

    told = {c.name: frozenset(s for s in numbers if tells(keys, s)) for c, keys in columns if answers(keys)}
    most = max(told.values(), key=len, default=frozenset[Select]())
    by = [(c.name, keys) for c, keys in columns if most and told.get(c.name, frozenset()) >= most][:_MOST_COLUMNS]
    found = []
    for select, places in numbers.items():
        block = blocks[-1 - places[0]]
        here = by if select in most else []
        keys = tuple(dict.fromkeys(tuple(keys[place] for _, keys in here) for place in places)) if here else ()
        found.append(Core(select.number, tuple(sorted(block.linear)), block.kept, keys))
    return Cores(tuple(name for name, _ in by), tuple(found), covered)


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
