"""Sources: where and how they are read, and their pinned columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from etlc.compare.checks import compare_checks
from etlc.ir.difference import Change, ColumnChange, Property, Side
from etlc.ir.plan import PlanSource

# Which columns of a relation may hold other values: all of them for None.
Touched = dict[str, frozenset[str] | None]


def compare_sources(
    old: Side, new: Side, names: Mapping[str, str], unknown: Collection[str]
) -> tuple[tuple[Change, ...], Touched]:
    """The changes of sources, and the columns (lower case) of each whose values may differ."""
    found: list[Change] = []
    touched: Touched = {}
    earlier = {after: before for before, after in names.items()}
    doubtful = {name.lower() for name in unknown}
    for name, source in new.plan.sources.items():
        if name.lower() in doubtful:
            continue
        if name not in earlier:
            found.append(Change(name, "added", properties=_facts(None, source)))
            continue
        before = old.plan.sources[earlier[name]]
        change, columns = _compare(old, before, new, source)
        if columns is None or columns:
            touched[name] = columns
        if change is not None:
            found.append(change)
    gone = [name for name in old.bound.graph.spec.sources if name not in names and name.lower() not in doubtful]
    return (*found, *(Change(name, "removed") for name in gone)), touched


def _compare(
    old: Side, before: PlanSource, new: Side, after: PlanSource
) -> tuple[Change | None, frozenset[str] | None]:
    facts = _facts(before, after)
    columns = _columns(before, after)
    checks = compare_checks(old, before.name, new, after.name)
    renamed = before.name.lower() != after.name.lower()
    retyped = frozenset(change.name.lower() for change in columns)
    read = [fact.name for fact in facts if fact.name != "append_only"]
    whole = any(not name.startswith("optional ") for name in read)
    touched = None if whole else retyped | {name.removeprefix("optional ").lower() for name in read}
    if not (facts or columns or checks or renamed):
        return None, frozenset()
    rows = "source" if touched is None else "columns" if touched else ""
    change = Change(
        after.name, "renamed" if renamed else "changed", before.name if renamed else "",
        rows=rows, columns=columns, checks=checks, properties=facts,
    )  # fmt: skip
    return change, touched


def _facts(old: PlanSource | None, new: PlanSource) -> tuple[Property, ...]:
    before = _described(old) if old else {}
    after = _described(new)
    if old is None:
        after = {key: value for key, value in after.items() if key in ("path", "format", "append_only")}
    found = [
        Property(key, before.get(key, ""), after.get(key, ""))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]
    if old is not None and old.rows != new.rows and old.rows is not None and new.rows is not None:
        typed = [(column.name, column.type) for column in old.columns] != [(c.name, c.type) for c in new.columns]
        found += [] if typed and not found else [Property("rows", "", "other rows")]
    return tuple(found)


def _described(source: PlanSource) -> dict[str, str]:
    found = {"path": ", ".join(source.paths), "format": source.kind}
    found.update({f"option {key}": _shown(value) for key, value in sorted(source.options.items())})
    found.update({f"optional {column.name}": "yes" for column in source.columns if column.optional})
    found.update({"append_only": "yes"} if source.append_only else {})
    return {key: value for key, value in found.items() if value}


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _columns(old: PlanSource, new: PlanSource) -> tuple[ColumnChange, ...]:
    before = {column.name.lower(): column for column in old.columns}
    after = {column.name.lower(): column for column in new.columns}
    found = []
    for lower, column in after.items():
        earlier = before.get(lower)
        if earlier is None:
            found.append(ColumnChange("added", column.name, after=column.type))
        elif earlier.type != column.type:
            found.append(ColumnChange("retyped", column.name, earlier.type, column.type))
    found += [ColumnChange("removed", c.name, before=c.type) for lower, c in before.items() if lower not in after]
    return tuple(found)
