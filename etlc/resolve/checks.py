"""Checks as resolved: what a contract implies, default names, and the queries of ``sql`` and ``expression``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from etlc.diagnostics import Diagnostics, Located, Span
from etlc.ir.graph import GraphCheck
from etlc.ir.spec import CheckSpec, ColumnSpec, ModelSpec, SourceSpec
from etlc.kinds.checks import Expression, NotNull, Query, Unique, default_name
from etlc.resolve.queries import QueryReader


def implied(key: tuple[Located, ...], columns: Mapping[Located, ColumnSpec]) -> list[CheckSpec]:
    """The checks that ``key`` and the columns' ``nullable: false`` and ``unique: true`` stand for."""
    found = []
    if key:
        span = key[0].span
        found.append(CheckSpec(NotNull(key), span=span))
        found.append(CheckSpec(Unique(key), span=span))
    for name, column in columns.items():
        if not column.nullable:
            found.append(CheckSpec(NotNull((name,)), span=name.span))
        if column.unique:
            found.append(CheckSpec(Unique((name,)), span=name.span))
    return found


def resolve_checks(
    owner: ModelSpec | SourceSpec, reader: QueryReader, diagnostics: Diagnostics
) -> tuple[GraphCheck, ...]:
    """All checks of a model or a source: the implied ones first, each with a name of its own."""
    key = owner.key if isinstance(owner, ModelSpec) else ()
    kind = "model" if isinstance(owner, ModelSpec) else "source"
    found: list[GraphCheck] = []
    seen: set[str] = set()
    written: set[object] = set()
    for spec in (*implied(key, owner.columns), *owner.checks):
        if spec in written:
            continue
        written.add(spec)
        check = spec.check
        query = None
        if isinstance(check, Query):
            query = reader.read(check.sql, f'The check of {kind} "{owner.name}"', this=True)
        elif isinstance(check, Expression):
            query = reader.expression(check.sql, f'The expression of {kind} "{owner.name}"')
        if query is None and isinstance(check, Query | Expression):
            continue
        if not _others_known(spec, reader, diagnostics):
            continue
        found.append(GraphCheck(_free_name(str(spec.name or default_name(check)), seen), spec, query))
    return tuple(found)


def _others_known(spec: CheckSpec, reader: QueryReader, diagnostics: Diagnostics) -> bool:
    fine = True
    for relation, column in spec.check.others():
        place: Span = relation.span
        if not column:
            diagnostics.add("E302", place, f'"{relation}" must be written relation.column.')
            fine = False
        elif relation.lower() not in reader.names:
            reader.report_unknown(relation, place)
            fine = False
    return fine


def _free_name(name: str, seen: set[str]) -> str:
    """``name``, with a number behind it where it is taken: two checks of one kind on one column."""
    free, number = name, 2
    while free.lower() in seen:
        free, number = f"{name}_{number}", number + 1
    seen.add(free.lower())
    return free


def check_needs(checks: Iterable[GraphCheck], names: Mapping[str, str]) -> list[str]:
    """The relations that checks read besides their own, as declared."""
    needs: dict[str, None] = {}
    for check in checks:
        for relation, _ in check.spec.check.others():
            needs[names[relation.lower()]] = None
        for name in check.query.reads if check.query else ():
            needs[name] = None
    return list(needs)
