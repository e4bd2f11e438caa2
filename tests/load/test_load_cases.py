"""Each file in ``cases`` is a project and the findings that it must give, in order. ETLC_UPDATE=1 rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from load_support import CASES, FINDINGS, MemoryFiles, loaded, sections, shown


@pytest.mark.parametrize("path", sorted(CASES.glob("*.txt")), ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parts = sections(text)
    expected = parts.pop(FINDINGS, "").split("\n")
    files = {"etlc.yaml": "project: shop\n"} | parts
    _, found = loaded(MemoryFiles({name: body.encode() for name, body in files.items()}))
    lines = [shown(finding) for finding in found]
    if os.environ.get("ETLC_UPDATE"):
        head = text.partition(f"=== {FINDINGS}\n")[0]
        path.write_text(head + f"=== {FINDINGS}\n" + "\n".join(lines) + "\n", encoding="utf-8")
    assert lines == [line for line in expected if line]
