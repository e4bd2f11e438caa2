"""What a run will find changed, as far as file listings and the memory of past runs tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.ir.decision import Change, Way
from etlc.ir.plan import Plan
from etlc.ir.record import Memory, ModelRecord, Observations, Part


@dataclass(frozen=True, slots=True)
class Forecast:
    """Changes foreseen, and for each relation the part of its rows that will be others. ``readers`` are the stored models
    that stand on each."""

    plan: Plan
    memory: Memory
    observations: Observations
    readers: Mapping[str, frozenset[str]]
    ways: dict[str, Way] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    def changes(self, model: str, record: ModelRecord, versions: Mapping[str, str]) -> dict[str, Change]:
        """How each stored relation that a model stands on will differ from what it has taken up."""
        found = {}
        for relation in self.plan.stands_on(model):
            since = record.consumed.get(relation, "")
            same = since == versions.get(relation, "")
            found[relation] = Change("same") if same else self._change(relation, since)
        return found

    def _change(self, relation: str, since: str) -> Change:
        kept = self._kept(relation, since)
        if kept is None:
            return Change("unknown")
        if relation in self.plan.sources:
            moved = self._files(relation)
        else:
            moved = _MOVES.get(self.ways[relation].strategy) if relation in self.ways else (0, 0)
        if moved is None:
            return Change("unknown")
        # Rows that nobody has counted yet: 0 stands for none, None for some.
        plus, minus = (0 if old == new == 0 else None for old, new in zip(kept, moved, strict=True))
        return Change("delta", plus, minus)

    def _kept(self, relation: str, since: str) -> tuple[int, int] | None:
        """What the deltas that are kept say of the time from ``since`` to the last run; None where one is missing."""
        before = self.memory.sources.get(relation) or self.memory.models.get(relation)
        if before is None:
            return None
        if before.version == since:
            return 0, 0
        deltas = self.memory.deltas.get(relation, ())
        start = next((at for at, delta in enumerate(deltas) if delta.before == since), None)
        if start is None or deltas[-1].after != before.version:
            return None
        return sum(abs(delta.plus) for delta in deltas[start:]), sum(delta.minus for delta in deltas[start:])

    def _files(self, name: str) -> tuple[int, int] | None:
        source, before, now = (
            self.plan.sources[name],
            self.memory.sources.get(name),
            self.observations.sources.get(name),
        )
        if before is None or now is None or before.version.split("-")[0] != now.version.split("-")[0]:
            return None
        typed = {f"{column.name}:{column.type}" for column in source.columns if column.name in set(source.used)}
        if source.landed and not typed <= set(before.landed):
            return None  # it is landed anew
        old, new = ({part.path: part.token for part in state.parts} for state in (before, now))
        fresh = [part for part in now.parts if old.get(part.path) != part.token]
        gone = [path for path, token in old.items() if new.get(path) != token]
        self.shares[name] = _size(fresh) / max(_size(now.parts), 1)
        return None if gone and not source.landed else (len(fresh), len(gone))

    def take(self, model: str, way: Way) -> float:
        """Note the way that a model will go; gives what it costs as a part of a full refresh, as far as it can be told."""
        self.ways[model] = way
        rebuilt = way.action == "rebuild"
        share = 1.0 if rebuilt else max((self.shares.get(name, 0.1) for name in way.changed), default=0.0)
        self.shares[model] = share
        return share


# Whether rows come and go by each strategy; those that are not here leave nobody knowing.
_MOVES = {
    "append": (1, 0), "latest": (1, 1), "merge": (1, 1), "segment replace": (1, 1), "refresh": (1, 1),
    "diff-apply": (1, 1),
}  # fmt: skip


def _size(parts: tuple[Part, ...] | list[Part]) -> int:
    return sum(part.size for part in parts)
