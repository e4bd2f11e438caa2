"""Which columns of each source somebody reads. Wherever a name might be a column, it counts as one."""

from __future__ import annotations

from collections.abc import Iterable

from etlc.ir.graph import BoundGraph, GraphCheck
from etlc.sql.tree import Facts


def columns_of(facts: Facts, relation: str, columns: Iterable[str]) -> list[str]:
    """The columns of ``relation`` that a query may read: all where it reads them as a whole, else those it names."""
    if facts.dynamic or relation.lower() in facts.whole:
        return list(columns)
    return [column for column in columns if column.lower() in facts.names]


def used_columns(bound: BoundGraph) -> dict[str, list[str]]:
    """For each source, the columns that a model or a check reads, in the source's order."""
    used: dict[str, set[str]] = {name: set() for name in bound.schemas}
    names = {name: [column.name for column in schema.columns] for name, schema in bound.schemas.items()}
    for model in bound.models.values():
        for need in model.model.reads:
            if need in used:
                used[need].update(columns_of(model.model.query.facts, need, names[need]))
    by_name = {name.lower(): name for name in names}
    for owner, checks in bound.checks.items():
        for check in checks:
            _add_check(owner, check.check, used, names, by_name)
    return {name: [column for column in columns if column in used[name]] for name, columns in names.items()}


def _add_check(
    owner: str, check: GraphCheck, used: dict[str, set[str]], names: dict[str, list[str]], by_name: dict[str, str]
) -> None:
    if owner in used:
        wanted = {column.lower() for column in check.spec.check.columns()}
        if check.query is not None:
            facts = check.query.facts
            whole = "this" in facts.whole
            wanted |= {column.lower() for column in names[owner]} if whole else facts.names
        used[owner].update(column for column in names[owner] if column.lower() in wanted)
    for relation, column in check.spec.check.others():
        source = by_name.get(relation.lower())
        if source is not None:
            used[source].update(name for name in names[source] if name.lower() == column.lower())
    for need in check.query.reads if check.query else ():
        if need in used and check.query is not None:
            used[need].update(columns_of(check.query.facts, need, names[need]))
