"""Each bomb ends as findings or as a normal result, in little memory and time, and never as a crash."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hardness.bombs import BOMBS, Bomb
from tests.hardness.corpus import ROOT

pytestmark = pytest.mark.duckdb

_ROOM = 3 * 2**30  # bytes of address space, most of which nobody touches
_PATIENCE = 60  # seconds on a busy machine, for what takes one


def _fenced() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ROOM, _ROOM))


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_ends_well(bomb: Bomb, tmp_path: Path) -> None:
    for name, data in bomb.texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "etlc", "--project", str(tmp_path), "validate", "--json"],
        capture_output=True,
        timeout=_PATIENCE,
        preexec_fn=_fenced,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
    )
    assert b"Traceback" not in done.stdout + done.stderr
    assert len(done.stdout) < 1_000_000
    found = json.loads(done.stdout)["diagnostics"]
    assert {one["code"] for one in found if one["severity"] == "error"} == set(bomb.codes), found[:3]
    assert done.returncode == (1 if bomb.codes else 0)
