"""Mutated specs and queries: findings at places that there are, never a traceback, a crash, a hang or a flood.

A failure names its seed: ``python -m tests.hardness.drive spec SEED 1`` repeats it. ETLC_SOAK sets how many seeds of
each kind the long run tries (a seed of queries holds five of them), ETLC_SOAK_FIRST where it begins.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hardness.corpus import WHOLE, Texts, around
from tests.hardness.drive import complaint, tried

pytestmark = pytest.mark.duckdb

_BUSY = 5  # other work may share the machine


@pytest.mark.parametrize(
    ("kind", "first", "count"),
    [("spec", 0, 500), ("spec", 500, 500), ("sql", 0, 100), ("sql", 100, 100)],
    ids=lambda value: str(value),
)
def test_mutants(kind: str, first: int, count: int) -> None:
    assert _wrong(kind, first, count, patience=_BUSY) == []


@pytest.mark.soak
def test_soak() -> None:
    if "ETLC_SOAK" not in os.environ:
        pytest.skip("ETLC_SOAK=100000 runs it")
    count, first = int(os.environ["ETLC_SOAK"]), int(os.environ.get("ETLC_SOAK_FIRST", "10000"))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda kind: _wrong(kind, first, count // (5 if kind == "sql" else 1)), ("spec", "sql")))
    assert found == [[], []]


def _wrong(kind: str, first: int, count: int, patience: float = 1) -> list[object]:
    return [one for one in tried(kind, first, count, patience=patience) if "wrong" in one]


# What mutants and bombs have found, each with the smallest text that shows it.


def _changed(file: str, old: str, new: str) -> Texts:
    texts = {name: text.encode() for name, text in WHOLE.items()}
    assert old.encode() in texts[file]
    return {**texts, file: texts[file].replace(old.encode(), new.encode())}


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param({"etlc.yaml": b"{project: shop, params: {a: 2024"}, id="the end of a file without a line break"),
        pytest.param({"etlc.yaml": b"project: shop\nparams: {start: "}, id="a map that is open at the end"),
        pytest.param(around(["\r integer[3] from t"]), id="a lone carriage return"),
        pytest.param(around(["select row(x, y), (x, y) from t"]), id="a type that cannot be written"),
        pytest.param(_changed("etlc.lock", "TIMESTAMP", "TIME--STAMP"), id="a comment in a type of the lock"),
        pytest.param(_changed("pipelines/orders.yaml", "day: DATE", 'day: "DA\\nTE"'), id="a line break in a type"),
        pytest.param(around(["select " + "not " * 900 + "true as a from t"]), id="a tree as deep as DuckDB allows"),
        pytest.param(around(["select " + "lower(" * 199 + "name" + ")" * 199 + " from t"]), id="calls 199 levels deep"),
    ],
)
def test_mended(texts: Texts, tmp_path: Path) -> None:
    assert complaint(texts, tmp_path) == ""
