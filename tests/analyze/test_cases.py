"""Each analysis over cases as data: what it must find, and what looks much like it and must be left alone.

A case of ``cases/CODE.yaml`` is a model ``sql`` (over SOURCES; ``yaml`` are properties of it, ``models`` others beside it),
or whole ``files``. ``expect`` are places: "line:column" in the model, or with the stem of another file before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from etlc.diagnostics import CODES
from tests.diagnostics.diagnostics_support import call, write

pytestmark = pytest.mark.duckdb

CASES = Path(__file__).with_name("cases")
SOURCES = """\
pipeline: shop
sources:
  orders:
    path: data/orders.csv
    columns:
      order_id: {type: BIGINT, nullable: false, unique: true}
      customer_id: BIGINT
      sku: VARCHAR
      day: DATE
      freight: DECIMAL(8,2)
      rate: DOUBLE
  lines:
    path: data/lines.csv
    columns: {line_id: {type: BIGINT, nullable: false, unique: true}, order_id: BIGINT, sku: VARCHAR, qty: INTEGER, amount: "DECIMAL(8,2)"}
  customers:
    path: data/customers.csv
    columns: {customer_id: {type: BIGINT, nullable: false, unique: true}, name: VARCHAR, country: VARCHAR, code: VARCHAR}
  stock:
    path: data/stock.csv
    columns: {sku: {type: VARCHAR, nullable: false}, store: {type: VARCHAR, nullable: false}, pieces: INTEGER}
    checks: [{unique: [sku, store]}]
  days:
    path: data/days.csv
    columns: {day: {type: DATE, nullable: false, unique: true}}
  log:
    path: data/log.csv
    columns: {id: BIGINT, customer_id: BIGINT, note: VARCHAR}
  events:
    path: data/events.csv
    columns: {id: BIGINT, seen: TIMESTAMPTZ, shown: TIMESTAMP}
models:
  m:
"""


@dataclass(frozen=True)
class Case:
    """A case of an analysis."""

    code: str
    name: str
    parts: dict[str, Any]

    @property
    def whole(self) -> bool:
        """Whether it is a project of its own."""
        return "files" in self.parts

    def files(self, *, inline: bool) -> dict[str, str]:
        """The project, the model in a file of its own or in the pipeline file."""
        if self.whole:
            return {"etlc.yaml": "project: shop\n", **self.parts["files"]}
        text = (
            SOURCES
            + f"    {yaml.safe_dump(self.parts.get('yaml', {'publish': True}), default_flow_style=True).strip()[1:-1]}\n"
        )
        files = {"etlc.yaml": "project: shop\n"}
        files |= {f"pipelines/{name}.sql": sql for name, sql in self.parts.get("models", {}).items()}
        if inline:
            text += "    sql: |\n" + "".join(f"      {line}\n" for line in self.parts["sql"].strip("\n").split("\n"))
        else:
            files["pipelines/m.sql"] = self.parts["sql"]
        return {**files, "pipelines/shop.yaml": text}

    def expected(self, *, inline: bool) -> list[str]:
        """The places where the analysis must find something, as ``stem line:column``."""
        first = SOURCES.count("\n") + 2
        found = []
        for place in self.parts["expect"]:
            stem, _, at = place.rpartition(" ")
            line, column = map(int, at.split(":"))
            in_yaml = inline and not stem
            found.append(f"shop {line + first}:{column + 6}" if in_yaml else f"{stem or 'm'} {line}:{column}")
        return sorted(found)


def cases() -> list[Case]:
    """All cases of all analyses."""
    return [
        Case(file.stem, name, parts)
        for file in sorted(CASES.glob("*.yaml"))
        for name, parts in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    ]


def found(folder: Path, code: str) -> list[str]:
    """What validate finds of one code. Nothing may be wrong with the case otherwise."""
    listed = json.loads(call(folder, "validate", "--json").out)["diagnostics"]
    assert [one for one in listed if one["severity"] == "error"] == []
    return sorted(f"{Path(one['file']).stem} {one['line']}:{one['column']}" for one in listed if one["code"] == code)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.code}-{case.name}")
def test_case(case: Case, tmp_path: Path) -> None:
    for inline in (False,) if case.whole else (False, True):
        folder = tmp_path / str(inline)
        assert found(write(folder, case.files(inline=inline)), case.code) == case.expected(inline=inline)


def test_every_analysis_has_cases_on_both_sides() -> None:
    analyses = {code for code in CODES if code.startswith("W3")}
    assert {case.code for case in cases()} == analyses
    for code in analyses:
        expected = [bool(case.parts["expect"]) for case in cases() if case.code == code]
        assert expected.count(True) >= 1 and expected.count(False) >= 4, code


@pytest.mark.parametrize("depth", [50, 100])
def test_deep_nesting_is_never_a_crash(depth: int, tmp_path: Path) -> None:
    deep = "(" * depth + "freight" + " + 1)" * depth
    joined = f"select sum({deep}) as f from orders o join lines l using (order_id)"
    case = Case(
        "W301", "deep", {"sql": joined, "models": {"other": "select order_id from orders limit 5"}, "expect": []}
    )
    folder = write(tmp_path, case.files(inline=False))
    listed = json.loads(call(folder, "validate", "--json").out)["diagnostics"]
    assert "E901" not in {one["code"] for one in listed}
    if all(one["severity"] != "error" for one in listed):
        assert "W306" in {one["code"] for one in listed}  # the other model is seen all the same
