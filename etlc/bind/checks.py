"""Checks bound: their columns are there, their SQL is valid."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from etlc.bind.errors import Refusal
from etlc.diagnostics import Diagnostics, SqlText, span_of
from etlc.ir.binding import Binder, Column
from etlc.ir.graph import BoundCheck, GraphCheck
from etlc.ir.statements import UNTYPED
from etlc.kinds.checks import AcceptedValues, Between, CheckScope, Expression, Query
from etlc.sql.params import BoundSql
from etlc.sql.quote import ident, idents

THIS = "this"


def bind_checks(
    owner: str, columns: Sequence[Column], checks: Iterable[GraphCheck], contracted: set[str], binder: Binder,
    relations: dict[str, Sequence[Column]], diagnostics: Diagnostics,
) -> tuple[BoundCheck, ...]:  # fmt: skip
    """The SQL of each check. It reads the checked relation as ``this`` and others by their names.

    ``contracted`` are columns (lower case) that ``columns:`` names: that they are missing is reported there.
    """
    found = []
    binder.declare(THIS, columns)
    types = {column.name.lower(): column.type for column in columns}
    checks = tuple(checks)
    others = {relation.lower() for check in checks for relation, _ in check.spec.check.others()}
    known = {name.lower(): name for name in relations if name.lower() in others} if others else {}
    scope = CheckScope(ident(THIS), types, {lower: ident(name) for lower, name in known.items()})
    for check in checks:
        missing = [name for name in check.spec.check.columns() if name.lower() not in types]
        for name in missing:
            if name.lower() not in contracted:
                diagnostics.add(
                    "E301",
                    name.span,
                    f'"{owner}" has no column "{name}", which is checked here.',
                    _nearest(name, columns),
                )
        if missing or not _others_there(check, {lower: relations[name] for lower, name in known.items()}, diagnostics):
            continue
        bound = _compile(check, replace(scope, relation=_narrow(check)))
        if _valid(owner, check, bound, columns, binder, diagnostics) and _fitting(check, types, binder, diagnostics):
            found.append(BoundCheck(owner, check.name, _compile(check, scope), check))
    return tuple(found)


def _compile(check: GraphCheck, scope: CheckScope) -> str:
    kind = check.spec.check
    if check.query is not None and isinstance(kind, Expression | Query):
        kind = replace(kind, sql=SqlText(check.query.bound.text, kind.sql.span))
    return kind.failing(scope)


def _narrow(check: GraphCheck) -> str:
    """The checked relation as it is bound: with no more columns than the check names, as each takes time to bind."""
    names = check.spec.check.columns()
    return f"(SELECT {idents(names)} FROM {THIS})" if names else THIS


def _others_there(check: GraphCheck, by_name: Mapping[str, Sequence[Column]], diagnostics: Diagnostics) -> bool:
    for relation, column in check.spec.check.others():
        columns = by_name.get(relation.lower())
        if columns is None:
            return False  # it could not be bound, which is reported where it stands
        if column.lower() not in {c.name.lower() for c in columns}:
            diagnostics.add(
                "E301",
                column.span,
                f'Check "{check.name}" refers to column "{column}", which "{relation}" does not have.',
                _nearest(column, columns),
            )
            return False
    return True


def _valid(
    owner: str, check: GraphCheck, sql: str, columns: Sequence[Column], binder: Binder, diagnostics: Diagnostics
) -> bool:
    error = binder.check(sql)
    if error is None:
        return True
    kind = check.spec.check
    if check.query is not None and isinstance(kind, Expression | Query):
        head = sql.index(check.query.bound.text)
        bound = BoundSql(sql, edits=((0, 0, head), *check.query.bound.edits)) if head else check.query.bound
        Refusal(kind.sql, bound, [c.name for c in columns], diagnostics).report(error, binder.check)
    else:
        message = error.message.split("\n")[0].rstrip(".")
        diagnostics.add("E302", check.spec.span, f'Check "{check.name}" of "{owner}" cannot be run: {message}.')
    return False


def _fitting(check: GraphCheck, types: Mapping[str, str], binder: Binder, diagnostics: Diagnostics) -> bool:
    """Whether the texts that a column is compared with are of its type: DuckDB finds that out only over rows."""
    kind = check.spec.check
    if not isinstance(kind, AcceptedValues | Between):
        return True
    values = kind.values if isinstance(kind, AcceptedValues) else (kind.min, kind.max)
    texts = tuple(value for value in values if isinstance(value, str))
    type_name = types[kind.column.lower()]
    row = f"(SELECT CAST(NULL AS {type_name}) AS {ident(kind.column)})"

    def fits(some: tuple[str, ...]) -> bool:
        return binder.evaluate(AcceptedValues(kind.column, some).failing(CheckScope(row, types, {}))) is None

    if not texts or type_name in ("VARCHAR", UNTYPED) or fits(texts):
        return True
    for value in texts:
        if not fits((value,)):
            diagnostics.add(
                "E302", span_of(value, check.spec.span),
                f'Check "{check.name}" compares "{kind.column}", which is {type_name}, with the text "{value}".',
                f"Write a value that fits {type_name}, or check another column.",
            )  # fmt: skip
    return False


def _nearest(name: str, columns: Sequence[Column]) -> str:
    lower = {column.name.lower(): column.name for column in columns}
    close = difflib.get_close_matches(name.lower(), list(lower), 1)
    listed = ", ".join([column.name for column in columns][:12])
    return f'Did you mean "{lower[close[0]]}"? Columns there: {listed}.' if close else f"Columns there: {listed}."
