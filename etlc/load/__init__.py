"""Text to ``Spec``: YAML and SQL files, their structure, and where everything was written. Light to import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etlc.diagnostics import Diagnostics
from etlc.ir.spec import LockedSource, Spec
from etlc.ir.unit import RowPair
from etlc.load.files import DiskFiles, Files, Once, find_root, snapshot
from etlc.load.sound import SoundTexts

__all__ = [
    "DiskFiles", "Files", "Once", "find_root", "load", "parse_lock", "render_lock", "rewrite_expect", "schema_text", "snapshot",
]  # fmt: skip


def load(files: Files, diagnostics: Diagnostics, sound: SoundTexts | None = None) -> Spec | None:
    """The project as written. All mistakes are reported in one go; None only without a usable etlc.yaml.

    ``sound`` keeps which texts have no mistakes of structure.
    """
    from etlc.load.project import read_project

    return read_project(files, diagnostics, sound)


def parse_lock(text: str | bytes, diagnostics: Diagnostics) -> Mapping[str, LockedSource]:
    """The sources that the text of an etlc.lock pins; damage is E116."""
    from etlc.load import lock

    return lock.parse_lock(text, diagnostics)


def render_lock(sources: Mapping[str, LockedSource]) -> str:
    """The text of an etlc.lock: stable, sorted, one fact a line."""
    from etlc.load import lock

    return lock.render_lock(sources)


def schema_text(name: str) -> str:
    """The JSON Schema ``project`` or ``pipeline``, as text for editors."""
    from etlc.load import schema

    return schema.schema_text(name)


def rewrite_expect(text: str, file: str, test: str, columns: Sequence[str], pairs: Sequence[RowPair]) -> str | None:
    """The text of a pipeline file in which a test expects the rows that came; None where that cannot be written."""
    from etlc.load import expect

    return expect.rewrite_expect(text, file, test, columns, pairs)
