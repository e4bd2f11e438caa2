"""Where mutants come from: every project and every query that the repository holds, and one with every key in it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import duckdb

from tests.sql.corpus import QUERIES
from tests.tpc.cache import cache_folder

ROOT = Path(__file__).parents[2]
SPECS = (".yaml", ".yml", ".sql", ".lock")
Texts = dict[str, bytes]

_PART = re.compile(r"^=== (.+)$", re.MULTILINE)

# Every key of the three files, in every form that it may have.
WHOLE = {
    "etlc.yaml": """\
# yaml-language-server: $schema=schemas/project.schema.json
project: shop
warehouse: out/shop.duckdb
pipelines: [pipelines, more]
params:
  start_date: 2024-01-01
  limit: {type: "DECIMAL(12,2)", default: 10.50}
  moment: 2024-01-01 10:00:00
  name: 'it''s'
  no: no
defaults: {owner: growth@example.com, materialize: auto, incremental: auto, tags: [daily]}
limits: {memory: 4GB, threads: 2, temp: 20GB}
allow: [lake]
""",
    "etlc.lock": """\
version: 1
sources:
  raw_orders:
    columns: {order_id: BIGINT, customer_id: {type: BIGINT, optional: true}, ordered_at: TIMESTAMP, amount: "DECIMAL(12,2)"}
    options: {delim: ";", header: true}
""",
    "pipelines/orders.yaml": """\
pipeline: orders
owner: &owner growth@example.com
description: >-
  Revenue by day,
  and each customer's last order.
