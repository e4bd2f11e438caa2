"""The command line with a pipeline that pretends in the place of the real one."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

import etlc
from etlc.cli.app import app


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A fresh pretending pipeline, which ``from etlc import pipeline`` finds, and nobody after the test."""
    spec = importlib.util.spec_from_file_location("etlc.pipeline", Path(__file__).with_name("pretended.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "etlc.pipeline", module)
    monkeypatch.setattr(etlc, "pipeline", module, raising=False)
    monkeypatch.delitem(sys.modules, "etlc.cli.running", raising=False)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("etlc.cli.running", None)  # imported meanwhile, it would go on with the pretending one


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an etlc.yaml."""
    (tmp_path / "etlc.yaml").write_text("project: shop\nproject: twice\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def call(pipeline: ModuleType, project: Path) -> Callable[..., Result]:
    """Call etlc on the project."""

    def run(*args: str) -> Result:
        return CliRunner().invoke(app, ["--project", str(project), *args])

    return run
