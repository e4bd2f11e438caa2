"""Models: by the canonical form of their queries, down the graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from etlc.compare.checks import compare_checks
from etlc.compare.contracts import key_of
from etlc.compare.names import same_names
from etlc.compare.queries import Queries
from etlc.compare.sources import Touched
from etlc.ir.difference import Change, ColumnChange, Property, Side
from etlc.ir.plan import PlanModel


@dataclass(slots=True)
class Models:
    """All models, compared in running order: what is above a model is known when its turn comes.

    ``names`` maps old names of sources and models to new ones, ``renames`` the columns (lower case, old to new) of
    each model, ``touched`` the columns whose values may differ; ``earlier`` is ``names`` the other way round.
    """

    old: Side
    new: Side
    names: dict[str, str]
    touched: Touched
    unknown: Collection[str]
    renames: dict[str, dict[str, str]] = field(default_factory=dict)
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: dict[str, str] = field(default_factory=dict)

    def changes(self) -> tuple[Change, ...]:
        """What happened to each model, in running order; those that are gone come last."""
        self.names = {**self.names, **same_names(self.old.plan.models, self.new.plan.models)}
        self.earlier = {new: old for old, new in self.names.items()}
        queries = Queries(self.old, self.new, self.names)
        doubtful = {name.lower() for name in self.unknown}
        found = []
        for name, model in self.new.plan.models.items():
            before = self._before(name, queries)
            if name.lower() in doubtful:
                continue
            if before is None:
                found.append(Change(name, "added", published=model.published, version=model.version))
            elif (change := self._compare(self.old.plan.models[before], model, queries)) is not None:
                found.append(change)
        for name in self.old.bound.graph.spec.models:
            if name not in self.names and name.lower() not in doubtful:
                gone = self.old.plan.models.get(name)
                found.append(Change(name, "removed", published=bool(gone and gone.published)))
        return tuple(found)

    def _before(self, name: str, queries: Queries) -> str | None:
        """The old name of a model. One that is new may be an old one that is called otherwise now."""
        if name in self.earlier:
            return self.earlier[name]
        for old in self.old.plan.models:
            if old not in self.names and old not in self.new.plan.sources and queries.same(old, name):
                self.names[old], self.earlier[name] = name, old
                return old
        return None

    def _compare(self, before: PlanModel, after: PlanModel, queries: Queries) -> Change | None:
        own = queries.changed(before.name, after.name)
        renames = queries.renamed_columns(before, after, own, self.renames)
        if renames:
            self.renames[after.name] = renames
        rows, through = self._rows(before, after, own, queries, renames)
        columns = self._columns(before, after, queries, renames)
        checks = compare_checks(self.old, before.name, self.new, after.name)
        properties = self._properties(before, after)
        renamed = before.name.lower() != after.name.lower()
        if not (rows or own or columns or checks or properties or renamed):
            return None
        mine = own or columns or checks or properties
        return Change(
            after.name, "renamed" if renamed else "changed" if mine else "affected", before.name if renamed else "",
            before.published or after.published, after.version, rows, through, columns, checks, properties,
        )  # fmt: skip

    def _rows(
        self, before: PlanModel, after: PlanModel, own: bool, queries: Queries, renames: Mapping[str, str]
    ) -> tuple[str, tuple[str, ...]]:
        """Why the rows may differ, and by which way; what is below is told which columns may."""
        if own:
            columns = queries.changed_columns(before, after, renames)
            if columns is None or columns:
                self.touched[after.name] = columns
                self.paths[after.name] = ()
            hit = self._hit(after)
            if columns is None or hit is None:
                return "query" if columns is None else "columns", ()
            self.touched[after.name] = None
            return "query", ()
        hit = self._hit(after)
        if hit is None:
            return "", ()
        self.touched[after.name] = None
        self.paths[after.name] = (*self.paths.get(hit, ()), hit)
        return "upstream", self.paths[after.name]

    def _hit(self, model: PlanModel) -> str | None:
        """What a model reads of which a column that it may read may hold other values; the shortest way to it."""
        facts = self.new.bound.models[model.name].model.query.facts
        hits = []
        for need in model.reads:
            columns = self.touched.get(need, frozenset())
            whole = facts.dynamic or need.lower() in facts.whole
            if columns is None or (columns and (whole or columns & facts.names)):
                hits.append(need)
        return min(hits, key=lambda need: len(self.paths.get(need, ())), default=None)

    def _columns(
        self, before: PlanModel, after: PlanModel, queries: Queries, renames: Mapping[str, str]
    ) -> tuple[ColumnChange, ...]:
        earlier = {column.name.lower(): column for column in before.columns}
        now = {column.name.lower(): column for column in after.columns}
        came = {new: old for old, new in renames.items()}
        redefined = queries.redefined(before, after)
        found = []
        for lower, column in now.items():
            was = earlier.get(came.get(lower, lower))
            if was is None:
                found.append(ColumnChange("added", column.name, after=column.type))
                continue
            if was.name != column.name:
                found.append(ColumnChange("renamed", column.name, was.name, column.name))
            if was.type != column.type:
                found.append(ColumnChange("retyped", column.name, was.type, column.type))
            elif lower in redefined:
                found.append(ColumnChange("redefined", column.name))
        gone = [column for lower, column in earlier.items() if lower not in now and lower not in renames]
        return (*found, *(ColumnChange("removed", column.name, before=column.type) for column in gone))

    def _properties(self, before: PlanModel, after: PlanModel) -> tuple[Property, ...]:
        old, new = self.old.bound.models[before.name].model.spec, self.new.bound.models[after.name].model.spec
        earlier, now = ([c.name.lower() for c in model.columns] for model in (before, after))
        order = sorted(earlier) == sorted(now) and earlier != now
        keys = [", ".join(key_of(self.old, before)), ", ".join(key_of(self.new, after))]
        facts = [
            ("published", "yes" if before.published else "no", "yes" if after.published else "no"),
            ("version", str(before.version), str(after.version)),
            ("key", *keys),
            ("materialize", old.materialize, new.materialize),
            ("incremental", old.incremental, new.incremental),
            ("order of columns", ", ".join(c.name for c in before.columns) if order else "",
             ", ".join(c.name for c in after.columns) if order else ""),
        ]  # fmt: skip
        return tuple(Property(name, a, b) for name, a, b in facts if a.lower() != b.lower())
