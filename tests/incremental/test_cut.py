"""A strategy may be over at any moment: its time is up between two statements. What stands is right all the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from etlc.engines.duckdb import DuckSession
from tests.incremental.drive import readable, tried
from tests.incremental.forcing import FORCED
from tests.incremental.story import Case, Seen

pytestmark = pytest.mark.duckdb
_MOST = 16  # statements that a strategy may get through


class _Cuts:
    """Ends the time of strategies after a few statements, as the timer of DuckSession.within does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self._random = 0, random.Random(1)
        self._left: dict[int, int] = {}
        within, run = DuckSession.within, DuckSession._run

        @contextmanager
        def counted(session: DuckSession, seconds: float) -> Iterator[None]:
            with within(session, seconds):
                self._left[id(session)] = self._random.randrange(_MOST)
                try:
                    yield
                finally:
                    self._left.pop(id(session))

        def cut(session: DuckSession, *given: Any) -> None:
            left = self._left.get(id(session))
            if left is not None:
                self._left[id(session)] = left - 1
                if not left:
                    self.count += 1
                    session._late = True
            run(session, *given)

        monkeypatch.setattr(DuckSession, "within", counted)
        monkeypatch.setattr(DuckSession, "_run", cut)


@pytest.mark.parametrize("name", [name for name in FORCED if name != "full"])
def test_cut(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cuts, seen = _Cuts(monkeypatch), Seen()
    wrong = "\n\n".join(map(readable, tried(500, 2, Case(0, steps=8, force=name), seen)))
    assert not wrong, wrong
    assert cuts.count >= 3