tags: [orders, "money"]
sources:
  raw_orders:
    path: [data/orders/*.csv, data/old.csv]
    format: csv
    options: {delim: ";", nullstr: ["", NA], types: {amount: DOUBLE}}
    owner: *owner
    checks:
      - not_null: [order_id]
      - fresh: {column: ordered_at, within: 24h}
        severity: warn
  events:
    path: data/events/day=*/*.parquet
    columns:
      event_id: {type: BIGINT, nullable: false, unique: true, description: A number, tags: [id]}
      happened: {type: TIMESTAMP}
      kind: VARCHAR
  countries:
    rows:
      - {code: de, name: Germany, since: 2024-01-02, share: 10.00, big: true, list: [1, 2], map: {a: 1}}
      - {code: fr, name: null, since: 2024-01-03, share: .5, big: false, list: [], map: {a: 2}}
models:
  stg_orders:
    sql: |
      select order_id, customer_id, ordered_at::date as day, amount
      from raw_orders
      where ordered_at >= $start_date and amount > $limit
  daily_revenue:
    description: One row per day.
    key: [day]
    columns: {revenue: {type: "DECIMAL(38,2)", description: Gross}, day: DATE}
    checks:
      - not_null: [revenue]
      - unique: [day]
        name: one_a_day
      - accepted_values: {column: day, values: [2024-01-01, 2024-01-02]}
        severity: warn
        tolerate: 0.1%
      - relationships: {column: day, to: stg_orders.day}
      - between: {column: revenue, min: 0, max: 1e9}
        tolerate: 5
      - row_count: {min: 1, max: 10}
      - expression: revenue >= 0
      - sql: "select * from this where revenue < 0"
    materialize: table
    incremental: full
    publish: true
  names:
    sql: "select code, name from countries where name ~ '^[A-Z]' -- a comment"
    checks: [{matches: {column: name, regex: '^[A-Z]'}}]
    publish: false
  kinds: {sql: 'select kind, count(*) as n from events group by all', materialize: view}
outputs:
  daily_revenue: {path: out/daily_revenue.parquet}
  names_csv: {model: names, path: out/names.csv}
  kinds: {path: out/kinds, format: parquet, partition_by: [kind]}
tests:
  nulls_are_ignored:
    model: stg_orders
    given:
      raw_orders:
        - {order_id: 1, customer_id: 7, ordered_at: 2024-01-02 10:00:00, amount: 10.00}
        - {order_id: 2, customer_id: 7, ordered_at: 2024-01-02 11:00:00, amount: null}
    expect:
      - {order_id: 1, customer_id: 7, day: 2024-01-02, amount: 10.00}
""",
    "pipelines/daily_revenue.sql": """\
/* etlc
tags: [money]
*/
select day, sum(amount) as revenue from stg_orders group by day
""",
    "more/late.yml": "pipeline: late\nmodels:\n  late_orders: {}\n",
    "more/deep/late_orders.sql": "-- late\nfrom daily_revenue order by day;\n",
}

# The relations that the queries of tests/sql, tests/binding and tests/security read, and those of TPC.
_SQL_SOURCES = """\
pipeline: p
sources:
  t: {path: t.csv, columns: {x: INTEGER, y: INTEGER, name: VARCHAR, d: DATE, s: "STRUCT(a INTEGER, B VARCHAR)", l: "INTEGER[]", f: DOUBLE}}
  u: {path: u.csv, columns: {x: INTEGER, z: INTEGER, name: VARCHAR}}
  region: {path: r.csv, columns: {region: VARCHAR, k: INTEGER, j: JSON}}
  orders: {path: o.csv, columns: {order_id: BIGINT, customer_id: BIGINT, ordered_at: TIMESTAMP, status: VARCHAR, amount: "DECIMAL(12,2)"}}
  customers: {path: c.csv, columns: {customer_id: BIGINT, name: VARCHAR, country: VARCHAR}}
"""


def _folder(folder: Path) -> Texts:
    files = sorted(path for path in folder.rglob("*") if path.suffix in SPECS and ".etlc" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _sections(text: str) -> Texts:
    pieces = _PART.split(text)
    found = zip(pieces[1::2], pieces[2::2], strict=True)
    return {name: (body.strip("\n") + "\n").encode() for name, body in found if name.endswith(SPECS)}


def _cases(file: Path) -> list[Texts]:
    head, *cases = re.split(r"^#### \w+$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [{**_sections(head), **_sections(case)} for case in cases or [""]]


@cache
def projects() -> tuple[Texts, ...]:
    """Projects as files by their paths."""
    whole = {name: text.encode() for name, text in WHOLE.items()}
    folders = [*sorted((ROOT / "examples").iterdir()), ROOT / "etlc" / "cli" / "template"]
    found = [_folder(folder) for folder in folders if (folder / "etlc.yaml").exists()]
    for file in sorted((ROOT / "tests" / "diagnostics" / "golden").glob("*.txt")):
        found += _cases(file)
    for file in sorted((ROOT / "tests" / "load" / "cases").glob("*.txt")):
        found.append({"etlc.yaml": b"project: shop\n", **_sections(file.read_text(encoding="utf-8"))})
    # The project with every key stands for a quarter of all, the examples for little: they are large.
    return (*found, *([whole] * (len(found) // 3)))


@cache
def queries(tpcds: bool) -> tuple[str, ...]:
    """Queries as text; those of TPC-DS only where they are asked for, since not every machine has them."""
    tests = ROOT / "tests"
    found = list(QUERIES)
    found += (tests / "binding" / "valid.sql").read_text(encoding="utf-8").split("\n\n")
    mistakes = (tests / "binding" / "mistakes.txt").read_text(encoding="utf-8")
    found += mistakes.replace("‹", "").replace("›", "").splitlines()
    found += (tests / "security" / "attacks.txt").read_text(encoding="utf-8").splitlines()
    for texts in projects():
        found += [data.decode() for name, data in sorted(texts.items()) if name.endswith(".sql")]
    if tpcds:
        for name in ("tpch-0.01", "tpcds-0.1"):
            rows = duckdb.read_parquet(str(cache_folder() / "v1" / name / "queries.parquet"))
            found += [text for (text,) in rows.select("query").fetchall()]
    return tuple(dict.fromkeys(text for text in found if text.strip()))


def around(texts: list[str]) -> Texts:
    """A project with one model for each query; each model may read those before it, as ``m0``, ``m1``, ..."""
    files = {"etlc.yaml": b"project: shop\nparams: {start_date: 2024-01-01, n: 5}\n"}
    files["pipelines/p.yaml"] = _SQL_SOURCES.encode()
    for number, text in enumerate(texts):
        files[f"pipelines/m{number}.sql"] = text.encode("utf-8", "surrogatepass")
    return files
