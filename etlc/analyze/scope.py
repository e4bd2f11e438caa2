"""One SELECT with its names resolved: what each column of it means, and what its joins determine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from etlc.analyze.closure import Dependencies, Place
from etlc.analyze.relation import Field, Relation
from etlc.sql.syntax import Expr, From, Join, Select


@dataclass(slots=True)
class Entry:
    """An entry of FROM. ``optional``: an outer join may have put NULLs in place of its row. ``shown``: its columns
    can be named (those of a semi or anti join's right side only in its condition). ``lateral``: it reads the entries before it."""

    key: str
    relation: Relation
    node: From
    optional: bool = False
    shown: bool = True
    lateral: bool = False


@dataclass(slots=True)
class Step:
    """A join, with the entries on either side."""

    join: Join
    left: range
    right: range


@dataclass(slots=True, eq=False)
class Scope:
    """A SELECT, its entries and joins. ``places`` says what each written column of it means; one that means a column of
    a query around it is in ``outer`` (and where it stands there in ``reached``); one that means a named item of its own
    SELECT is in ``aliased``. ``correlated`` are the entries that a subquery reads from around it; ``subqueries`` are what
    those in expressions give.

    Not ``sure``: a name could not be resolved, and nothing is to be concluded.
    """

    select: Select
    parent: Scope | None
    entries: list[Entry] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    using: set[str] = field(default_factory=set)
    places: dict[Expr, Place] = field(default_factory=dict)
    outer: dict[Expr, Field] = field(default_factory=dict)
    reached: list[tuple[Scope, Place]] = field(default_factory=list)
    aliased: dict[Expr, Expr] = field(default_factory=dict)
    correlated: dict[Expr, set[int]] = field(default_factory=dict)
    subqueries: dict[Expr, Relation] = field(default_factory=dict)
    dependencies: Dependencies = field(default_factory=Dependencies)
    not_null: set[Place] = field(default_factory=set)
    sure: bool = True
    output: Relation | None = None

    def field_at(self, place: Place) -> Field:
        """The field at a place."""
        return self.entries[place[0]].relation.fields[place[1]]

    def find(self, path: tuple[str, ...]) -> list[Place]:
        """The places that a dotted name may mean among the entries; the rest of the path are fields of a struct."""
        names = [name.lower() for name in path]
        if len(names) > 1:
            for number, entry in enumerate(self.entries):
                if entry.key == names[0] and entry.shown:
                    at = entry.relation.index(names[1])
                    return [(number, at)] if at is not None else []
        found = []
        for number, entry in enumerate(self.entries):
            at = entry.relation.index(names[0]) if entry.shown else None
            if at is not None:
                found.append((number, at))
        if len(found) > 1 and names[0] in self.using:
            return found[:1]
        return found

    @property
    def open(self) -> bool:
        """Whether an entry may have columns that are not known."""
        return any(not entry.relation.complete for entry in self.entries)

    def columns(self, expr: Expr) -> Iterator[tuple[Expr, Place]]:
        """The columns of this scope's entries within an expression, through aliases; not those within subqueries."""
        for part in expr.walk():
            if part in self.places:
                yield part, self.places[part]
            elif part in self.aliased:
                yield from self.columns(self.aliased[part])

    def entries_of(self, expr: Expr) -> set[int]:
        """The entries that an expression reads, those that its subqueries read from around them included."""
        found = {place[0] for _, place in self.columns(expr)}
        for part in expr.walk():
            if part.query is not None:
                found |= self.correlated.get(part, set())
        return found

    def same(self, one: Expr, other: Expr) -> bool:
        """Whether two expressions are certain to be the same value."""
        one, other = self.aliased.get(one, one), self.aliased.get(other, other)
        if one is other:
            return True
        if one in self.places or other in self.places:
            return self.places.get(one, (-1, -1)) == self.places.get(other, (-2, -2)) and one.path[2:] == other.path[2:]
        if (one.kind, one.name, one.type, one.distinct) != (other.kind, other.name, other.type, other.distinct):
            return False
        if one.kind in ("column", "other", "lambda", "star") or one.query or other.query or one.over or other.over:
            return False
        mine, theirs = list(one.parts()), list(other.parts())
        return len(mine) == len(theirs) and all(map(self.same, mine, theirs))

    @property
    def inner_steps(self) -> Iterator[Step]:
        """The joins whose condition holds in every row."""
        return (step for step in self.steps if step.join.kind == "inner" and step.join.form != "positional")

    def conditions(self) -> Iterator[Expr]:
        """What holds in every row: WHERE, and the conditions of inner joins, taken apart at AND."""
        if self.select.where is not None:
            yield from self.select.where.conjuncts()
        for step in self.inner_steps:
            if step.join.condition is not None:
                yield from step.join.condition.conjuncts()
