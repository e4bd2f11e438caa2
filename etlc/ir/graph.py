"""The project with its names resolved: who reads whom, in running order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.diagnostics import SqlText
from etlc.ir.binding import Column, Tree
from etlc.ir.spec import CheckSpec, LockedColumn, ModelSpec, SourceSpec, Spec, UnitTestSpec
from etlc.ir.unit import UnitTest
from etlc.sql.params import BoundSql
from etlc.sql.syntax import Query as Syntax
from etlc.sql.tree import Facts


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the user's: as written, with its params bound, and what DuckDB's own tree says of it.

    ``reads`` are the names (as declared) of the sources and models that it reads.
    """

    text: SqlText
    bound: BoundSql
    facts: Facts
    reads: tuple[str, ...]
    tree: Tree | None = field(default=None, compare=False)

    @property
    def syntax(self) -> Syntax | None:
        """The query as a tree; None where DuckDB gives none."""
        return self.tree.get() if self.tree is not None else None


@dataclass(frozen=True, slots=True)
class GraphCheck:
    """A check with its default name filled in. ``query`` is there for ``sql`` checks only."""

    name: str
    spec: CheckSpec
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class GraphModel:
    """A model with its inputs. ``published`` by the rules of the spec; ``readers`` are models, as declared."""

    spec: ModelSpec
    query: Query
    published: bool
    readers: tuple[str, ...]
    checks: tuple[GraphCheck, ...]

    @property
    def name(self) -> str:
        """The name as declared."""
        return str(self.spec.name)

    @property
    def reads(self) -> tuple[str, ...]:
        """The sources and models that its SQL reads, as declared."""
        return self.query.reads


@dataclass(frozen=True, slots=True)
class GraphSource:
    """A source with its checks, those that its contract implies included."""

    spec: SourceSpec
    checks: tuple[GraphCheck, ...]

    @property
    def name(self) -> str:
        """The name as declared."""
        return str(self.spec.name)


@dataclass(frozen=True, slots=True)
class GraphTest:
    """A unit test with its names resolved. ``needs`` is what is computed for it: models in running order.

    ``queries`` are the models whose SQL differs from that of a run, because the test sets a param. ``given`` holds
    the queries of given rows that are written as one, by declared name; ``expect`` that of the expected rows.
    """

    spec: UnitTestSpec
    model: str
    names: Mapping[str, str]
    needs: tuple[str, ...]
    queries: Mapping[str, Query]
    given: Mapping[str, Query]
    expect: Query | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Sources, and models in running order. Names are as declared; ``broken`` models are left out of ``models``."""

    spec: Spec
    sources: Mapping[str, GraphSource]
    models: Mapping[str, GraphModel]
    broken: frozenset[str] = frozenset()
    tests: tuple[GraphTest, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceSchema:
    """A source's pinned schema, from its contract, etlc.lock or a look. ``options`` are the inferred reader options."""

    columns: tuple[LockedColumn, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    looked: bool = False


@dataclass(frozen=True, slots=True)
class BoundModel:
    """A model with the columns that it gives. ``sql`` is its query with its params bound and its columns masked."""

    model: GraphModel
    columns: tuple[Column, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """A check as SQL whose rows are the failures; it reads the checked relation as ``this``."""

    relation: str
    name: str
    sql: str
    check: GraphCheck


@dataclass(frozen=True, slots=True)
class BoundGraph:
    """The graph with every schema known. What could not be bound is not in ``models``.

    ``proven`` are, for each model, the names of the checks that its query keeps whatever the data; ``tags`` by relation
    and column those of the columns that have any. By model, as JSON: ``uses`` what it uses, ``upkeep`` what keeps its rows
    up (``etlc.ir.upkeep``).
    """

    graph: Graph
    schemas: Mapping[str, SourceSchema]
    models: Mapping[str, BoundModel]
    checks: Mapping[str, tuple[BoundCheck, ...]]
    volatile: frozenset[str]
    tests: tuple[UnitTest, ...] = ()
    proven: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)
    upkeep: Mapping[str, str] = field(default_factory=dict)
