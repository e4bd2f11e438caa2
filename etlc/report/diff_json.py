"""``diff --json``."""

from __future__ import annotations

from dataclasses import asdict

from etlc.diagnostics import Diagnostics
from etlc.ir.difference import Change, Difference, Property
from etlc.report.json import finding


def differed(
    difference: Difference, revision: str, commit: str, problems: Diagnostics, found: Diagnostics
) -> dict[str, object]:
    """Everything that changed. ``problems`` are errors of the old revision, ``found`` those of the change."""
    unversioned = {breach.model for breach in difference.breaches}
    return {
        "revision": revision,
        "commit": commit,
        "sources": [_change(change, "source") for change in difference.sources],
        "models": [_change(change, "model") for change in difference.models],
        "outputs": [_change(change, "output") for change in difference.outputs],
        "settings": [_property(one) for one in difference.settings],
        "breaking": [
            {"model": model, "reasons": list(reasons), "versioned": model not in unversioned}
            for model, reasons in difference.broken.items()
        ],
        "rebuilt": list(difference.rebuilt),
        "not_compared": list(difference.unknown),
        "problems": [finding(one) for one in problems],
        "diagnostics": [finding(one) for one in found],
    }


def _change(change: Change, kind: str) -> dict[str, object]:
    made: dict[str, object] = {kind: change.name, "change": change.kind, "was": change.was or None}
    if kind == "model":
        made |= {"published": change.published, "version": change.version}
    if kind != "output":
        made["rows"] = change.rows or None
    if kind == "model":
        made["through"] = list(change.through)
    if kind != "output":
        made["columns"] = [
            {"column": c.name, "change": c.kind, "before": c.before or None, "after": c.after or None}
            for c in change.columns
        ]
        made["checks"] = [{"check": c.name, "change": c.kind, "details": list(c.details)} for c in change.checks]
    made["properties"] = [_property(one) for one in change.properties]
    return made


def _property(one: Property) -> dict[str, object]:
    return {key: value or None for key, value in asdict(one).items()}
