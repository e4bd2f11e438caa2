"""After any sequence of edits, arrivals and runs, what stands is what a run from scratch gives; and no run is twice."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.running.bench import (
    fresh_copy,
    good,
    orphans,
    outputs,
    run,
    same_as_script,
    statuses,
    tables,
    warehouse_hash,
)
from tests.running.world import TEXTS, World

STEPS = 6


def scenario(seed: int, tmp: Path, steps: int = STEPS) -> None:
    """One random life of a project."""
    r = random.Random(seed)
    world = World(tmp / "project", r)
    world.path.mkdir()
    world.begin()
    good(world.path)
    story: list[str] = []
    try:
        for step in range(steps):
            for _ in range(r.randint(1, 3)):
                story.append(world.edit() if r.random() < 0.5 else world.arrive())
            if r.random() < 0.25:
                story.append(_partly(world, r))
            if r.random() < 0.2:
                story.append(_failing(world))
            good(world.path, full=r.random() < 0.05)
            _compare(world, tmp / "fresh", script=step == steps - 1)
    except BaseException as error:
        error.add_note(f"seed {seed}:\n  " + "\n  ".join(story))
        raise


def _partly(world: World, r: random.Random) -> str:
    """A run of some models: the other tables stay as they were; the same again does nothing."""
    chosen = [world.names[key] for key in r.sample(list(world.models), 2)]
    before = tables(world.path)
    ran = run(world.path, *chosen, full=r.random() < 0.2)
    assert ran.exit_status == 0, list(ran.diagnostics)
    done = {result.model for result in ran.models if result.action != "skip"}
    after = tables(world.path)
    for name, kept in before.items():
        assert name in done or kept[0] == "view" or after.get(name) == kept, f"{name} was not selected, and changed"
    again = run(world.path, *chosen)
    assert all(result.action == "skip" for result in again.models), [(m.model, m.reason) for m in again.models]
    return f"run -s {chosen}"


def _failing(world: World) -> str:
    """A run in which a check may fail: what failed and what is blocked stands as it was."""
    before = tables(world.path)
    limit, world.limit = world.limit, 1
    world.write()
    ran = run(world.path)
    kept = {name for name, status in statuses(ran).items() if status in ("failed", "blocked")}
    assert ran.exit_status == (3 if kept else 0), list(ran.diagnostics)
    after = tables(world.path)
    for name in kept & before.keys():
        assert before[name][0] == "view" or after.get(name) == before[name], f"{name} failed, and changed"
    world.limit = limit
    world.write()
    return f"checks failed: {sorted(kept)}"


def _compare(world: World, fresh: Path, script: bool) -> None:
    bytes_before, written = warehouse_hash(world.path), _times(world.path)
    again = run(world.path)
    twice = [(m.model, m.action, m.reason) for m in again.models if m.action != "skip"]
    twice += [(o.output, o.action, "") for o in again.outputs if o.action != "skip"]
    assert not twice and again.exit_status == 0, f"the second run was not idle: {twice}"
    assert not again.checks, "the second run checked again"
    assert warehouse_hash(world.path) == bytes_before and _times(world.path) == written, "the second run wrote"
    fresh_copy(world.path, fresh)
    good(fresh)
    assert tables(world.path) == tables(fresh)
    expected = {world.names[key] for key in world.outputs & world.models.keys()}
    given, there = outputs(fresh), outputs(world.path)
    for file, found in given.items():
        assert there.get(file) == found, f"{file} differs ({expected})"
    stale = {f for f in there if f.startswith("out/wide/")} - given.keys()
    assert not stale or "wide" not in world.outputs & world.models.keys(), f"partitions that should be gone: {stale}"
    assert not orphans(world.path)
    if script:
        same_as_script(world.path, fresh / "script")


def _times(path: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in (path / "out").rglob("*") if file.is_file()}


@pytest.mark.duckdb
@pytest.mark.parametrize("seed", range(25))
def test_equal_to_from_scratch(seed: int, tmp_path: Path) -> None:
    scenario(seed, tmp_path)


@pytest.mark.soak
@pytest.mark.skipif("not config.getoption('-m')", reason="a soak test: choose it with -m soak")
def test_equal_to_from_scratch_for_long(tmp_path: Path) -> None:
    for seed in range(1000, 1300):
        folder = tmp_path / "one"
        folder.mkdir()
        scenario(seed, folder, 10)
        shutil.rmtree(folder)


def test_every_model_is_reached() -> None:
    assert set(TEXTS) == {"stg", "who", "by_day", "by_cust", "seen", "acts", "wide", "top", "days"}
