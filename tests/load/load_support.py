"""A project in memory, and the cases of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from etlc.diagnostics import Diagnostic, Diagnostics
from etlc.ir.spec import Spec
from etlc.load import load

CASES = Path(__file__).parent / "cases"
FINDINGS = "findings"


@dataclass(frozen=True)
class MemoryFiles:
    """Files that stand in a dict."""

    texts: dict[str, bytes]

    def read(self, path: str) -> bytes | None:
        return self.texts.get(path)

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        prefix = f"{folder}/" if folder else ""
        return sorted(path for path in self.texts if path.startswith(prefix) and path.endswith(endings))


def project(**texts: str) -> MemoryFiles:
    """A project: ``etlc.yaml`` unless given, and files whose names are given as path=text."""
    return MemoryFiles({"etlc.yaml": b"project: shop\n"} | {path: text.encode() for path, text in texts.items()})


def loaded(files: MemoryFiles) -> tuple[Spec | None, list[Diagnostic]]:
    """The spec of a project, and all findings."""
    diagnostics = Diagnostics()
    return load(files, diagnostics), list(diagnostics)


def pipeline(text: str, **more: str) -> tuple[Spec, list[Diagnostic]]:
    """The spec of a project with one pipeline file."""
    spec, found = loaded(project(**{"pipelines/p.yaml": "pipeline: p\n" + text, **more}))
    assert spec is not None
    return spec, found


def shown(finding: Diagnostic) -> str:
    """A finding on one line."""
    place = f"{finding.span.file}:{finding.span.line}:{finding.span.column}"
    return f"{finding.code} {place} {finding.message}" + (f" | {finding.help}" if finding.help else "")


def sections(text: str) -> dict[str, str]:
    """A case as its sections: ``=== path`` and the text below it."""
    found: dict[str, str] = {}
    for part in ("\n" + text).split("\n=== ")[1:]:
        name, _, body = part.partition("\n")
        found[name.strip()] = body + "\n"
    return found
