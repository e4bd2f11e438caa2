"""Parquet files that change or go: their readers are kept up from copies of the old files, and rebuilt where there are none.

What stands is held against plain DuckDB over the files as they are.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

import etlc.execute.build
from etlc.cli.app import app
from tests.cli import write_project
from tests.oracle import literal

pytestmark = pytest.mark.duckdb

QUERIES = {
    "kept": "select k, x, f, g from s where x > 1",
    "means": "select k, avg(x) as mean, count(distinct f) as files, max(g) as g from s group by k",
    "ranked": "select k, x, row_number() over (partition by k order by x, f) as place from s",
}
FLAT = "select k, x, 'a' as g, filename as f from s"
OPTIONS = "options: {filename: true}, "
KEPT_UP = {"append", "merge", "refresh"}


class Trial:
    """A project that reads Parquet files through models that are stored nowhere."""

    def __init__(self, root: Path, pattern: str = "data/*.parquet", staged: str = FLAT, more: str = "") -> None:
        self.root, self.pattern = root, pattern
        listed = "".join(
            f'  staged_{name}: {{sql: "{staged}"}}\n'
            f'  {name}: {{sql: "{sql.replace(" from s", f" from staged_{name}")}", publish: true{more}}}\n'
            for name, sql in QUERIES.items()
        )
        spec = f'sources:\n  s: {{path: "{pattern}", {OPTIONS}}}\nmodels:\n{listed}'
        write_project(root, "project: p\n", {"pipelines/p.yaml": f"pipeline: p\n{spec}"})
        self.staged = staged

    def put(self, name: str, rows: str, in_place: bool = False) -> None:
        """Write a file, by a SELECT: in place as pandas does, or by renaming another over it."""
        target, other = self.root / "data" / name, self.root / "other"
        target.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as con:
            con.execute(f"copy ({rows}) to {literal(other)} (format parquet)")
        if in_place:
            target.write_bytes(other.read_bytes())
            other.unlink()
        else:
            other.rename(target)

    def fill(self, *names: str) -> None:
        """Some files, each with keys of its own and some that all have."""
        for at, name in enumerate(names):
            self.put(name, numbers(at * 100, at * 100 + 60))

    def run(self, *arguments: str, planned: str = "") -> dict[str, str]:
        """The action of each model. Plan foretells them, or another one."""
        told = {step["model"]: step["action"] for step in self._json("plan", *arguments)["steps"]}
        ran = {model["model"]: model["action"] for model in self._json("run", *arguments)["models"]}
        ran = {name: action for name, action in ran.items() if name in QUERIES}
        assert {name: told[name] for name in ran} == (dict.fromkeys(ran, planned) if planned else ran)
        return ran

    def _json(self, *arguments: str) -> Any:
        words = ["--project", str(self.root), *arguments, "--no-opt", "cheap-full", "--json"]
        done = CliRunner(env={"NO_COLOR": "1"}).invoke(app, words)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def right(self, *names: str) -> None:
        """Each model is what plain DuckDB makes of the files."""
        with duckdb.connect() as con:
            files = f"read_parquet({literal(self.root / self.pattern)}, filename = true)"
            shown = f"replace(replace(filename, {literal(f'{self.root}/')}, '') as filename)"
            con.execute(f"create view s as {self.staged.replace(' from s', f' from (select * {shown} from {files})')}")
            con.execute(f"attach {literal(self.root / 'warehouse.duckdb')} as w (read_only)")
            for name in names or QUERIES:
                query = QUERIES[name]
                for one, other in ((query, f"from w.{name}"), (f"from w.{name}", query)):
                    assert con.execute(f"({one}) except all ({other})").fetchall() == [], name

    def copies(self) -> list[Path]:
        """The copies of files that etlc keeps."""
        return sorted((self.root / ".etlc" / "parts").rglob("*.parquet"))


def numbers(first: int, end: int, x: str = "i % 7") -> str:
    """Rows of which every fifth has a key that other files have too."""
    return f"select (case when i % 5 = 0 then i % 20 else i end)::int as k, ({x})::int as x from range({first}, {end}) t(i)"


def kept_up(actions: dict[str, str]) -> bool:
    """Whether no model was rebuilt."""
    assert set(actions) == set(QUERIES)
    return set(actions.values()) <= KEPT_UP


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Forty files, all taken up."""
    made = Trial(tmp_path)
    made.fill(*(f"{at}.parquet" for at in range(40)))
    made.run()
    return made


