"""Layout of YAML: the order of keys, comments that stay with what they belong to, and nothing lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etlc.diagnostics import Diagnostics
from etlc.load import load
from etlc.load.arrange import Odd, arranged
from etlc.sql.layout import laid_out
from tests.format.corpus import EXAMPLES
from tests.load.load_support import MemoryFiles

HEAD = "# yaml-language-server: $schema=x.json\npipeline: p\n"


def tidy(text: str, kind: str = "pipeline") -> str:
    """The text laid out, with all that is promised of it looked at."""
    made = arranged(text, kind, laid_out)
    assert arranged(made, kind, laid_out) == made
    assert Counter("".join(made.split()).lower()) == Counter("".join(text.split()).lower())
    if kind == "pipeline":
        assert spec(made) == spec(text)
    return made


def spec(text: str) -> Any:
    """What etlc reads, its SQL without layout."""
    found = load(MemoryFiles({"etlc.yaml": b"project: x\n", "pipelines/p.yaml": text.encode()}), Diagnostics())
    assert found is not None
    models = {
        name: (model, " ".join(model.sql.text.lower().split())) for name, model in found.models.items() if model.sql
    }
    import dataclasses

    plain = {name: (dataclasses.replace(model, sql=None), sql) for name, (model, sql) in models.items()}
    return dataclasses.replace(found, models={}), list(plain.items()), list(found.sources)


def test_keys_come_in_the_order_of_the_schema() -> None:
    """With the comments above them and behind them; names stay where they are."""
    text = HEAD + (
        "models:\n  b:\n    # the query\n    sql: |\n      SELECT x\n      FROM s  -- all of it\n    key: [x]  # one each\n"
        "    # what it is\n    # in two lines\n    description: B\n  a: {sql: select 1 as one, description: A}\n"
        "sources:\n  s: {columns: {y: INT, x: INT}, path: d.csv}\ndescription: D\n"
    )
    assert tidy(text) == (
        "# yaml-language-server: $schema=x.json\npipeline: p\ndescription: D\n\n"
        "sources:\n  s: {path: d.csv, columns: {y: INT, x: INT}}\n\n"
        "models:\n  b:\n    # what it is\n    # in two lines\n    description: B\n    key: [x]  # one each\n"
        "    # the query\n    sql: |\n      select x\n      from s  -- all of it\n"
        "  a: {description: A, sql: select 1 as one}\n"
    )


def test_indents_become_two() -> None:
    """Of maps, lists, block scalars and comments, whatever they were."""
    text = HEAD + (
        "models:\n      m:\n          description: >-\n                 Long\n                 text\n\n                 more\n"
        "          checks:\n          - not_null: [a,\n              b]\n            severity: warn\n          # a remark\n"
        "          -   between:\n                column: a\n                min: 0\n          sql: |\n              select 1 as a,\n"
        "                 2 as b\n          # owner: me\n\n\n\n\n      # the end\n"
    )
    assert tidy(text) == HEAD + (
        "\nmodels:\n  m:\n    description: >-\n      Long\n      text\n\n      more\n    sql: |\n      select\n        1 as a,\n"
        "        2 as b\n    checks:\n      - not_null: [a,\n          b]\n        severity: warn\n      # a remark\n"
        "      - between:\n          column: a\n          min: 0\n    # owner: me\n\n  # the end\n"
    )


def test_what_must_stay_stays() -> None:
    """Quotes, numbers as written, folded SQL, chomping, text with an indent of its own, values over several lines."""
    text = HEAD + (
        "\nsources:\n  s:\n    rows:\n      - {'a': 010, \"b\": 1_0, c: 1.50, d: ~, e: 'it''s # no comment'}  # a comment\n"
        "      - {a: 1, c: 2,\n         b: 3}\n\nmodels:\n  m:\n    description: 'one\n\n      two  '\n    sql: >\n"
        "      SELECT 1\n\n      AS x\n  n:\n    description: |+\n      a\n\n    sql: |-\n      select 1\n"
    )
    assert tidy(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "pipeline: &a p\nowner: *a\n",
        "? pipeline\n: p\n",
        "pipeline: p\npipeline: q\n",
        "pipeline: [\n",
        "{pipeline: p}\n",
        "pipeline: p\nmodels: !!map {}\n",
    ],
)
def test_what_is_unusual_is_left(text: str) -> None:
    """A reason is given instead of a layout."""
    with pytest.raises(Odd):
        arranged(text, "pipeline", laid_out)


def shuffled(value: Any, order: list[int], name_map: bool = False) -> Any:
    """The same data with the keys of its records in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        if not name_map:
            items = [item for _, item in sorted(enumerate(items), key=lambda pair: order[pair[0] % len(order)])]
        inner = ("sources", "models", "outputs", "tests", "columns", "options", "given")
        return {key: shuffled(item, order, key in inner or key in ("rows", "expect")) for key, item in items}
    if isinstance(value, list):
        return [shuffled(item, order, name_map) for item in value]
    return value


PIPELINES = [path for path in sorted(EXAMPLES.rglob("pipelines/**/*.yaml")) if path.stat().st_size < 20_000]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(PIPELINES),
    st.permutations(range(7)),
    st.integers(2, 6),
    st.sampled_from([60, 100, 1000]),
    st.sampled_from([None, True, False]),
)
def test_any_layout_becomes_the_same_order(
    path: Path, order: list[int], indent: int, width: int, flow: bool | None
) -> None:
    """Whatever printer wrote it, and in which order."""
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    text = yaml.dump(
        shuffled(data, order), sort_keys=False, indent=indent, width=width, default_flow_style=flow, allow_unicode=True
    )
    if flow is True:
        with pytest.raises(Odd):
            arranged(text, "pipeline", laid_out)
        return
    made = tidy(text)
    keys = [*yaml.load(made, Loader=yaml.BaseLoader)]
    assert keys == [
        k for k in ("pipeline", "owner", "description", "tags", "sources", "models", "outputs", "tests") if k in data
    ]
