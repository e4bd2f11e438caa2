"""Which way a model's rows are brought up to date: the ladder of strategies, the best that is certain to be right first.

A way is open where the query's text allows it (``etlc.ir.upkeep``) and the changes are of its kind. Rebuilding is always
open, and preferred where a full build takes less time than finding out what changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etlc.ir.decision import Change, Way
from etlc.ir.partials import CHEAP, OPTION, PARTIALS, keyed, takes, token
from etlc.ir.plan import PlanModel
from etlc.ir.record import ModelRecord
from etlc.ir.upkeep import Upkeep

MOST = 0.5  # of an input's rows; where more changed, a rebuild costs less
MANY = 10_000  # rows
ASKED = 0.03  # seconds of a full build, from which on it is asked first whether anything reaches the query
HOPE = 0.5  # of a full build's seconds, that may be spent on asking
KEPT_PARTS = "kept-parts"
STRATEGIES = (
    "cheap-full", "append", "latest", "merge", "segment-replace", OPTION, "refresh", "groups", "probe", "diff-apply",
    "early-cutoff", KEPT_PARTS,
)  # fmt: skip
REBUILD = Way("rebuild", "full")
_ODD = ("MAP(", "UNION(", "VARIANT", "GEOMETRY", '"NULL"')  # types whose rows cannot be held against each other


def ways(
    model: PlanModel, upkeep: Upkeep | None, changes: Mapping[str, Change], record: ModelRecord, off: frozenset[str],
    readers: Sequence[float],
) -> list[Way]:  # fmt: skip
    """The open ways, best first; the last is a rebuild. ``record`` is what is remembered of the model, ``readers`` how
    many seconds those take that would use the difference. ``off`` are strategies that are not to be used."""
    seconds, reading = record.seconds, sum(readers)
    changed = tuple(name for name, change in changes.items() if change.kind != "same")
    comparable = not model.dynamic and not odd_columns(model)
    usable = upkeep is not None and model.incremental and comparable and _known(changes)
    found: list[Way] = []
    if seconds < CHEAP and "cheap-full" not in off:
        if usable and upkeep is not None and seconds >= ASKED:
            found += _asking(upkeep, changed)
        # Where somebody below would use the difference, it is cheap too.
        worth = bool(readers) and comparable and model.incremental
        found.append(Way("rebuild", "cheap full", changed if worth else ()))
    elif usable and upkeep is not None:
        kept = record.partials == token(model, upkeep, record.consumed) if upkeep.partials is not None else False
        open_ways = _incremental(upkeep, changed, changes, kept)
        if record.rows > MANY and not (upkeep.partials is not None and keyed(upkeep.partials, changed)):
            # To work out all of them from partial aggregates is more than to find those that change.
            open_ways.sort(key=lambda way: way.strategy == PARTIALS)
        open_ways = _without(open_ways, off)
        if not open_ways or open_ways[0].strategy not in _TELLING:
            found += _asking(upkeep, changed)
        found += open_ways
    gains = reading >= seconds >= CHEAP or (readers and "cheap-full" in off)
    if gains and model.incremental and comparable and "diff-apply" not in off:
        found.append(Way("rebuild", "diff-apply", changed))
    found = _without(found, off)
    if "cheap-full" not in off:
        found = [way for way in found if record.history.get(way.key, 0.0) <= _most(way, seconds)]
    return [*found, REBUILD]


_TELLING = frozenset({"append", "latest", "merge", "segment replace", PARTIALS})  # soon whether there is anything to do


def _without(ways: Sequence[Way], off: frozenset[str]) -> list[Way]:
    return [way for way in ways if way.strategy.replace(" ", "-") not in off]


def _asking(upkeep: Upkeep, changed: tuple[str, ...]) -> list[Way]:
    """To ask first if anything that came or went reaches the query at all, where it can be asked."""
    covered = upkeep.cores is not None and set(changed) <= set(upkeep.cores.covered)
    return [Way("skip", "probe", changed)] if covered else []


def _most(way: Way, seconds: float) -> float:
    """The seconds that a way may have taken before."""
    return seconds * HOPE if way.action == "skip" else max(seconds, CHEAP)


def foreseen(ways: Sequence[Way]) -> Way:
    """The way that is told beforehand: that nothing reaches the query turns out when it is asked."""
    return next(way for way in ways if way.action != "skip")


def odd_columns(model: PlanModel) -> tuple[str, ...]:
    """The columns whose values cannot be held against each other."""
    return tuple(column.name for column in model.columns if any(odd in column.type for odd in _ODD))


def strategies(upkeep: Upkeep, relation: str, minus: int | None) -> tuple[str, ...]:
    """The strategies that take up a change of one relation, the best first; ``minus`` as in :class:`Change`."""
    ways = _incremental(upkeep, (relation,), {relation: Change("delta", None, minus)}, True)
    return tuple(way.strategy for way in ways if way.action != "rebuild")


def _known(changes: Mapping[str, Change]) -> bool:
    few = all(
        change.plus is None or change.rows is None or change.plus + (change.minus or 0) <= MOST * max(change.rows, 1)
        for change in changes.values()
    )
    return few and all(change.kind != "unknown" for change in changes.values())


def _incremental(upkeep: Upkeep, changed: tuple[str, ...], changes: Mapping[str, Change], kept: bool) -> list[Way]:
    """The ways that a query's text allows. ``kept``: its partial aggregates are at hand."""
    found = []
    came = all(changes[name].minus == 0 for name in changed)
    linear = set(changed) <= set(upkeep.linear)
    if linear and came:
        found.append(Way("append", "append", changed))
    if upkeep.latest is not None and came and changed == (upkeep.latest.relation,):
        found.append(Way("merge", "latest", changed))
    if upkeep.merge is not None and came and set(changed) <= set(upkeep.merge.inputs):
        found.append(Way("merge", "merge", changed))
    if linear and len(changed) == 1:
        found.append(Way("refresh", "segment replace", changed))
    if kept and upkeep.partials is not None and takes(upkeep.partials, changed, came):
        found.append(Way("merge", PARTIALS, changed))
    for grain in upkeep.grains:
        if all(grain.inputs.get(name) for name in changed):
            found.append(Way("refresh", "refresh", changed, grain))
            break
    if upkeep.cores is not None and set(changed) <= set(upkeep.cores.covered):
        touched = [core for core in upkeep.cores.cores if not core.relations.keys().isdisjoint(changed)]
        keyed = all(core.keys for core in touched)
        found.append(Way("refresh", "groups", changed) if keyed else Way("rebuild", "probe", changed))
    return found
