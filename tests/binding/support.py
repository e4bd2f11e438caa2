"""A project over a few small tables of every type, and the corpus of valid queries over them."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from etlc.engines.duckdb import STORAGE
from etlc.pipeline import Options, Project

HERE = Path(__file__).parent
ENTRIES = tuple((HERE / "valid.sql").read_text(encoding="utf-8").rstrip("\n").split("\n\n"))
TABLES = ("t", "u", "region", "order", "ev")
SETUP = """
create table t (x integer, y integer, name varchar, d date, s struct(a integer, "B" varchar), l integer[], f double);
insert into t values (1, 10, 'a', '2024-01-31', {a: 1, 'B': 'p'}, [1, 2], 1.5),
 (1, 10, 'a', '2024-01-31', {a: 1, 'B': 'p'}, [1, 2], 1.5), (2, 20, 'B', '2024-02-29', {a: 2, 'B': null}, [3], 2.5),
 (3, null, null, null, null, null, null), (null, 5, 'b', '2023-12-31', {a: 5, 'B': 'q'}, [], -1.0),
 (4, -7, 'A_b', '2024-03-01', {a: 4, 'B': 'r'}, [4, null], 0.1);
create table u (x integer, z integer, name varchar);
insert into u values (1, 100, 'u1'), (2, 200, 'a'), (2, 201, 'b'), (null, 300, null), (7, null, 'u7'), (3, 10, 'A');
create table region (region varchar, k integer, j json);
insert into region values ('n', 1, '{"K": 1, "k": 2}'), ('s', 2, null), (null, 3, '{"K": 3}');
create table "order" ("group" integer, "a b" varchar, "ünï" date, "x$y" double, "CamelCase" bigint);
insert into "order" values (1, 'one', '2024-01-01', 1.5, 10), (2, 'two', null, null, 20);
create table ev (ts timestamp, tz timestamptz, m map(varchar, integer), e enum('lo', 'hi'), v decimal(10, 2),
 bl blob, b bit, iv interval, uu uuid, h hugeint, arr integer[3], nested struct(a struct(b integer[]))[]);
insert into ev values ('2024-01-02 03:04:05.678', '2024-01-02 03:04:05+01', map {'a': 1}, 'hi', 12.34, '\\x01A'::blob,
 '101', interval '1 day 2 hours', '12345678-1234-1234-1234-123456789abc', 170141183460469231731687303715884105727,
 [1, 2, 3], [{'a': {'b': [5, 6]}}]), (null, null, null, null, null, null, null, null, null, null, null, null);
"""


@cache
def plain() -> duckdb.DuckDBPyConnection:
    """Plain DuckDB with the tables, and nothing else."""
    con = duckdb.connect()
    con.execute(f"attach '{tempfile.mkdtemp()}/made.duckdb' as made (storage_version '{STORAGE}')")
    con.execute(SETUP)
    return con


@cache
def accepted() -> dict[str, str]:
    """The entries that this version of DuckDB makes a table from, by the name of their model: ``q_17``."""
    con = plain().cursor()
    found = {}
    for number, text in enumerate(ENTRIES):
        try:
            con.execute(f"create table made.main.q_{number} as {without_end(text)}")
        except duckdb.Error:
            continue
        found[f"q_{number}"] = text
    return found


def without_end(text: str) -> str:
    """The text without the semicolon at its end and what follows it."""
    head, mark, tail = text.rpartition(";")
    ends = mark and all(part.strip(" ;") == "" or part.strip().startswith(("--", "/*")) for part in tail.split("\n"))
    return without_end(head) if ends else text


def write_tables(root: Path, more: str = "") -> None:
    """The tables as Parquet files, and the pipeline file that declares them."""
    (root / "data").mkdir(parents=True)
    (root / "pipelines").mkdir()
    con = plain().cursor()
    lines = ["pipeline: p", "sources:"]
    for table in TABLES:
        types = {row[0]: row[1] for row in con.execute(f'describe "{table}"').fetchall()}
        con.execute(f"copy \"{table}\" to '{root}/data/{table}.parquet' (format parquet)")
        lines += [f"  {table}:", f"    path: data/{table}.parquet", "    columns:"]
        lines += [f"      {json.dumps(name)}: {{type: {json.dumps(kind)}}}" for name, kind in types.items()]
    (root / "pipelines" / "p.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (root / "etlc.yaml").write_text("project: valid\nlimits: {threads: 2}\n" + more + "\n", encoding="utf-8")


def project(root: Path) -> tuple[Project, Options]:
    """The project of a folder, as a command gets it."""
    return Project(root), Options()