def test_kept_beside_the_warehouse(trial: Trial) -> None:
    assert len(trial.copies()) == 40
    assert (trial.root / ".etlc" / ".gitignore").read_text() == "*\n"
    (trial.root / "data/3.parquet").unlink()
    assert kept_up(trial.run())
    trial.right()
    assert len(trial.copies()) == 39


@pytest.mark.parametrize("in_place", [True, False])
def test_changed(trial: Trial, in_place: bool) -> None:
    trial.put("2.parquet", numbers(200, 270, "i % 11"), in_place)
    assert kept_up(trial.run())
    trial.right()
    trial.put("2.parquet", numbers(190, 230, "i % 5"), in_place)
    assert kept_up(trial.run())
    trial.right()
    assert len(trial.copies()) == 40


def test_changed_to_other_columns(trial: Trial) -> None:
    trial.put("2.parquet", "select x::bigint as x, k::bigint as k, 'more' as z from (" + numbers(200, 240) + ")")
    assert kept_up(trial.run())
    trial.right()
    trial.put("2.parquet", numbers(200, 250))
    assert kept_up(trial.run())
    trial.right()


def test_changed_removed_renamed_and_arrived_at_once(trial: Trial) -> None:
    trial.put("2.parquet", numbers(200, 210), in_place=True)
    (trial.root / "data/4.parquet").unlink()
    (trial.root / "data/5.parquet").rename(trial.root / "data/renamed.parquet")
    trial.put("new.parquet", numbers(2000, 2030))
    assert kept_up(trial.run())
    trial.right()


def test_several_runs_without_a_reader(trial: Trial) -> None:
    """What came, changed and went between two looks of a reader; and what went, came again and changed."""
    trial.put("new.parquet", numbers(2000, 2030))
    trial.put("1.parquet", numbers(100, 120))
    trial.run("-s", "means")
    trial.right("means")
    trial.put("new.parquet", numbers(2010, 2020))
    (trial.root / "data/1.parquet").unlink()
    trial.run("-s", "means")
    trial.right("means")
    (trial.root / "data/new.parquet").unlink()
    trial.put("1.parquet", numbers(90, 130))
    (trial.root / "data/0.parquet").unlink()
    trial.run("-s", "means")
    trial.put("1.parquet", numbers(90, 140), in_place=True)
    assert len(trial.copies()) > 40
    assert kept_up(trial.run())
    trial.right()
    assert len(trial.copies()) == 39


def test_hive_folders(tmp_path: Path) -> None:
    staged = "select k, x, g, filename as f from s"
    trial = Trial(tmp_path / "at=home", "data/g=*/*.parquet", staged)
    for group in ("a", "b c", "__HIVE_DEFAULT_PARTITION__"):
        trial.fill(*(f"g={group}/{at}.parquet" for at in range(5)))
    trial.run()
    trial.put("g=b c/2.parquet", numbers(200, 230))
    (trial.root / "data/g=__HIVE_DEFAULT_PARTITION__/3.parquet").unlink()
    (trial.root / "data/g=a/1.parquet").rename(trial.root / "data/g=b c/9.parquet")
    assert kept_up(trial.run())
    trial.right()


def _remove(copy: Path) -> None:
    copy.unlink()


def _spoil(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[::-1])


def _other_rows(copy: Path) -> None:
    other = next(path for path in copy.parent.iterdir() if path.read_bytes() != copy.read_bytes())
    shutil.copy2(other, copy)
    os.utime(copy, ns=(1, 1))


