"""Schemas of sources: the contract first, then etlc.lock, then what a look at the files found."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from etlc.bind.wording import type_help
from etlc.diagnostics import Diagnostics, Span, span_of
from etlc.ir.binding import Binder, Column, SqlError
from etlc.ir.graph import SourceSchema
from etlc.ir.look import Looked
from etlc.ir.spec import LockedColumn, LockedSource, SourceSpec
from etlc.kinds.sources import format_help, source_kind
from etlc.sql.quote import ident, literal


def source_schema(
    source: SourceSpec, locked: LockedSource | None, looked: Looked | None, binder: Binder, diagnostics: Diagnostics
) -> SourceSchema | None:
    """The pinned schema of a source; None where there is none, which is then reported."""
    contract = _contract(source, binder, diagnostics)
    if contract is None:
        return None
    if source.rows is not None:
        return _rows_schema(source, contract, binder, diagnostics)
    if source.path and source_kind(source.format, tuple(map(str, source.path))) is None:
        # Whatever is known of its columns: nothing says how to read it.
        place = span_of(source.format, source.path[0].span)
        problem = "its format is not known" if looked is None else looked.problem
        help = looked.help if looked else format_help(source.format, tuple(source.path))
        diagnostics.add("E401", place, f'Source "{source.name}" cannot be read: {problem}.', help)
        return None
    base = locked or (looked.schema if looked else None)
    if base is None:
        return _contract_alone(source, contract, looked, diagnostics)
    columns = []
    left = dict(contract)
    for column in base.columns:
        type_name = binder.type_name(column.type) if column.name else None
        if type_name is None:  # etlc.lock is a file like others: it comes with a pull request
            fault = f"an unknown type, {column.type}" if column.name else "no name"
            diagnostics.add(
                "E116", Span.whole("etlc.lock"), f'Column "{column.name}" of source "{source.name}" has {fault}.',
                "Take the file of a commit that worked, or delete it and run `etlc lock`.",
            )  # fmt: skip
            return None
        given = left.pop(column.name.lower(), None)
        typed = given.type if given and given.type else type_name
        columns.append(LockedColumn(column.name, typed, column.optional))
    if locked is None:
        for missing in left.values():
            _report_missing(source, missing.name, [column.name for column in base.columns], diagnostics)
            return None
    columns += [LockedColumn(column.name, column.type) for column in left.values() if column.type]
    if not columns:
        diagnostics.add(
            "E116", Span.whole("etlc.lock"), f'The entry of source "{source.name}" has no columns.', "Run `etlc lock`."
        )
        return None
    return SourceSchema(tuple(columns), base.options, looked=locked is None)


def _contract(source: SourceSpec, binder: Binder, diagnostics: Diagnostics) -> dict[str, Column] | None:
    """The columns of the contract by lower-case name; a type of "" where none is given."""
    found = {}
    fine = True
    for name, column in source.columns.items():
        type_name = "" if column.type is None else binder.type_name(column.type)
        if not name:
            fine = False
            diagnostics.add("E107", name.span, f'A column of source "{source.name}" has no name.', "Write its name.")
        elif type_name is None:
            fine = False
            place = span_of(column.type, column.span)
            diagnostics.add(
                "E213", place, f'Column "{name}" has an unknown type, {column.type}.', type_help(column.type or "")
            )
        else:
            found[name.lower()] = Column(str(name), type_name)
    return found if fine else None


def _contract_alone(
    source: SourceSpec, contract: Mapping[str, Column], looked: Looked | None, diagnostics: Diagnostics
) -> SourceSchema | None:
    """The contract is the schema where there are no files to look at."""
    if contract and all(column.type for column in contract.values()):
        return SourceSchema(tuple(LockedColumn(column.name, column.type) for column in contract.values()))
    if not source.path:
        return None  # it was broken, which is reported where it stands
    place = source.path[0].span
    if looked is None or not looked.problem:
        what = f"no file matches {source.path[0]}" if len(source.path) == 1 else "no file matches its paths"
        help = "Mend the path, bring the data, commit etlc.lock, or declare `columns:` with types."
        diagnostics.add("E405", place, f'The schema of source "{source.name}" is not known: {what}.', help)
        return None
    if source.format is not None and "format" in looked.problem:
        place = source.format.span
    help = looked.help or "Declare `columns:` with types, commit etlc.lock, or bring the data."
    if looked.unreachable:
        diagnostics.add("E402", place, f'Source "{source.name}" cannot be read: {looked.problem}.', help)
        return None
    diagnostics.add("E401", place, f'The schema of source "{source.name}" is not known: {looked.problem}.', help)
    return None


def _report_missing(source: SourceSpec, name: str, known: list[str], diagnostics: Diagnostics) -> None:
    written = next(column for column in source.columns if column.lower() == name.lower())
    close = difflib.get_close_matches(name.lower(), [column.lower() for column in known], 1)
    help = f"Columns there: {', '.join(known[:12])}."
    if close:
        help = f'Did you mean "{next(c for c in known if c.lower() == close[0])}"? {help}'
    diagnostics.add("E403", written.span, f'Source "{source.name}" has no column "{name}".', help)


def rows_sql(source: SourceSpec, types: Mapping[str, str]) -> str:
    """A SELECT of a source's inline rows. ``types`` (lower-case column name) are cast to where they are given."""
    names: dict[str, str] = {}
    for row in source.rows or ():
        for name in row:
            names.setdefault(str(name).lower(), str(name))
    for name in source.columns:
        names.setdefault(name.lower(), str(name))
    rows = [{str(key).lower(): value for key, value in row.items()} for row in source.rows or ()]
    lines = ["(" + ", ".join(literal(row.get(name)) for name in names) + ")" for row in rows]
    chosen = ", ".join(
        f"CAST({ident(name)} AS {types[lower]}) AS {ident(name)}" if types.get(lower) else ident(name)
        for lower, name in names.items()
    )
    if not lines:
        lines = ["(" + ", ".join("NULL" for _ in names) + ")"]
        return f"SELECT {chosen} FROM (VALUES {lines[0]}) AS _etlc_rows({', '.join(map(ident, names.values()))}) WHERE false"
    return f"SELECT {chosen} FROM (VALUES {', '.join(lines)}) AS _etlc_rows({', '.join(map(ident, names.values()))})"


def _rows_schema(
    source: SourceSpec, contract: Mapping[str, Column], binder: Binder, diagnostics: Diagnostics
) -> SourceSchema | None:
    if not source.rows and not contract:
        diagnostics.add(
            "E401", source.span, f'Source "{source.name}" has no rows and no columns.', "Give it `columns:` with types."
        )
        return None
    rows = rows_sql(source, {name: column.type for name, column in contract.items()})
    found = binder.evaluate(rows) or binder.bind("_etlc_rows_probe", rows)
    if isinstance(found, SqlError):
        message = found.message.split("\n")[0].rstrip(".")
        diagnostics.add("E402", source.span, f'The rows of source "{source.name}" do not make a table: {message}.')
        return None
    return SourceSchema(tuple(LockedColumn(column.name, column.type) for column in found))
