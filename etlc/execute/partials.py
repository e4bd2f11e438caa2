"""Partial aggregates of a model: made with its rows, added to by what came, and its rows worked out from them.

Right, since the aggregates add up: those over R + d are made of those over R and over d, and what went is taken out of sums
and counts again. All that the query makes of its aggregates (totals, averages, HAVING, ROLLUP, windows, LIMIT) is worked out
anew from them, and held against the rows that stand.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from etlc.engines.base import EngineError
from etlc.execute.desk import Desk
from etlc.execute.work import CAME, TOUCHED, WENT, Unfit, Work, fits, hold_against
from etlc.ir.decision import Decision, takes_changes
from etlc.ir.partials import CHEAP, OPTION, PARTIALS, declined, keyed, table_of, takes, token
from etlc.ir.plan import PARTIALS_SCHEMA, PlanModel
from etlc.ir.statements import exact_query, exactly
from etlc.ir.upkeep import Partial
from etlc.sql.cores import Unprintable
from etlc.sql.partials import COLUMN, ROWS, VALUE, Kept, adds_back, over_partials, partial_query, state_columns
from etlc.sql.quote import ident, string

MOST = 0.3  # of the rows under them: with more of them, they are nearly as many as the rows
_FEW = 1_000
_FLOATS = ("FLOAT", "DOUBLE")


@dataclass(frozen=True, slots=True)
class _One:
    """The partial aggregates of one SELECT, and their table."""

    partial: Partial
    table: str
    query: str
    functions: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        """Its columns by which the rows are told apart."""
        return [f"{COLUMN}{number}" for number in range(len(self.partial.columns))]


@dataclass(frozen=True, slots=True)
class Made:
    """Partial aggregates of a model that were made, in temporary ``tables``, and the query over them in place of its own;
    "" where they were not worth it."""

    query: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)


AS_THEY_ARE = Made()  # those that are kept already


@contextmanager
def made_partials(desk: Desk, model: PlanModel) -> Iterator[Made]:
    """Make the partial aggregates of a model. Within the block its query over them can be run. Raises Unfit."""
    ones, record = _all(desk, model), desk.tools.memory.models.get(model.name)
    tables = {one.table: f"temp._etlc_partial_{number}" for number, one in enumerate(ones)}
    try:
        if _in_time(desk, ones, tables, record.seconds if record is not None else 0.0):
            with _over(desk, model, ones, tables) as query:
                yield Made(query, tables)
        else:
            yield Made()
    except EngineError as error:
        raise Unfit from error  # the model's own query says it again, if it is its fault
    finally:
        for table in tables.values():
            with suppress(EngineError):
                desk.session.execute(f"DROP TABLE IF EXISTS {table}")


def _in_time(desk: Desk, ones: Sequence[_One], tables: Mapping[str, str], seconds: float) -> bool:
    """Make them; whether they are worth keeping, which they are not where that takes much longer than a full build."""
    try:
        with desk.session.within(seconds + CHEAP if "cheap-full" not in desk.tools.off else threading.TIMEOUT_MAX):
            return all(_made(desk, one, tables[one.table]) for one in ones)
    except EngineError as error:
        if error.error.kind != "late":
            raise
        return False


def _made(desk: Desk, one: _One, table: str) -> bool:
    types = dict(row[:2] for row in desk.session.rows(f"DESCRIBE {one.query}"))
    if any(name in _ADDED and types[f"{VALUE}{n}"] in _FLOATS for n, name in enumerate(one.functions)):
        return False
    desk.session.execute(f"CREATE OR REPLACE TEMP TABLE {table.split('.')[1]} AS {one.query}")
    kept, under = desk.session.rows(f"SELECT count(*), coalesce(sum({ROWS}), 0) FROM {table}")[0]
    return bool(under <= _FEW or kept <= MOST * under)


_ADDED = ("sum", "avg", "mean")


def keep_partials(desk: Desk, model: PlanModel, consumed: Mapping[str, str], made: Made | None) -> str:
    """Keep what was made, and drop what was kept before; what is remembered of it. In the transaction that changes the
    model's rows, which were made from these versions."""
    record, upkeep = desk.tools.memory.models.get(model.name), desk.tools.known(model)
    if made is AS_THEY_ARE:
        return token(model, upkeep, consumed)
    if record is not None and record.partials:
        drop_partials(desk, model.name)
    if made is not None and made.query:
        for kept, table in made.tables.items():
            desk.session.execute(f"CREATE TABLE {kept} AS FROM {table}")
        return token(model, upkeep, consumed)
    refused = declined(model, upkeep) if upkeep.partials is not None else ""
    return refused if made is not None or (record is not None and record.partials == refused) else ""


