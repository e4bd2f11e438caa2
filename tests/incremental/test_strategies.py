"""The judge finds a strategy that is wrong: each of the delta rules is broken on purpose, and a few lives tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

import etlc.execute.build
import etlc.execute.cores
import etlc.execute.strategies
from etlc.execute.ledger import Ledger
from etlc.execute.strategies import STRATEGIES
from etlc.execute.work import Work
from etlc.ir.partials import PARTIALS
from etlc.sql.cores import conjuncts
from etlc.sql.reader import select_nodes
from tests.incremental.drive import failure
from tests.incremental.story import Case, Seen

pytestmark = pytest.mark.duckdb
_MOST = 40  # lives until it must have been found


class _Session:
    """A session in which some text is another."""

    def __init__(self, session: Any, texts: Mapping[str, str]) -> None:
        self._session, self._texts = session, texts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def execute(self, sql: str, *more: Any) -> Any:
        return self._session.execute(self._changed(sql), *more)

    def rows(self, sql: str, *more: Any) -> Any:
        return self._session.rows(self._changed(sql), *more)

    def _changed(self, sql: str) -> str:
        for text, other in self._texts.items():
            sql = sql.replace(text, other)
        return sql


def _saying(right: Callable[..., Any], texts: Mapping[str, str]) -> Callable[..., Any]:
    """A function of a Work, some of whose SQL is another."""

    def wrong(work: Work, *more: Any) -> Any:
        session = work.desk.session
        work.desk.session = _Session(session, texts)  # type: ignore[assignment]
        try:
            return right(work, *more)
        finally:
            work.desk.session = session

    return wrong


_EQUAL = {" IS NOT DISTINCT FROM ": " = "}


def _with_moved(strategy: str, change: Callable[[Work, str], Any]) -> Callable[[Work], None]:
    right = STRATEGIES[strategy]

    def wrong(work: Work) -> None:
        right(replace(work, moved={name: change(work, name) for name in work.moved}))

    return wrong


def _one_by_sign(way: str, name: str) -> str:
    if way in ("min", "max"):
        return _one(way, name)
    return _one(way, name).partition(" ELSE ")[2].removesuffix(" END")


_one = etlc.execute.strategies._one


def _keeps_all(text: str, select: int, inner: int, kept: Any, keys: Any, types: Any, read: Any, show: Any) -> str:
    every = range(len(list(conjuncts(select_nodes(read(text))[select].get("where_clause")))))
    return _core_query(text, select, inner, every, keys, types, read, show)


_core_query = etlc.execute.cores.core_query


def _without_far(work: Work) -> None:
    cores = work.upkeep.cores
    assert cores is not None
    near = replace(cores, cores=tuple(core for core in cores.cores if core.inner < 0))
    etlc.execute.cores.regroup(replace(work, upkeep=replace(work.upkeep, cores=near)))


def _only_came(regroup: Any, name: str, now: str) -> str:
    return now or regroup.work.moved[name].came or f"SELECT * FROM ({regroup.work.desk.rows(name)}) LIMIT 0"


def _misses_one(ledger: Ledger, relation: str, since: str) -> Any:
    found = _chain(ledger, relation, since)
    return found[1:] if found and len(found) > 1 else found


_chain = Ledger.chain


def _unsettled(work: Work) -> tuple[int, int]:
    came, went = (work.desk.session.rows(f"SELECT count(*) FROM temp._etlc_{name}")[0][0] for name in ("came", "went"))
    return int(came), int(went)


@dataclass(frozen=True)
class _Wrong:
    """What is replaced (a strategy by its name, or an attribute), by what, and in which lives it is soon found."""

    force: str
    where: Any
    name: str
    instead: Any
    kinds: tuple[str, ...] = ("rows",)


WRONG = {
    "append shows all inputs as they are now": _Wrong("append", STRATEGIES, "append",
        _with_moved("append", lambda work, name: replace(work.moved[name], before=work.desk.rows(name))),
    ),
    "append keeps the other arms": _Wrong("append", Work, "empty", lambda work, names: {}),
    "latest compares by =": _Wrong("latest", STRATEGIES, "latest", _saying(STRATEGIES["latest"], _EQUAL)),
    "latest forgets the pick so far": _Wrong("latest", STRATEGIES, "latest", _saying(STRATEGIES["latest"], {"FROM temp._etlc_went UNION ALL": "FROM temp._etlc_went WHERE false UNION ALL"})
    ),
    "merge adds NULL": _Wrong("merge", etlc.execute.strategies, "_one", _one_by_sign),
    "merge compares by =": _Wrong("merge", STRATEGIES, "merge", _saying(STRATEGIES["merge"], _EQUAL)),
    "merge shows all inputs as they are now": _Wrong("merge", STRATEGIES, "merge",
        _with_moved("merge", lambda work, name: replace(work.moved[name], before=work.desk.rows(name))),
    ),
    "merge keeps the other arms": _Wrong("merge", Work, "empty", lambda work, names: {}),
    "segment replace keeps the other arms": _Wrong("segment-replace", Work, "empty", lambda work, names: {}),
    "segment replace forgets what went": _Wrong("segment-replace", STRATEGIES, "segment replace",
        _with_moved("segment replace", lambda work, name: replace(work.moved[name], went="")),
    ),
    "every copy goes": _Wrong("segment-replace", etlc.execute.build, "apply",
        _saying(etlc.execute.build.apply, {" WHERE _etlc_copy <= _etlc_copies": ""}),
    ),
    "rows with NULL stay": _Wrong("segment-replace", etlc.execute.build, "apply", _saying(etlc.execute.build.apply, _EQUAL)),
    "partial aggregates forget what went": _Wrong("partial-aggregates", STRATEGIES, PARTIALS,
        _with_moved(PARTIALS, lambda work, name: replace(work.moved[name], went="")),
    ),
    "partial aggregates keep the other arms": _Wrong("partial-aggregates", Work, "empty", lambda work, names: {}),
    "partial aggregates show all inputs as they are now": _Wrong("partial-aggregates", STRATEGIES, PARTIALS,
        _with_moved(PARTIALS, lambda work, name: replace(work.moved[name], before=work.desk.rows(name))),
    ),
    "groups stay when their last row goes": _Wrong("partial-aggregates", STRATEGIES, PARTIALS,
        _saying(STRATEGIES[PARTIALS], {"HAVING sum(_etlc_n) <> 0": "HAVING true"}),
    ),
    "refresh knows the keys of new rows only": _Wrong("refresh", STRATEGIES, "refresh", _with_moved("refresh", lambda work, name: replace(work.moved[name], went=""))
    ),
    "refresh compares by =": _Wrong("refresh", STRATEGIES, "refresh", _saying(STRATEGIES["refresh"], _EQUAL)),
    "what comes and goes is a change": _Wrong("refresh", etlc.execute.build, "settle_net", _unsettled, ("unsettled",)),
    "cores are asked for new rows only": _Wrong("groups", etlc.execute.cores._Regroup, "_either", _only_came),
    "cores keep every condition": _Wrong("groups", etlc.execute.cores, "core_query", _keeps_all),
    "the far side has no core": _Wrong("groups", STRATEGIES, "groups", _without_far),
    "groups are compared by =": _Wrong("groups", STRATEGIES, "groups", _saying(STRATEGIES["groups"], _EQUAL)),
    "a chain misses a step": _Wrong("refresh", Ledger, "chain", _misses_one),
    "the digest stays behind": _Wrong("refresh", etlc.execute.build, "moved_digest", lambda work, before: before),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = WRONG[name]
    if isinstance(wrong.where, dict):
        monkeypatch.setitem(wrong.where, wrong.name, wrong.instead)
    else:
        monkeypatch.setattr(wrong.where, wrong.name, wrong.instead)
    lives = (Case(seed, steps=8, force=wrong.force) for seed in range(_MOST))
    found = next((found for case in lives if (found := failure(case, Seen())) is not None), None)
    assert found is not None and found[0].kind in wrong.kinds, found
