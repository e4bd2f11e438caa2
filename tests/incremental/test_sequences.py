"""After any sequence of arrivals, edits, partial runs, failed checks and kills, what stands is what plain DuckDB computes.

A failure names its seed: ``python -m tests.incremental.drive SEED 1 --readable`` repeats it and makes it small.
ETLC_SOAK sets how many seeds the long run tries, ETLC_SOAK_FIRST where it begins, ETLC_SOAK_FORCE which strategy is
forced, and ETLC_SOAK_NO_OPT, a list with commas, what its runs do without.
"""

from __future__ import annotations

import os

import pytest

from tests.incremental.drive import readable, tried
from tests.incremental.forcing import FORCED
from tests.incremental.story import Case, Seen, Switches

pytestmark = pytest.mark.duckdb


def _wrong(first: int, count: int, case: Case) -> tuple[str, Seen]:
    seen = Seen()
    return "\n\n".join(map(readable, tried(first, count, case, seen))), seen


@pytest.mark.parametrize("first", [0, 6, 12, 18])
def test_stories(first: int) -> None:
    wrong, seen = _wrong(first, 6, Case(0))
    assert not wrong, wrong
    assert seen.refreshes == 36


# How often four lives of eleven steps go each way, and find rows that come or go by it: somewhat less than they do now.
_OFTEN = {
    "append": (9, 6), "latest": (8, 3), "merge": (12, 9), "segment-replace": (6, 4), "refresh": (10, 7), "groups": (9, 6),
    "diff-apply": (4, 1), "cheap-full": (5, 2), "full": (30, 0),
}  # fmt: skip


@pytest.mark.parametrize("first", [0, 4])
@pytest.mark.parametrize("name", FORCED)
def test_forced(name: str, first: int) -> None:
    wrong, seen = _wrong(first, 4, Case(0, steps=11, force=name))
    assert not wrong, wrong
    ways, moved = _OFTEN[name]
    assert seen.gone.ways[name] >= ways and seen.gone.moved[name] >= moved, seen.gone
    assert not seen.gone.ways.keys() - {name, "full"}
    assert seen.refreshes == 48  # times 18, and 144 above: over 1,000 in all


def test_killed() -> None:
    wrong, seen = _wrong(100, 2, Case(0, steps=4, kills=100))
    assert not wrong, wrong
    assert seen.kills >= 1


@pytest.mark.soak
def test_soak() -> None:
    if "ETLC_SOAK" not in os.environ:
        pytest.skip("ETLC_SOAK=1000 runs it")
    count, first = int(os.environ["ETLC_SOAK"]), int(os.environ.get("ETLC_SOAK_FIRST", "10000"))
    no_opt = tuple(filter(None, os.environ.get("ETLC_SOAK_NO_OPT", "").split(",")))
    force = os.environ.get("ETLC_SOAK_FORCE", "")
    wrong, _ = _wrong(first, count, Case(0, steps=8, force=force, switches=Switches(no_opt), kills=0.3))
    assert not wrong, wrong
