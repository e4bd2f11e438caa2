"""TPC queries as an etlc project: every CTE a model of its own, each body the last model of its query."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from tests.cli import to_yaml, write_project
from tests.oracle import ident, literal
from tests.tpc.cache import Tpc
from tests.tpc.split import Split, split

PREFIX = {"tpch": "q", "tpcds": "ds"}


@dataclass(frozen=True)
class Project:
    """A TPC project on disk, and the queries that it was made from."""

    tpc: Tpc
    path: Path

    @cached_property
    def splits(self) -> dict[int, Split]:
        """Each query taken apart, by its number."""
        return {nr: split(sql, f"{PREFIX[self.tpc.name]}{nr:02}") for nr, sql in self.tpc.queries.items()}

    @property
    def models(self) -> set[str]:
        """All models by name."""
        return {model for query in self.splits.values() for model in query.models}

    @property
    def bodies(self) -> set[str]:
        """The models that are published, as nothing reads them."""
        return {query.name for query in self.splits.values()}

    @property
    def warehouse(self) -> Path:
        """The file with the results."""
        return self.path / "warehouse.duckdb"

    def write(self, *, outside: bool, edit: Callable[[str, str], str] = lambda model, sql: sql) -> "Project":
        """Write the project: CTEs inline in the pipeline file, bodies in SQL files; `edit` may change a model's SQL.

        Data is read where the cache has it, under `allow`, or from hard links inside the project.
        """
        name = self.tpc.name
        inline, files = {}, {}
        for query in self.splits.values():
            for model, sql in query.models.items():
                if model == query.name:
                    files[f"pipelines/queries/{model}.sql"] = edit(model, sql) + "\n"
                else:
                    inline[model] = {"sql": edit(model, sql) + "\n"}
        tables = self.tpc.tables if outside else self._linked()
        sources = {table: {"path": str(path)} for table, path in tables.items()}
        files[f"pipelines/{name}.yaml"] = to_yaml({"pipeline": name, "sources": sources, "models": inline})
        allow = {"allow": [str(self.tpc.folder)]} if outside else {}
        write_project(self.path, {"project": name, **allow}, files)
        return self

    def oracle(self) -> duckdb.DuckDBPyConnection:
        """Plain DuckDB with a view on each table's Parquet file."""
        con = duckdb.connect()
        for table, path in self.tpc.tables.items():
            con.execute(f"create view {ident(table)} as from read_parquet({literal(path)})")
        return con

    def _linked(self) -> dict[str, Path]:
        """The tables' files as hard links (copies where that fails) in the project; paths relative to it."""
        linked = {}
        for table, path in self.tpc.tables.items():
            relative = Path("data") / path.name
            target = self.path / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            linked[table] = relative
            if target.exists():
                continue
            try:
                os.link(path, target)
            except OSError:
                shutil.copyfile(path, target)
        return linked


def relaid(model: str, sql: str) -> str:
    """The same SQL in another layout, with comments: a word a line, but for literals and what was commented before."""
    pieces = re.split(r"('(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*\n|/\*.*?\*/)", sql, flags=re.DOTALL)
    pieces[::2] = [re.sub(r"\s+", "\n", piece) for piece in pieces[::2]]
    return f"-- {model}, laid out anew\n/* a word a line */{''.join(pieces)} -- the end"
