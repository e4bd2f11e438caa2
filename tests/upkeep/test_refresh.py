"""Every claim is proven by execution: it is applied to random changes, and plain DuckDB compares. Wrong ones are caught."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import duckdb
import pytest

from etlc.ir.upkeep import Grain, Latest, Merge
from tests.upkeep.claims import Tables, claimed, connect
from tests.upkeep.kinds import LOCAL, MORE, SCHEMA, TRAPS
from tests.upkeep.refresh import OWN, Changes, attempt, claims_of, refreshed

pytestmark = pytest.mark.duckdb
ALL = [*LOCAL.values(), *TRAPS.values(), *MORE]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as opened:
        yield opened


def _tried(sql: str, rounds: int, seed: int, con: duckdb.DuckDBPyConnection) -> tuple[list[str], int]:
    """The claims on a query that gave wrong rows, and how often one gave the right ones."""
    tables = Tables(con, SCHEMA)
    tables.make({name: [] for name in SCHEMA})
    found = claimed(sql, SCHEMA, con)
    assert found is not None
    changes = Changes(SCHEMA, seed, OWN)
    wrong, right = [], 0
    for name, covers, minus, apply in claims_of(sql, found):
        for _ in range(rounds):
            fine = refreshed(sql, covers, minus, apply, tables, changes)
            right += fine is True
            if fine is False:
                wrong.append(name)
    return wrong, right


def test_claims_hold(con: duckdb.DuckDBPyConnection) -> None:
    total = 0
    for number, sql in enumerate(ALL):
        wrong, right = _tried(sql, 1, number, con)
        assert wrong == [], sql
        total += right
    assert total > 150


def test_claims_on_random_queries_hold(con: duckdb.DuckDBPyConnection) -> None:
    found = {seed: attempt(seed, con) for seed in range(150)}
    assert {seed: one for seed, one in found.items() if one[1]} == {}
    assert sum(right for _, _, right in found.values()) > 40


@pytest.mark.soak
def test_soak(con: duckdb.DuckDBPyConnection) -> None:
    if "ETLC_SOAK" not in os.environ:
        pytest.skip("ETLC_SOAK=20000 runs it")
    count, first = int(os.environ["ETLC_SOAK"]), int(os.environ.get("ETLC_SOAK_FIRST", "10000"))
    for seed in range(first, first + max(1, count // 1000)):
        assert [sql for sql in ALL if _tried(sql, 3, seed, con)[0]] == []
    assert [one for one in (attempt(seed, con) for seed in range(first, first + count)) if one[1]] == []


# -- what is wrong is seen: without this, the tests above would say nothing

_R, _RS = {"r": ('"k"',)}, {"r": ('"k"',), "s": ('"k"',)}
_BY_K = LOCAL["group by k and another, having"]
_TWICE = "with c as (select k, x from r) select a.k, b.x from c a join c b on a.k = b.k"
_LEFT = LOCAL["left join on k"]
_COUNTS = "select k, count(distinct x) as n from r group by k"
_SUMS = "select k, sum(x) as s from r group by k"
_SECOND = "select k, x, ts, g from r qualify row_number() over (partition by k order by ts, x, g) = 2"
_COLUMNS = {"k": "k", "x": "x", "ts": "ts", "g": "g"}

Wrong = tuple[str, list[str], bool, Callable[[Tables], bool | None]]

WRONG: dict[str, Wrong] = {
    "= for IS NOT DISTINCT FROM": (_BY_K, ["r"], True, lambda on: on.grain(_BY_K, Grain("k", _R), same="=")),
    "old rows forgotten in a grain": (_BY_K, ["r"], True, lambda on: on.grain(_BY_K, Grain("k", _R), minus=False)),
    "a grain of one side only": (
        _LEFT, ["r", "s"], True, lambda on: on.grain(_LEFT, Grain("k", {"r": ('"k"',), "s": ()})),
    ),
    "another column for the key": (_BY_K, ["r"], True, lambda on: on.grain(_BY_K, Grain("k", {"r": ('"x"',)}))),
    "rows that went forgotten": (
        LOCAL["filter and project"], ["r"], True,
        lambda on: on.linear(LOCAL["filter and project"], "r", minus=False),
    ),
    "the right side of a left join as linear": (_LEFT, ["s"], False, lambda on: on.linear(_LEFT, "s")),
    "a CTE that is used twice as linear": (_TWICE, ["r"], False, lambda on: on.linear(_TWICE, "r")),
    "a branch without the relation as linear": (
        LOCAL["union all"], ["r"], False, lambda on: on.linear(LOCAL["union all"], "r", minus=False),
    ),
    "groups as linear": (_SUMS, ["r"], False, lambda on: on.linear(_SUMS, "r")),
    "distinct counts that are added": (
        _COUNTS, ["r"], False, lambda on: on.merge(_COUNTS, Merge(("k",), {"n": "sum"}, {"r": ()}), "r"),
    ),
    "sums of which the larger is taken": (
        _SUMS, ["r"], False, lambda on: on.merge(_SUMS, Merge(("k",), {"s": "max"}, {"r": ()}), "r"),
    ),
    "the second row as the latest": (
        _SECOND, ["r"], False, lambda on: on.latest(_SECOND, Latest("r", ("k",), _COLUMNS)),
    ),
}  # fmt: skip


def _trap(sql: str) -> Wrong:
    names = [name for name in SCHEMA if name in sql.replace(")", " ").split()]
    return sql, names, True, lambda on: on.grain(sql, Grain("k", dict.fromkeys(names, ('"k"',))))


@pytest.mark.parametrize("name", [*WRONG, *TRAPS])
def test_wrong_claims_are_caught(name: str, con: duckdb.DuckDBPyConnection) -> None:
    sql, covers, minus, apply = WRONG[name] if name in WRONG else _trap(TRAPS[name])
    tables, changes = Tables(con, SCHEMA), Changes(SCHEMA, 1, OWN)
    assert any(refreshed(sql, covers, minus, apply, tables, changes) is False for _ in range(60))
