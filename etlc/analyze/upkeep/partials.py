"""SELECTs whose aggregates add up, so that what they give can be worked out from partial aggregates that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from etlc.analyze.output import items_of
from etlc.analyze.scope import Scope
from etlc.analyze.upkeep.cores import Block, answers, most_told, place_text
from etlc.analyze.upkeep.flow import Follower
from etlc.analyze.upkeep.keys import can_key
from etlc.analyze.upkeep.picking import is_grouped
from etlc.analyze.upkeep.rows import Keys, packed
from etlc.analyze.values import FLOATS, is_aggregate, type_of
from etlc.ir.binding import Column
from etlc.ir.upkeep import Partial, Partials
from etlc.sql.partials import COUNTS, MEANS, WAYS
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr, Select

_KINDS = words(
    "column literal call window cast compare and or not between in case is_null is_not_null exists in_query scalar"
)
_MOST_COLUMNS = 16  # by which the partial aggregates are told apart; with more there are nearly as many of them as rows

_Path = tuple[str, ...]


def partials_of(follower: Follower, columns: Sequence[tuple[Column, Keys]]) -> Partials | None:
    """The partial aggregates of a query. Of SELECTs one within the other, the inner one has them. ``columns`` are those
    that the query gives and that tell rows apart, with their keys."""
    blocks, occurrences, scopes = follower.blocks, follower.occurrences, follower.scopes
    met: dict[Select, list[int]] = {}
    for number, block in enumerate(blocks):
        if block.inner < 0:
            met.setdefault(block.select, []).append(number)
    made = {
        select: found
        for select, numbers in met.items()
        if len(numbers) == follower.visits[select] and (found := _columns(scopes[select], blocks)) is not None
    }
    spans = {select: [blocks[number].span for number in met[select]] for select in made}
    inner = [span for each in spans.values() for span in each]
    chosen = [select for select in made if not any(_within(one, span) for span in spans[select] for one in inner)]
    if not chosen:
        return None
    by, keys = _keys(follower, {select: (met[select], made[select][0]) for select in chosen}, columns)
    listed = []
    for select in chosen:
        names = tuple(field.name for field, _ in items_of(scopes[select])[0])
        reads = tuple(occurrences[at] for at in spans[select][0])
        linear = packed(blocks[met[select][0]].linear)
        listed.append(Partial(select.number, linear, *made[select], names, reads, keys=keys.get(select, ())))
    through = {at for select in chosen for span in spans[select] for at in span}
    bare = {name for at, name in enumerate(occurrences) if at not in through}
    return Partials(tuple(listed), tuple(sorted({name for name in occurrences if name} - bare)), by)


_Places = dict[Select, tuple[tuple[int, ...], ...]]


def _keys(
    follower: Follower,
    chosen: Mapping[Select, tuple[Sequence[int], Sequence[_Path]]],
    columns: Sequence[tuple[Column, Keys]],
) -> tuple[tuple[str, ...], _Places]:
    """The columns of the query that it is local in, as a query over partial aggregates, and for each place where their
    SELECTs are read which of their columns are the keys: as for cores, whose joined rows are labelled by these columns."""
    texts = {select: _labels(follower.scopes[select], paths) for select, (_, paths) in chosen.items()}

    def told_by(keys: Keys, select: Select, number: int) -> int | None:
        return texts[select].get(keys.get(-1 - number, ""))

    told = {
        column.name: frozenset(
            select
            for select, (numbers, _) in chosen.items()
            if all(told_by(keys, select, number) is not None for number in numbers)
        )
        for column, keys in columns
        if answers(keys, follower.blocks, follower.choices)
    }
    most, names = most_told(told)
    by = [keys for column, keys in columns if column.name in names]
    places: _Places = {}
    for select in most:
        ways = [[told_by(keys, select, number) for keys in by] for number in chosen[select][0]]
        places[select] = tuple(dict.fromkeys(tuple(at for at in way if at is not None) for way in ways))
    return tuple(column.name for column, _ in columns if column.name in names), places


def _labels(scope: Scope, paths: Sequence[_Path]) -> dict[str, int]:
    """The columns of a SELECT's FROM that its partial aggregates are told apart by, by their labels."""
    numbers = {path: number for number, path in enumerate(paths)}
    return {
        place_text(scope, place): numbers[_path(part)] for part, place in scope.places.items() if _path(part) in numbers
    }


def _within(one: range, other: range) -> bool:
    return one != other and other.start <= one.start and one.stop <= other.stop


def _columns(scope: Scope, blocks: Sequence[Block]) -> tuple[tuple[_Path, ...], tuple[str, ...]] | None:
    """The columns that the partial aggregates of a SELECT are told apart by, and its functions; None where it cannot have
    any."""
    select = scope.select
    block = next(one for one in blocks if one.select is select and one.inner < 0)
    every = len(list(select.where.conjuncts())) if select.where is not None else 0
    windows = any(part.over is not None for part in scope.parts)
    if scope.open or len(block.kept) < every or not (is_grouped(scope) or (select.tail.distinct and not windows)):
        return None
    items, complete = items_of(scope)
    names = [field.name.lower() for field, _ in items if field.name]
    if not complete or len(items) != len(select.items) or len(set(names)) < len(names):
        return None
    found = _outside(scope)
    if found is None:
        return None
    outside, functions = found
    paths = dict.fromkeys(_path(part) for part in outside if part in scope.places)
    for part in outside:  # a name of an item, that is to stay one
        target = scope.aliased.get(part)
        if target is not None and _path(part) in paths and _path(target) != _path(part):
            return None
    return (tuple(paths), functions) if len(paths) <= _MOST_COLUMNS else None


def _path(part: Expr) -> _Path:
    return tuple(name.lower() for name in part.path)


def _outside(scope: Scope) -> tuple[list[Expr], tuple[str, ...]] | None:
    """The columns, and the names of items, that a SELECT reads outside of its aggregates, and the functions of these. None
    where there is anything that cannot be worked out from the columns and from partial aggregates."""
    found, functions = [], dict[str, None]()
    stack = [clause for clause in scope.select.clauses() if clause is not scope.select.where][::-1]
    while stack:
        part = stack.pop()
        if is_aggregate(part) and not part.distinct:
            if not _adds_up(part, scope):
                return None
            functions[part.name] = None
        elif part.kind == "column":
            if not (part in scope.aliased or (part in scope.places and can_key(type_of(part, scope)))):
                return None
            found.append(part)
        elif part.kind not in _KINDS or (part.query is not None and scope.correlated.get(part)):
            return None
        elif is_aggregate(part) and not (part.name in WAYS and len(part.args) == 1 and not part.order):
            return None  # of distinct values, which the columns that it reads tell
        else:
            stack.extend(part.parts()[::-1])
    return found, tuple(sorted(functions))


def _adds_up(part: Expr, scope: Scope) -> bool:
    """Whether two values of an aggregate over some rows and over others make the one over both."""
    if part.name not in WAYS or part.order or len(part.args) > 1 or (not part.args and part.name != "count_star"):
        return False
    if part.name in MEANS | {"sum"} and type_of(part.args[0], scope) in FLOATS:
        return False
    within: Iterable[Expr] = (one for piece in part.parts() for one in piece.walk())
    return not any(one.query is not None or (one.kind == "column" and one not in scope.places) for one in within) and (
        part.name in COUNTS or bool(part.args)
    )
