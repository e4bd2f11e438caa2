"""SQL knows where it stands: each word of it is found at the place in the file that it names."""

from __future__ import annotations

import pytest
from load_support import pipeline

from etlc.diagnostics import SqlText

MAPPED = {
    "block": "models:\n  m:\n    sql: |\n      select a,\n        b\n\n      from raw\n",
    "keep": "models:\n  m:\n    sql: |+\n      select a\n      from raw\n\n\n",
    "strip": "models:\n  m:\n    sql: |-   # note\n          select a\n            from raw\n    owner: x\n",
    "indicator": "models:\n  m:\n    sql: |2\n         select a\n        from raw\n",
    "leading blank lines": "models:\n  m:\n    sql: |\n\n\n      select a\n      from raw\n",
    "end of file": "models:\n  m:\n    sql: |\n      select a\n      from raw",
    "windows": "models:\r\n  m:\r\n    sql: |\r\n      select a\r\n      from raw\r\n",
    "plain": "models:\n  m: {sql: select a from raw}\n",
    "single quotes": "models:\n  m: {sql: 'select a from raw'}\n",
    "double quotes": 'models:\n  m: {sql: "select a, b from raw"}\n',
    "umlauts": "models:\n  m: {description: äöü😀, sql: select 'ü😀', a from raw}\n",
    "anchor": "models:\n  m:\n    sql: &q |\n      select a\n      from raw\n",
}
MAPPED = {name: text.replace("'ü😀', ", "") for name, text in MAPPED.items()}
UNMAPPED = {
    "folded": "models:\n  m:\n    sql: >\n      select a\n      from raw\n",
    "plain lines": "models:\n  m:\n    sql: select a\n      from raw\n",
    "escapes": 'models:\n  m: {sql: "select a\\n from raw"}\n',
}


def word_at(sql: SqlText, word: str, text: str) -> str:
    span = sql.at(sql.text.index(word), len(word))
    assert span.line == span.end_line
    return text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


def sql_in(text: str) -> SqlText:
    spec, found = pipeline(text)
    sql = spec.models["m"].sql
    assert not found and sql
    return sql


@pytest.mark.parametrize("name", MAPPED)
def test_mapped(name: str) -> None:
    sql = sql_in(MAPPED[name])
    assert sql.mapped
    for word in ("select", "a", "from", "raw"):
        assert word_at(sql, word, "pipeline: p\n" + MAPPED[name]) == word


@pytest.mark.parametrize("name", UNMAPPED)
def test_not_mapped(name: str) -> None:
    sql = sql_in(UNMAPPED[name])
    assert not sql.mapped and sql.at(3) == sql.span


HEADER = "\n-- note\n/* etlc\nkey: [a]\ndescription: ü\n*/\nselect a\nfrom raw\n"


@pytest.mark.parametrize(
    "text", [HEADER, HEADER.replace("\n", "\r\n"), "select a\nfrom raw", "-- x\nselect a from raw"]
)
def test_sql_file(text: str) -> None:
    spec, found = pipeline("", **{"pipelines/x/m.sql": text})
    model = spec.models["m"]
    assert not found and model.sql and model.sql_file == "pipelines/x/m.sql" and model.pipeline == "p"
    assert word_at(model.sql, "from", text) == "from"
    assert model.sql.span.line == text.splitlines().index(next(s for s in text.splitlines() if "select" in s)) + 1


def test_header_places() -> None:
    spec, found = pipeline("", **{"pipelines/m.sql": HEADER})
    assert not found and [(k, k.span.line, k.span.column) for k in spec.models["m"].key] == [("a", 4, 7)]


def test_header_on_one_line_and_on_the_first() -> None:
    for text in ("/* etlc key: [a] */ select 1", "/* etlc {key: [a]}*/select 1"):
        spec, found = pipeline("", **{"pipelines/m.sql": text})
        assert not found and spec.models["m"].key == ("a",)
