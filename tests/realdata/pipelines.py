"""A pipeline over real files, and beside it the same models as views of plain DuckDB over the same files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tests.cli import Result, acted_on, actions, etlc, to_yaml, write_project
from tests.oracle import assert_same_rows, attach, ident, literal, table_names


@dataclass(frozen=True)
class Source:
    """A source as the spec has it, and the plain reader that it must equal, a path in the project as `$file`."""

    spec: Mapping[str, Any]
    reader: str


def csv(path: str, options: Mapping[str, Any] | None = None, reading: str = "", **spec: Any) -> Source:
    """A source of CSV files; `reading` is what options and contract come to as arguments of read_csv."""
    given = {"options": dict(options)} if options else {}
    arguments = f", {reading}" if reading else ""
    return Source({"path": path, **given, **spec}, f"read_csv({literal('$project/' + path)}{arguments})")


def json(path: str, reading: str = "", **spec: Any) -> Source:
    """A source of JSON files."""
    arguments = f", {reading}" if reading else ""
    return Source({"path": path, **spec}, f"read_json({literal('$project/' + path)}{arguments})")


@dataclass(frozen=True)
class Pipeline:
    """One project: sources, models in an order in which they can be made, and which of them are published."""

    path: Path
    sources: Mapping[str, Source]
    models: Mapping[str, str]
    published: set[str]
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    params: Mapping[str, int] = field(default_factory=dict)

    @property
    def warehouse(self) -> Path:
        """The file with the results."""
        return self.path / "warehouse.duckdb"

    def write(self) -> "Pipeline":
        """Write the specs; the data is the caller's."""
        spec: dict[str, Any] = {"pipeline": "real", "sources": {n: dict(s.spec) for n, s in self.sources.items()}}
        spec["models"] = {name: {"sql": sql, **self.properties.get(name, {})} for name, sql in self.models.items()}
        if self.outputs:
            spec["outputs"] = {name: dict(output) for name, output in self.outputs.items()}
        project = {"project": "real", **({"params": dict(self.params)} if self.params else {})}
        write_project(self.path, project, {"pipelines/real.yaml": to_yaml(spec)})
        return self

    def oracle(self) -> duckdb.DuckDBPyConnection:
        """Plain DuckDB, started afresh: each source a table of what its files hold, each model a view."""
        con = duckdb.connect()
        for name, source in self.sources.items():
            reader = source.reader.replace("$project", str(self.path).replace("'", "''"))
            con.execute(f"create table {ident(name)} as from {reader}")
        for name, sql in self.models.items():
            for param, value in self.params.items():
                sql = sql.replace(f"${param}", str(value))
            con.execute(f"create view {ident(name)} as {sql}")
        return con

    def assert_equals_oracle(self) -> dict[str, int]:
        """Exactly the published models stand in the warehouse, with the oracle's rows; returns how many each has."""
        assert table_names(self.warehouse) == self.published
        with self.oracle() as con:
            attach(con, self.warehouse)
            return {
                name: assert_same_rows(
                    con, f"from warehouse.main.{ident(name)}", f"from memory.{ident(name)}", what=name
                )
                for name in sorted(self.published)
            }

    def run(self, *args: str) -> Result:
        """A run that must succeed, without a failed check."""
        result = etlc(self.path, "run", "--json", *args, check=0)
        assert result.json["status"] == "success", result
        assert [check for check in result.json["checks"] if check["status"] == "fail"] == []
        return result

    def assert_first_run(self) -> dict[str, int]:
        """Validates and runs; every published model has rows, and the oracle's. Returns how many."""
        summary = etlc(self.path, "validate", "--json", check=0).json["summary"]
        assert (summary["errors"], summary["models"], summary["sources"]) == (0, len(self.models), len(self.sources))
        result = self.run()
        assert set(actions(result)) == set(self.models)
        assert self.published <= acted_on(result)
        rows = self.assert_equals_oracle()
        assert all(rows.values()), rows
        self.assert_nothing_to_do()
        assert acted_on(self.run()) == set()
        return rows

    def assert_nothing_to_do(self) -> None:
        """The plan skips every model and every output."""
        plan = etlc(self.path, "plan", "--json", check=0)
        assert actions(plan) == dict.fromkeys(self.models, "skip")
        assert [output for output in plan.json["outputs"] if output["action"] != "skip"] == []

    def assert_rebuilds(self, *readers: str) -> None:
        """After a change exactly these models are rebuilt; then all equals the oracle, and nothing is left to do."""
        assert acted_on(etlc(self.path, "plan", "--json", check=0)) == set(readers)
        assert set(readers) & self.published <= acted_on(self.run()) <= set(readers)
        self.assert_equals_oracle()
        self.assert_nothing_to_do()
