"""The strategies: each works out which rows of a model come and which go, without working out all of them.

None rewrites the model's query. Each shows it other rows under the names that it reads (see ``Desk.shadowed``): the rows
that came, or those with a key that was touched. Why that is right stands with each; the proofs that it may be done to a
query are ``etlc.analyze``'s. The rows that come and go are left in two temporary tables of the session.
"""

from __future__ import annotations

from etlc.execute.cores import regroup
from etlc.execute.partials import from_partials
from etlc.execute.work import CAME, TOUCHED, WENT, Work, fits, hold_against
from etlc.ir.partials import PARTIALS
from etlc.ir.statements import exact_query
from etlc.ir.upkeep import Grain
from etlc.sql.quote import ident, idents


def append(work: Work) -> None:
    """Q(R + d) = Q(R) + Q(d) where Q is linear in R. Where several inputs changed, one after the other: those before it
    as they are now, those after it as they were (telescoping; Gupta and Mumick 1995)."""
    work.none(CAME)
    work.none(WENT)
    changed = [name for name in work.way.changed if work.moved[name].came]
    for at, name in enumerate(changed):
        shown = {name: work.moved[name].came, **{other: work.moved[other].before for other in changed[at + 1 :]}}
        shown |= work.empty(work.upkeep.linear[name])
        with work.desk.shadowed(work.model, shown):
            work.desk.session.execute(f"INSERT INTO {CAME} {exact_query(work.model)}")


def segment_replace(work: Work) -> None:
    """As :func:`append`, of the rows that came and of those that went: Q(R + d - e) = Q(R) + Q(d) - Q(e), as bags."""
    (name,) = work.way.changed
    for table, rows in ((CAME, work.moved[name].came), (WENT, work.moved[name].went)):
        work.none(table)
        if rows:
            with work.desk.shadowed(work.model, {name: rows, **work.empty(work.upkeep.linear[name])}):
                work.desk.session.execute(f"INSERT INTO {table} {exact_query(work.model)}")


def latest(work: Work) -> None:
    """Of all rows with a key, the pick is among the pick so far and the rows that came."""
    found, (name,) = work.upkeep.latest, work.way.changed
    assert found is not None
    rows, keys = work.moved[name].came, {own: given for given, own in found.columns.items() if own in found.keys}
    work.make(
        TOUCHED,
        f"SELECT DISTINCT {', '.join(f'{ident(keys[key])} AS {ident(key)}' for key in found.keys)} FROM ({rows})",
    )
    same = " AND ".join(f"v.{ident(key)} IS NOT DISTINCT FROM t.{ident(key)}" for key in found.keys)
    work.take(TOUCHED, same)
    back = ", ".join(f"{ident(own)} AS {ident(given)}" for given, own in found.columns.items())
    given = idents(found.columns)
    with work.desk.shadowed(work.model, {name: f"SELECT {back} FROM {WENT} UNION ALL SELECT {given} FROM ({rows})"}):
        work.make(CAME, exact_query(work.model))


def merge(work: Work) -> None:
    """The query over the rows that came, its rows made one with those that stand for the same keys. Where rows came to
    several inputs, one after the other, as in :func:`append`."""
    found = work.upkeep.merge
    assert found is not None
    changed = [name for name in work.way.changed if work.moved[name].came]
    work.none(_PART)
    for at, name in enumerate(changed):
        shown = {name: work.moved[name].came, **{other: work.moved[other].before for other in changed[at + 1 :]}}
        shown |= work.empty(found.inputs[name])
        with work.desk.shadowed(work.model, shown):
            work.desk.session.execute(f"INSERT INTO {_PART} {exact_query(work.model)}")
    if len(changed) > 1:
        made = [
            f"CAST({_TOGETHER[found.ways[c.name]]}({ident(c.name)}) AS {c.type})"
            if c.name in found.ways
            else ident(c.name)
            for c in work.model.columns
        ]
        by = f" GROUP BY {idents(found.keys)}" if found.keys else ""
        work.make(_PARTS, f"FROM {_PART}")
        work.make(_PART, f"SELECT {', '.join(made)} FROM {_PARTS} AS p({work.columns}){by}")
    part = f"{_PART} AS p({work.columns})"
    same = [f"v.{ident(key)} IS NOT DISTINCT FROM t.{ident(key)}" for key in found.keys]
    work.take(f"(FROM {part})", " AND ".join(same) or "true")
    made = [
        f"CAST({_one(found.ways[c.name], c.name)} AS {c.type}) AS {ident(c.name)}"
        if c.name in found.ways
        else f"p.{ident(c.name)}"
        for c in work.model.columns
    ]
    own = " AND ".join(f"v.{ident(key)} IS NOT DISTINCT FROM p.{ident(key)}" for key in found.keys) or "true"
    work.make(CAME, f"SELECT {', '.join(made)} FROM {part} LEFT JOIN {WENT} AS v ON {own}")


