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
    can be named (those of a semi or anti join's right side only in its condition). ``reads`` are the entries before
    it that it is worked out for, row by row."""

    key: str
    relation: Relation
    node: From
    optional: bool = False
    shown: bool = True
    reads: frozenset[int] = frozenset()


@dataclass(slots=True)
class Step:
    """A join, with the entries on either side, and the columns that USING or NATURAL compare."""

    join: Join
    left: range
    right: range
    pairs: list[tuple[Place, Place]] = field(default_factory=list)

    @property
    def span(self) -> range:
        """The entries on both sides."""
        return range(self.left.start, self.right.stop)

    def optional(self) -> Iterator[int]:
        """The entries whose row may be missing after this join."""
        if self.join.form == "positional" or self.join.kind in ("left", "full"):
            yield from self.right
        if self.join.form == "positional" or self.join.kind in ("right", "full"):
            yield from self.left


@dataclass(slots=True)
class Merged:
    """Columns that USING or NATURAL made one. ``value`` is the one whose value it has; None after a FULL JOIN."""

    name: str
    places: frozenset[Place]
    value: Place | None


@dataclass(slots=True, eq=False)
class Scope:
    """A SELECT, its entries and joins. ``places`` says what each written column of it means; ``inside`` the same of those
    that mean a field of a struct. One that means a column of a query around it is in ``outer`` (and where it stands
    there in ``reached``); one that means a named item of its own SELECT is in ``aliased``. ``correlated`` are the
    entries that a subquery reads from around it, ``subqueries`` what those in expressions give. ``around`` says where a
    column of a query around this one stands. ``items`` are what it gives, once they were asked for.

    Not ``sure``: a name could not be resolved, and nothing is to be concluded.
    """

    select: Select
    parent: Scope | None
    entries: list[Entry] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    places: dict[Expr, Place] = field(default_factory=dict)
    inside: dict[Expr, Place] = field(default_factory=dict)
    outer: dict[Expr, Field] = field(default_factory=dict)
    reached: list[tuple[Scope, Place]] = field(default_factory=list)
    around: dict[Expr, tuple[Scope, Place]] = field(default_factory=dict)
    aliased: dict[Expr, Expr] = field(default_factory=dict)
    correlated: dict[Expr, set[int]] = field(default_factory=dict)
    subqueries: dict[Expr, Relation] = field(default_factory=dict)
    dependencies: Dependencies = field(default_factory=Dependencies)
    not_null: set[Place] = field(default_factory=set)
    repeats: dict[frozenset[int], str] = field(default_factory=dict)
    sure: bool = True
    open: bool = False
    output: Relation | None = None
    items: tuple[list[tuple[Field, Expr | Place | None]], bool] | None = None
    _parts: list[Expr] | None = None

    def add(self, entry: Entry) -> None:
        """One more entry. The scope is ``open`` where an entry may have columns that are not known."""
        self.entries.append(entry)
        self.open = self.open or not entry.relation.complete

    def field_at(self, place: Place) -> Field:
        """The field at a place."""
        return self.entries[place[0]].relation.fields[place[1]]

    def find(self, path: tuple[str, ...]) -> tuple[list[Place | None], int]:
        """What a dotted name may mean among the entries, and how many of its words name the column: what is left are
        fields of a struct. None stands for a value that no entry has alone."""
        if len(path) > 1:
            key = path[0].lower()
            for number, entry in enumerate(self.entries):
                if entry.key == key and entry.shown:
                    at = entry.relation.index(path[1])
                    return [(number, at)] if at is not None else [], 2
        return self.named(path[0], range(len(self.entries))), 1

    def named(self, name: str, among: range) -> list[Place | None]:
        """What a bare name may mean among some of the entries."""
        found: list[Place | None] = []
        for number in among:
            entry = self.entries[number]
            at = entry.relation.index(name) if entry.shown else None
            if at is None:
                continue
            group = self.group((number, at))
            if group is None:
                found.append((number, at))
            elif group.value not in found:
                found.append(group.value)
        return found

    def group(self, place: Place) -> Merged | None:
        """What USING made of a column."""
        return next((one for one in self.merged if place in one.places), None)

    @property
    def parts(self) -> list[Expr]:
        """Every expression within the SELECT, but for those in subqueries and in the conditions of joins."""
        if self._parts is None:
            self._parts = [part for clause in self.select.clauses() for part in clause.walk()]
        return self._parts

    @property
    def all_parts(self) -> Iterator[Expr]:
        """Every expression within the SELECT and the conditions of its joins."""
        yield from self.parts
        for step in self.steps:
            if step.join.condition is not None:
                yield from step.join.condition.walk()

    def columns(self, expr: Expr) -> Iterator[tuple[Expr, Place]]:
        """The columns of this scope's entries within an expression, through aliases; not those within subqueries."""
        for part in expr.walk():
            place = self.places.get(part) or self.inside.get(part)
            if place is not None:
                yield part, place
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
            return self.places.get(one, (-1, -1)) == self.places.get(other, (-2, -2))
        if (one.kind, one.name, one.type, one.distinct) != (other.kind, other.name, other.type, other.distinct):
            return False
        if one.kind in ("column", "other", "lambda", "star") or one.query or other.query or one.over or other.over:
            return False
        if one.order or other.order or one.filter or other.filter or (one.kind in ("cast", "literal") and not one.type):
            return False
        return len(one.args) == len(other.args) and all(map(self.same, one.args, other.args))

    @property
    def inner_steps(self) -> Iterator[Step]:
        """The joins that keep only rows that meet their condition."""
        return (step for step in self.steps if step.join.kind == "inner" and step.join.form != "positional")

    def conditions(self) -> Iterator[Expr]:
        """What is asked of rows: WHERE, and the conditions of inner joins, taken apart at AND."""
        if self.select.where is not None:
            yield from self.select.where.conjuncts()
        for step in self.inner_steps:
            if step.join.condition is not None:
                yield from step.join.condition.conjuncts()
