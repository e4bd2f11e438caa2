"""The published schemas, and that the loader agrees with them."""

from __future__ import annotations

import copy
import json
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from load_support import MemoryFiles, loaded

from etlc.kinds.checks import Check
from etlc.load import schema_text
from etlc.load.grammar import LATER
from etlc.load.schema import PUBLISHED, render

STRUCTURAL = {"E102", "E103", "E104", "E107", "E108"}
PIPELINE: dict[str, Any] = {
    "pipeline": "p",
    "owner": "o",
    "description": "d",
    "tags": ["t"],
    "sources": {
        "a": {
            "path": ["x/*.csv", "y.csv"],
            "format": "csv",
            "options": {"delim": ";"},
            "tags": "t",
            "columns": {"i": "BIGINT", "j": {"type": "DATE", "nullable": False, "unique": True, "tags": ["x"]}},
        },
        "b": {"rows": [{"i": 1, "s": "x", "n": None}], "checks": [{"row_count": {"min": 1, "max": 3}}]},
    },
    "models": {
        "m": {
            "sql": "select 1",
            "key": "i",
            "materialize": "table",
            "incremental": "full",
            "publish": True,
            "ignore": ["W201"],
            "checks": [
                {"not_null": ["i"], "severity": "warn", "tolerate": 5, "name": "n"},
                {"unique": "i", "tolerate": "0.1%"},
                {"accepted_values": {"column": "i", "values": [1, None]}},
                {"relationships": {"column": "i", "to": "b.i"}},
                {"between": {"column": "i", "min": 0}},
                {"matches": {"column": "s", "regex": "^a"}},
                {"fresh": {"column": "i", "within": "24h"}},
                {"expression": "i > 0"},
                {"sql": "select * from this"},
            ],
        },
        "k": {"sql": "select 2", "columns": {"i": "INT"}},
    },
    "outputs": {"m": {"path": "out/m.csv", "partition_by": ["i"]}, "o": {"model": "m", "path": "x", "format": "csv"}},
    "tests": {"t": {"model": "m", "given": {"a": [{"i": 1}], "b": []}, "expect": [{"i": [1, {"x": 2}]}]}},
}
PROJECT: dict[str, Any] = {
    "project": "shop",
    "warehouse": "w.duckdb",
    "pipelines": ["pipelines"],
    "allow": "/data",
    "params": {"a": 1, "b": {"type": "DATE", "default": "2024-01-01"}, "c": None},
    "ignore": "W201",
    "defaults": {"ignore": ["W401"], "owner": "x", "publish": False, "tags": ["a"]},
    "limits": {"memory": "4GB", "threads": 2, "temp": "1.5 GiB"},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_committed_schemas_are_generated(name: str) -> None:
    assert schema_text(name) == render(name), "run: python -m etlc.load.schema"
    jsonschema.Draft7Validator.check_schema(json.loads(schema_text(name)))


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_key_is_described(name: str) -> None:
    def walk(part: Any) -> None:
        if isinstance(part, dict):
            for key, value in part.get("properties", {}).items():
                assert value.get("description"), key
            for value in part.values():
                walk(value)

    walk(json.loads(schema_text(name)))


def test_every_kind_of_check_is_there_and_later_keys_are_not() -> None:
    schema = json.loads(schema_text("pipeline"))
    assert {kind.KEY for kind in get_args(Check)} <= set(schema["definitions"]["check"]["properties"])
    for place in ("model", "source", "output"):
        assert not set(LATER[place]) & set(schema["definitions"][place]["properties"])


def test_unknown_schema() -> None:
    with pytest.raises(FileNotFoundError):
        schema_text("../x")


WORDS = st.sampled_from(
    ["a", "path", "model", "type", "min", "sla", "_etlc_x", "1a", "", " ", "auto", "tabel", "24h", "5%", "b.c"]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 2.0, 1e300]), WORDS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2), max_leaves=3
)


@st.composite
def mutants(draw: Any, base: dict[str, Any]) -> dict[str, Any]:
    """The base with one to three places changed: a value replaced, a key removed, renamed or added."""
    document = copy.deepcopy(base)
    for _ in range(draw(st.integers(1, 3))):
        part: Any = document
        while True:
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(part[key], dict | list) and part[key] and draw(st.integers(0, 4)):
                part = part[key]
                continue
            action = draw(st.integers(0, 3))
            if action == 0:
                del part[key]
            elif action == 1 and isinstance(part, dict):
                part[draw(WORDS)] = part.pop(key)
            elif action == 2 and isinstance(part, dict):
                part[draw(WORDS)] = draw(VALUES)
            else:
                part[key] = draw(VALUES)
            break
    return document


def agree(name: str, path: str, document: dict[str, Any]) -> None:
    files = {"etlc.yaml": b"project: shop\n"} | {path: json.dumps(document).encode()}
    _, found = loaded(MemoryFiles(files))
    structural = [finding for finding in found if finding.code in STRUCTURAL and finding.span.file == path]
    valid = jsonschema.Draft7Validator(json.loads(schema_text(name))).is_valid(document)
    assert valid == (not structural), structural


def test_the_bases_are_fine() -> None:
    agree("pipeline", "pipelines/p.yaml", PIPELINE)
    agree("project", "etlc.yaml", PROJECT)
    _, found = loaded(
        MemoryFiles({"etlc.yaml": json.dumps(PROJECT).encode(), "pipelines/p.yaml": json.dumps(PIPELINE).encode()})
    )
    assert not found


@settings(max_examples=250, deadline=None, derandomize=True)
@given(mutants(PIPELINE))
def test_pipelines_agree(document: dict[str, Any]) -> None:
    agree("pipeline", "pipelines/p.yaml", document)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(mutants(PROJECT))
def test_projects_agree(document: dict[str, Any]) -> None:
    agree("project", "etlc.yaml", document)
