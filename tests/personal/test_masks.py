"""Masked columns hold no value of theirs in what is published, wherever it is looked at."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from tests.cli import etlc

pytestmark = pytest.mark.duckdb

_NAMES = ("ann.lee@example.org", "bob.ray@example.org", "cleo.fox@example.org")
_PEOPLE = f"""pipeline: people
sources:
  users:
    rows:
      - {{id: 1, email: {_NAMES[0]}, age: 37, score: -12.5, born: 1987-05-12, seen: 2024-02-29 10:11:12, phone: 4917011111}}
      - {{id: 2, email: {_NAMES[1]}, age: 4, score: 8.25, born: 2020-02-29, seen: 2023-12-31 23:59:59, phone: 4917022222}}
      - {{id: 3, email: {_NAMES[2]}, age: -1, score: 20.0, born: 1960-01-01, seen: 2024-01-01 00:00:00, phone: null}}
    columns:
      email: {{type: VARCHAR, tags: [pii]}}
      age: {{type: TINYINT, tags: [pii]}}
      score: {{type: "DECIMAL(6,2)", tags: [pii]}}
      born: {{type: DATE, tags: [pii]}}
      seen: {{type: TIMESTAMP, tags: [pii]}}
      phone: {{type: BIGINT, tags: [pii]}}
"""
_SAFE = """  safe:
    key: [email]
    columns:
      email: {type: VARCHAR, mask: hash}
      age: {type: TINYINT, mask: bucket}
      score: {type: "DECIMAL(6,2)", mask: {bucket: 5}}
      born: {type: DATE, mask: bucket}
      seen: {type: TIMESTAMP, mask: bucket}
      phone: {type: BIGINT, mask: null}
      letter: {mask: bucket}
    checks: [{matches: {column: email, regex: '^[0-9a-f]{64}$'}}]
    sql: |
      select *, email as letter from users
      order by id -- all of them
"""
_BELOW = """  below:
    publish: true
    sql: select upper(email) as email, age from safe
  joined:
    sql: select safe.age, mails.email from safe join mails using (email)
  mails:
    columns: {email: {mask: hash}}
    publish: true
    sql: select email from users where id = 1
outputs:
  safe: {path: out/safe.csv}
  below: {path: out/below.parquet}
