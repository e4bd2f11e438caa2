"""What stands in the way of keeping a model's rows up, at its place in the user's files.

What is kept of a query from one compilation to the next knows its text alone; where that stands is known only here.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import fields

from etlc.diagnostics import Span
from etlc.ir.codec import encode
from etlc.ir.graph import BoundGraph, BoundModel
from etlc.ir.upkeep import Blocker, Upkeep
from etlc.sql.tokens import tokens_of

_OBSTACLES = [field.name for field in fields(Upkeep)].index("obstacles")
_LONGEST = 200  # characters of a clause


def blockers(bound: BoundGraph, unstored: Collection[str]) -> dict[str, str]:
    """For each stored model that has any, its blockers as JSON, with those of the unstored models that it reads."""
    found: dict[str, str] = {}
    through: dict[str, list[Blocker]] = {}
    for name, model in bound.models.items():
        text = bound.upkeep.get(name, "")
        own = [_placed(model, kind, start) for kind, start in json.loads(text)[_OBSTACLES]] if text else []
        own += [one for need in model.model.reads for one in through.get(need, ()) if one not in own]
        if str(model.model.spec.incremental) == "full":
            own = [_at(model, "off", model.model.spec.name.span)]
        if own and name in unstored:
            through[name] = own
        elif own:
            found[name] = json.dumps(encode(tuple(own)), separators=(",", ":"))
    return found


def _placed(model: BoundModel, kind: str, start: int | None) -> Blocker:
    query = model.model.query
    if kind == "mask":
        masks = [column.mask for column in model.model.spec.columns.values() if column.mask is not None]
        return _at(model, kind, next((mask.span for mask in masks), query.text.at(0)))
    if start is None:
        return _at(model, kind, query.text.at(0))
    if kind == "limit":  # what is noted is the number behind it
        start = max(
            (token.start for token in tokens_of(query.bound.text[:start]) if token.name == "limit"), default=start
        )
    offset = query.bound.written(start)
    whole = kind == "window" and _is_parted(query.bound.text[start:])
    written = query.text.text[offset : offset + _LONGEST].split("\n")[0]
    return _at(model, "window_parted" if whole else kind, query.text.at(offset), written.strip().rstrip(",;").rstrip())


def _at(model: BoundModel, kind: str, span: Span, clause: str = "") -> Blocker:
    return Blocker(kind, span.file, span.line, span.column, clause, model.model.name)


def _is_parted(text: str) -> bool:
    """Whether the window that a text begins with has a PARTITION BY, or is one of the WINDOW clause."""
    depth, over = 0, False
    for token in tokens_of(text):
        if over and depth == 0 and token.text != "(":
            return True
        if over and depth == 1 and token.name == "partition":
            return True
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0 or (over and depth == 0):
            return False
        over = over or (depth == 0 and token.name == "over")
    return False
