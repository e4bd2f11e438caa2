"""What a run will find changed, as far as file listings and the memory of past runs tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.ir.decision import Change, Difference, Way
from etlc.ir.plan import Plan
from etlc.ir.record import Delta, Memory, ModelRecord, Observations, Part

_SOME = 0.1  # of a relation's rows, where nothing tells how many are others


@dataclass(frozen=True, slots=True)
class Forecast:
    """Changes foreseen; ``parts`` is for each relation the part of its rows that will be others. ``readers`` are the
    stored models that stand on each."""

    plan: Plan
    memory: Memory
    observations: Observations
    readers: Mapping[str, frozenset[str]]
    ways: dict[str, Way] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)

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
        """How many rows came and went from ``since`` to the last run; None where nobody knows."""
        deltas = self._deltas(relation, since)
        if deltas is None:
            return None
        return sum(abs(delta.plus) for delta in deltas), sum(delta.minus for delta in deltas)

    def _deltas(self, relation: str, since: str) -> tuple[Delta, ...] | None:
        """What is kept of the time from ``since`` to the last run; None where a part of it is missing."""
        before = self.memory.sources.get(relation) or self.memory.models.get(relation)
        if before is None:
            return None
        if before.version == since:
            return ()
        deltas = self.memory.deltas.get(relation, ())
        start = next((at for at, delta in enumerate(deltas) if delta.before == since), None)
        return None if start is None or deltas[-1].after != before.version else deltas[start:]

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
        gone = [part for part in before.parts if new.get(part.path) != part.token]
        self.parts[name] = min(1.0, (_size(fresh) + _size(gone)) / max(_size(now.parts), 1))
        return None if gone and not source.landed else (len(fresh), len(gone))

    def differences(
        self, changes: Mapping[str, Change], record: ModelRecord, versions: Mapping[str, str]
    ) -> tuple[Difference, ...]:
        """What a model finds changed, in files and rows. ``changes`` are those of :meth:`changes`."""
        found = []
        for relation, change in changes.items():
            since = record.consumed.get(relation, "")
            if change.kind != "same" and relation in self.plan.sources:
                found.append(self._files_between(relation, since, change.kind == "delta"))
            elif change.kind != "same":
                found.append(self._rows_between(relation, since, versions.get(relation, ""), change))
        return tuple(found)

    def _files_between(self, name: str, since: str, known: bool) -> Difference:
        """Which files are others now; nothing of them where all are read in another way, or a run in between is forgotten."""
        before, now = self.memory.sources.get(name), self.observations.sources.get(name)
        deltas = self._deltas(name, since)
        if before is None or now is None or deltas is None:
            return Difference(name)
        old, new = ({part.path: part.token for part in state.parts} for state in (before, now))
        fresh = {path for path, token in new.items() if old.get(path) != token}.union(*(one.fresh for one in deltas))
        gone = {path for path, token in old.items() if new.get(path) != token}.union(*(one.gone for one in deltas))
        if not fresh and not gone:
            return Difference(name)
        there = fresh & new.keys()
        return Difference(name, known, len(there - gone), len(there & gone), len(gone - new.keys()))

    def _rows_between(self, name: str, since: str, version: str, change: Change) -> Difference:
        """About how many rows are others now: those of past runs are counted, the rest is a part of all."""
        kept, record = self._kept(name, since), self.memory.models.get(name)
        if change.kind == "unknown" or kept is None or record is None:
            return Difference(name)
        if record.version == version:
            return Difference(name, True, rows=sum(kept), exact=True)
        return Difference(name, True, rows=sum(kept) + round(record.rows * self.parts.get(name, _SOME)))

    def take(self, model: str, way: Way) -> float:
        """Note the way that a model will go; gives what it costs as a part of a full refresh, as far as it can be told."""
        self.ways[model] = way
        part = max((self.parts.get(name, _SOME) for name in way.changed), default=1.0)
        self.parts[model] = part
        return 1.0 if way.action == "rebuild" else part


# Whether rows come and go by each strategy; those that are not here leave nobody knowing.
_MOVES = {
    "append": (1, 0), "latest": (1, 1), "merge": (1, 1), "segment replace": (1, 1), "refresh": (1, 1), "groups": (1, 1),
    "diff-apply": (1, 1),
}  # fmt: skip


def _size(parts: tuple[Part, ...] | list[Part]) -> int:
    return sum(part.size for part in parts)
