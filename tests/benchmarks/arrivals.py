"""What an arrival costs: TPC-H or TPC-DS, whose facts come in twelve files each, beside a full refresh.

    python tests/benchmarks/arrivals.py tpch 0.1 [--csv] [--no-opt NAME] [--keep DIR]

Steps: eleven files of every fact, the twelfth of every fact, some rows of one file of the largest fact altered, one of
its files removed. After each, a run, and a full refresh in a copy of the project's folder, whose tables must be equal
(exact bags, floats to a relative 1e-9). Prints for each step both times of whole processes, what was done to how many
models, and of the stored models whose rows changed the share that was kept up without a rebuild.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.cli import to_yaml, write_project  # noqa: E402
from tests.oracle import assert_same_rows, ident, literal  # noqa: E402
from tests.tpc import cache  # noqa: E402
from tests.tpc.projects import Project  # noqa: E402

PARTS = 12
# The date key of each fact, the largest fact first.
FACTS = {
    "tpch": {"lineitem": "l_shipdate", "orders": "o_orderdate"},
    "tpcds": {
        "store_sales": "ss_sold_date_sk", "catalog_sales": "cs_sold_date_sk", "web_sales": "ws_sold_date_sk",
        "inventory": "inv_date_sk", "store_returns": "sr_returned_date_sk", "catalog_returns": "cr_returned_date_sk",
        "web_returns": "wr_returned_date_sk",
    },
}  # fmt: skip
KEPT_UP = {"append", "merge", "refresh"}


@dataclass(frozen=True)
class Arrivals:
    """The project in ``folder``, and the facts' files, which wait beside it until they arrive."""

    tpc: cache.Tpc
    folder: Path
    kind: str

    @property
    def facts(self) -> dict[str, str]:
        """The date key of each fact."""
        return FACTS[self.tpc.name]

    @property
    def largest(self) -> str:
        """The fact of which a file is changed and one removed."""
        return next(iter(self.facts))

    def write(self) -> None:
        """Write the project with eleven files of every fact."""
        project = Project(self.tpc, self.folder)
        models = {name: {"sql": sql + "\n"} for query in project.splits.values() for name, sql in query.models.items()}
        sources: dict[str, Any] = {}
        (self.folder / "data").mkdir(parents=True)
        with duckdb.connect() as con:
            for table, path in self.tpc.tables.items():
                if table in self.facts:
                    sources[table] = self._cut(con, table, path)
                else:
                    shutil.copyfile(path, self.folder / "data" / path.name)
                    sources[table] = {"path": f"data/{path.name}"}
        spec = to_yaml({"pipeline": self.tpc.name, "sources": sources, "models": models})
        write_project(self.folder, {"project": self.tpc.name}, {f"pipelines/{self.tpc.name}.yaml": spec})

    def _cut(self, con: duckdb.DuckDBPyConnection, table: str, path: Path) -> dict[str, Any]:
        """Write the parts of a fact, and give its source."""
        key = ident(self.facts[table])
        con.execute(
            f"create or replace temp table cut as select *, ntile({PARTS}) over (order by {key}) as part"
            f" from read_parquet({literal(path)})"
        )
        for part in range(1, PARTS + 1):
            target = self.file(table, part) if part < PARTS else self._waiting(table)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._copy(con, f"select * exclude (part) from cut where part = {part}", target)
        columns = {name: kind for name, kind, *_ in con.execute("describe select * exclude (part) from cut").fetchall()}
        landed = {"options": {"header": True}, "columns": columns} if self.kind == "csv" else {}
        return {"path": f"data/{table}/*.{self.kind}", **landed}

    def _copy(self, con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
        form = "format csv, header" if self.kind == "csv" else "format parquet"
        con.execute(f"copy ({query}) to {literal(target)} ({form})")

    def file(self, table: str, part: int) -> Path:
        """A file of a fact that is there."""
        return self.folder / "data" / table / f"{part:02d}.{self.kind}"

    def _waiting(self, table: str) -> Path:
        return self.folder.with_name("waiting") / f"{table}.{self.kind}"

    def arrive(self) -> None:
        """The twelfth file of every fact."""
        for table in self.facts:
            self._waiting(table).rename(self.file(table, PARTS))

    def alter(self) -> None:
        """Other amounts in every hundredth row of a file."""
        file, waiting = self.file(self.largest, 6), self._waiting("altered")
        with duckdb.connect() as con:
            types = {
                row[0]: row[1]
                for row in con.execute(f"describe from {literal(self.tpc.tables[self.largest])}").fetchall()
            }
            amount = ident(next(name for name in types if "quantity" in name))
            # What a sample of one file lets DuckDB guess is not what the source declares.
            declared = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
            read = f"read_csv({literal(file)}, header = true, columns = {{{declared}}})"
            rows = f"select *, row_number() over () as _row from {read if self.kind == 'csv' else literal(file)}"
            query = f"select * exclude (_row) replace (case when _row % 100 = 0 then {amount} + 1 else {amount} end as {amount}) from ({rows})"
            self._copy(con, query, waiting)
        file.unlink()  # a copy of the folder may share it
        waiting.rename(file)

    def remove(self) -> None:
        """One file less."""
        self.file(self.largest, 3).unlink()


def etlc(folder: Path, *arguments: str) -> tuple[float, Any]:
    """How long a command takes as a process, and its JSON. Raises where it fails."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "etlc", "--project", str(folder), *arguments, "--json"],
        capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(
            f"etlc {' '.join(arguments)}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return seconds, json.loads(done.stdout)


def twin(folder: Path) -> Path:
    """A copy of the project's folder, data files shared."""

    def copy(source: str, target: str) -> None:
        (os.link if "/data/" in source else shutil.copy2)(source, target)

    other = folder.with_name("twin")
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(folder, other, copy_function=copy)
    return other


def digests(warehouse: Path) -> dict[str, tuple[object, ...]]:
    """An order-free digest of every stored table of models, floats in short."""
    if not warehouse.exists():
        return {}
    with duckdb.connect(str(warehouse), read_only=True) as con:
        found = {}
        for schema, name in stored(con, con.execute("select current_database()").fetchall()[0][0]):
            relation = f"{ident(schema)}.{ident(name)}"
            columns = con.execute(f"describe {relation}").fetchall()
            listed = ", ".join(
                f"round({ident(c[0])}, 4)" if c[1] in ("DOUBLE", "FLOAT") else ident(c[0]) for c in columns
            )
            found[name] = con.execute(f"select count(*), sum(hash(row({listed}))) from {relation}").fetchall()[0]
    return found


def stored(con: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str]]:
    """Schema and name of the tables that hold models."""
    return con.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = $1 and schema_name in ('main', '_etlc_data') order by all",
        [database],
    ).fetchall()


