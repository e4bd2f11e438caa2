"""Versions: short names for the state of rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from etlc.ir.plan import LANDING_SCHEMA, Plan, PlanCheck, PlanModel, PlanSource


def digest(*parts: object) -> str:
    """A 128-bit hash of plain data, as hexadecimal text."""
    text = json.dumps(parts, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def placement(model: PlanModel, plan: Plan) -> str:
    """How and where a model is kept. A view names the schemas of what it reads, since its text does."""
    if model.storage == "inline":
        return "inline"
    if model.snapshot:
        return f"view {model.schema} of stored rows"
    reads = model.reads if model.storage == "view" else ()
    below = "".join(f" {need}@{plan.models[need].schema if need in plan.models else LANDING_SCHEMA}" for need in reads)
    return f"{model.storage} {model.schema}{below}"


def check_token(check: PlanCheck, versions: Mapping[str, str]) -> str:
    """What a check's verdict depends on, besides the rows that it is of: its text, and the other relations it reads."""
    by_name = {name.lower(): version for name, version in versions.items()} if check.others else {}
    return digest(check.fingerprint, {other.lower(): by_name.get(other.lower(), "") for other in check.others})


def source_check_token(check: PlanCheck, source: PlanSource, versions: Mapping[str, str]) -> str:
    """What the verdict of a source's check depends on: its text, the rows, and the types that they are read as."""
    types = [f"{column.name}:{column.type}" for column in source.columns if column.name in set(source.used)]
    return digest(check_token(check, versions), versions[source.name], types)
