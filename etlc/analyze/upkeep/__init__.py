"""How a query's rows can be kept up when its inputs change, from its text alone (what is meant: ``etlc.ir.upkeep``).

The kinds of obstacles: ``volatile`` (it is new each time), ``dynamic`` (its columns depend on the data), ``opaque`` (no
tree of it), ``names`` (one that is not resolved for certain), ``function`` (one that is not known), ``expression`` and
``pivot`` (not followed), ``recursion``, ``size`` (too large to be followed): with one of these nothing else is said.
``limit``, ``total`` (one row of all), ``group``, ``window``, ``distinct_on`` (by what tells no key), ``join`` (an outer,
semi or ASOF join without an equality that tells a key), ``full_join``, ``positional``, ``asof``, ``not_in``, ``subquery``
(tied to no row), ``mask``, ``unsteady`` (two runs over the same rows may differ), ``choice`` (and that in more than the
last digits), ``mixed`` (which keeps a column from being a grain): each is in the way of something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from etlc.analyze.relation import Relation
from etlc.analyze.resolver import Resolved
from etlc.analyze.upkeep.cores import cores_of
from etlc.analyze.upkeep.flow import Follower
from etlc.analyze.upkeep.keys import can_key
from etlc.analyze.upkeep.merges import latest_of, merge_of
from etlc.analyze.upkeep.partials import partials_of
from etlc.analyze.upkeep.rows import Flow, Keys, packed
from etlc.analyze.upkeep.steady import Unclear, choices, inexact_at, unsteady
from etlc.ir.binding import Column
from etlc.ir.upkeep import Grain, Latest, Merge, Obstacle, Upkeep, Uses
from etlc.sql.syntax import Query, Select, Table

__all__ = ["upkeep"]

_MOST_GRAINS = 100


def upkeep(
    query: Query | None,
    resolved: Resolved,
    relations: Mapping[str, Relation],
    columns: Sequence[Column],
    masked: frozenset[str] = frozenset(),
) -> Upkeep:
    """What is known of a query that is neither volatile nor dynamic; its uses are left empty.

    ``relations`` are what it may read, by lower-case name; ``columns`` what it gives, of which ``masked`` (lower case)
    are not shown as they are.
    """
    if query is None:
        return nothing("opaque")
    follower = Follower(resolved, relations)
    try:
        flow = follower.query(query, {})
    except Unclear as stop:
        return nothing(stop.kind, stop.start)
    except RecursionError:
        return nothing("size")
    steady = not unsteady(resolved, follower.arms)
    if not steady:
        scope = follower.scopes.get(query) if isinstance(query, Select) else None
        follower.hinder("unsteady", inexact_at(scope) if scope is not None else None)
    if follower.choices:
        follower.hinder("choice", None)
    merge, latest = _kept(query, follower, columns) if not masked else (None, None)
    if masked:
        follower.hinder("mask", None)
    known = _known(resolved.output, columns)
    told = [(column, keys) for column, keys in zip(known, flow.columns, strict=False) if can_key(column.type)]
    return Upkeep(
        Uses({}),
        packed(flow.linear) if steady else {},
        tuple(_grains(flow, follower, known, masked, resolved)),
        merge if steady else None,
        latest,
        tuple(follower.obstacles),
        cores_of(follower.blocks, follower.visits, follower.occurrences, follower.choices, told)
        if not masked
        else None,
        partials_of(follower, told) if not masked else None,
    )


def nothing(kind: str, start: int | None = None) -> Upkeep:
    """Nothing is known, for one reason."""
    return Upkeep(Uses({}), obstacles=(Obstacle(kind, start),))


def _grains(
    flow: Flow, follower: Follower, columns: Sequence[Column], masked: frozenset[str], resolved: Resolved
) -> list[Grain]:
    """The grain of each column that has one, first those by which most of the inputs are told."""
    found = []
    for keys, column in zip(flow.columns, columns, strict=False):
        if any(choice and keys.keys().isdisjoint(choice) for choice in follower.choices):
            # Rows of old and of new keys would go with different answers.
            if any(number >= 0 for number in keys):
                follower.hinder("mixed", next((at for scope in resolved.scopes for at in choices(scope)), None))
            continue
        inputs = _inputs(keys, follower.occurrences, flow.reads)
        if any(inputs.values()) and column.name.lower() not in masked and can_key(column.type):
            found.append(Grain(column.name, inputs))
    found.sort(key=lambda grain: -sum(map(bool, grain.inputs.values())))
    return found[:_MOST_GRAINS]


def _known(output: Relation, columns: Sequence[Column]) -> Sequence[Column]:
    """The columns that are where the query was seen to give them: of a pivot only the first are known."""
    if output.complete:
        return columns if len(output.fields) == len(columns) else ()
    pairs = zip(output.fields, columns, strict=False)
    return [column for _, column in takewhile(lambda pair: pair[0].name.lower() == pair[1].name.lower(), pairs)]


def _inputs(keys: Keys, occurrences: Sequence[str], reads: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The keys of each relation; none where one of its occurrences has none."""
    found: dict[str, tuple[str, ...]] = {}
    for relation in sorted(reads):
        told = [keys.get(number, "") for number, name in enumerate(occurrences) if name == relation]
        found[relation] = tuple(dict.fromkeys(told)) if all(told) else ()
    return found


def _kept(query: Query, follower: Follower, columns: Sequence[Column]) -> tuple[Merge | None, Latest | None]:
    if not isinstance(query, Select):
        return None, None
    scope = follower.scopes[query]
    merge, latest = merge_of(scope, follower.cores[query], columns), None
    named = {cte.name.lower() for cte in query.tail.ctes}
    if isinstance(query.source, Table) and query.source.name.lower() not in named:
        latest = latest_of(scope, follower.relations[query.source.name.lower()].name, columns)
    return merge, latest
