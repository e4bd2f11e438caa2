"""What a run will find changed, as far as file listings and the memory of past runs tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from etlc.ir.decision import Change, Difference, Way
from etlc.ir.moves import file_change, moved_files
from etlc.ir.partials import PARTIALS
from etlc.ir.plan import Plan, PlanSource
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
        """How each stored relation that a model stands on will differ from what it has taken up; and which unstored model
        is written in another way."""
        found = {}
        for relation in self.plan.stands_on(model):
            since = record.consumed.get(relation, "")
            same = since == versions.get(relation, "")
            found[relation] = Change("same") if same else self._change(relation, since)
        for name, text in self.plan.written(model).items():
            found |= {name: Change("unknown")} if record.consumed.get(name) != text else {}
        return found

    def _change(self, relation: str, since: str) -> Change:
        chain = self._kept(relation, since)
        if chain is None:
            return Change("unknown")
        source = self.plan.sources.get(relation)
        if source is None:
            moved = _MOVES.get(self.ways[relation].strategy) if relation in self.ways else (0, 0)
        else:
            files = self._files(source)
            if files is not None and not source.landed:
                return file_change(self.observations.sources[relation], [*chain, files], self.observations.images)
            moved = (len(files.fresh), len(files.gone)) if files else None
        if moved is None:
            return Change("unknown")
        # Rows that nobody has counted yet: 0 stands for none, None for some.
        plus = 0 if moved[0] == 0 == sum(abs(delta.plus) for delta in chain) else None
        minus = 0 if moved[1] == 0 == sum(abs(delta.minus) for delta in chain) else None
        return Change("delta", plus, minus)

    def _kept(self, relation: str, since: str) -> list[Delta] | None:
        """The deltas that are kept of the time from ``since`` to the last run; None where one is missing."""
        before = self.memory.sources.get(relation) or self.memory.models.get(relation)
        if before is None:
            return None
        if before.version == since:
            return []
        deltas = self.memory.deltas.get(relation, ())
        start = next((at for at, delta in enumerate(deltas) if delta.before == since), None)
        if start is None or deltas[-1].after != before.version:
            return None
        return list(deltas[start:])

    def _files(self, source: PlanSource) -> Delta | None:
        """What came and went in the files of a source since the last run; None where all of it is another."""
        before, now = self.memory.sources.get(source.name), self.observations.sources.get(source.name)
        if before is None or now is None or before.version.split("-")[0] != now.version.split("-")[0]:
            return None
        typed = {f"{column.name}:{column.type}" for column in source.columns if column.name in set(source.used)}
        if source.landed and not typed <= set(before.landed):
            return None  # it is landed anew
        moved = moved_files(before, now, self.memory.images.get(source.name, {}))
        fresh, gone = set(moved.fresh), set(moved.gone)
        size = _size(part for part in now.parts if part.path in fresh)
        size += _size(part for part in before.parts if part.path in gone)
        self.parts[source.name] = min(1.0, size / max(_size(now.parts), 1))
        return moved

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
        deltas = self._kept(name, since)
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
        counted = sum(abs(delta.plus) + delta.minus for delta in kept)
        if record.version == version:
            return Difference(name, True, rows=counted, exact=True)
        return Difference(name, True, rows=counted + round(record.rows * self.parts.get(name, _SOME)))

    def take(self, model: str, way: Way) -> float:
        """Note the way that a model will go; gives what it costs as a part of a full refresh, as far as it can be told."""
        self.ways[model] = way
        part = max((self.parts.get(name, _SOME) for name in way.changed), default=1.0)
        self.parts[model] = part
        return 1.0 if way.action == "rebuild" else part


# Whether rows come and go by each strategy; those that are not here leave nobody knowing.
_MOVES = {
    "append": (1, 0), "latest": (1, 1), "merge": (1, 1), "segment replace": (1, 1), "refresh": (1, 1), "groups": (1, 1),
    PARTIALS: (1, 1), "diff-apply": (1, 1),
}  # fmt: skip


def _size(parts: Iterable[Part]) -> int:
    return sum(part.size for part in parts)
