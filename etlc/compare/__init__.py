"""Comparing: what changed in meaning between two compiled revisions of a project. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from etlc.compare.contracts import broken_contracts, lowered_version, place_of
from etlc.compare.models import Models
from etlc.compare.names import renamed_sources
from etlc.compare.sources import compare_sources
from etlc.ir.difference import Breach, Change, Difference, Property, Side
from etlc.ir.plan import Plan, PlanOutput
from etlc.ir.spec import Spec

__all__ = ["compare"]


def compare(old: Side, new: Side) -> Difference:
    """What changed from ``old``, which may be compiled in part only, to ``new``."""
    unknown = _unknown(old, new)
    moved = renamed_sources(old, new)
    sources, touched = compare_sources(old, new, moved, unknown)
    models = Models(old, new, moved, touched, unknown)
    changes = models.changes()
    broken, breaches = {}, []
    for before in old.plan.models.values():
        after = new.plan.models.get(models.names.get(before.name, ""))
        reasons = broken_contracts(old, before, new, after, models.renames.get(after.name, {}) if after else {})
        if reasons:
            broken[before.name] = reasons
        if lowered_version(before, after):
            breaches.append(Breach(before.name, reasons, before.version, place_of(after), lowered=True))
        elif reasons and (after is None or after.version == before.version):
            breaches.append(Breach(before.name, reasons, before.version, place_of(after)))
    return Difference(
        sources, changes, _outputs(old.plan, new.plan), _settings(old, new), broken, tuple(breaches),
        _rebuilt(old, new, unknown), tuple(unknown),
    )  # fmt: skip


def _unknown(old: Side, new: Side) -> list[str]:
    """What the old revision declares, or may declare, and cannot be compiled to."""
    spec = old.bound.graph.spec
    declared = {name.lower() for name in (*spec.sources, *spec.models)}
    compiled = {name.lower() for name in (*old.plan.sources, *old.plan.models)}
    there = [*new.plan.sources, *new.plan.models]
    return [n for n in there if n.lower() not in compiled and (n.lower() in declared or spec.incomplete)]


def _rebuilt(old: Side, new: Side, unknown: Iterable[str]) -> tuple[str, ...]:
    """The models whose version differs: they get other rows, or cannot be told from those that do."""
    before = {name.lower(): version for name, version in old.versions.items()}
    doubtful = {name.lower() for name in unknown}
    changed = (name for name, version in new.versions.items() if before.get(name.lower()) != version)
    return tuple(name for name in changed if name.lower() not in doubtful)


def _outputs(old: Plan, new: Plan) -> tuple[Change, ...]:
    before = {output.name.lower(): output for output in old.outputs}
    after = {output.name.lower() for output in new.outputs}
    found = []
    for output in new.outputs:
        earlier = before.get(output.name.lower())
        facts = _output_facts(earlier, output)
        if facts:
            found.append(Change(output.name, "added" if earlier is None else "changed", properties=facts))
    gone = [output for output in old.outputs if output.name.lower() not in after]
    return (*found, *(Change(output.name, "removed", properties=_output_facts(output, None)) for output in gone))


def _output_facts(old: PlanOutput | None, new: PlanOutput | None) -> tuple[Property, ...]:
    """What is different of an output; all of it where there is one of the two only."""

    def facts(output: PlanOutput | None) -> dict[str, str]:
        if output is None:
            return {}
        parts = ", ".join(output.partition_by)
        return {"model": output.model, "path": output.path, "format": output.format, "partition_by": parts}

    before, after = facts(old), facts(new)
    names = [name for name in (before or after) if before.get(name, "") != after.get(name, "")]
    return tuple(Property(name, before.get(name, ""), after.get(name, "")) for name in names)


def _settings(old: Side, new: Side) -> tuple[Property, ...]:
    """Params, and where the warehouse lies."""
    before, after = _params(old.bound.graph.spec), _params(new.bound.graph.spec)
    found = [
        Property(f"${name}", before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]
    if old.plan.warehouse != new.plan.warehouse and (old.plan.models or old.plan.sources):
        found.append(Property("warehouse", old.plan.warehouse, new.plan.warehouse))
    return tuple(found)


def _params(spec: Spec) -> Mapping[str, str]:
    return {name: f"{param.default}{f' ({param.type})' if param.type else ''}" for name, param in spec.params.items()}
