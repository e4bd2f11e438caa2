"""What every part of the runner is handed."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from etlc.engines.base import Engine
from etlc.execute.ledger import Ledger
from etlc.execute.paths import Paths
from etlc.ir.decision import Change, Decision, Way
from etlc.ir.plan import Plan, PlanModel
from etlc.ir.record import Memory, ModelRecord, Observations, Standing
from etlc.ir.upkeep import Upkeep
from etlc.state.base import Store

Settle = Callable[[Decision, Standing], Decision]
Ways = Callable[[PlanModel, Mapping[str, Change], ModelRecord], list[Way]]


@dataclass(frozen=True, slots=True)
class Tools:
    """The plan, what is known, and the means to act. ``scratch`` opens a fenced database in memory.

    ``now`` is the time of the run, with its zone. ``ledger`` has the versions that stand. ``settle`` decides anew what is
    to be done to a model when all that it reads is done; ``ways`` says how, and ``known`` what its query allows. ``off``
    are strategies and rules that are not to be used. ``stopped`` is set when the run is to end early.
    """

    plan: Plan
    memory: Memory
    observations: Observations
    engine: Engine
    store: Store
    paths: Paths
    scratch: Callable[[], Engine]
    now: dt.datetime
    ledger: Ledger
    settle: Settle
    ways: Ways
    known: Callable[[PlanModel], Upkeep]
    off: frozenset[str] = frozenset()
    stopped: threading.Event = field(default_factory=threading.Event)
