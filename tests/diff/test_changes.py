"""Edits of a small project, and what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diff.repo import call, commit, diff, told, write

pytestmark = pytest.mark.duckdb

FILES = {
    "etlc.yaml": "project: shop\nparams: {low: 1}\n",
    "pipelines/shop.yaml": """\
pipeline: shop
sources:
  raw:
    path: data/raw.csv
    options: {delim: ","}
    columns: {id: BIGINT, day: DATE, amount: "DECIMAL(12,2)", note: VARCHAR}
    checks:
      - between: {column: amount, min: 0, max: 100}
        severity: warn
  kinds: {rows: [{id: 1, kind: a}, {id: 2, kind: b}]}
models:
  stg:
    description: Cleaned.
    sql: |
      select id, day, amount, note from raw where amount > $low
  daily:
    key: [day]
    columns: {total: {type: "DECIMAL(38,2)", nullable: false}}
    checks:
      - row_count: {min: 1, max: 10}
      - accepted_values: {column: n, values: [1, 2]}
        tolerate: 5
      - expression: total >= 0
        name: positive
      - fresh: {column: day, within: 24h}
    sql: |
      select s.day, sum(s.amount) as total, count(*) as n from stg as s group by s.day
  notes: {sql: "select id, note from stg"}
  kinds_seen: {sql: "select kind, count(*) as n from kinds group by kind"}
outputs:
  daily: {path: out/daily.csv}