def drop_partials(desk: Desk, model: str) -> None:
    """Drop what is kept of a model; nothing where there is nothing."""
    names = f"SELECT table_name FROM duckdb_tables() WHERE schema_name = {string(PARTIALS_SCHEMA)} AND NOT temporary"
    for (name,) in desk.session.rows(names):
        owner, _, number = str(name).rpartition(".")
        if owner == model:
            desk.session.execute(f"DROP TABLE {table_of(model, int(number))}")


def from_partials(work: Work) -> None:
    """Bring the partial aggregates up to date, and work out the rows from them: all, or those with a key that was touched
    where the query is local in such keys; nothing where none of them moved."""
    partials = work.upkeep.partials
    assert partials is not None
    ones = _all(work.desk, work.model)
    moved = [number for number, one in enumerate(ones) if _moved(work, one, number)]
    if not moved and set(work.way.changed) <= set(partials.covered):
        work.none(CAME)
        work.none(WENT)
    elif moved and keyed(partials, work.way.changed):
        _renew(work, ones, moved, partials.columns)
    else:
        anew = {ones[number].table: _added(work, ones[number], number) for number in moved}
        work.after.extend(f"CREATE OR REPLACE TABLE {kept} AS FROM {table}" for kept, table in anew.items())
        with _over(work.desk, work.model, ones, anew) as query:
            hold_against(work, query)


def _renew(work: Work, ones: Sequence[_One], moved: Sequence[int], columns: Sequence[str]) -> None:
    """Work out anew what has a touched key, from the partial aggregates that have one."""
    types = {column.name: column.type for column in work.model.columns}
    kinds = [types[name] for name in columns]
    touched = [
        f"SELECT {', '.join(_cast(COLUMN, one, kinds))} FROM {_delta(number)}"
        for number in moved
        for one in ones[number].partial.keys
    ]
    work.make(TOUCHED, f"SELECT DISTINCT * FROM ({' UNION ALL '.join(touched)}) AS t({_names(len(columns))})")
    own = " AND ".join(f"v.{ident(name)} IS NOT DISTINCT FROM t.{_KEY}{n}" for n, name in enumerate(columns))
    work.take(TOUCHED, own)
    fits(work)
    anew = {}
    for number, one in enumerate(ones):
        if not one.partial.keys:
            continue
        some = " OR ".join(
            f"EXISTS (SELECT 1 FROM {TOUCHED} AS t WHERE {_same(_cast(f's.{COLUMN}', way, kinds))})"
            for way in one.partial.keys
        )
        if number in moved:
            anew[one.table] = _added(work, one, number, f"SELECT s.* FROM {one.table} AS s WHERE {some}")
            gone = f"SELECT s.rowid FROM {one.table} AS s WHERE {some}"
            work.after.append(f"DELETE FROM {one.table} WHERE rowid IN ({gone})")
            work.after.append(f"INSERT INTO {one.table} FROM {anew[one.table]}")
        else:
            anew[one.table] = f"temp._etlc_partial_{number}"
            work.make(anew[one.table], f"SELECT s.* FROM {one.table} AS s WHERE {some}")
    with _over(work.desk, work.model, ones, anew) as query:
        work.make(CAME, f"SELECT v.* FROM ({query}) AS v SEMI JOIN {TOUCHED} AS t ON {own}")


_KEY = "_etlc_t"


def _names(count: int) -> str:
    return ", ".join(f"{_KEY}{n}" for n in range(count))


def _cast(column: str, way: Sequence[int], kinds: Sequence[str]) -> list[str]:
    """The keys in partial aggregates, as the columns that they are compared with."""
    return [f"CAST({column}{number} AS {kind})" for number, kind in zip(way, kinds, strict=True)]


def _same(keys: Sequence[str]) -> str:
    return " AND ".join(f"t.{_KEY}{n} IS NOT DISTINCT FROM {key}" for n, key in enumerate(keys))


def _all(desk: Desk, model: PlanModel) -> list[_One]:
    partials, found = desk.tools.known(model).partials, []
    for number, partial in enumerate(partials.partials if partials is not None else ()):
        text = desk.tools.plan.models[partial.model].sql if partial.model else model.sql
        try:
            query, functions = partial_query(text, partial.select, partial.columns, desk.read, desk.show)
        except Unprintable as problem:
            raise Unfit from problem
        found.append(_One(partial, table_of(model.name, number), query, functions))
    return found


