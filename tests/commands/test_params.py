"""``--param`` that the project cannot use is wrong usage, in every command that takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diagnostics.diagnostics_support import call, write

pytestmark = pytest.mark.duckdb

PROJECT = {
    "etlc.yaml": "project: shop\nparams: {limit: 7, day: 2024-01-01, rate: {type: 'DECIMAL(4,2)', default: 1}}\n",
    "pipelines/shop.yaml": "pipeline: shop\nmodels: {one: {sql: 'select $limit as x, $day as day, $rate as rate'}}\n",
}
COMMANDS = [
    ["validate"], ["compile"], ["plan"], ["run"], ["test"], ["check"], ["show", "one"], ["query", "from one"],
    ["lock"], ["lock", "--check"], ["lineage", "one"], ["validate", "--locked"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_in_every_command(command: list[str], tmp_path: Path) -> None:
    done = call(write(tmp_path, PROJECT), *command, "--param", "limm=7")
    assert (done.code, done.out, done.err) == (2, "", 'error: There is no param "limm"; did you mean "limit"?\n')


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("xyz=1", 'There is no param "xyz"; params are declared under `params:` in etlc.yaml.'),
        ("limit=many", "Param \"limit\" takes a whole number, and 'many' is not."),
        ("DAY=soon", "Param \"day\" takes a date such as 2024-01-31, and 'soon' is not."),
        ("rate=high", "Param \"rate\" is DECIMAL(4,2), and 'high' is not."),
        ("rate=1.25", ""),
        ("LIMIT=8", ""),
    ],
)
def test_its_value(given: str, expected: str, tmp_path: Path) -> None:
    done = call(write(tmp_path, PROJECT), "plan", "--param", given)
    assert (done.code, done.err) == ((2, f"error: {expected}\n") if expected else (0, ""))


def test_what_is_broken_in_the_project_comes_first(tmp_path: Path) -> None:
    broken = {"etlc.yaml": "project: shop\nparams: {limit: [7]}\n"}
    done = call(write(tmp_path, {**PROJECT, **broken}), "plan", "--param", "limit=8")
    assert done.code == 1 and "etlc.yaml:2:" in done.err
