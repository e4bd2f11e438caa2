"""Where a model's rows live: a table, a view, or nowhere (inlined into the one model that reads it)."""

from __future__ import annotations

from collections.abc import Mapping

from etlc.ir.graph import BoundGraph, BoundModel, GraphCheck

# DuckDB refuses expressions nested too deep, and a long chain of views is one.
DEEPEST_INLINE = 20


def storages(bound: BoundGraph) -> dict[str, tuple[str, str]]:
    """Each model's storage (``table``, ``view`` or ``inline``) and, in a few words, why."""
    checked = {need for checks in bound.checks.values() for check in checks for need in _needs(check.check)}
    found: dict[str, tuple[str, str]] = {}
    wanted: dict[str, str] = {name: model.model.spec.materialize for name, model in bound.models.items()}
    for name, model in bound.models.items():
        found[name] = _storage(name, model, bound, wanted, checked)
    depth: dict[str, int] = {}
    for name, model in bound.models.items():
        below = max((depth.get(need, 0) for need in model.model.reads), default=0)
        if found[name][0] == "inline" and below >= DEEPEST_INLINE:
            found[name] = ("table", "the chain of inlined models would grow too deep")
        depth[name] = below + 1 if found[name][0] in ("inline", "view") else 0
    return found


def snapshots(bound: BoundGraph, stored: Mapping[str, tuple[str, str]]) -> set[str]:
    """The published views that show stored rows: those with an error check on them, or on what is read through them.

    A plain view has the new rows of what it reads at once, before any check of them could run.
    """
    found: set[str] = set()
    audited: set[str] = set()
    for name in (*bound.schemas, *bound.models):
        model = bound.models.get(name)
        if model is not None and stored[name][0] == "table":
            continue
        checked = any(check.check.spec.severity == "error" for check in bound.checks.get(name, ()))
        if not checked and audited.isdisjoint(model.model.reads if model else ()):
            continue
        shown = model is not None and stored[name][0] == "view" and model.model.published
        (found if shown else audited).add(name)
    return found


def _needs(check: GraphCheck) -> list[str]:
    others = [str(relation).lower() for relation, _ in check.spec.check.others()]
    return others + [name.lower() for name in (check.query.reads if check.query else ())]


def _storage(
    name: str, bound: BoundModel, graph: BoundGraph, wanted: Mapping[str, str], checked: set[str]
) -> tuple[str, str]:
    model = bound.model
    if wanted[name] != "auto":
        return wanted[name], f"materialize: {wanted[name]}"
    if model.published:
        return "table", "published"
    if any(output.model.lower() == name.lower() for output in graph.graph.spec.outputs):
        return "table", "it is written to an output"
    if len(model.readers) != 1:
        return "table", "several models read it" if model.readers else "nobody reads it"
    if model.checks or name.lower() in checked:
        return "table", "its rows are checked"
    if name in graph.volatile or model.query.facts.dynamic:
        return "table", "its rows must be computed once"
    reader = graph.models.get(model.readers[0])
    if reader is None or wanted[reader.model.name] == "view" or reader.model.query.facts.dynamic:
        return "table", "its reader needs it stored"
    if sum(table.name.lower() == name.lower() for table in reader.model.query.facts.tables) != 1:
        return "table", "its reader reads it more than once"
    return "inline", f"only {reader.model.name} reads it"
