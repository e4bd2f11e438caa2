"""Warnings that the specs ignore, as a user meets them: what ``etlc validate`` still says, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diagnostics_support import call, write

pytestmark = pytest.mark.duckdb

HEAD = "pipeline: shop\nowner: me@example.com\nmodels:\n"  # what follows begins in line 4
READING = "pipeline: shop\nsources: {o: {rows: [{id: 1}]}}\nmodels:\n"  # so here


def validated(folder: Path, files: dict[str, str], *args: str) -> list[str]:
    """Each finding as ``CODE file:line:column``, of a project in which these files stand."""
    write(folder, {"etlc.yaml": "project: shop\n", **files})
    found = json.loads(call(folder, "validate", "--json", *args).out)
    return [f"{one['code']} {Path(one['file']).name}:{one['line']}:{one['column']}" for one in found["diagnostics"]]


YAML = {
    "behind_a_value": ("  m: {sql: select now() as t}  # etlc: ignore W201\n", []),
    "without_blanks": ("  m: {sql: select now() as t}  #etlc:ignore W201\n", []),
    "in_lower_case": ("  m: {sql: select now() as t}  # etlc: ignore w201\n", []),
    "with_a_reason": ("  m: {sql: select now() as t}  # etlc: ignore W201 the day of the run is wanted\n", []),
    "alone_above": ("  m:\n    # etlc: ignore W201\n    # it is wanted\n\n    sql: select now() as t\n", []),
    "alone_above_the_name": ("  # etlc: ignore W201\n  m:\n    sql: select now() as t\n", ["W101 4:18", "W201 6:17"]),
    "line_below_a_trailing_one": (
        "  m: # etlc: ignore W201\n    sql: select now() as t\n",
        ["W101 4:21", "W201 5:17"],
    ),
    "behind_a_block_sign": (
        "  m:\n    sql: |  # etlc: ignore W201\n      select now() as t\n",
        ["W101 5:28", "W201 6:14"],
    ),
    "behind_a_folding_sign": ("  m:\n    sql: >-  # etlc: ignore W201\n      select now()\n      as t\n", []),
    "below_a_block": (
        "  m:\n    sql: |\n      select now() as t\n# etlc: ignore W201\n  n: {sql: select now() as t}\n",
        ["W201 6:14"],
    ),
    "in_double_quotes": (
        '  m: {description: "no # etlc: ignore W201", sql: select now() as t}\n',
        ["W201 4:58"],
    ),
    "in_single_quotes_over_lines": (
        "  m: {sql: select now() as t, description: 'no\n      # etlc: ignore W999'}\n",
        ["W201 4:19"],
    ),
    "in_a_plain_word": ("  m: {sql: select now() as t, owner: a#etlc:ignore W201}\n", ["W201 4:19"]),
    "in_a_block_scalar": (
        "  m:\n    description: |\n      # etlc: ignore W201\n    sql: select now() as t\n",
        ["W201 7:17"],
    ),
    "another_comment": ("  m: {sql: select now() as t}  # etlc: ignores W201, or not\n", ["W201 4:19"]),
    "a_quotation": ("  m: {sql: select now() as t}  # write etlc: ignore W201\n", ["W201 4:19"]),
    "several": ("  m: {sql: 'select now() as t'}  # etlc: ignore W401, W201\n", []),
    "twice_on_a_line": ("  m: {sql: 'select now() as t, random() as r'}  # etlc: ignore W201\n", []),
}
SQL = {
    "literal": ("  m:\n    sql: |\n      select\n        now() as t, -- etlc: ignore W201\n        now() as u\n", ["W201 8:9"]),
    "block_comment": ("  m:\n    sql: |\n      select /* etlc: ignore W201 */ now() as t\n", []),
    "comment_before_the_code": ("  m:\n    sql: |\n      /* etlc: ignore W201 */ select now() as t\n", []),
    "alone": ("  m:\n    sql: |\n      select\n      -- etlc: ignore W201\n      -- it is wanted\n\n      now() as t\n", []),
    "above_the_query": (
        "  m:\n    sql: |\n      -- etlc: ignore W201\n      select 1 as x,\n        now() as t,\n        now() as u\n",
        [],
    ),
    "alone_above_another_line": (
        "  m:\n    sql: |\n      select\n      -- etlc: ignore W201\n      1 as x,\n      now() as t\n",
        ["W101 7:23", "W201 9:7"],
    ),
    "within_a_comment": ("  m:\n    sql: |\n      select /* /* etlc: ignore W201 */ */ now() as t\n", ["W201 6:44"]),
    "with_a_comment_in_it": ("  m:\n    sql: |\n      select /* etlc: ignore W201 /* so */ it is */ now() as t\n", []),
    "in_a_string": ("  m:\n    sql: |\n      select now() as t, '-- etlc: ignore W201' as s\n", ["W201 6:14"]),
    "in_a_dollar_string": ("  m:\n    sql: |\n      select now() as t, $$\n      -- etlc: ignore W201\n      $$ as s\n", ["W201 6:14"]),
    "in_a_quoted_name": ("  m:\n    sql: |\n      select now() as \"-- etlc: ignore W201\"\n", ["W201 6:14"]),
    "folded": ("  m:\n    sql: >\n      select /* etlc: ignore W201 */\n      now() as t\n", []),
    "folded_in_vain": ("  m:\n    sql: >\n      select /* etlc: ignore W201 */\n      1 as t\n", ["W101 5:10"]),
    "quoted_over_lines": ("  m:\n    sql: \"select now() as t\n      -- etlc: ignore W201\"\n", []),
    "behind_the_end": ("  m:\n    sql: |\n      select now() as t\n      -- etlc: ignore W201\n", ["W201 6:14", "W101 7:23"]),
    "in_a_check": (
        "  m:\n    sql: select 1 as x\n    checks: [{sql: 'select x from this -- etlc: ignore W201'}]\n",
        ["W101 6:56"],
    ),
}  # fmt: skip
MODEL = {
    "the_entry": ("  m: {ignore: [W201], sql: select now() as t}\n", []),
    "one_word": ("  m: {ignore: W201, sql: select now() as t}\n", []),
    "not_the_next": (
        "  m:\n    ignore: [W201]\n    sql: |\n      select now() as t\n  n:\n    sql: select now() as t\n",
        ["W201 9:17"],
    ),
    "not_the_one_before": (
        "  m: {sql: select now() as t}\n  n: {sql: select now() as t, ignore: W201}\n",
        ["W201 4:19"],
    ),
    "in_vain": ("  m: {ignore: [W201], sql: select 1 as t}\n", ["W101 4:16"]),
    "one_of_two": ("  m: {ignore: [W401, W201], sql: select 1 as t}\n", ["W101 4:22"]),
    "comment_and_property": ("  m: {ignore: [W201], sql: select now() as t} # etlc: ignore W201\n", []),
}
REFUSED = {
    "an_error": ("  m: {sql: select 1 as t}  # etlc: ignore E201\n", ["E117 4:43"]),
    "unknown": ("  m: {sql: select 1 as t}  # etlc: ignore W999\n", ["E117 4:43"]),
    "no_code": ("  m: {sql: select 1 as t}  # etlc: ignore\n", ["E117 4:28"]),
    "no_code_in_sql": ("  m:\n    sql: |\n      select 1 as t -- etlc: ignore\n", ["E117 6:21"]),
    "itself": ("  m: {sql: select 1 as t}  # etlc: ignore W201, W101\n", ["E117 4:49"]),
    "in_a_property": ("  m: {sql: select now() as t, ignore: [W201, E201, W2O1]}\n", ["E117 4:46", "E117 4:52"]),
    "in_sql": ("  m:\n    sql: |\n      select now() as t -- etlc: ignore W201, E201, so it is\n", ["E117 6:47"]),
}


@pytest.mark.parametrize(
    ("models", "expected"),
    [pytest.param(*case, id=name) for cases in (YAML, SQL, MODEL, REFUSED) for name, case in cases.items()],
)
def test_in_a_pipeline_file(tmp_path: Path, models: str, expected: list[str]) -> None:
    found = validated(tmp_path, {"pipelines/p.yaml": HEAD + models})
    assert found == [one.replace(" ", " p.yaml:") for one in expected]


def test_files_with_windows_line_ends(tmp_path: Path) -> None:
    files = {
        "pipelines/p.yaml": HEAD + "  m: {sql: select now() as t} # etlc: ignore W201\n  n: {sql: select now() as t}\n",
        "pipelines/s.sql": "select\n  -- etlc: ignore W201\n  now() as a,\n  now() as b, /* etlc: ignore W201 */\n  now() as c\n",
    }  # fmt: skip
    found = validated(tmp_path, {name: text.replace("\n", "\r\n") for name, text in files.items()})
    assert found == ["W201 p.yaml:5:19", "W201 s.sql:5:3"]


def test_the_header_of_a_sql_file(tmp_path: Path) -> None:
    header = "/* etlc\n{}\n*/\nselect now() as t, id\nfrom o\n"
    write(tmp_path, {"pipelines/p.yaml": READING})
    assert validated(tmp_path, {"pipelines/s.sql": header.format("owner: me")}) == ["W201 s.sql:4:8"]
    assert validated(tmp_path, {"pipelines/s.sql": header.format("ignore: [W201]")}) == []
    found = validated(tmp_path, {"pipelines/s.sql": header.format("owner: me # etlc: ignore W201")})
    assert found == ["W101 s.sql:2:26", "W201 s.sql:4:8"]
    assert validated(tmp_path, {"pipelines/s.sql": header.format("ignore: [E201]")}) == ["E117 s.sql:2:10", "W201 s.sql:4:8"]  # fmt: skip


def test_a_property_in_yaml_reaches_the_sql_file(tmp_path: Path) -> None:
    files = {"pipelines/p.yaml": HEAD + "  s: {ignore: [W201]}\n", "pipelines/s.sql": "select now() as t"}
    assert validated(tmp_path, files) == []
    assert validated(tmp_path, {"pipelines/n.sql": "select now() as t"}) == ["W201 n.sql:1:8"]


@pytest.mark.parametrize("project", ["ignore: [W201]\n", "ignore: W201\n", "defaults: {ignore: [W201]}\n"])
def test_the_whole_project(tmp_path: Path, project: str) -> None:
    volatile = {"pipelines/p.yaml": HEAD + "  m: {sql: select now() as t}\n", "pipelines/s.sql": "select now() as t"}
    assert validated(tmp_path, volatile) == ["W201 p.yaml:4:19", "W201 s.sql:1:8"]
    assert validated(tmp_path, {"etlc.yaml": "project: shop\n" + project}) == []
    assert validated(tmp_path, {"pipelines/p.yaml": HEAD, "pipelines/s.sql": "select 1 as t"}) == []


def test_idle_ignores_are_ignored_for_the_whole_project_only(tmp_path: Path) -> None:
    files = {"pipelines/p.yaml": HEAD + "  m: {sql: select 1 as t} # etlc: ignore W201\n"}
    assert validated(tmp_path, files) == ["W101 p.yaml:4:42"]
    assert validated(tmp_path, {"etlc.yaml": "project: shop\nignore: [W101]\n"}) == []
    for wrong, place in (("defaults: {ignore: [W101]}", "2:21"), ("ignore: [E201]", "2:10")):
        found = validated(tmp_path, {"etlc.yaml": f"project: shop\n{wrong}\n"})
        assert found == [f"E117 etlc.yaml:{place}"]


def test_nothing_is_idle_where_errors_cut_the_analysis_short(tmp_path: Path) -> None:
    files = {
        "pipelines/p.yaml": READING
        + "  bad: {sql: select idd from o}\n  m: {sql: select 1 as t} # etlc: ignore W201\n",
        "pipelines/below.sql": "select now() as t, id -- etlc: ignore W201\nfrom bad",
        "pipelines/sound.sql": "select 1 as x -- etlc: ignore W201",
    }
    assert validated(tmp_path, files) == ["E201 p.yaml:4:21"]
    sound = {"pipelines/p.yaml": READING + "  bad: {sql: select id from o}\n"}
    assert validated(tmp_path, sound) == ["W101 sound.sql:1:31"]


def test_what_is_ignored_stays_so_in_the_cache_and_in_every_command(tmp_path: Path) -> None:
    models = "  m: {sql: select now() as t} # etlc: ignore W201\n  n: {sql: select 1 as x} # etlc: ignore W201\n"
    for _ in range(2):
        assert validated(tmp_path, {"pipelines/p.yaml": HEAD + models}) == ["W101 p.yaml:5:42"]
    for command in ("plan", "run"):
        said = call(tmp_path, command).err
        assert "warning[W101]" in said and "warning[W201]" not in said


@pytest.mark.parametrize(
    ("place", "silent"),
    [
        ("  # etlc: ignore W401\n  o: {path: data/o.csv}\n", True),
        ("  o: {path: data/o.csv}  # etlc: ignore W401, W201\n", None),
        ("  o: {path: data/o.csv}\n", False),
    ],
)
def test_what_only_a_run_finds(tmp_path: Path, place: str, silent: bool | None) -> None:
    lock = "version: 1\nsources:\n  o:\n    columns: {id: BIGINT}\n    options: {header: true, delim: ','}\n"
    pipeline = f"pipeline: shop\nsources:\n{place}models:\n  m: {{sql: select id from o}}\n"
    files = {"pipelines/p.yaml": pipeline, "data/o.csv": "id,coupon\n1,x\n", "etlc.lock": lock}
    assert validated(tmp_path, files) == (["W101 p.yaml:3:47"] if silent is None else [])
    found = json.loads(call(tmp_path, "run", "--json").out)["diagnostics"]
    assert ("W401" in [one["code"] for one in found]) == (silent is False)


def test_sentences(tmp_path: Path) -> None:
    models = "  m: {sql: select 1 as t, ignore: [W2O1, E201, W101, W201]}\n"
    write(tmp_path, {"etlc.yaml": "project: shop\n", "pipelines/p.yaml": HEAD + models})
    found = json.loads(call(tmp_path, "validate", "--json").out)["diagnostics"]
    assert [(one["message"], one["help"]) for one in found] == [
        ("There is no warning `W2O1`.", "Did you mean `W201`?"),
        ("E201 is an error (unknown column), and only warnings can be ignored.",
         "Mend what it reports, and remove the code here."),
        ("W101 can be ignored for the whole project only.",
         "Remove the ignores that it reports, or write `ignore: [W101]` into etlc.yaml."),
    ]  # fmt: skip
