"""Params: typed literals where SQL has a param, and untouched text everywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from etlc.pipeline import Options, Project, Stop, show, validate
from etlc.sql.params import bind_params, find_params, without_end

pytestmark = pytest.mark.duckdb
UNTOUCHED = [
    "'$x'",
    "'it''s $x'",
    "e'\\'$x'",
    "E'a\\\\' || '$x'",
    '"$x"',
    '"a""$x"',
    "$$ $x $$",
    "$tag$ $x $tag$",
    "$é$ $x $é$",
    "-- $x",
    "/* $x */",
    "/* a /* b */ $x */",
    "a$x",
    "a$x$",
    "_$x",
    "ünï$x",
    "$1",
    "n'$x'",
    "x'$x'",
    "$$a$x$$",
    "'\n$x\n'",
]
BOUND = [
    "$x",
    "1+$x",
    "($x)",
    "$x::int",
    "-$x",
    "f($x,$x)",
    "[$x]",
    "'a'||$x",
    "'\\' || $x",
    "/* */$x",
    "-- a\r$x",
    "-- a\n$x",
    "$$a$$ || $x",
    "$X",
    "a[$x]",
    "x=$x",
    "e'\\\\'||$x",
    "1 $x",
    "/*/**/*/$x",
    "\u00a0$x",
]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_text_is_left_alone(text: str) -> None:
    assert find_params(text) == []
    assert bind_params(text, {"x": "7"}).text == text


@pytest.mark.parametrize("text", BOUND)
def test_params_are_bound(text: str) -> None:
    names = find_params(text)
    assert names and {name.lower() for name, _, _ in names} == {"x"}
    bound = bind_params(text, {"x": "7"})
    assert bound.text == text.replace("$x", "7").replace("$X", "7")
    for offset in range(len(bound.text)):
        here = bound.written(offset)
        assert bound.text[offset] == text[here] or text[here : here + 2].lower() == "$x"


ENDS = {
    "select 1;": "select 1",
    "select 1 ; ; ": "select 1 ",
    "select ';'": "select ';'",
    "select 1 -- ;": "select 1 -- ;",
    "select 1; -- a ; b": "select 1",
    "select 1; /* ; */ ;": "select 1",
    "select $$;$$;": "select $$;$$",
    "select 1; select 2": "select 1; select 2",
    'select ";";': 'select ";"',
}


@pytest.mark.parametrize("text", ENDS)
def test_the_semicolon_at_the_end_is_cut_off(text: str) -> None:
    assert without_end(text) == ENDS[text]


PROJECT = """project: p
params:
  n: -3
  d: 2024-01-31
  ts: {type: TIMESTAMP, default: 2024-01-31 10:00:00}
  money: 10.00
  flag: true
  word: "it's"
  big: {type: HUGEINT, default: -170141183460469231731687303715884105727}
  none: {type: DATE, default: null}
  tiny: {type: "DECIMAL(3, 1)", default: 1.5}
"""
PIPELINE = """pipeline: p
models:
  m:
    sql: |
      select $n as n, 1 -$n as m, -$n as o, $n ** 2 as q, $d as d, $ts as ts, $money as money, $flag as flag,
        $word as word, $big as big, $none as "none", $tiny as tiny, '$n' as txt, $$ $n $$ as dollar,
        [$n, 2][1] as item, $n::varchar as v
    checks:
      - expression: n < $flag::int and word <> '$n'
      - sql: select * from this where n > $N
"""


def make(root: Path, pipeline: str = PIPELINE) -> Project:
    (root / "pipelines").mkdir()
    (root / "etlc.yaml").write_text(PROJECT)
    (root / "pipelines" / "p.yaml").write_text(pipeline)
    return Project(root)


def test_params_are_typed(tmp_path: Path) -> None:
    project = make(tmp_path)
    assert [str(d) for d in validate(project, Options(), []).diagnostics] == []
    table = show(project, Options(), "m", 5)
    types = dict(zip(table.columns, table.types, strict=True))
    row = dict(zip(table.columns, map(str, table.rows[0]), strict=True))
    assert types["n"] == "INTEGER" and types["d"] == "DATE" and types["ts"] == "TIMESTAMP" and types["none"] == "DATE"
    assert types["money"] == "DECIMAL(4,2)" and types["big"] == "HUGEINT" and types["tiny"] == "DECIMAL(3,1)"
    assert (row["n"], row["m"], row["o"], row["q"], row["money"], row["item"], row["v"]) == (
        "-3",
        "4",
        "3",
        "9.0",
        "10.00",
        "-3",
        "-3",
    )
    assert (row["word"], row["txt"], row["dollar"], row["flag"]) == ("it's", "$n", " $n ", "True")
    given = show(project, Options(params={"N": "5", "d": "2024-02-29", "word": "$n'; drop"}), "m", 5)
    assert given.rows[0][0] == 5 and str(given.rows[0][4]) == "2024-02-29" and given.rows[0][8] == "$n'; drop"


def test_unknown_params_are_all_reported_at_their_places(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        "pipeline: p\nmodels:\n  m:\n    sql: |\n      select 'ü$a' || $a,\n        $nn\n"
        "    checks: [{expression: '1 = $b'}]\n",
    )
    found = [
        (d.code, d.span.line, d.span.column)
        for d in validate(project, Options(), []).diagnostics
        if d.severity == "error"
    ]
    assert found[:2] == [("E115", 5, 23), ("E115", 6, 9)]


@pytest.mark.parametrize(
    ("name", "text"),
    [("n", "x"), ("d", "31.1.2024"), ("flag", "maybe"), ("ts", "soon"), ("money", ""), ("tiny", "1000"), ("nope", "1")],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(Stop) as stopped:
        validate(make(tmp_path), Options(params={name: text}), [])
    assert stopped.value.status == 2 and name in stopped.value.message