def _spoil_unseen(copy: Path) -> None:
    found = copy.stat()
    _spoil(copy)
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("harm", [_remove, _spoil, _other_rows])
def test_copies_that_are_lost_or_altered(trial: Trial, harm: Callable[[Path], None]) -> None:
    for copy in trial.copies():
        harm(copy)
    trial.put("2.parquet", numbers(200, 230))
    (trial.root / "data/3.parquet").unlink()
    assert set(trial.run().values()) == {"rebuild"}
    trial.right()
    trial.put("2.parquet", numbers(200, 240))  # there are new ones
    assert kept_up(trial.run())
    trial.right()


def test_copies_that_cannot_be_read(trial: Trial) -> None:
    for copy in trial.copies():
        _spoil_unseen(copy)
    trial.put("2.parquet", numbers(200, 230))
    assert set(trial.run(planned="refresh").values()) == {"rebuild"}
    trial.right()


def test_the_whole_folder_is_lost(trial: Trial) -> None:
    shutil.rmtree(trial.root / ".etlc")
    (trial.root / "data/3.parquet").unlink()
    assert set(trial.run().values()) == {"rebuild"}
    trial.right()


@pytest.mark.parametrize("restored", [True, False])
def test_written_while_it_is_read(trial: Trial, monkeypatch: pytest.MonkeyPatch, restored: bool) -> None:
    """A model that read a file in another state than it was observed in is not kept up from a copy of what it was."""
    file, right = trial.root / "data/1.parquet", etlc.execute.build.create_table

    def writing(*arguments: Any) -> str:
        if once:
            trial.put("1.parquet", once.pop())
        return right(*arguments)

    old, once = file.stat(), [numbers(100, 190, "i % 13")]
    trial.put("new.parquet", numbers(2000, 2030))
    with monkeypatch.context() as patch:
        patch.setattr(etlc.execute.build, "create_table", writing)
        trial.run("--full-refresh")
    trial.put("1.parquet", numbers(100, 160))
    if restored:
        os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
        trial.put("2.parquet", numbers(200, 230))
    trial.run()
    trial.right()
    file.unlink()
    assert kept_up(trial.run())
    trial.right()


def test_the_copies_cannot_be_written(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fill(*(f"{at}.parquet" for at in range(5)))
    (trial.root / ".etlc").mkdir()
    (trial.root / ".etlc/parts").write_text("in the way")
    trial.run()
    trial.put("2.parquet", numbers(200, 230))
    assert set(trial.run().values()) == {"rebuild"}
    trial.right()


def test_switched_off(trial: Trial) -> None:
    trial.put("2.parquet", numbers(200, 230))
    assert set(trial.run("--no-opt", "kept-parts").values()) == {"rebuild"}
    trial.right()
    assert not (trial.root / ".etlc/parts").exists()


def test_nobody_has_a_use_for_them(tmp_path: Path) -> None:
    trial = Trial(tmp_path, more=", incremental: full")
    trial.fill("1.parquet", "2.parquet")
    trial.run()
    assert not (trial.root / ".etlc/parts").exists()


def test_a_warehouse_from_before_there_were_copies(trial: Trial) -> None:
    trial.put("new.parquet", numbers(2000, 2030))
    trial.run("-s", "means")
    with duckdb.connect(str(trial.root / "warehouse.duckdb")) as con:
        con.execute("drop table _etlc.images")
        deltas = con.execute("select step, delta from _etlc.deltas").fetchall()
        assert deltas
        for step, delta in deltas:
            con.execute("update _etlc.deltas set delta = $2 where step = $1", [step, json.dumps(json.loads(delta)[:8])])
    assert kept_up({**trial.run(), "means": "refresh"})
    trial.right()
    trial.put("2.parquet", numbers(200, 230))
    assert kept_up(trial.run())
    trial.right()