""",
}
YAML = "pipelines/shop.yaml"
SILENT = {
    "a comment": ("from raw where", "from raw -- all of it\n      where"),
    "layout and case": ("select id, day, amount, note from raw where", "SELECT id,\n        day, amount, note\n      FROM raw WHERE"),
    "an alias": ("select s.day, sum(s.amount) as total, count(*) as n from stg as s group by s.day", "select x.day, sum(x.amount) as total, count(*) as n from stg as x group by x.day"),
    "a description": ("Cleaned.", "Cleaned, and typed."),
    "an owner and tags": ("    description: Cleaned.", "    owner: ann@example.com\n    tags: [x]"),
    "what a column means": ("nullable: false}}", "nullable: false, description: Gross, tags: [money]}}"),
    "the name of a check": ("        name: positive", "        name: not_negative"),
    "the layout of a check": ("expression: total >= 0", "expression: total   >=   0"),
    "a default that is written out": ("    key: [day]", "    key: [day]\n    version: 1\n    materialize: auto"),
    "the order of models": ("  kinds_seen: {sql: \"select kind, count(*) as n from kinds group by kind\"}\n", ""),
}  # fmt: skip
# What is replaced, by what, and what is told.
CASES = {
    "a filter": ("amount > $low", "amount >= $low", [
        "model stg changed query", "model daily affected upstream stg", "model notes affected upstream stg",
    ]),
    "a column of other values": ("day, amount, note from", "day, amount * 2 as amount, note from", [
        "model stg changed query", "  retyped amount DECIMAL(12,2) DECIMAL(18,2)", "model daily affected upstream stg",
            "model notes affected upstream stg",
    ]),
    "a column that only one reads": ("day, amount, note from", "day, amount, upper(note) as note from", [
        "model stg changed columns", "  redefined note", "model notes affected upstream stg",
    ]),
    "a column more": ("note from raw", "note, id + 1 as next from raw", [
        "model stg changed columns", "  added next BIGINT",
    ]),
    "a column that makes rows": ("note from raw", "note, unnest([1, 2]) as x from raw", [
        "model stg changed query", "  added x INTEGER", "model daily affected upstream stg", "model notes affected upstream stg",
    ]),
    "a column renamed": ("select id, note from stg", "select id, note as remark from stg", [
        "model notes changed columns", "  renamed remark note remark", "breaking notes: column note is called remark now",
    ]),
    "a computed column renamed": ("sum(s.amount) as total, count(*) as n from stg", "count(*) as n, sum(s.amount) as sum, 0.00::decimal(38,2) as total from stg", [
        "model daily changed columns", "  added sum DECIMAL(38,2)", "  redefined total",
    ]),
    "a column computed otherwise": ("sum(s.amount) as total, count(*) as n", "sum(s.amount) as total, 1::bigint as n, 2 as m", [
        "model daily changed columns", "  redefined n", "  added m INTEGER",
    ]),
    "group by all has no such freedom": ('"select kind, count(*) as n from kinds group by kind"', '"select kind, count(*) as n from kinds group by all"', [
        "model kinds_seen changed query",
    ]),
    "a retyped column": ("count(*) as n from stg", "count(*)::integer as n from stg", [
        "model daily changed columns", "  retyped n BIGINT INTEGER", "breaking daily: column n is INTEGER now, and was BIGINT",
    ]),
    "a literal row": ("{id: 2, kind: b}", "{id: 2, kind: c}", [
        "source kinds changed source", "  rows:  -> other rows", "model kinds_seen affected upstream kinds",
    ]),
    "a path": ("data/raw.csv", "data/*.csv", [
        "source raw changed source", "  path: data/raw.csv -> data/*.csv", "model stg affected upstream raw",
        "model daily affected upstream raw > stg", "model notes affected upstream raw > stg",
    ]),
    "a promise about files": ("path: data/raw.csv", "append_only: true\n    path: data/raw.csv", [
        "source raw changed", "  append_only:  -> yes",
    ]),
    "an option": ('delim: ","', 'delim: ";"', [
        "source raw changed source", "  option delim: ',' -> ';'", "model stg affected upstream raw",
        "model daily affected upstream raw > stg", "model notes affected upstream raw > stg",
    ]),
    "a source's type": ("note: VARCHAR}", "note: INTEGER}", [
        "source raw changed columns", "  retyped note VARCHAR INTEGER",
        "model stg changed upstream raw", "  retyped note VARCHAR INTEGER",
        "model daily affected upstream raw > stg",
        "model notes changed upstream raw > stg", "  retyped note VARCHAR INTEGER",
        "breaking notes: column note is INTEGER now, and was VARCHAR",
    ]),
    "a source's column that nobody reads": ("note: VARCHAR}", "note: VARCHAR, more: DATE}", [
        "source raw changed columns", "  added more DATE",
    ]),
    "a key dropped": ("    key: [day]\n", "", [
        "model daily changed", "  not_null_day removed", "  unique_day removed", "  key: day -> ",
        "breaking daily: its key is gone, and was (day)",
    ]),
    "a key added": ("  notes: {", "  notes: {key: id, ", [
        "model notes changed", "  not_null_id added", "  unique_id added", "  key:  -> id",
    ]),
    "fewer rows asked for": ("min: 1, max: 10", "max: 20", [
        "model daily changed", "  row_count loosened min: 1 to none, max: 10 to 20",
    ]),
    "more asked for": ("min: 1, max: 10", "min: 2, max: 9", [
        "model daily changed", "  row_count tightened min: 1 to 2, max: 10 to 9",
    ]),
    "less and more": ("min: 1, max: 10", "min: 2, max: 11", [
        "model daily changed", "  row_count changed min: 1 to 2, max: 10 to 11",
    ]),
    "values added": ("values: [1, 2]", "values: [2, 1, 3]", [
        "model daily changed", "  accepted_values_n loosened also 3",
    ]),
    "values removed": ("values: [1, 2]", "values: [1]", [
        "model daily changed", "  accepted_values_n tightened no longer 2",
    ]),
    "more failures tolerated": ("tolerate: 5", "tolerate: 6", [
        "model daily changed", "  accepted_values_n loosened tolerate: 5 to 6",
    ]),
    "none tolerated": ("        tolerate: 5\n", "", [
        "model daily changed", "  accepted_values_n tightened tolerate: 5 to 0",
    ]),
    "a share instead": ("tolerate: 5", "tolerate: 5%", [
        "model daily changed", "  accepted_values_n changed tolerate: 5 to 5%",
    ]),
    "a warning is an error": ("        severity: warn\n", "", [
        "source raw changed", "  between_amount tightened severity: warn to error",
    ]),
    "an error is a warning": ("        name: positive", "        name: positive\n        severity: warn", [
        "model daily changed", "  positive loosened severity: error to warn",
    ]),
    "an expression": ("total >= 0", "total > 0", [
        "model daily changed", "  positive changed it asks for something else",
    ]),
    "older is fresh": ("within: 24h", "within: 2d", [
        "model daily changed", "  fresh_day loosened within: 86400 s to 172800 s",
    ]),
    "a check gone": ("      - fresh: {column: day, within: 24h}\n", "", [
        "model daily changed", "  fresh_day removed",
    ]),
    "a promise gone": (", nullable: false}", "}", [
        "model daily changed", "  not_null_total removed",
    ]),
    "an output moved": ("out/daily.csv", "out/by_day.csv", [
        "output daily changed", "  path: out/daily.csv -> out/by_day.csv",
    ]),
    "an output gone": ("outputs:\n  daily: {path: out/daily.csv}\n", "", [
        "output daily removed", "  model: daily -> ", "  path: out/daily.csv -> ", "  format: csv -> ",
    ]),
    "not published": ("  notes: {", "  notes: {publish: false, ", [
        "model notes changed", "  published: yes -> no", "breaking notes: it is not published any more",
    ]),
    "a model gone": ('  notes: {sql: "select id, note from stg"}\n', "", [
        "model notes removed", "breaking notes: it is gone",
    ]),
    "a model renamed": ("  notes: {", "  remarks: {", [
        "model remarks renamed notes", "breaking notes: it is called remarks now",
    ]),
    "a model more": ("  notes: {", '  ids: {sql: "select id from stg"}\n  notes: {', ["model ids added"]),
    "how it is stored": ("  notes: {", "  notes: {materialize: view, ", [
        "model notes changed", "  materialize: auto -> view",
    ]),
}  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """The project, committed."""
    write(tmp_path, FILES)
    commit(tmp_path)
    return tmp_path


def edit(repo: Path, before: str, after: str) -> None:
    text = FILES[YAML]
    assert text.count(before) == 1, before
    write(repo, {YAML: text.replace(before, after)})


@pytest.mark.parametrize("case", SILENT)
def test_what_means_nothing(case: str, repo: Path) -> None:
    before, after = SILENT[case]
    edit(repo, before, after)
    if not after:
        text = (repo / YAML).read_text()
        write(repo, {YAML: text.replace("  stg:\n", f"{before}  stg:\n")})
    assert (repo / YAML).read_text() != FILES[YAML]
    assert told(diff(repo)) == []
    assert call(repo, "diff", "--breaking").output == "Nothing changes in meaning.\n"


@pytest.mark.parametrize("case", CASES)
def test_what_is_told(case: str, repo: Path) -> None:
    before, after, expected = CASES[case]
    edit(repo, before, after)
    assert told(diff(repo)) == expected
    broken = any(line.startswith("breaking ") for line in expected)
    assert call(repo, "diff", "--breaking").exit_code == (1 if broken else 0)


def test_a_param_counts_for_those_that_use_it(repo: Path) -> None:
    write(repo, {"etlc.yaml": FILES["etlc.yaml"].replace("low: 1", "low: 2, unused: 3")})
    assert told(diff(repo)) == [
        "model stg changed query", "model daily affected upstream stg", "model notes affected upstream stg",
        "$low: 1 -> 2", "$unused:  -> 3",
    ]  # fmt: skip
    assert told(diff(repo, "--param", "low=5")) == ["$low: 1 -> 2", "$unused:  -> 3"]


def test_what_is_renamed_at_the_top_is_followed_down(repo: Path) -> None:
    """A renamed source, a renamed model above others, a renamed column that is passed on: nothing else changes."""
    text = FILES[YAML].replace("  raw:\n", "  raw_sales:\n").replace("from raw ", "from raw_sales ")
    text = text.replace("  stg:\n", "  base:\n").replace("from stg", "from base")
    write(repo, {YAML: text})
    assert told(diff(repo)) == ["source raw_sales renamed raw", "model base renamed stg"]


def test_a_renamed_column_is_followed_through_a_star(repo: Path) -> None:
    text = FILES[YAML].replace('"select id, note from stg"', '"select * from stg"')
    write(repo, {YAML: text})
    commit(repo)
    write(repo, {YAML: text.replace("day, amount, note from raw", "day, amount, note as remark from raw")})
    assert told(diff(repo)) == [
        "model stg changed columns", "  renamed remark note remark",
        "model notes changed upstream stg", "  renamed remark note remark",
        "breaking notes: column note is called remark now",
    ]  # fmt: skip


def rebuilt(repo: Path) -> set[str]:
    """What a run does after one at the revision: the oracle for what a run would rebuild."""
    done = call(repo, "plan", "--json")
    import json

    return {step["model"] for step in json.loads(done.stdout)["steps"] if step["action"] not in ("skip", "drop")}


REBUILDS = [
    "a filter",
    "a column more",
    "a literal row",
    "an option",
    "a check gone",
    "a model more",
    "a model renamed",
]


@pytest.mark.parametrize("case", REBUILDS)
def test_what_a_run_would_rebuild(case: str, repo: Path) -> None:
    """Against a run of the old revision, and the plan of the new one."""
    write(repo, {"data/raw.csv": "id,day,amount,note\n1,2024-01-02,3.50,x\n"})
    text = FILES[YAML].replace("      - fresh: {column: day, within: 24h}\n", "      - not_null: n\n")
    write(repo, {YAML: text})
    commit(repo)
    assert call(repo, "run").exit_code == 0
    before, after, _ = CASES[case]
    write(
        repo,
        {YAML: text.replace("      - not_null: n\n", "") if case == "a check gone" else text.replace(before, after)},
    )
    assert set(diff(repo)["rebuilt"]) == rebuilt(repo) - ({"daily"} if case == "a check gone" else set())
