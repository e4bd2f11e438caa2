"""The versions that stored relations have in a run, and how they came to them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import pairwise

from etlc.ir.decision import Change
from etlc.ir.moves import file_change
from etlc.ir.plan import Plan
from etlc.ir.record import Delta, Memory, Observations, Standing, State


class Ledger:
    """What stands now, of sources and models; kept up as a run goes on. Shared between threads."""

    def __init__(self, plan: Plan, memory: Memory, observations: Observations) -> None:
        self._plan = plan
        self._observations = observations
        self.readers = plan.readers()
        self._lock = threading.Lock()
        self._standing = Standing()
        for name, record in memory.models.items():
            self._standing.put(name, record.version, record.state)
        for name, state in observations.sources.items():
            self._standing.put(name, state.version)
        self._rows = {name: record.rows for name, record in memory.models.items() if record.rows >= 0}
        self._deltas = {relation: list(deltas) for relation, deltas in memory.deltas.items()}
        steps = [delta.step for deltas in memory.deltas.values() for delta in deltas]
        self._next = max(steps, default=0) + 1

    def standing(self) -> Standing:
        """The version and the state of every relation."""
        with self._lock:
            return Standing(dict(self._standing.versions), dict(self._standing.states))

    def stands(self, relation: str, version: str, rows: int | None = None, state: State | None = None) -> None:
        """A relation has this version now."""
        with self._lock:
            self._standing.put(relation, version, state)
            if rows is not None and rows >= 0:
                self._rows[relation] = rows

    def step(self) -> int:
        """A number for the next delta."""
        with self._lock:
            self._next += 1
            return self._next - 1

    def came(self, delta: Delta) -> None:
        """A delta was committed."""
        with self._lock:
            self._deltas.setdefault(delta.relation, []).append(delta)

    def lost(self, relation: str) -> None:
        """A relation was replaced, and nobody knows what changed."""
        with self._lock:
            self._deltas.pop(relation, None)

    def chain(self, relation: str, since: str) -> list[Delta] | None:
        """The deltas from a version to the one that stands; None where one is missing."""
        with self._lock:
            deltas, now = self._deltas.get(relation, []), self._standing.versions.get(relation, "")
        starts = [at for at, delta in enumerate(deltas) if delta.before == since]
        for at in reversed(starts):
            chain = deltas[at:]
            joined = all(one.after == other.before for one, other in pairwise(chain))
            if joined and chain[-1].after == now:
                return chain
        return None

    def changes(self, model: str, consumed: Mapping[str, str]) -> dict[str, Change]:
        """How each stored relation that a model stands on differs from what it has taken up."""
        found = {}
        for relation in self._plan.stands_on(model):
            since, now = consumed.get(relation), self._standing.versions.get(relation, "")
            if since == now:
                found[relation] = Change("same")
                continue
            chain = self.chain(relation, since) if since is not None else None
            found[relation] = Change("unknown") if chain is None else self._counted(relation, chain)
        for name, text in self._plan.written(model).items():
            found |= {name: Change("unknown")} if consumed.get(name) != text else {}
        return found

    def _counted(self, relation: str, chain: list[Delta]) -> Change:
        source = self._plan.sources.get(relation)
        if source is not None and not source.landed:
            return file_change(self._observations.sources[relation], chain, self._observations.images)
        counted = all(delta.plus >= 0 for delta in chain)
        plus = sum(delta.plus for delta in chain) if counted else None
        minus = sum(delta.minus for delta in chain)
        return Change("delta", plus, minus, self._rows.get(relation))
