"""Keeping a model up by the cores of its query (``etlc.ir.upkeep``): what of them came and went is asked for first.

Where that is nothing, the query has the rows that it had, whatever it makes of its cores: windows, totals, LIMIT. Else
what has a key of theirs is worked out anew. Right, since the query is local in these keys: each core is to it what an
input is to a refresh, and the changed rows of a core are found by showing it the changed rows of each of its relations.
(The keys that the delta of a query's linear part touches: incremental.md, 2.1, rung 6b.)
"""

from __future__ import annotations

from etlc.execute.work import CAME, TOUCHED, WENT, Unfit, Work, fits
from etlc.ir.statements import exactly
from etlc.ir.upkeep import Core, Cores
from etlc.sql.cores import KEY, Unprintable, core_query, restricted_query
from etlc.sql.quote import ident

_KEYS = "temp._etlc_keys"


def regroup(work: Work) -> None:
    """Work out anew what has a key that was touched; nothing where no core was. Raises Unfit where that is too much, where
    a core without keys was touched, and for a way that is to find nothing."""
    cores = work.upkeep.cores
    assert cores is not None
    found = _Regroup(work, cores)
    work.none(WENT)
    work.none(CAME)
    try:
        if found.touched():
            found.renew()
    except Unprintable as problem:
        raise Unfit from problem


class _Regroup:
    def __init__(self, work: Work, cores: Cores) -> None:
        self.work, self.cores, self.renews = work, cores, work.way.action != "skip"
        kinds = {column.name: column.type for column in work.model.columns}
        self.types = [kinds[name] for name in cores.columns]

    def touched(self) -> int:
        """Find the keys that were touched; how many there are."""
        none = ", ".join(f"CAST(NULL AS {kind}) AS {KEY}{n}" for n, kind in enumerate(self.types))
        self.work.make(TOUCHED, f"SELECT {none or f'1 AS {KEY}0'} LIMIT 0")
        for core in self.cores.cores:
            for name in self.work.way.changed:
                if name in core.relations:
                    self._ask(core, name)
        return self.work.make(_KEYS, f"SELECT DISTINCT * FROM {TOUCHED}")

    def _ask(self, core: Core, name: str) -> None:
        """What of a core came and went, since something did in one of its relations. The others show what they have
        and what they had: so it may find more than there is, never less."""
        work = self.work
        shown = {name: self._either(name, "")}
        shown |= {
            other: self._either(other, work.desk.rows(other))
            for other in work.way.changed
            if other in core.relations and other != name
        }
        text = work.desk.tools.plan.models[core.model].sql if core.model else work.model.sql
        with work.desk.shadowed(work.model, shown):
            for keys in (core.keys if self.renews else ()) or ((),):
                types = self.types if keys else ()
                query = core_query(
                    text, core.select, core.inner, core.kept, keys, types, work.desk.read, work.desk.show
                )
                if keys:
                    work.desk.session.execute(f"INSERT INTO {TOUCHED} SELECT DISTINCT * FROM (\n{query}\n)")
                elif work.desk.session.rows(f"SELECT 1 FROM (\n{query}\n) LIMIT 1"):
                    raise Unfit

    def _either(self, name: str, now: str) -> str:
        moved = self.work.moved[name]
        return " UNION ALL ".join(f"({rows})" for rows in (now or moved.came, moved.went) if rows)

    def renew(self) -> None:
        """Work out what has a touched key, from those rows of the cores that have one."""
        work = self.work
        own = " AND ".join(
            f"v.{ident(name)} IS NOT DISTINCT FROM t.{KEY}{n}" for n, name in enumerate(self.cores.columns)
        )
        work.take(_KEYS, own)
        fits(work)
        keys: dict[int, list[tuple[str, ...]]] = {}
        for core in self.cores.cores:
            own_keys = keys.setdefault(core.select, []) if core.keys else []
            own_keys += [one for one in core.keys if one not in own_keys]
        text = restricted_query(work.model.sql, keys, self.types, _KEYS, work.desk.read, work.desk.show)
        query = exactly(text, work.model.columns)
        work.make(CAME, f"SELECT v.* FROM (\n{query}\n) AS v SEMI JOIN {_KEYS} AS t ON {own}")
