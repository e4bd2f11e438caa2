"""Valid DuckDB SQL is never rejected, and gives what CREATE TABLE AS of the same text gives."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from etlc.pipeline import run, show, validate
from tests.binding.support import ENTRIES, accepted, plain, project, write_tables
from tests.oracle import assert_same_rows

pytestmark = pytest.mark.duckdb


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which each entry is a table, is read by another, is inlined, and is a view; it has run."""
    root = tmp_path_factory.mktemp("valid")
    write_tables(root, "defaults: {publish: true}")
    for kind in ("models", "inlined", "views"):
        (root / "pipelines" / kind).mkdir(exist_ok=True)
    for name, text in accepted().items():
        number = name.split("_")[1]
        models = {
            f"models/{name}": text,
            f"models/chained_{number}": f"select * from {name}",
            f"inlined/inlined_{number}": f"/* etlc\npublish: false\n*/\n{text}",
            f"inlined/reader_{number}": f"from inlined_{number}",
            f"views/viewed_{number}": f"/* etlc\nmaterialize: view\n*/\n{text}",
        }
        for path, sql in models.items():
            (root / "pipelines" / f"{path}.sql").write_text(sql, encoding="utf-8", newline="")
    found = validate(*project(root), [])
    errors = [str(d) for d in found.diagnostics if d.severity == "error"]
    assert errors == [], f"{len(errors)} findings:\n" + "\n".join(errors[:20])
    done = run(*project(root), lambda event: None)
    failed = [str(m.error) for m in done.models if m.status != "success"]
    assert failed == [], f"{len(failed)} failed:\n" + "\n".join(failed[:20])
    return root


@pytest.fixture(scope="module")
def both(built: Path) -> duckdb.DuckDBPyConnection:
    """Plain DuckDB with what it made itself (``made``) and the warehouse."""
    con = plain().cursor()
    con.execute(f"attach '{built}/warehouse.duckdb' as warehouse (read_only)")
    return con


def test_the_corpus_is_large() -> None:
    assert len(set(ENTRIES)) == len(ENTRIES) >= 200
    assert len(accepted()) >= 200


@pytest.mark.parametrize("kind", ["q", "chained", "reader", "viewed"])
def test_tables_hold_what_create_table_as_gives(both: duckdb.DuckDBPyConnection, kind: str) -> None:
    both.execute("use warehouse")
    try:
        for name in accepted():
            number = name.split("_")[1]
            lost = any(call in ENTRIES[int(number)] for call in ("struct_insert(", "union_value("))
            if kind == "viewed" and lost and duckdb.__version__ >= "2":
                continue  # DuckDB 2.0 itself loses the names of their arguments when it stores a view
            ours = f"from warehouse.main.{kind}_{number}"
            assert_same_rows(both, ours, f"from made.main.{name}", what=ENTRIES[int(number)])
    finally:
        both.execute("use memory")


def test_show_gives_the_same_rows(tmp_path: Path) -> None:
    con = plain().cursor()
    write_tables(tmp_path)
    texts = dict(list(accepted().items())[::8])  # a part: the queries are the same
    for name, text in texts.items():
        (tmp_path / "pipelines" / f"{name}.sql").write_text(text, encoding="utf-8", newline="")
    validate(*project(tmp_path), [])
    for name, text in texts.items():
        table = show(*project(tmp_path), name, 100)
        described = con.execute(f"describe made.main.{name}").fetchall()
        assert list(zip(table.columns, table.types, strict=True)) == [(row[0], row[1]) for row in described], text
        if not any("TIME ZONE" in kind for kind in table.types):
            rows = con.execute(f"from made.main.{name}").fetchall()
            assert sorted(map(repr, table.rows)) == sorted(map(repr, rows)), text
