"""The compiled project: all that a run needs to decide and to act, and nothing of how it was written.

A plan is plain data. It is kept in ``.etlc/cache``, so that a run with nothing to do compiles nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.diagnostics import Ignore
from etlc.ir.binding import Column

HIDDEN_SCHEMA = "_etlc_data"
LANDING_SCHEMA = "_etlc_land"
DELTA_SCHEMA = "_etlc_delta"
PARTIALS_SCHEMA = "_etlc_partial"


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """A check as SQL whose rows are the failures. ``others`` are relations that it reads besides its own.

    ``proven``: the query itself keeps it, so a run takes it as passed.
    """

    name: str
    sql: str
    severity: str
    tolerate: float
    share: bool
    fingerprint: str
    file: str
    line: int
    column: int
    others: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    proven: bool = False


@dataclass(frozen=True, slots=True)
class PinnedColumn:
    """A column of a source as it is read. ``optional``: NULL where a file lacks it."""

    name: str
    type: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class PlanSource:
    """A source as it is read: by ``kind``, through the pinned ``columns``; ``used`` are those that somebody reads.

    ``landed``: its rows are kept in the warehouse, by file. ``fingerprint`` covers all that decides what a file
    reads as. ``rows`` is the SELECT of a source that lives in the spec. ``append_only``: a file that was read once must
    neither change nor go.
    """

    name: str
    kind: str
    paths: tuple[str, ...]
    options: Mapping[str, object]
    columns: tuple[PinnedColumn, ...]
    used: tuple[str, ...]
    landed: bool
    fingerprint: str
    rows: str | None
    checks: tuple[PlanCheck, ...]
    file: str
    line: int
    column: int
    pipeline: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    append_only: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a query means: its text, the (column, type) pairs of what it reads, and a digest of all else that counts."""

    sql: str
    schema: Mapping[str, tuple[tuple[str, str], ...]]
    rest: str


@dataclass(frozen=True, slots=True)
class PlanModel:
    """A model as it is run. ``storage`` is ``table``, ``view`` or ``inline``; ``sql`` is the user's query, params bound.

    ``snapshot``: a view that shows stored rows, so that new ones can be checked before anybody sees them.

    ``fingerprint`` covers its text and ``rest``, all else that decides what it computes; of what it reads, only names
    and the types of source columns are in it (:meth:`Plan.meaning` tells more). ``volatile`` models
    are new at every run; the columns of ``dynamic`` ones depend on the data. ``reason`` says why it is stored so.
    ``uses`` are the columns of each source that its query may read. ``version`` is that of its contract, ``params``
    are those whose values stand in the query. As JSON: ``dependence`` is a :class:`etlc.ir.upkeep.Uses`, ``upkeep`` what
    keeps its rows up, told of sources and stored models, and ``blockers`` a tuple of :class:`etlc.ir.upkeep.Blocker`.
    """

    name: str
    storage: str
    published: bool
    sql: str
    fingerprint: str
    columns: tuple[Column, ...]
    reads: tuple[str, ...]
    checks: tuple[PlanCheck, ...]
    volatile: bool
    dynamic: bool
    reason: str
    file: str
    line: int
    column: int
    pipeline: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    path: str = ""
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    snapshot: bool = False
    rest: str = ""
    version: int = 1
    params: tuple[str, ...] = ()
    dependence: str = ""
    incremental: bool = True
    upkeep: str = ""
    blockers: str = ""

    @property
    def stored(self) -> bool:
        """Whether its rows are kept."""
        return self.storage == "table" or self.snapshot

    @property
    def schema(self) -> str:
        """The schema of the warehouse that its table or view stands in."""
        return "main" if self.published else HIDDEN_SCHEMA


@dataclass(frozen=True, slots=True)
class PlanOutput:
    """A file, or a partitioned folder, that a model is written to."""

    name: str
    model: str
    path: str
    format: str
    partition_by: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole project, compiled: sources by name, models by name in running order.

    ``tagged`` gives, by relation and column, the tags of the columns that have any, those that they inherit included.
    """

    project: str
    warehouse: str
    limits: Mapping[str, str]
    allow: tuple[str, ...]
    sources: Mapping[str, PlanSource]
    models: Mapping[str, PlanModel]
    outputs: tuple[PlanOutput, ...]
    tagged: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()  # of warnings that only a run finds

    def relation_columns(self, name: str) -> tuple[Column, ...]:
        """The columns of a source or a model."""
        if name in self.models:
            return self.models[name].columns
        return tuple(Column(column.name, column.type) for column in self.sources[name].columns)

    def meaning(self, name: str) -> Meaning:
        """What a model's query means."""
        model = self.models[name]
        columns = {need: self.relation_columns(need) for need in model.reads}
        schema = {need: tuple((column.name, column.type) for column in given) for need, given in columns.items()}
        return Meaning(model.sql, schema, model.rest)

    def checks_of(self, name: str) -> tuple[PlanCheck, ...]:
        """The checks of a source or a model."""
        return self.models[name].checks if name in self.models else self.sources[name].checks

    def declared(self, name: str) -> str:
        """The name of a source or a model as declared, for one written in any case. Raises KeyError."""
        if name in self.models or name in self.sources:
            return name
        lower = name.lower()
        return next(known for known in (*self.sources, *self.models) if known.lower() == lower)

    def stands_on(self, name: str) -> list[str]:
        """The stored relations and sources that a model's query reads, through models that are not stored."""
        found: dict[str, None] = {}
        for need in self.models[name].reads:
            unstored = need in self.models and not self.models[need].stored
            found.update(dict.fromkeys(self.stands_on(need) if unstored else [need]))
        return list(found)

    def written(self, name: str) -> dict[str, str]:
        """The fingerprints of the models under a model that are not stored: how they are written counts as its own text."""
        found: dict[str, str] = {}
        for need in self.models[name].reads:
            if need in self.models and not self.models[need].stored:
                found |= {need: self.models[need].fingerprint, **self.written(need)}
        return found

    def readers(self) -> dict[str, frozenset[str]]:
        """The stored models that stand on each source and stored model, for those that have any."""
        found: dict[str, set[str]] = {}
        for name, model in self.models.items():
            for relation in self.stands_on(name) if model.stored else ():
                found.setdefault(relation, set()).add(name)
        return {relation: frozenset(names) for relation, names in found.items()}

    def needs(self, name: str) -> list[str]:
        """What a model reads, and what its checks read besides, as declared."""
        model = self.models[name]
        others = [self.declared(other) for check in model.checks for other in check.others]
        return list(dict.fromkeys([*model.reads, *(other for other in others if other != name)]))
