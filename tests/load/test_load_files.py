"""Files on disk: what is read, and what is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from etlc.diagnostics import Diagnostics
from etlc.load import DiskFiles, find_root, load, snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    texts = {
        "etlc.yaml": "project: shop\npipelines: [flows, ./more/]\n",
        "etlc.lock": "version: 1\nsources: {}\n",
        "flows/a.yaml": "pipeline: a\n",
        "flows/x/m.sql": "select 1\n",
        "flows/.hidden/n.sql": "select 1\n",
        "more/b.yml": "pipeline: b\n",
        "other/c.yaml": "pipeline: c\n",
        ".etlc/d.yaml": "x",
        "blocks/e.yaml": "# none\n",
        "flows/data.csv": "a\n",
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (tmp_path / "secret.yaml").write_text("pipeline: secret\n")
    return root


def test_snapshot_is_what_load_reads(folder: Path) -> None:
    read: list[str] = []

    class Watched(DiskFiles):
        def read(self, path: str) -> bytes | None:
            read.append(path)
            return DiskFiles.read(self, path)

    diagnostics = Diagnostics()
    spec = load(Watched(folder), diagnostics)
    assert spec and list(spec.models) == ["m"] and spec.models["m"].pipeline == "a" and not len(diagnostics)
    found = snapshot(DiskFiles(folder))
    assert sorted(found) == sorted(read)
    assert sorted(found) == ["blocks/e.yaml", "etlc.lock", "etlc.yaml", "flows/a.yaml", "flows/x/m.sql", "more/b.yml"]


def test_find_root(folder: Path) -> None:
    assert find_root(folder / "flows" / "x") == folder.resolve()
    assert find_root(folder.parent) is None


def test_links_do_not_lead_out(folder: Path) -> None:
    (folder / "flows" / "link.yaml").symlink_to(folder.parent / "secret.yaml")
    (folder / "flows" / "up").symlink_to(folder.parent)
    (folder / "flows" / "gone.sql").symlink_to("nowhere.sql")
    diagnostics = Diagnostics()
    assert load(DiskFiles(folder), diagnostics)
    assert [(d.code, d.span.file) for d in diagnostics] == [("E114", "flows/gone.sql"), ("E114", "flows/link.yaml")]
    assert "secret" not in "".join(d.message for d in diagnostics)
    with pytest.raises(OSError, match="leads out"):
        DiskFiles(folder).read("../secret.yaml")
    assert DiskFiles(folder).walk("..", (".yaml",)) == []


def test_no_project(tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    assert load(DiskFiles(tmp_path), diagnostics) is None
    assert [d.code for d in diagnostics] == ["E114"]
    assert snapshot(DiskFiles(tmp_path)) == {}


def test_import_is_light() -> None:
    code = "import sys, etlc.load; print({'yaml', 'jsonschema'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
