"""Stored rows held against those that a full refresh would give: worked out again from the inputs as they stand.

Each relation is held against its own inputs. Where all are the same, so are the last ones: by induction from the files.
"""

from __future__ import annotations

from dataclasses import replace

from etlc.execute.compare import compare
from etlc.execute.desk import Desk
from etlc.execute.scan import scan_sql
from etlc.ir.binding import Column
from etlc.ir.event import Verified
from etlc.ir.plan import LANDING_SCHEMA
from etlc.ir.statements import exact_query, stored_rows
from etlc.ir.upkeep import Upkeep
from etlc.sql.quote import ident, idents, qualified

_SHOWN = 5
_MOST = 5_000  # differing rows that are held against each other in Python, where floats are among their values
_FLOATS = ("FLOAT", "DOUBLE")
_SPREAD = 1_000_000


def verify_model(desk: Desk, name: str, upkeep: Upkeep | None, share: float) -> Verified:
    """A stored model. With a ``share`` under 1 about that part of it: the rows of some keys, where its query is local in
    one; else all of it. Raises EngineError."""
    model = desk.tools.plan.models[name]
    desk.lay_out(model.reads)
    grain = next((grain for grain in upkeep.grains if any(grain.inputs.values())), None) if upkeep else None
    if share >= 1 or grain is None:
        return _held(desk, name, exact_query(model), f"SELECT * FROM {stored_rows(model)}", model.columns)
    picked = f"hash({{}}) % {_SPREAD} < {int(share * _SPREAD)}"
    shown = {
        relation: f"SELECT r.* FROM ({desk.rows(relation)}) AS r WHERE {' OR '.join(picked.format(key) for key in keys)}"
        for relation, keys in grain.inputs.items()
        if keys
    }
    own = picked.format(ident(grain.column))
    with desk.shadowed(model, shown):
        anew = f"SELECT * FROM ({exact_query(model)}) WHERE {own}"
        found = _held(desk, name, anew, f"SELECT * FROM {stored_rows(model)} WHERE {own}", model.columns)
    return replace(found, sampled=True)


def verify_source(desk: Desk, name: str) -> Verified:
    """A landed source, held against its files."""
    source, state = desk.tools.plan.sources[name], desk.tools.memory.sources[name]
    columns = tuple(Column(column.name, column.type) for column in source.columns if column.name in set(source.used))
    anew = scan_sql(source, state.parts, source.used, desk.tools.paths)
    stored = f"SELECT {idents(column.name for column in columns)} FROM {qualified(LANDING_SCHEMA, name)}"
    return _held(desk, name, anew, stored, columns)


def _held(desk: Desk, name: str, anew: str, stored: str, columns: tuple[Column, ...]) -> Verified:
    session = desk.session
    session.execute(f"CREATE OR REPLACE TEMP TABLE _etlc_anew AS {anew}")
    session.execute(f"CREATE OR REPLACE TEMP TABLE _etlc_stood AS {stored}")
    rows = int(session.rows("SELECT count(*) FROM temp._etlc_anew")[0][0])
    missing, extra = _differing(desk, columns)
    for table in ("_etlc_anew", "_etlc_stood"):
        session.execute(f"DROP TABLE temp.{table}")
    status = "differs" if missing or extra else "same"
    names = tuple(column.name for column in columns)
    return Verified(name, status, rows, len(missing), len(extra), names, tuple(missing[:_SHOWN]), tuple(extra[:_SHOWN]))


def _differing(desk: Desk, columns: tuple[Column, ...]) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The rows that are missing and those that are too many. Floats are the same to nine digits."""
    session = desk.session
    pair = "FROM temp._etlc_{} EXCEPT ALL FROM temp._etlc_{}"
    missing, extra = session.rows(pair.format("anew", "stood")), session.rows(pair.format("stood", "anew"))
    floats = any(kind in column.type for column in columns for kind in _FLOATS)
    if not (missing and extra and floats):
        return missing, extra
    if max(len(missing), len(extra)) > _MOST:  # first to seven digits, which leaves few
        near = ", ".join(
            f"CAST({ident(c.name)} AS FLOAT) AS {ident(c.name)}" if c.type in _FLOATS else ident(c.name)
            for c in columns
        )
        rough = f"SELECT {near} FROM temp._etlc_{{}} EXCEPT ALL SELECT {near} FROM temp._etlc_{{}}"
        return session.rows(rough.format("anew", "stood")), session.rows(rough.format("stood", "anew"))
    _, left, right = compare(missing, extra, (), False)
    return list(left), list(right)
