"""Queries held against each other: the same meaning, and if not, what is left of it column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.ir.difference import Side
from etlc.ir.plan import Plan, PlanModel
from etlc.sql.canonical import canonical
from etlc.sql.lineage import lineage
from etlc.sql.projections import Projections, projections, read_by_name

Schema = Mapping[str, list[tuple[str, str]]]


@dataclass(slots=True)
class Queries:
    """The queries of both sides. ``names`` maps old names to new ones, and grows while models are compared."""

    old: Side
    new: Side
    names: dict[str, str]
    _after: dict[str, str] = field(default_factory=dict)

    def same(self, before: str, after: str) -> bool:
        """Whether two models mean the same, from the same inputs, and give the same columns."""
        one, other = self.old.plan.models[before], self.new.plan.models[after]
        if [(c.name, c.type) for c in one.columns] != [(c.name, c.type) for c in other.columns]:
            return False
        if any(need not in self.names for need in one.reads):
            return False
        return {self.names[need] for need in one.reads} == set(other.reads) and not self.changed(before, after)

    def changed(self, before: str, after: str) -> bool:
        """Whether the query itself means something else; not that what it reads has other columns."""
        one, other = self.old.plan.models[before], self.new.plan.models[after]
        if one.fingerprint == other.fingerprint:
            return False
        if one.sql == other.sql and one.reads == other.reads:
            return False
        return self._old_text(one) != self._new_text(other) and self._as_read_now(one) != self._new_text(other)

    def changed_columns(self, before: PlanModel, after: PlanModel, renames: Mapping[str, str]) -> frozenset[str] | None:
        """The columns (lower case) that are new, gone or of other values, where the rest of the rows stays; else None."""
        old, new = self._projections(before, after)
        if old is None or new is None or old.rest != new.rest:
            return None
        common = set(new.columns) & set(old.columns)
        gone = set(old.columns) - common - set(renames)
        came = set(new.columns) - common - set(renames.values())
        if not (gone <= old.light and came <= new.light):
            return None
        redefined = self.redefined(before, after)
        if not redefined <= (old.light & new.light):
            return None
        return frozenset({*gone, *came, *redefined, *renames, *renames.values()})

    def redefined(self, before: PlanModel, after: PlanModel) -> frozenset[str]:
        """The columns (lower case) of one name whose expressions differ, where that can be told."""
        old, new = self._projections(before, after)
        if old is None or new is None or old.rest != new.rest:
            return frozenset()
        common = old.columns.keys() & new.columns.keys()
        return frozenset(name for name in common if old.columns[name] != new.columns[name])

    def renamed_columns(
        self, before: PlanModel, after: PlanModel, own: bool, above: Mapping[str, Mapping[str, str]]
    ) -> dict[str, str]:
        """Columns (lower case, old to new) that are the same under another name.

        They have the same expression, or are the same column of what is read. ``above`` are the renamed columns there.
        """
        earlier, now = {c.name.lower(): c.type for c in before.columns}, {c.name.lower(): c.type for c in after.columns}
        gone = [name for name in earlier if name not in now]
        came = [name for name in now if name not in earlier]
        if not gone or not came:
            return {}
        found: dict[str, str] = {}
        meanings = (self._expressions(before, after) if own else None) or self._copies(before, after, above)
        for old in gone:
            fitting = [new for new in came if meanings[0].get(old) == meanings[1].get(new) and now[new] == earlier[old]]
            if meanings[0].get(old) and len(fitting) == 1 and fitting[0] not in found.values():
                found[old] = fitting[0]
        return found

    def _expressions(self, before: PlanModel, after: PlanModel) -> tuple[dict[str, object], dict[str, object]] | None:
        old, new = self._projections(before, after)
        if old is None or new is None or old.rest != new.rest:
            return None
        return dict(old.columns), dict(new.columns)

    def _copies(
        self, before: PlanModel, after: PlanModel, above: Mapping[str, Mapping[str, str]]
    ) -> tuple[dict[str, object], dict[str, object]]:
        """The column of a relation that each column is a copy of, by the names of today."""
        old: dict[str, object] = {}
        for name, (relation, column) in _copied(before, self.old.plan).items():
            read = self.names.get(relation, "")
            old[name] = (read, above.get(read, {}).get(column.lower(), column.lower()))
        new: dict[str, object] = {}
        for name, (relation, column) in _copied(after, self.new.plan).items():
            new[name] = (relation, column.lower())
        return old, new

    def _projections(self, before: PlanModel, after: PlanModel) -> tuple[Projections | None, Projections | None]:
        return (
            projections(self._old_text(before), [column.name for column in before.columns]),
            projections(self._new_text(after), [column.name for column in after.columns]),
        )

    def _new_text(self, model: PlanModel) -> str:
        if model.name not in self._after:
            self._after[model.name] = canonical(model.sql, schema_of(model, self.new.plan))
        return self._after[model.name]

    def _old_text(self, model: PlanModel) -> str:
        """The old query, its inputs called as they are now."""
        return read_by_name(canonical(model.sql, schema_of(model, self.old.plan)), self._called(model))

    def _as_read_now(self, model: PlanModel) -> str:
        """The old query over the inputs' columns of today."""
        if any(self.names.get(need) is None for need in model.reads):
            return ""
        schema = {
            need: [(column.name, column.type) for column in self.new.plan.relation_columns(self.names[need])]
            for need in model.reads
        }
        return read_by_name(canonical(model.sql, schema), self._called(model))

    def _called(self, model: PlanModel) -> dict[str, str]:
        return {need.lower(): self.names[need].lower() for need in model.reads if need in self.names}


def schema_of(model: PlanModel, plan: Plan) -> Schema:
    """The columns of what a model reads."""
    return {need: [(column.name, column.type) for column in plan.relation_columns(need)] for need in model.reads}


def _copied(model: PlanModel, plan: Plan) -> dict[str, tuple[str, str]]:
    found = lineage(model.sql, schema_of(model, plan), [column.name for column in model.columns])
    return {
        name.lower(): origin.sources[0]
        for name, origin in found.items()
        if origin.kind == "copy" and len(origin.sources) == 1
    }
