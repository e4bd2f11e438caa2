"""What every part of the runner is handed."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from etlc.engines.base import Engine
from etlc.execute.paths import Paths
from etlc.ir.plan import Plan
from etlc.ir.record import Memory, Observations
from etlc.state.base import Store


@dataclass(frozen=True, slots=True)
class Tools:
    """The plan, what is known, and the means to act. ``scratch`` opens a fenced database in memory.

    ``now`` is the time of the run, with its zone. ``stopped`` is set when the run is to end early.
    """

    plan: Plan
    memory: Memory
    observations: Observations
    engine: Engine
    store: Store
    paths: Paths
    scratch: Callable[[], Engine]
    now: dt.datetime
    stopped: threading.Event = field(default_factory=threading.Event)
