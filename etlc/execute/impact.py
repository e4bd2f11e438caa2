"""What stands on a column of a source: who reads it, what is built from that, and which columns carry its values."""

from __future__ import annotations

from dataclasses import dataclass

from etlc.ir.plan import Plan, PlanModel

_FEW = 3


@dataclass(frozen=True, slots=True)
class Impact:
    """``readers`` are the models whose queries may read the column, ``below`` all that stands on them: the published
    ones first, each in running order. ``columns`` are those, as model.column, of published models that its values
    flow into, ``outputs`` the outputs of all these models."""

    readers: tuple[str, ...]
    below: tuple[str, ...]
    columns: tuple[str, ...]
    outputs: tuple[str, ...]

    def readers_read(self) -> str:
        """``a and b read``; for a column that no model reads, ``a check reads``."""
        if not self.readers:
            return "a check reads"
        more = " and others" if len(self.readers) > _FEW else ""
        return f"{' and '.join(self.readers[:_FEW])}{more} read{'s' if len(self.readers) == 1 else ''}"

    def stand_on_it(self) -> str:
        """``; a, b and 2 more stand on it``, "" where nothing does."""
        return f"; {_listed(self.below)} stand{'s' if len(self.below) == 1 else ''} on it" if self.below else ""

    def flows_into(self) -> str:
        """A sentence for the published columns and the outputs that it reaches, "" where there are none."""
        said = [_listed(self.columns)] if self.columns else []
        if self.outputs:
            said.append(f"the output{'s' if len(self.outputs) > 1 else ''} {_listed(self.outputs)}")
        return f"It reaches {', and '.join(said)}." if said else ""


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > _FEW:
        return f"{', '.join(names[:_FEW])} and {len(names) - _FEW} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def impact(plan: Plan, source: str, column: str) -> Impact:
    """What stands on a column of a source."""
    readers = [m.name for m in plan.models.values() if column in m.uses.get(source, ())]
    hit = set(readers)
    carried: dict[str, set[str]] = {source: {column.lower()}}
    for model in plan.models.values():
        if model.name in hit or hit.intersection(model.reads):
            hit.add(model.name)
            carried[model.name] = _carried(plan, model, carried)
    models = [model for model in plan.models.values() if model.name in hit]
    below = sorted((m for m in models if m.name not in readers), key=lambda model: not model.published)
    columns = [
        f"{m.name}.{c.name}" for m in models if m.published for c in m.columns if c.name.lower() in carried[m.name]
    ]
    outputs = [output.name for output in plan.outputs if output.model in hit]
    return Impact(tuple(readers), tuple(model.name for model in below), tuple(columns), tuple(outputs))


def _carried(plan: Plan, model: PlanModel, above: dict[str, set[str]]) -> set[str]:
    """The columns (lower case) of a model that values of those above flow into."""
    from etlc.sql.lineage import lineage

    schema = {need: [(column.name, column.type) for column in plan.relation_columns(need)] for need in model.reads}
    found = lineage(model.sql, schema, [column.name for column in model.columns])
    return {
        name.lower()
        for name, origin in found.items()
        if any(column.lower() in above.get(relation, ()) for relation, column in origin.sources)
    }
