"""Every code has a page, and the pages tell the truth: the fault gives just that finding, the mend gives none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from diagnostics_support import call, write

import etlc.diagnostics
from etlc.diagnostics import CODES

pytestmark = pytest.mark.duckdb

DOCS = Path(etlc.diagnostics.__file__).with_name("docs")
ONE = {"etlc.yaml": "project: shop\n", "pipelines/shop.yaml": "pipeline: shop\nmodels:\n  one: {sql: select 1 as x}\n"}
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"<!-- (expect|command|mended|not run): (.*?) -->")


@dataclass(frozen=True)
class Page:
    """A page taken apart."""

    code: str
    text: str

    @property
    def notes(self) -> dict[str, str]:
        """What the comments say to this test."""
        return dict(_NOTE.findall(self.text))

    def files(self, heading: str) -> dict[str, str]:
        """The files below a heading."""
        part = self.text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        return {name: body for _, name, body in _BLOCK.findall(part) if name}


PAGES = [Page(path.stem, path.read_text(encoding="utf-8")) for path in sorted(DOCS.glob("*.md"))]
RUN = [page for page in PAGES if "not run" not in page.notes]


def findings(folder: Path, command: str) -> list[str]:
    """What a command finds, by code and place."""
    done = call(folder, *command.split(), *([] if "--json" in command else ["--json"]))
    found = json.loads(done.out)
    listed = found["diagnostics"] if isinstance(found, dict) else []
    assert done.code in (0, 1, 2, 3, 75)
    return [where(one) for one in listed]


def where(found: dict[str, object]) -> str:
    """A finding as ``CODE file:line:column``, or ``CODE nowhere``."""
    place = f"{found['file']}:{found['line']}:{found['column']}" if found["file"] else "nowhere"
    return f"{found['code']} {place}"


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {page.code for page in PAGES} == set(CODES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_page_is_whole(page: Page) -> None:
    assert page.text.startswith(f"# {page.code}: {CODES[page.code].title}\n")
    assert [line for line in page.text.split("\n") if line.startswith("## ")] == ["## Fault", "## Mend"]
    assert "expect" in page.notes or "not run" in page.notes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_explain_shows_it_without_the_notes(page: Page, tmp_path: Path) -> None:
    done = call(tmp_path, "explain", page.code)
    assert done.code == 0
    assert CODES[page.code].title in done.out.split("\n")[0]
    assert "<!--" not in done.out and "```" not in done.out and "\n\n\n" not in done.out


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.code)
def test_fault_and_mend(page: Page, tmp_path: Path) -> None:
    command = page.notes.get("command", "validate")
    write(tmp_path, page.files("Fault"))
    assert findings(tmp_path, command) == [page.notes["expect"]]
    write(tmp_path, page.files("Mend"))
    assert findings(tmp_path, page.notes.get("mended", command)) == []


def test_every_other_page_that_can_be_scripted_is() -> None:
    assert {page.code for page in PAGES if page not in RUN} == {*SPECIAL, "E901"}


def unreadable(folder: Path) -> list[str]:
    """E114: a file in another encoding."""
    write(folder, {"etlc.yaml": "project: shop\n", "pipelines/shop.yaml": "pipeline: shop\n"})
    (folder / "pipelines/one.sql").write_bytes("select 'Köln' as city".encode("latin-1"))
    return findings(folder, "validate")


def foreign_table(folder: Path) -> list[str]:
    """E503: a table that plain DuckDB made."""
    write(folder, ONE)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("create table one as select 1 as x")
    return findings(folder, "run")


def held_warehouse(folder: Path) -> list[str]:
    """E504: the warehouse is open in another process."""
    write(folder, ONE)
    script = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    path = str(folder / "warehouse.duckdb")
    held = subprocess.Popen([sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert held.stdin is not None and held.stdout is not None
    try:
        assert held.stdout.readline().strip() == b"open"
        return findings(folder, "run --lock-timeout 0s")
    finally:
        held.stdin.close()
        held.wait(10)
        held.stdout.close()


def unwritable_output(folder: Path) -> list[str]:
    """E506: a folder stands where the file should be."""
    write(folder, {**ONE, "out/one.csv/kept.txt": "mine\n"})
    write(folder, {"pipelines/out.yaml": "pipeline: out\noutputs:\n  one: {path: out/one.csv}\n"})
    found = findings(folder, "run")
    assert (folder / "out/one.csv/kept.txt").read_text() == "mine\n"
    return found


def refused_query(folder: Path) -> list[str]:
    """E508: a query that is not one SELECT."""
    write(folder, ONE)
    assert findings(folder, "run") == []
    done = call(folder, "query", "drop table one", "--json")
    return [where(one) for one in json.loads(done.out)["diagnostics"]]


def no_extension(folder: Path) -> list[str]:
    """E407: a DuckDB that has installed nothing, and no package that brings it."""
    page = next(page for page in PAGES if page.code == "E407")
    write(folder, page.files("Fault"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setitem(sys.modules, "duckdb_extension_httpfs", None)
        return findings(folder, "validate")


def broken_contract(folder: Path) -> list[str]:
    """E510: a published column that is called otherwise than in the last commit."""
    page = next(page for page in PAGES if page.code == "E510")
    after = page.files("Fault")["pipelines/shop.yaml"]
    write(folder, {"etlc.yaml": "project: shop\n", "pipelines/shop.yaml": after.replace("turnover", "revenue")})
    mine = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], [*mine, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    assert findings(folder, "diff --breaking") == []
    write(folder, {"pipelines/shop.yaml": after})
    found = findings(folder, "diff --breaking")
    write(folder, page.files("Mend"))
    assert findings(folder, "diff --breaking") == []
    return found


def other_type(folder: Path) -> list[str]:
    """W402: today's Parquet file has a wider type than yesterday's."""
    page = next(page for page in PAGES if page.code == "W402")
    write(folder, {"etlc.yaml": "project: shop\n", **page.files("Fault"), "data/.keep": ""})
    for name, type_name in (("1", "INTEGER"), ("2", "BIGINT")):
        duckdb.connect().execute(
            f"COPY (SELECT 1::{type_name} AS order_id) TO '{folder}/data/{name}.parquet' (FORMAT parquet)"
        )
        found = findings(folder, "run --json")
    assert findings(folder, "run --json") == []
    return found


def files_gone(folder: Path) -> list[str]:
    """W403: the last file of a source goes."""
    page = next(page for page in PAGES if page.code == "W403")
    write(folder, {**page.files("Fault"), "data/orders/1.csv": "order_id\n1\n"})
    assert findings(folder, "run --json") == []
    (folder / "data/orders/1.csv").unlink()
    found = findings(folder, "run --json")
    assert findings(folder, "run --json") == []
    return found


def file_rewritten(folder: Path) -> list[str]:
    """E408: a file gets another row, where files were only to be added."""
    page = next(page for page in PAGES if page.code == "E408")
    write(folder, page.files("Fault"))
    assert findings(folder, "run --json") == []
    write(folder, {"data/orders/2024-01.csv": "order_id\n1\n2\n"})
    found = findings(folder, "run --json")
    assert findings(folder, "run --json --full-refresh") == []
    return found


def rows_of_somebody_else(folder: Path) -> list[str]:
    """E511: somebody wrote into the warehouse."""
    write(
        folder,
        {
            "etlc.yaml": "project: shop\n",
            "pipelines/shop.yaml": next(p for p in PAGES if p.code == "E511").files("Fault")["pipelines/shop.yaml"],
        },
    )
    assert findings(folder, "run") == []
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("update daily set revenue = 11")
    return findings(folder, "verify")


SPECIAL: dict[str, Callable[[Path], list[str]]] = {
    "E114": unreadable,
    "E408": file_rewritten,
    "E503": foreign_table,
    "E504": held_warehouse,
    "E506": unwritable_output,
    "E508": refused_query,
    "E407": no_extension,
    "E510": broken_contract,
    "E511": rows_of_somebody_else,
    "W402": other_type,
    "W403": files_gone,
}


@pytest.mark.parametrize("code", SPECIAL)
def test_special(code: str, tmp_path: Path) -> None:
    page = next(page for page in PAGES if page.code == code)
    assert SPECIAL[code](tmp_path) == [page.notes["expect"]]
