"""Golden files: what a renderer gives is compared with ``golden/NAME.txt``; ``ETLC_GOLDEN=write`` writes it anew."""

import os
from collections.abc import Iterable
from pathlib import Path

from etlc.report.text import Line, plain

_FOLDER = Path(__file__).parent / "golden"


def same(name: str, lines: Iterable[Line] | str) -> None:
    """The text must be that of the golden file."""
    text = lines if isinstance(lines, str) else plain(lines)
    path = _FOLDER / f"{name}.txt"
    if os.environ.get("ETLC_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
