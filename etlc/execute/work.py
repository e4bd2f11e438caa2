"""What every strategy works with and leaves behind: the rows that come and those that go, in two temporary tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from etlc.execute.deltas import Moved
from etlc.execute.desk import Desk
from etlc.ir.decision import Way
from etlc.ir.plan import PlanModel
from etlc.ir.upkeep import Upkeep
from etlc.sql.quote import ident, idents

CAME, WENT = "temp._etlc_came", "temp._etlc_went"
TOUCHED = "temp._etlc_touched"
MOST_TOUCHED = 0.3  # of a model's rows; where more are touched, a rebuild costs less
_FEW = 1_000  # rows, which are never too many


class Unfit(Exception):
    """The way costs more than the next one would."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a strategy has to work with: the model, what is known of its query, and how its inputs changed.

    It works outside of the transaction that changes the model: DuckDB takes a table that was made in an open transaction
    for an empty one, and joins it with others accordingly. What else is to be done in the transaction stands in ``after``,
    and in ``taken`` the SELECT of the places of the rows that go, where it finds them by fewer columns than all.
    """

    desk: Desk
    model: PlanModel
    upkeep: Upkeep
    way: Way
    moved: Mapping[str, Moved]
    after: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    @property
    def columns(self) -> str:
        """The model's columns, quoted."""
        return idents(column.name for column in self.model.columns)

    @property
    def stored(self) -> str:
        """The table that holds the model's rows."""
        return self.desk.stored(self.model)

    def make(self, table: str, query: str) -> int:
        """Make a temporary table; how many rows it has."""
        made = self.desk.session.rows(f"CREATE OR REPLACE TEMP TABLE {table.split('.')[1]} AS {query}")
        return int(made[0][0])

    def empty(self, names: Iterable[str]) -> dict[str, str]:
        """Relations that show no rows, by name, for :meth:`Desk.shadowed`."""
        return {name: f"SELECT * FROM ({self.desk.rows(name)}) LIMIT 0" for name in names}

    def none(self, table: str) -> None:
        """An empty one, with the model's columns."""
        self.make(table, f"SELECT {self.columns} FROM {self.stored} LIMIT 0")

    def take(self, keys: str, same: str) -> int:
        """Let the stored rows go that have a key of a table or query ``keys``, as ``same`` says of v and t; how many."""
        rows = f"FROM {self.stored} AS v SEMI JOIN {keys} AS t ON {same}"
        self.taken[:] = [f"SELECT v.rowid {rows}"]
        return self.make(WENT, f"SELECT v.* {rows}")


def fits(work: Work) -> None:
    """Raises Unfit where so many rows are touched that building all of them is less work."""
    touched, stored = work.desk.session.rows(
        f"SELECT (SELECT count(*) FROM {WENT}), (SELECT count(*) FROM {work.stored})"
    )[0]
    if touched > MOST_TOUCHED * stored and stored > _FEW:
        raise Unfit


def hold_against(work: Work, query: str) -> None:
    """What comes and goes, since these are all rows now."""
    work.make("temp._etlc_all", query)
    work.make(CAME, f"FROM temp._etlc_all EXCEPT ALL FROM {work.stored}")
    work.make(WENT, f"FROM {work.stored} EXCEPT ALL FROM temp._etlc_all")
    work.desk.session.execute("DROP TABLE temp._etlc_all")


NETTED = frozenset({"append", "diff-apply", "cheap full"})  # no row comes and goes
_NET = "temp._etlc_net"


def settle_net(work: Work) -> tuple[int, int]:
    """Leave out what both came and went; how many rows come and go."""
    session, columns = work.desk.session, work.columns
    came, went = (int(session.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in (CAME, WENT))
    if work.way.strategy in NETTED or not came or not went:
        return came, went
    if not session.rows(f"SELECT 1 FROM {CAME} AS c SEMI JOIN {WENT} AS w ON {_same(work, 'c', 'w')} LIMIT 1"):
        return came, went
    signed = f"SELECT {columns}, 1 AS _etlc_sign FROM {CAME} UNION ALL SELECT {columns}, -1 FROM {WENT}"
    work.taken.clear()
    net = "CAST(sum(_etlc_sign) AS BIGINT)"
    work.make(_NET, f"SELECT {columns}, {net} AS _etlc_net FROM ({signed}) GROUP BY {columns} HAVING {net} <> 0")
    came, went = (
        work.make(table, f"SELECT {columns} FROM (SELECT *, unnest(range({sign}_etlc_net)) FROM {_NET})")
        for table, sign in ((CAME, ""), (WENT, "-"))
    )
    session.execute(f"DROP TABLE {_NET}")
    return came, went


def apply(work: Work, came: int, went: int) -> None:
    """Take out the rows that go, as many copies of each as go, and put in those that come."""
    session, columns = work.desk.session, work.columns
    if went and work.taken:
        session.execute(f"DELETE FROM {work.stored} WHERE rowid IN ({work.taken[0]})")
    elif went:
        copies = f"SELECT {columns}, count(*) AS _etlc_copies FROM {WENT} GROUP BY {columns}"
        parts = ", ".join(f"v.{ident(column.name)}" for column in work.model.columns)
        numbered = (
            f"SELECT v.rowid AS _etlc_row, w._etlc_copies, row_number() OVER (PARTITION BY {parts}) AS _etlc_copy"
            f" FROM {work.stored} AS v JOIN ({copies}) AS w ON {_same(work, 'v', 'w')}"
        )
        picked = f"SELECT _etlc_row FROM ({numbered}) WHERE _etlc_copy <= _etlc_copies"
        session.execute(f"DELETE FROM {work.stored} WHERE rowid IN ({picked})")
    if came:
        session.execute(f"INSERT INTO {work.stored} ({columns}) SELECT {columns} FROM {CAME}")


def _same(work: Work, one: str, other: str) -> str:
    """That two rows are equal, by their aliases."""
    names = [ident(column.name) for column in work.model.columns]
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in names)
