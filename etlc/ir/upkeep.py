"""How a query's rows can be kept up when its inputs change: what its text says of that, as plain data.

Relations are named as declared. Every key is an SQL expression over the bare columns of one relation, quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Linear = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Uses:
    """What of its inputs decides a query's rows, and what its values.

    ``rows``: for each relation that it reads, the columns that decide which rows there are and how often; where only
    the relation's own rows count, none. ``values``: for each column that it gives, by relation, the columns that its
    values depend on besides. Two states of the inputs that agree in ``rows`` give as many rows, and where they agree
    in some of ``values`` too, the same bag of rows in these columns.
    """

    rows: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grain:
    """A column that a query is local in: restricting its rows to any set of values of ``column`` is the same as
    restricting its inputs by their keys and then the rows. NULL is a value.

    ``inputs``: for each relation, the keys by which its rows belong to a value: each occurrence of the relation has
    one. No key: the relation is static, and the grain says nothing of its changes.
    """

    column: str
    inputs: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Merge:
    """The query over more rows, from its rows before and its rows over those that came.

    Rows belong together by ``keys`` (columns that it gives, NULL being a value; none: there is one row). ``ways`` says
    for each other column how two values become one: ``sum`` (of counts too; NULL is nothing), ``min``, ``max``,
    ``and``, ``or``, ``bit_and``, ``bit_or``, ``bit_xor``. ``inputs`` are the relations whose new rows can come so, as in
    ``Upkeep.linear``.
    """

    keys: tuple[str, ...]
    ways: Mapping[str, str]
    inputs: Linear


@dataclass(frozen=True, slots=True)
class Latest:
    """A query that picks rows of ``relation`` within each value of ``keys`` (columns that it gives): over more rows it
    picks among what it picked before and what came. ``columns``: for each column of the relation that it reads, the
    column that it gives it as."""

    relation: str
    keys: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Core:
    """The rows of a SELECT's FROM, of the query of ``model`` (an unstored one below; "": the query itself): in
    ``relations`` they are linear. ``select`` is the SELECT's number in the text.

    ``kept`` are the conditions of its WHERE (by their number among its ANDs) that can be asked without the rest of the
    query. ``inner``: the join of its FROM (by number, -1 for none) that is made an inner one: the rows are then those
    that a change on its far side changes. ``keys``: for each place where the SELECT is read, the keys of its rows, as
    expressions over its FROM; none where they have none.
    """

    select: int
    relations: Linear
    kept: tuple[int, ...]
    keys: tuple[tuple[str, ...], ...] = ()
    inner: int = -1
    model: str = ""


@dataclass(frozen=True, slots=True)
class Cores:
    """The query as something made of its ``cores``: all rows of the relations in ``covered`` come to it through them.

    Where no core has other rows, neither has the query. It is local in ``columns`` (of its own), as in a grain, each
    core with keys being an input, as long as those without keys have the same rows.
    """

    columns: tuple[str, ...]
    cores: tuple[Core, ...]
    covered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Partial:
    """A SELECT of groups, or of one total, that can be worked out from partial aggregates: of a table with a row for each
    value of ``columns`` among its joined rows, with the aggregates over these rows (aggregates of aggregates: Gray et al.
    1997, distributive and algebraic functions).

    ``select``, ``relations`` and ``model`` are those of a :class:`Core`. ``columns`` are the columns of its FROM that it
    reads outside of its aggregates, as dotted names in lower case; ``functions`` are its aggregates', ``names`` those of
    its items, "" for none. ``reads`` are the relations that come to its FROM, each as often as it does. ``keys``: for each
    place where the SELECT is read, which of ``columns`` (by number) are the keys that ``Partials.columns`` go by; none
    where it has none.
    """

    select: int
    relations: Linear
    columns: tuple[tuple[str, ...], ...]
    functions: tuple[str, ...]
    names: tuple[str, ...]
    reads: tuple[str, ...]
    model: str = ""
    keys: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Partials:
    """The partial aggregates that a query can be worked out from; all rows of the relations in ``covered`` come to it
    through them. The query is local in ``columns`` (of its own), those of them with keys being its inputs."""

    partials: tuple[Partial, ...]
    covered: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why there is no better way: a clause, by its ``kind``, and where it starts in the query's text."""

    kind: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Blocker:
    """An obstacle in the user's files: ``clause`` is what stands there, in the text of ``model``. Of the kinds ``key`` and
    ``type``, ``names`` are the relations and columns that it is about."""

    kind: str
    file: str
    line: int
    column: int
    clause: str = ""
    model: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upkeep:
    """All that is known. In a ``linear`` relation the query is linear: with the other inputs as they are,
    Q(R + d) = Q(R) + Q(d) as bags; for Q(d), the relations beside its name show no rows (they are those of other arms of
    a UNION ALL)."""

    uses: Uses
    linear: Linear = field(default_factory=dict)
    grains: tuple[Grain, ...] = ()
    merge: Merge | None = None
    latest: Latest | None = None
    obstacles: tuple[Obstacle, ...] = ()
    cores: Cores | None = None
    partials: Partials | None = None
