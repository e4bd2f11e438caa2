"""The analyses cry no wolf: each finding in the TPC projects is known, and has a word in its defence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.tpc.conftest import Built

pytestmark = pytest.mark.tpc

DEFENDED = yaml.safe_load(Path(__file__).with_name("findings.yaml").read_text(encoding="utf-8"))


def test_every_finding_is_defended(built: Built) -> None:
    found = [
        f"{one['code']} {Path(one['file']).name}:{one['line']}:{one['column']}"
        for one in built.validated.json["diagnostics"]
        if one["code"].startswith("W3")
    ]
    defended = [place for entry in DEFENDED[built.project.tpc.name] for place in entry]
    assert sorted(found) == sorted(defended)
    assert all(reason for entry in DEFENDED[built.project.tpc.name] for reason in entry.values())