_PART, _PARTS = "temp._etlc_part", "temp._etlc_parts"
_TOGETHER = {
    "sum": "sum", "min": "min", "max": "max", "and": "bool_and", "or": "bool_or", "bit_and": "bit_and", "bit_or": "bit_or",
    "bit_xor": "bit_xor",
}  # fmt: skip
_CALLS = {"min": "least", "max": "greatest"}
_SIGNS = {"sum": "+", "and": "AND", "or": "OR", "bit_and": "&", "bit_or": "|"}


def _one(way: str, name: str) -> str:
    """Two values of an aggregate as one; NULL stands for no value."""
    old, new = f"v.{ident(name)}", f"p.{ident(name)}"
    if way in _CALLS:
        return f"{_CALLS[way]}({old}, {new})"  # DuckDB's overlook NULLs
    both = f"xor({old}, {new})" if way == "bit_xor" else f"{old} {_SIGNS[way]} {new}"
    return f"CASE WHEN {old} IS NULL THEN {new} WHEN {new} IS NULL THEN {old} ELSE {both} END"


def refresh(work: Work) -> None:
    """What has a touched key is worked out anew from the rows with a touched key: Q is local in the key.

    Touched are the keys of all rows that came or went; NULL is one. An input shows the rows of which any of its keys
    is touched, which may be too many: those of the result that were not touched are left out.
    """
    grain = work.way.grain
    assert grain is not None
    kind = next(column.type for column in work.model.columns if column.name == grain.column)
    keys = [
        f"SELECT CAST({key} AS {kind}) AS _etlc_key FROM ({rows})"
        for name in work.way.changed
        for key in grain.inputs[name]
        for rows in (work.moved[name].came, work.moved[name].went)
        if rows
    ]
    work.make(TOUCHED, f"SELECT DISTINCT _etlc_key FROM ({' UNION ALL '.join(keys)})")
    own = f"v.{ident(grain.column)} IS NOT DISTINCT FROM t._etlc_key"
    work.take(TOUCHED, own)
    fits(work)
    with work.desk.shadowed(
        work.model, {name: _keyed(work, name, grain) for name in grain.inputs if grain.inputs[name]}
    ):
        work.make(CAME, f"SELECT v.* FROM ({exact_query(work.model)}) AS v SEMI JOIN {TOUCHED} AS t ON {own}")


def _keyed(work: Work, name: str, grain: Grain) -> str:
    """The rows of an input of which a key is touched."""
    rows = work.desk.rows(name)
    keys = grain.inputs[name]
    if len(keys) == 1:
        return f"SELECT r.* FROM ({rows}) AS r SEMI JOIN {TOUCHED} AS t ON {keys[0]} IS NOT DISTINCT FROM t._etlc_key"
    any_of = " OR ".join(
        f"EXISTS (SELECT 1 FROM {TOUCHED} AS t WHERE {key} IS NOT DISTINCT FROM t._etlc_key)" for key in keys
    )
    return f"SELECT r.* FROM ({rows}) AS r WHERE {any_of}"


def diff(work: Work) -> None:
    """All rows are worked out, and held against those that stand."""
    hold_against(work, exact_query(work.model))


STRATEGIES = {
    "append": append, "segment replace": segment_replace, "latest": latest, "merge": merge, "refresh": refresh,
    PARTIALS: from_partials, "groups": regroup, "probe": regroup, "diff-apply": diff, "cheap full": diff,
}  # fmt: skip
