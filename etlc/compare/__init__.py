"""Comparing: what changed in meaning between two compiled revisions of a project. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from etlc.compare.contracts import broken_contracts, lowered_version, place_of
from etlc.compare.models import Models
from etlc.compare.names import renamed_sources
from etlc.compare.sources import compare_sources
from etlc.ir.difference import Breach, Change, Difference, Property, Side
from etlc.ir.plan import PlanOutput
from etlc.ir.spec import Spec

__all__ = ["compare"]


def compare(old: Side, new: Side) -> Difference:
    """What changed from ``old``, which may be compiled in part only, to ``new``."""
    unknown = _unknown(old, new)
    old = _as_far_as_known(old, new)
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
        sources, changes, _outputs(old, new), _settings(old, new), broken, tuple(breaches),
        _rebuilt(old, new, unknown), tuple(unknown),
    )  # fmt: skip


def _unknown(old: Side, new: Side) -> list[str]:
    """What the old revision declares, or may declare, and cannot be compiled to."""
    spec = old.bound.graph.spec
    declared = {name.lower() for name in (*spec.sources, *spec.models)}
    compiled = {name.lower() for name in (*old.plan.sources, *old.plan.models)}
    there = [*new.plan.sources, *new.plan.models]
    return [n for n in there if n.lower() not in compiled and (n.lower() in declared or spec.incomplete)]


def _as_far_as_known(old: Side, new: Side) -> Side:
    """The old side; where some of its models are missing, nobody knows who read the others, so whether those were
    published: as they are now, then, where nothing else says so."""
    spec = old.bound.graph.spec
    if len(old.plan.models) == len(spec.models) and not spec.incomplete:
        return old
    told = {output.model.lower() for output in spec.outputs}
    told |= {name.lower() for name, model in spec.models.items() if model.publish is not None}
    now = {name.lower(): model.published for name, model in new.plan.models.items()}
    models = {
        name: model if name.lower() in told else replace(model, published=now.get(name.lower(), model.published))
        for name, model in old.plan.models.items()
    }
    return replace(old, plan=replace(old.plan, models=models))


def _rebuilt(old: Side, new: Side, unknown: Iterable[str]) -> tuple[str, ...]:
    """The models whose version differs: they get other rows, or cannot be told from those that do."""
    before = {name.lower(): version for name, version in old.versions.items()}
    doubtful = {name.lower() for name in unknown}
    changed = (name for name, version in new.versions.items() if before.get(name.lower()) != version)
    return tuple(name for name in changed if name.lower() not in doubtful)


def _outputs(old: Side, new: Side) -> tuple[Change, ...]:
    before = {output.name.lower(): output for output in old.plan.outputs}
    after = {output.name.lower() for output in new.plan.outputs}
    declared = {output.name.lower() for output in old.bound.graph.spec.outputs}
    found = []
    for output in new.plan.outputs:
        earlier = before.get(output.name.lower())
        if earlier is None and output.name.lower() in declared:
            continue  # its model could not be compiled
        facts = _output_facts(earlier, output)
        if facts:
            found.append(Change(output.name, "added" if earlier is None else "changed", properties=facts))
    gone = [output for output in old.plan.outputs if output.name.lower() not in after]
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
