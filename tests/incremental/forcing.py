"""Lives in which one strategy is forced: no other one may be used, and the models are of the kinds that it is for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import etlc.execute.build
from etlc.decide import STRATEGIES


@dataclass(frozen=True)
class Forced:
    """A strategy, by its ``--no-opt`` name ("full": none of them). ``shapes`` are the kinds of queries of which most of
    the models are; ``adding``: in how many of the steps files only come."""

    name: str
    shapes: tuple[str, ...]
    adding: float = 0

    @property
    def no_opt(self) -> tuple[str, ...]:
        """What is left out, so that this and a rebuild remain."""
        keeps = set() if self.name == "full" else {self.name, "early-cutoff", "kept-parts"}
        return tuple(name for name in STRATEGIES if name not in keeps)


_LINEAR = ("arms", "arms", "arms", "join", "join", "join", "unnest", "filter", "star", "repeated", "repeated")
_SUMS = ("sums", "sums of join", "sums of join", "sums of both")
_GROUPS = (
    "measures",
    "far",
    "far",
    "far",
    "windowed join",
    "untouched",
    "having total",
    "scalar",
    "twice",
    "window of group",
)
FORCED = {
    forced.name: forced
    for forced in (
        Forced("append", (*_LINEAR, "lateral"), 0.7),
        Forced("latest", ("picked",), 0.7),
        Forced("merge", _SUMS, 0.7),
        Forced("segment-replace", (*_LINEAR, "set operation")),
        Forced("refresh", ("group", "measures", "qualify", "window", "exists", "joined groups", "picked", "sums of both")),
        Forced("partial-aggregates", (*_SUMS, "counted", "counted", "measures", "having total", "scalar", "twice", "window of group", "group"), 0.4),
        Forced("groups", _GROUPS),
        Forced("probe", (*["beside"] * 4, "untouched", "untouched", "having total", "scalar", "twice")),
        Forced("diff-apply", ("filter", "limit", "window", "recursive", *_GROUPS)),
        Forced("cheap-full", ("filter", "limit", "window", *_SUMS, *_GROUPS)),
        Forced("full", ("filter", "limit", "window", *_SUMS, *_GROUPS)),
    )
}  # fmt: skip


@dataclass
class Gone:
    """By which strategies models were brought up to date, by ``--no-opt`` name, and by which of them rows came or went."""

    ways: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)


@contextmanager
def watched(gone: Gone) -> Iterator[None]:
    """Within the block, count the ways that etlc goes in this process."""
    by, rebuild = etlc.execute.build._by, etlc.execute.build._rebuild

    def counted_by(desk: Any, model: Any, decision: Any, way: Any, *more: Any) -> Any:
        version = desk.tools.ledger.standing().versions.get(model.name)
        done = by(desk, model, decision, way, *more)
        name = way.strategy.replace(" ", "-")
        gone.ways[name] += 1
        gone.moved[name] += desk.tools.ledger.standing().versions.get(model.name) != version
        return done

    def counted_rebuild(*given: Any) -> Any:
        gone.ways["full"] += 1
        return rebuild(*given)

    with (
        patch.object(etlc.execute.build, "_by", counted_by),
        patch.object(etlc.execute.build, "_rebuild", counted_rebuild),
    ):
        yield
