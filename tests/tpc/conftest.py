"""Fixtures of the TPC tests: the projects, each validated and run once."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli import Result, etlc
from tests.tpc.cache import DATASETS, Tpc, Unavailable, load
from tests.tpc.projects import Project


def pytest_configure(config: pytest.Config) -> None:
    """The marker that these tests carry."""
    config.addinivalue_line("markers", "tpc: runs TPC-H or TPC-DS; needs the data in the cache, or its generators")


@dataclass(frozen=True)
class Built:
    """A project, and what its first `validate` and first `run` said."""

    project: Project
    validated: Result
    ran: Result


def available(name: str, scale: float) -> Tpc:
    """The data, or the test is skipped with the reason."""
    try:
        return load(name, scale)
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session", params=DATASETS, ids=[f"{name}-{scale}" for name, scale in DATASETS])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Each benchmark, validated and run: TPC-H from links inside of the project, TPC-DS from outside by `allow`."""
    name, scale = request.param
    path: Path = tmp_path_factory.mktemp(f"{name}-{scale}".replace(".", "_"))
    project = Project(available(name, scale), path).write(outside=name == "tpcds")
    return Built(project, etlc(path, "validate", "--json"), etlc(path, "run", "--json"))


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """TPC-H at its smallest, written but not run: a project that a test may change."""
    return Project(available("tpch", 0.01), tmp_path / "small").write(outside=False)