@contextmanager
def _over(desk: Desk, model: PlanModel, ones: Sequence[_One], anew: Mapping[str, str]) -> Iterator[str]:
    """The model's query over its partial aggregates, those in ``anew`` from another table. Models that are stored nowhere
    are shown over theirs."""
    by: dict[str, dict[int, Kept]] = {}
    for one in ones:
        table = anew.get(one.table, one.table)
        kept = Kept(table, one.partial.columns, one.partial.names, _types(desk, table))
        by.setdefault(one.partial.model, {})[one.partial.select] = kept
    rounds_once = desk.tools.engine.version.startswith("1.")
    shown = {}
    for name, kept_ones in by.items():
        owner = desk.tools.plan.models[name] if name else model
        try:
            text = over_partials(owner.sql, kept_ones, rounds_once, desk.read, desk.show)
        except Unprintable as problem:
            raise Unfit from problem
        shown[name] = exactly(text, owner.columns)
    query = shown.pop("", exact_query(model))
    with desk.shadowed(model, shown):
        yield query


def _types(desk: Desk, table: str) -> dict[str, str]:
    return {str(name): str(kind) for name, kind, *_ in desk.session.rows(f"DESCRIBE {table}")}


def _delta(number: int) -> str:
    return f"temp._etlc_partial_delta_{number}"


def _moved(work: Work, one: _One, number: int) -> bool:
    """Find the partial aggregates of what came, and of what went with their signs changed; whether there are any. Where
    rows came to several relations, one after the other, as in an append."""
    session, partial = work.desk.session, one.partial
    changed = [name for name in work.way.changed if name in partial.reads]
    if not changed:
        return False
    gone = any(work.moved[name].went for name in changed)
    if not set(changed) <= partial.relations.keys() or (gone and not adds_back(one.functions)):
        raise Unfit
    work.make(_delta(number), f"FROM {one.table} LIMIT 0")
    added = [name for name, _ in state_columns(one.functions)]
    for at, name in enumerate(changed):
        later = {other: work.moved[other].before for other in changed[at + 1 :]}
        for rows, sign in ((work.moved[name].came, ""), (work.moved[name].went, "-")):
            if rows:
                chosen = [*one.keys, *(f"{sign}{column}" for column in added)]
                with work.desk.shadowed(work.model, {name: rows, **later, **work.empty(partial.relations[name])}):
                    session.execute(f"INSERT INTO {_delta(number)} SELECT {', '.join(chosen)} FROM ({one.query})")
    return bool(session.rows(f"SELECT 1 FROM {_delta(number)} LIMIT 1"))


def _added(work: Work, one: _One, number: int, kept: str = "") -> str:
    """Make the partial aggregates as they are now, all or some of them; their temporary table."""
    types, table = _types(work.desk, one.table), f"temp._etlc_partial_{number}"
    made = [f"CAST({way}({name}) AS {types[name]}) AS {ident(name)}" for name, way in state_columns(one.functions)]
    by = f" GROUP BY {', '.join(one.keys)}" if one.keys else ""
    both = f"({kept or f'FROM {one.table}'} UNION ALL FROM {_delta(number)})"
    work.make(table, f"SELECT {', '.join([*one.keys, *made])} FROM {both}{by} HAVING sum({ROWS}) <> 0")
    return table


def worth_it(desk: Desk, model: PlanModel, decision: Decision) -> bool:
    """Whether a rebuild makes the partial aggregates of a model: it has some, takes long, and is rebuilt because what it
    reads has changed."""
    tools, record = desk.tools, desk.tools.memory.models.get(model.name)
    upkeep = tools.known(model)
    if upkeep.partials is None or not (model.stored and model.incremental) or model.dynamic or OPTION in tools.off:
        return False
    if "cheap-full" in tools.off:
        return True
    if record is None or record.seconds < CHEAP or record.partials == declined(model, upkeep):
        return False
    slow = any(seconds > record.seconds for way, seconds in record.history.items() if way.startswith(PARTIALS))
    changes = tools.ledger.changes(model.name, record.consumed)
    changed = [name for name, change in changes.items() if change.kind != "same"]
    of_use = takes(upkeep.partials, changed, True) and not slow
    return of_use and (takes_changes(decision) or bool(record.partials))