def compare(folder: Path, other: Path) -> int:
    """All tables of two projects are equal; how many rows that are."""
    with duckdb.connect() as con:
        for name, path in (("one", folder), ("two", other)):
            con.execute(f"attach {literal(path / 'warehouse.duckdb')} as {name} (read_only)")
        tables = stored(con, "one")
        assert tables == stored(con, "two"), set(tables) ^ set(stored(con, "two"))
        return sum(
            assert_same_rows(con, f"from one.{ident(s)}.{ident(t)}", f"from two.{ident(s)}.{ident(t)}", what=t)
            for s, t in tables
        )


def known(folder: Path, names: Sequence[str]) -> list[str]:
    """The switches that this etlc knows, as arguments; a note for each that it does not."""
    arguments: list[str] = []
    for name in names:
        try:
            etlc(folder, "plan", "--no-opt", name)
            arguments += ["--no-opt", name]
        except RuntimeError:
            print(f"note: --no-opt {name} is not known here, and left out")
    return arguments


def step(name: str, project: Arrivals, switches: Sequence[str]) -> None:
    """Plan, run, refresh in full beside it, compare, and print a line of the table."""
    folder = project.folder
    before = digests(folder / "warehouse.duckdb")
    strategies = {one["model"]: one["strategy"] for one in etlc(folder, "plan", *switches)[1]["steps"]}
    other = twin(folder)
    full, _ = etlc(other, "run", "--full-refresh")
    seconds, ran = etlc(folder, "run", *switches)
    rows = compare(folder, other)
    actions = {model["model"]: model["action"] for model in ran["models"]}
    counted = Counter(
        f"{action}/{model.get('strategy') or strategies.get(model['model'], '?')}" if action != "skip" else "skip"
        for model in ran["models"]
        for action in [model["action"]]
    )
    after = digests(folder / "warehouse.duckdb")
    changed = [name for name in before.keys() & after.keys() if before[name] != after[name]]
    kept = sum(actions.get(name) in KEPT_UP for name in changed)
    share = f"{kept}/{len(changed)} = {kept / len(changed):.0%}" if changed else "-"
    idle = sum(
        1
        for name in before.keys() & after.keys()
        if before[name] == after[name] and actions.get(name, "skip") != "skip"
    )
    print(
        f"{name:16s} {seconds:8.2f} {full:8.2f} {seconds / full:7.2f}  {share:>14s} {idle:9d} {rows:11,d}  "
        + ", ".join(f"{what} {count}" for what, count in sorted(counted.items())),
        flush=True,
    )


def main() -> None:
    """Make the project, go through the steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(FACTS))
    parser.add_argument("scale", type=float)
    parser.add_argument("--csv", action="store_true", help="the facts come as CSV")
    parser.add_argument("--no-opt", action="append", default=[], metavar="NAME")
    parser.add_argument("--keep", type=Path, help="an empty folder to work in, which stays")
    given = parser.parse_args()
    work = given.keep or Path(tempfile.mkdtemp())
    try:
        project = Arrivals(cache.load(given.name, given.scale), work / "project", "csv" if given.csv else "parquet")
        project.write()
        etlc(project.folder, "lock")
        switches = known(project.folder, given.no_opt)
        print(
            f"{given.name} SF {given.scale:g}, facts as {project.kind}, DuckDB {duckdb.__version__}; seconds of whole processes"
        )
        print(
            "step                  run     full   ratio   kept/changed  needless        rows  models by action/strategy"
        )
        step("11 files", project, switches)
        for name, change in (
            ("the 12th arrives", project.arrive),
            ("one changed", project.alter),
            ("one removed", project.remove),
        ):
            change()
            step(name, project, switches)
        seconds, _ = etlc(project.folder, "run", *switches)
        print(f"{'nothing to do':16s} {seconds:8.2f}")
    finally:
        if given.keep is None:
            shutil.rmtree(work)


if __name__ == "__main__":
    main()
