"""After any sequence of arrivals, edits, partial runs, failed checks and kills, what stands is what plain DuckDB computes.

A failure names its seed: ``python -m tests.incremental.drive SEED 1 --readable`` repeats it and makes it small.
ETLC_SOAK sets how many seeds the long run tries, ETLC_SOAK_FIRST where it begins, ETLC_SOAK_FORCE which strategy is
forced, and ETLC_SOAK_NO_OPT, a list with commas, what its runs do without.
"""

from __future__ import annotations

import os

import pytest

from etlc.decide import STRATEGIES
from etlc.execute.strategies import STRATEGIES as WORKED
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


# How often eight lives of eleven steps go each way, and find rows that come or go by it: half as often as they do now.
_OFTEN = {
    "append": (40, 35), "latest": (35, 16), "merge": (33, 27), "segment-replace": (34, 28), "refresh": (34, 21),
    "partial-aggregates": (1, 1), "groups": (28, 15), "probe": (20, 11), "diff-apply": (40, 26), "cheap-full": (38, 24), "full": (125, 0),
}  # fmt: skip
_RULES = {"early-cutoff", "kept-parts"}  # of STRATEGIES, what a life goes by whichever strategy is forced


def test_every_strategy_is_forced() -> None:
    assert set(FORCED) == set(_OFTEN) == {*STRATEGIES, "full"} - _RULES, (
        "FORCED is to say of what a new strategy's lives are"
    )
    assert {name.replace(" ", "-") for name in WORKED} == set(FORCED) - {"full"}


@pytest.mark.parametrize("name", FORCED)
def test_forced(name: str) -> None:
    wrong, seen = _wrong(0, 8, Case(0, steps=11, force=name))
    assert not wrong, wrong
    ways, moved = _OFTEN[name]
    assert seen.gone.ways[name] >= ways and seen.gone.moved[name] >= moved, seen.gone
    assert not seen.gone.ways.keys() - {name, "full"}
    assert seen.refreshes == 96  # of ten, and 144 above: over 1,000 in all


def test_killed() -> None:
    wrong, seen = _wrong(100, 5, Case(0, steps=4, kills=100))
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
