"""Where the real data lies, and the marker of the tests that read it."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """The marker that these tests carry."""
    config.addinivalue_line("markers", "realdata: runs pipelines over real data that lies beside the repository")


@pytest.fixture
def data() -> Path:
    """The folder with the real data; where it is absent, the test is skipped."""
    if not DATA.is_dir():
        pytest.skip("the folder shared/data with real data does not lie beside the repository")
    return DATA
