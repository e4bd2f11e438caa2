"""Landing: the rows of text files, kept in the warehouse by file, with the used columns only.

A new, changed or removed file is one DELETE by file and one INSERT; the file parses once, and never in vain.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from etlc.diagnostics import Diagnostic, Span
from etlc.engines.base import Engine, EngineError
from etlc.execute.deltas import forget, keep_landed
from etlc.execute.desk import Desk
from etlc.execute.paths import Paths
from etlc.execute.scan import scan_sql
from etlc.ir.binding import SqlError
from etlc.ir.decision import SourceDecision
from etlc.ir.event import SourceRead
from etlc.ir.plan import LANDING_SCHEMA, PlanSource
from etlc.ir.record import Delta, Part, SourceState
from etlc.kinds.addresses import without_query
from etlc.kinds.sources import FILE_COLUMN
from etlc.sql.quote import ident, idents, literals, qualified


@dataclass(frozen=True, slots=True)
class Landed:
    """A source that was landed: what to tell of it, its state, and what changed; None where all of it may have."""

    event: SourceRead
    state: SourceState
    delta: Delta | None


def land(source: PlanSource, state: SourceState, decision: SourceDecision, desk: Desk) -> Landed:
    """Bring the landed table of a source up to its files, with the state, in a transaction that the caller has begun.

    Raises EngineError.
    """
    begun = time.monotonic()
    session, tools = desk.session, desk.tools
    table = qualified(LANDING_SCHEMA, source.name)
    fresh = [part for part in state.parts if part.path in set(decision.fresh)]
    scan = scan_sql(source, fresh, decision.columns, tools.paths, by_file=source.rows is None)
    types = {column.name: column.type for column in source.columns}
    landed = replace(state, landed=tuple(f"{name}:{types[name]}" for name in decision.columns))
    if decision.anew:
        session.execute(f"CREATE OR REPLACE TABLE {table} AS {scan}")
        forget(desk, source.name)
        delta = None
    else:
        delta = _replace(source, decision, desk, scan if fresh else "")
    tools.store.save_source(session, source.name, landed, tools.memory.source_checks.get(source.name, {}))
    rows = int(session.rows(f"SELECT count(*) FROM {table}")[0][0])
    return Landed(SourceRead(source.name, len(state.parts), rows, time.monotonic() - begun), landed, delta)


def _replace(source: PlanSource, decision: SourceDecision, desk: Desk, scan: str) -> Delta:
    """Take out the rows of the files that are gone, which stay at hand for who has yet to take that up, and land new ones."""
    session, ledger = desk.session, desk.tools.ledger
    table, step = qualified(LANDING_SCHEMA, source.name), ledger.step()
    minus = plus = 0
    if decision.gone:
        old = f"FROM {table} WHERE {FILE_COLUMN} IN ({literals(decision.gone)})"
        keep_landed(desk, source.name, step, old)
        minus = int(session.rows(f"SELECT count(*) {old}")[0][0])
        session.execute(f"DELETE {old}")
    if scan:
        rows = session.rows(f"INSERT INTO {table} ({idents([*decision.columns, FILE_COLUMN])}) {scan}")
        plus = int(rows[0][0])
    before = desk.tools.memory.sources[source.name].version
    delta = Delta(source.name, step, before, decision.version, plus, minus, decision.fresh, decision.gone)
    desk.tools.store.save_delta(session, delta)
    return delta


def casts(source: PlanSource, parts: tuple[Part, ...]) -> list[Part]:
    """The files of which a used column has another type than the pinned one, so that its values must be cast."""
    types = {column.name.lower(): column.type for column in source.columns if column.name in set(source.used)}
    return [part for part in parts if any(kind and types.get(name.lower(), kind) != kind for name, kind in part.layout)]


def cast_query(source: PlanSource, parts: list[Part], paths: Paths) -> str:
    """A query that fails where a value of these files does not cast."""
    return _force(source, scan_sql(source, parts, source.used, paths))


def _force(source: PlanSource, scan: str) -> str:
    """A query that reads every used value of a scan: DuckDB leaves out what is only counted."""
    hashes = ", ".join(f"bit_xor(hash({ident(name)}))" for name in source.used)
    return f"SELECT {hashes} FROM ({scan}) AS _etlc_scan"


def misread(
    source: PlanSource, state: SourceState, error: SqlError, engine: Engine, paths: Paths
) -> tuple[Diagnostic, str | None]:
    """The finding for a source whose files could not be read: file, line, column and value where they can be had.

    With it the column that does not cast, where it is known.

    ``engine`` is a fenced database in memory, in which the files are read once more, their bad lines set aside.
    """
    place = Span(source.file, source.line, source.column, source.line, source.column + len(source.name))
    if source.kind == "csv":
        found = _rejected(source, state, engine, paths)
        if found is not None:
            return Diagnostic(*found[:1], found[1], place, found[2]), found[3]
    alone = _failing(source, state, engine, paths)
    column = None
    if alone is not None:
        path, error = alone
        column = _only_cast(source, next(part for part in state.parts if part.path == path))
        error = replace(
            error,
            message=f"{without_query(path)}: {error.message}"
            if paths.real(path) not in error.message
            else error.message,
        )
    message = paths.redact(error.message)
    shown = next((p.path for p in state.parts if paths.real(p.path) in message), "")
    sentence = message.split("\n")[0].rstrip(".").replace(f"{paths.root}/", "")
    where = f"{without_query(shown)}: " if shown and shown not in sentence else ""
    help = "Pin another type under `columns:`, e.g. VARCHAR, and convert it in a model with TRY_CAST."
    if error.kind in ("conversion", "invalid input"):
        words = f'Source "{source.name}" has a value that does not cast: {where}{sentence}.'
        return Diagnostic("E404", words, place, help), column
    return Diagnostic("E402", f'Source "{source.name}" cannot be read: {where}{sentence}.', place, ""), None


def _only_cast(source: PlanSource, part: Part) -> str | None:
    """The one used column of a file whose values must be cast; None where there are several or none."""
    pinned = {column.name.lower(): column for column in source.columns if column.name in set(source.used)}
    found = [
        pinned[n.lower()].name
        for n, kind in part.layout
        if kind and n.lower() in pinned and pinned[n.lower()].type != kind
    ]
    return found[0] if len(found) == 1 else None


def _failing(source: PlanSource, state: SourceState, engine: Engine, paths: Paths) -> tuple[str, SqlError] | None:
    """The first file that cannot be read by itself, and why; None where each can."""
    session = engine.session()
    for part in state.parts:
        try:
            session.rows(_force(source, scan_sql(source, [part], source.used, paths)))
        except EngineError as error:
            return part.path, error.error
    return None


def _rejected(
    source: PlanSource, state: SourceState, engine: Engine, paths: Paths
) -> tuple[str, str, str, str | None] | None:
    """Code, sentence, help and column for the first line that DuckDB rejects; None where it rejects none."""
    session = engine.session()
    for part in state.parts:
        if part.size == 0:
            continue
        try:
            session.rows(_force(source, scan_sql(source, [part], source.used, paths, rejects=True)))
            rows = session.rows(
                "SELECT line, column_name, error_type, csv_line, error_message FROM reject_errors ORDER BY line LIMIT 1"
            )
        except EngineError:
            continue
        if rows:
            return _explain(source, part.path, *rows[0])
    return None


def _explain(
    source: PlanSource, path: str, line: int, column: str, kind: str, text: str, message: str
) -> tuple[str, str, str, str | None]:
    where = f"{without_query(path)}, line {line}"
    if kind != "CAST":
        words = str(kind).lower()
        sentence = f'Source "{source.name}" has a line that DuckDB cannot read: {where}: {words}: {str(text)[:80]}'
        return (
            "E402",
            f"{sentence}.",
            "Mend the line, or see `options:` (null_padding, quote, escape, ignore_errors).",
            None,
        )
    after = message.split("Could not convert string ", 1)[-1]
    value = after[1:].rsplit("\" to '", 1)[0] if after.startswith('"') else after.split(" to ")[0]
    pinned = next((c for c in source.columns if c.name.lower() == column.lower()), None)
    type_name = pinned.type if pinned else "its type"
    sentence = f'{where}: "{value}" in column "{column}" of source "{source.name}" does not cast to {type_name}.'
    help = (
        f'If it stands for a missing value, add `options: {{nullstr: "{value}"}}` to the source; if it is meant,'
        f" read the column as text: `options: {{types: {{{column}: VARCHAR}}}}` and `etlc lock`, or `columns: {{{column}: VARCHAR}}`."
    )
    return "E404", sentence, help, pinned.name if pinned else None
