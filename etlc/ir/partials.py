"""When the partial aggregates that are kept of a model are those of its query and of what its rows were made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

from etlc.ir.codec import encode
from etlc.ir.plan import PARTIALS_SCHEMA, PlanModel
from etlc.ir.upkeep import Partials, Upkeep
from etlc.sql.partials import adds_back
from etlc.sql.quote import qualified

PARTIALS, OPTION = "partial aggregates", "partial-aggregates"
CHEAP = 0.075  # seconds of a full build, below which nothing is gained by anything else
_DECLINED = "-"
_FORMAT = 1


def table_of(model: str, number: int) -> str:
    """The quoted table of one of a model's partial aggregates."""
    return qualified(PARTIALS_SCHEMA, f"{model}.{number}")


def token(model: PlanModel, upkeep: Upkeep, consumed: Mapping[str, str]) -> str:
    """What names the partial aggregates of a model over these versions of what it stands on."""
    return _hash(model, upkeep, sorted(consumed.items()))


def declined(model: PlanModel, upkeep: Upkeep) -> str:
    """What says that keeping the partial aggregates of this query was found not to be worth it."""
    return _DECLINED + _hash(model, upkeep, [])


def takes(partials: Partials, changed: Collection[str], came: bool) -> bool:
    """Whether changes of these relations can be added to all partial aggregates that they come to. ``came``: rows only
    came."""
    moved = [one for one in partials.partials if not set(one.reads).isdisjoint(changed)]
    adds = all(set(changed).intersection(one.reads) <= one.relations.keys() for one in moved)
    return bool(moved) and adds and (came or all(adds_back(one.functions) for one in moved))


def keyed(partials: Partials, changed: Collection[str]) -> bool:
    """Whether a change of these relations touches only keys that the query is local in."""
    moved = [one for one in partials.partials if not set(one.reads).isdisjoint(changed)]
    return bool(partials.columns) and set(changed) <= set(partials.covered) and all(one.keys for one in moved)


def _hash(model: PlanModel, upkeep: Upkeep, consumed: list[tuple[str, str]]) -> str:
    text = json.dumps([_FORMAT, model.sql, encode(upkeep.partials), consumed])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
