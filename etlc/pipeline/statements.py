"""The SQL that a plan stands for, decision by decision."""

from __future__ import annotations

from etlc.ir.decision import Decision, Decisions
from etlc.ir.plan import Plan, PlanModel
from etlc.ir.record import Memory
from etlc.ir.statements import create_snapshot_view, create_table, create_view, exact_query, stored_rows
from etlc.sql.quote import ident, qualified


def statements(plan: Plan, memory: Memory, decisions: Decisions) -> dict[str, list[str]]:
    """The SQL of each decision."""
    found: dict[str, list[str]] = {}
    for name, decision in decisions.models.items():
        model = plan.models.get(name)
        if decision.action == "drop":
            kinds = [(schema, memory.relations.get(f"{schema}.{name}".lower())) for schema in ("main", "_etlc_data")]
            found[name] = [f"DROP {kind.upper()} {qualified(schema, name)}" for schema, kind in kinds if kind]
        elif model is None or decision.action == "skip":
            found[name] = []
        elif model.storage == "inline":
            found[name] = [exact_query(model)]
        elif decision.strategy in _KEPT_UP:
            found[name] = _kept_up(plan, model, decision)
        else:
            found[name] = _make_statements(plan, model)
    return found


_KEPT_UP = {
    "append": "shows the rows that came",
    "merge": "shows the rows that came; the groups are added to those that stand",
    "latest": "shows the rows that came, and the rows that stand for their keys",
    "segment replace": "shows the rows that came, then those that went",
    "refresh": "shows the rows with a touched key",
    "groups": "tells which keys were touched; the query runs over the rows that have one",
}


def _kept_up(plan: Plan, model: PlanModel, decision: Decision) -> list[str]:
    """The query runs as it is written, over other rows: who shows which stands before it."""
    shown = [name for name in plan.stands_on(model.name) if name in decision.changed] or [*model.reads]
    note = f"-- {', '.join(shown)} {_KEPT_UP[decision.strategy]}"
    rows = stored_rows(model)
    insert = f"{note}\nINSERT INTO {rows}\n{exact_query(model)}"
    if decision.strategy == "append":
        return [insert]
    went = f"{ident(decision.grain)} IN (touched)" if decision.grain else "(the rows that went)"
    return [f"DELETE FROM {rows} WHERE {went}", insert]


def _make_statements(plan: Plan, model: PlanModel) -> list[str]:
    if model.snapshot:
        return [create_table(model), create_snapshot_view(model)]
    return [create_view(plan, model) if model.storage == "view" else create_table(model)]
