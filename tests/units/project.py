"""A project with models worth testing, and ``etlc test`` called on it in this process."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from etlc.cli.app import app

PROJECT = "project: shop\nparams:\n  start: 2024-01-01\n  share: {type: 'DECIMAL(4,2)', default: 0.50}\n"
PIPELINE = """\
pipeline: shop
sources:
  orders:
    path: data/*.csv
    columns: {id: BIGINT, customer: VARCHAR, day: DATE, amount: "DECIMAL(12,2)"}
  countries:
    rows:
      - {code: de, name: Germany}
      - {code: fr, name: France}
models:
  paid:
    sql: select id, customer, day, amount from orders where amount > 0 and day >= $start
  daily:
    key: [day]
    tags: [report]
    sql: |
      select day, sum(amount) as revenue, count(*) as orders, sum(amount) * $share as ours
      from paid group by day
  ranked:
    sql: select day, revenue, row_number() over (order by revenue desc) as place from daily order by place
  both_ways:
    sql: select a.day, a.revenue - b.revenue as zero from daily as a join daily as b using (day)
  quotient:
    sql: select id, (100 / amount)::integer as q, error('not for ' || customer) as bad from orders
  named:
    sql: select c.name, o.id from countries as c left join orders as o on o.customer = c.code
tests:
"""
TESTS_BEGIN = PIPELINE.count("\n") + 1


@dataclass(frozen=True)
class Called:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output, parsed."""
        return json.loads(self.out)


def call(folder: Path, *args: str) -> Called:
    """Call ``etlc --project folder *args``. No traceback may show."""
    done = CliRunner(env={"NO_COLOR": "1"}).invoke(app, ["--project", str(folder), *args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.stdout + done.stderr and "E901" not in done.stdout + done.stderr, done.stderr
    return Called(done.exit_code, done.stdout, done.stderr)


def project(folder: Path, tests: str, pipeline: str = PIPELINE) -> Path:
    """Write the project with these tests, which are written without indentation."""
    (folder / "pipelines").mkdir(parents=True, exist_ok=True)
    (folder / "etlc.yaml").write_text(PROJECT, encoding="utf-8")
    body = textwrap.indent(textwrap.dedent(tests).strip("\n"), "  ") + "\n"
    (folder / "pipelines/shop.yaml").write_text(pipeline + body, encoding="utf-8")
    return folder


def run_one(folder: Path, tests: str, *args: str) -> Any:
    """The JSON of the only test there is."""
    (one,) = call(project(folder, tests), "test", "--json", *args).json["tests"]
    return one
