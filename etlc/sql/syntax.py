"""A query as a tree of plain data, the same for every version of DuckDB: what the analyses walk.

It says what was written, not what it means: names are not resolved here. Two nodes are equal only if they are the same
node, so that what is found out about one can be kept beside the tree. Offsets count characters of the query's text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """An entry of ORDER BY."""

    expr: Expr
    descending: bool


@dataclass(frozen=True, slots=True, eq=False)
class Over:
    """What stands after OVER; named windows are filled in by DuckDB's parser. ``rows``: the frame counts rows;
    ``bounds``: the distances of its ends."""

    partition: tuple[Expr, ...]
    order: tuple[Order, ...]
    rows: bool
    bounds: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Expr:
    """An expression.

    ``kind`` is one of: ``column`` (``path`` holds its dotted name) ``star`` (``name`` the relation, or "")
    ``literal`` (``name`` its text, ``type`` its type) ``call`` (``name`` the function or operator, lower case)
    ``window`` (a call with ``over``) ``cast`` (``type`` the target) ``compare`` (``name`` one of ``= <> < > <= >=``
    and ``is distinct from``, ``is not distinct from``) ``and`` ``or`` ``not`` ``between`` ``in`` (the first of
    ``args`` is sought in the others) ``case`` (when, then, when, then, ..., else) ``is_null`` ``is_not_null``
    ``exists`` ``in_query`` and ``scalar`` (with ``query``; ``args`` hold what is sought) ``lambda`` ``position`` ``param`` ``other``.
    """

    kind: str
    name: str = ""
    args: tuple[Expr, ...] = ()
    start: int | None = None
    path: tuple[str, ...] = ()
    alias: str = ""
    type: str = ""
    query: Query | None = None
    over: Over | None = None
    order: tuple[Order, ...] = ()
    filter: Expr | None = None
    distinct: bool = False
    excluded: tuple[str, ...] = ()
    replaced: tuple[tuple[str, Expr], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    def parts(self) -> tuple[Expr, ...]:
        """The expressions directly within, those of FILTER, ORDER BY and OVER included; not those of subqueries."""
        if not (self.order or self.replaced or self.filter or self.over):
            return self.args
        found = [*self.args, *(order.expr for order in self.order), *(expr for _, expr in self.replaced)]
        if self.filter is not None:
            found.append(self.filter)
        if self.over is not None:
            found += [*self.over.partition, *(order.expr for order in self.over.order), *self.over.bounds]
        return tuple(found)

    def walk(self) -> Iterator[Expr]:
        """This expression and all within, in the order of writing; subqueries are met, not entered."""
        stack = [self]
        while stack:
            here = stack.pop()
            yield here
            stack.extend(here.parts()[::-1])

    def conjuncts(self) -> Iterator[Expr]:
        """What must hold for this condition to hold, as far as AND takes it apart."""
        if self.kind == "and":
            for part in self.args:
                yield from part.conjuncts()
        else:
            yield self


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A named relation in FROM: a source, a model or a CTE."""

    name: str
    alias: str
    columns: tuple[str, ...]
    start: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A subquery in FROM. It may read what stands before it (LATERAL)."""

    query: Query
    alias: str
    columns: tuple[str, ...]
    start: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A table function in FROM, such as ``unnest`` or ``generate_series``."""

    call: Expr
    alias: str
    columns: tuple[str, ...]
    start: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """VALUES."""

    rows: tuple[tuple[Expr, ...], ...]
    alias: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """What is not followed: PIVOT, UNPIVOT. ``source`` is what it reads. Of a PIVOT with fixed values ``groups`` are the
    columns by which its rows are grouped, as far as they are written: the first ones that it gives."""

    source: From | None
    alias: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """``kind``: inner, left, right, full, semi, anti. ``form``: regular, natural, asof, positional, cross, comma."""

    left: From
    right: From
    kind: str
    form: str
    condition: Expr | None
    using: tuple[str, ...]
    start: int | None


From = Table | Derived | Computed | Rows | Opaque | Join


@dataclass(frozen=True, slots=True, eq=False)
class Cte:
    """An entry of WITH. ``recursive``: its query reads itself."""

    name: str
    columns: tuple[str, ...]
    query: Query
    recursive: bool


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """What may stand around any query: WITH before it; DISTINCT, ORDER BY and LIMIT after it.

    ``limit`` is -1 where it is there and no plain number; ``counts`` are the expressions of LIMIT and OFFSET.
    ``order_all`` is ORDER BY ALL.
    """

    ctes: tuple[Cte, ...] = ()
    distinct: bool = False
    distinct_on: tuple[Expr, ...] = ()
    order: tuple[Order, ...] = ()
    order_all: bool = False
    limit: int | None = None
    limit_start: int | None = None
    counts: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Select:
    """One SELECT. ``group_all`` is GROUP BY ALL; ``grouping_sets``: more than one set of groups. ``sets`` are all of them,
    as positions in ``group``; none where there is no GROUP BY. ``number``: how many SELECTs were met before it."""

    items: tuple[Expr, ...]
    source: From | None
    tail: Tail
    where: Expr | None = None
    group: tuple[Expr, ...] = ()
    group_all: bool = False
    grouping_sets: bool = False
    having: Expr | None = None
    qualify: Expr | None = None
    sampled: bool = False
    sets: tuple[tuple[int, ...], ...] = ()
    number: int = 0

    def clauses(self) -> Iterator[Expr]:
        """Every expression that stands in it directly, but for the conditions of joins."""
        yield from self.items
        yield from (one for one in (self.where, self.having, self.qualify) if one is not None)
        yield from self.group
        yield from self.tail.distinct_on
        yield from (order.expr for order in self.tail.order)


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """A set operation: ``union``, ``except`` or ``intersect``."""

    operation: str
    all: bool
    by_name: bool
    arms: tuple[Query, ...]
    tail: Tail


@dataclass(frozen=True, slots=True, eq=False)
class Recursion:
    """The query of a recursive CTE: a start, and a step that reads what came before. ``keyed``: by USING KEY a later row
    takes the place of an earlier one."""

    start: Query
    step: Query
    all: bool
    tail: Tail = field(default_factory=Tail)
    keyed: bool = False


Query = Select | Combined | Recursion
