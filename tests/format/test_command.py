"""``etlc format`` as it is called."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli import Result, etlc, write_project

YAML = "pipeline: p\nmodels:\n  m:\n    key: [a]\n    description: M  # what it is\n"
YAML_AFTER = "pipeline: p\n\nmodels:\n  m:\n    description: M  # what it is\n    key: [a]\n"
SQL = "/* etlc\ntags:   [x]\ndescription: N\n*/\nSELECT a, b -- both\nFROM m WHERE a=1\n"
SQL_AFTER = "/* etlc\ndescription: N\ntags:   [x]\n*/\nselect a, b -- both\nfrom m\nwhere a = 1\n"
INLINE = "select 1 as a, 2 as b\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with two files to lay out, and one that is as it should be."""
    files = {"pipelines/p.yaml": YAML, "pipelines/n.sql": SQL, "pipelines/m.sql": INLINE}
    return write_project(tmp_path / "shop", "project: shop\n", files)


def text(folder: Path, name: str) -> str:
    """A file as it stands, to the byte."""
    return (folder / name).read_bytes().decode()


def test_the_whole_project(shop: Path) -> None:
    """Changed files are listed on stdout; the second time there are none; etlc finds the same as before."""
    before = etlc(shop, "validate", "--json", check=0).json
    assert etlc(shop, "format", check=0).out.split() == ["pipelines/n.sql", "pipelines/p.yaml"]
    assert (text(shop, "pipelines/p.yaml"), text(shop, "pipelines/n.sql")) == (YAML_AFTER, SQL_AFTER)
    assert text(shop, "pipelines/m.sql") == INLINE
    again = etlc(shop, "format", check=0)
    assert again.out == "" and "nothing to change" in again.err
    assert etlc(shop, "validate", "--json", check=0).json == before


def test_check_writes_nothing(shop: Path) -> None:
    """It lists what would change, with status 1."""
    assert etlc(shop, "format", "--check", "-q", check=1).out.split() == ["pipelines/n.sql", "pipelines/p.yaml"]
    assert etlc(shop, "format", "--check", "--json", check=1).json["changed"] == ["pipelines/n.sql", "pipelines/p.yaml"]
    assert text(shop, "pipelines/n.sql") == SQL
    etlc(shop, "format", check=0)
    assert etlc(shop, "format", "--check", check=0).out == ""


def test_the_diff_can_be_applied(shop: Path) -> None:
    """By `git apply`: it leads to the very files that format writes."""
    (shop / "pipelines/m.sql").write_bytes(b"SELECT 1 AS a,  2 AS b")
    patch = etlc(shop, "format", "--diff", check=0).out
    assert text(shop, "pipelines/n.sql") == SQL
    subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=shop, check=True)
    assert (text(shop, "pipelines/p.yaml"), text(shop, "pipelines/n.sql")) == (YAML_AFTER, SQL_AFTER)
    assert text(shop, "pipelines/m.sql") == INLINE


def test_named_files_and_folders(shop: Path) -> None:
    """Only these; what is no spec file of the project is passed over; what does not belong to it is an error."""
    (shop / "notes.yaml").write_text("b: 1\na: 2\n")
    assert etlc(shop, "format", "--check", "pipelines/n.sql", "notes.yaml", check=1).out.split() == ["pipelines/n.sql"]
    assert len(etlc(shop, "format", "--check", "pipelines", check=1).out.split()) == 2
    outside = shop.parent / "x.sql"
    outside.write_text("SELECT 1")
    assert "does not belong" in etlc(shop, "format", str(outside), check=2).err
    assert outside.read_text() == "SELECT 1"


def test_what_a_file_is_besides_its_text_stays(shop: Path) -> None:
    """Mode, line ends, byte order mark; a link stays one."""
    script = shop / "pipelines/n.sql"
    script.write_bytes(b"\xef\xbb\xbf" + SQL.replace("\n", "\r\n").encode())
    script.chmod(0o750)
    (shop / "pipelines/p.yaml").rename(shop / "real.txt")
    os.symlink("../real.txt", shop / "pipelines/p.yaml")
    etlc(shop, "format", check=0)
    assert script.read_bytes() == b"\xef\xbb\xbf" + SQL_AFTER.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(script.stat().st_mode) == 0o750
    assert (shop / "pipelines/p.yaml").is_symlink() and text(shop, "real.txt") == YAML_AFTER
    assert not list(shop.rglob("*etlc-*"))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT (1", "brackets"),
        ("SELECT FROM WHERE", "DuckDB cannot read it"),
        ("SELECT e'a\\'b'", "cannot prove"),
        ("-- nothing\n", "empty"),
    ],
)
def test_what_cannot_be_proven_is_left(shop: Path, sql: str, reason: str) -> None:
    """With the reason under -v; the rest is laid out all the same."""
    (shop / "pipelines/m.sql").write_text(sql)
    done = etlc(shop, "format", "-v", check=0)
    assert text(shop, "pipelines/m.sql").strip() == sql.strip()
    assert "pipelines/m.sql stays as it is" in done.err and reason in done.err
    assert text(shop, "pipelines/n.sql") == SQL_AFTER


def test_broken_yaml_is_left(shop: Path) -> None:
    """Files that are none are no reason to touch them."""
    (shop / "pipelines/p.yaml").write_text("pipeline: p\nmodels: [\n")
    done = etlc(shop, "format", "-v", check=0)
    assert text(shop, "pipelines/p.yaml") == "pipeline: p\nmodels: [\n" and "not valid YAML" in done.err


def test_nothing_is_rebuilt(shop: Path) -> None:
    """Layout is not meaning: after formatting there is nothing to run."""
    etlc(shop, "run", check=0)
    etlc(shop, "format", check=0)
    assert all(step["action"] == "skip" for step in etlc(shop, "plan", "--json", check=0).json["steps"])


@pytest.mark.parametrize("project", ["shop", "sensors", "tpch", "template"])
def test_the_projects_of_this_repository_are_laid_out(project: str) -> None:
    """So that they show how it looks."""
    root = Path(__file__).parents[2]
    folder = root / "etlc/cli/template" if project == "template" else root / "examples" / project
    done: Result = etlc(folder, "format", "--check", "-v", check=0)
    assert "stays as it is" not in done.err