"""


def people(root: Path, models: str = _SAFE + _BELOW) -> Path:
    (root / "pipelines").mkdir(exist_ok=True)
    (root / "etlc.yaml").write_text("project: people\n")
    (root / "pipelines" / "people.yaml").write_text(f"{_PEOPLE}models:\n{models}")
    return root


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as con:
        return con.execute(sql).fetchall()


SHOWN = [
    (1, hashed(_NAMES[0]), 30, "-15.00", "1987-05-01", "2024-02-01 00:00:00", None, "a***"),
    (2, hashed(_NAMES[1]), 0, "5.00", "2020-02-01", "2023-12-01 00:00:00", None, "b***"),
    (3, hashed(_NAMES[2]), -10, "20.00", "1960-01-01", "2024-01-01 00:00:00", None, "c***"),
]
LOOK = "select id, email, age, score::varchar, born::varchar, seen::varchar, phone, letter from safe order by id"


def test_what_is_published_is_masked(tmp_path: Path) -> None:
    root = people(tmp_path)
    done = etlc(root, "run", "--json", check=0).json
    assert {check["status"] for check in done["checks"]} == {"pass"}
    assert rows(root / "warehouse.duckdb", LOOK) == SHOWN
    assert rows(root / "warehouse.duckdb", "select count(*) from joined") == [(1,)]
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as con:
        published = con.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        text = "".join(str(con.execute(f'from "{name}"').fetchall()) for (name,) in published)
    text += (root / "out" / "safe.csv").read_text() + str(
        duckdb.connect().sql(f"from '{root}/out/below.parquet'").fetchall()
    )
    text += etlc(root, "show", "safe", check=0).out + etlc(root, "query", "from safe", check=0).out
    assert len(published) == 4 and hashed(_NAMES[0]).upper() in text
    for raw in (*_NAMES, *(name.upper() for name in _NAMES), "-12.5", "8.25", "1987-05-12", "10:11:12", "49170"):
        assert raw not in text


def test_bare_duckdb_makes_the_same_tables(tmp_path: Path) -> None:
    root = people(tmp_path)
    etlc(root, "compile", check=0)
    con = duckdb.connect()
    con.execute((root / ".etlc" / "compiled" / "plan.sql").read_text())
    assert con.execute(LOOK).fetchall() == SHOWN
    etlc(root, "run", check=0)
    for name in ("safe", "below", "joined", "mails"):
        assert sorted(con.execute(f"from {name}").fetchall()) == sorted(rows(root / "warehouse.duckdb", f"from {name}"))


def test_another_mask_rebuilds_and_the_same_one_does_not(tmp_path: Path) -> None:
    root = people(tmp_path)
    etlc(root, "run", check=0)
    people(root, _SAFE.replace("-- all of them", "-- everybody") + _BELOW)
    assert {one["action"] for one in etlc(root, "plan", "--json", check=0).json["steps"]} == {"skip"}
    people(
        root, _SAFE.replace("age: {type: TINYINT, mask: bucket}", "age: {type: TINYINT, mask: {bucket: 2}}") + _BELOW
    )
    actions = {one["model"]: one["action"] for one in etlc(root, "plan", "--json", check=0).json["steps"]}
    assert actions == {"safe": "rebuild", "below": "rebuild", "joined": "rebuild", "mails": "skip"}
    etlc(root, "run", check=0)
    assert rows(root / "warehouse.duckdb", "select age from safe order by id") == [(36,), (4,), (-2,)]


def test_lineage_shows_tags_where_there_are_any(tmp_path: Path) -> None:
    root = people(
        tmp_path, _SAFE + "  open: {sql: 'select id, email from users', columns: {email: {tags: [pii, key]}}}\n"
    )
    columns = etlc(root, "lineage", "open", "--json", check=0).json["columns"]
    assert columns["email"] == {"type": "VARCHAR", "from": ["users.email"], "kind": "copy", "tags": ["pii", "key"]}
    assert "tags" not in columns["id"]
    assert all("tags" not in one for one in etlc(root, "lineage", "safe", "--json", check=0).json["columns"].values())
    assert "tags" in etlc(root, "lineage", "open", check=0).out
    assert "tags" not in etlc(root, "lineage", "safe", check=0).out


@pytest.mark.parametrize(
    ("models", "code", "says"),
    [
        ("  m: {sql: 'select id, email from users'}", "E308", "carries the tag pii from users.email."),
        ("  m: {sql: 'select id, email from users', publish: false}\n  n: {sql: 'select id, email as e from m'}", "E308", "from users.email (by way of m)."),
        ("  m: {sql: 'select id, email from users', publish: false}\noutputs: {m: {path: m.csv}}", "E308", "users.email"),
        ("  m: {sql: 'select id, email from users', columns: {email: {tags: [personal]}}}", "E308", "users.email"),
        ("  m: {sql: 'select [id] as l', columns: {l: {mask: bucket}}}".replace("id", "1"), "E309", "no bucket fits"),
        ("  m: {sql: 'select 1 as x', columns: {x: {mask: null, nullable: false}}}", "E309", "promised not to be NULL"),
        ("  m: {sql: 'select today() as x', columns: {x: {mask: {bucket: 3}}}}", "E309", "width for numbers only"),
        ("  m: {sql: 'select 1 as x', columns: {x: {type: INTEGER, mask: hash}}}", "E210", "gives VARCHAR"),
        ("  m: {sql: 'select 1 as x', columns: {y: {mask: hash}}}", "E210", "does not give"),
        ("  m: {sql: 'select 1 as x', columns: {x: {mask: hsh}}}", "E103", "hash, null or bucket"),
        ("  m: {sql: 'select 1 as x', columns: {x: {mask: }}}", "E103", "is empty"),
        ("  m: {sql: 'select y as x', columns: {x: {mask: hash}}}", "E201", '"y"'),
    ],
)  # fmt: skip
def test_says_what_is_wrong(tmp_path: Path, models: str, code: str, says: str) -> None:
    found = etlc(people(tmp_path, models + "\n"), "validate", "--json", check=1).json["diagnostics"]
    errors = [one for one in found if one["severity"] == "error"]
    assert [one["code"] for one in errors] == [code], errors
    assert says in errors[0]["message"], errors


def test_other_tags_can_be_protected(tmp_path: Path) -> None:
    root = people(tmp_path, "  m: {sql: 'select id, email from users'}\n")
    (root / "etlc.yaml").write_text("project: people\nprotected: secret\n")
    etlc(root, "validate", check=0)
    (root / "etlc.yaml").write_text("project: people\nprotected: [secret, PII]\n")
    etlc(root, "validate", check=1)


def test_unit_tests_see_the_masked_values(tmp_path: Path) -> None:
    test = f"""tests:
  masked:
    model: below
    params: {{step: 17.25}}
    given:
      users: [{{id: 9, email: zoe@example.org, age: 57}}]
    expect: [{{email: {hashed("zoe@example.org").upper()}, age: 50}}]
  masks_follow_the_types:
    model: stepped
    params: {{step: 17.25}}
    given:
      users: [{{id: 9, email: zoe@example.org, age: 57}}]
    expect: [{{step: 16.00}}]
"""
    stepped = "  stepped: {sql: 'select $step as step from users', columns: {step: {mask: {bucket: 2}}}}\n"
    root = people(tmp_path, _SAFE + _BELOW.replace("outputs:", stepped + "outputs:") + test)
    (root / "etlc.yaml").write_text("project: people\nparams: {step: 3.0}\n")
    etlc(root, "test", check=0)
