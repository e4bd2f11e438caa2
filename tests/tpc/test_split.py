"""The splitter is test code that other tests lean on: here it is put to the proof, without etlc."""

from pathlib import Path

import duckdb
import pytest

from tests.oracle import assert_same_rows
from tests.tpc.cache import DATASETS
from tests.tpc.conftest import available
from tests.tpc.projects import Project, relaid
from tests.tpc.split import split
from tests.tpc.test_tpc import MODELS, NOT_EMPTY

ONCE = [dataset for dataset in DATASETS if dataset != ("tpch", 0.1)]


@pytest.mark.tpc
@pytest.mark.parametrize(("name", "scale"), ONCE)
def test_models_in_order_give_the_querys_rows(name: str, scale: float, tmp_path: Path) -> None:
    """Made one after the other in plain DuckDB, in either layout, the models come to the original rows."""
    project = Project(available(name, scale), tmp_path)
    assert len(project.models) == MODELS[name]
    not_empty = 0
    with project.oracle() as con:
        for query in project.splits.values():
            con.execute(f"create temp table expected as {query.whole}")
            for model, sql in query.models.items():
                con.execute(f"create temp table {model} as {relaid(model, sql)}\n")
            not_empty += assert_same_rows(con, f"from {query.name}", "from temp.expected", what=query.name) > 0
            con.execute("drop table temp.expected")
    assert not_empty >= NOT_EMPTY[name]


def test_names_are_renamed_where_the_cte_is_meant() -> None:
    """A table of a CTE's own name, one hidden further in, an alias and a qualified column keep their meaning."""
    query = """
        with t as (select a from t), u(b) as (select t.a + 1 from t)
        select t.a, x.b, (with t as (select 5 as a) select a from t) as five
        from t join U as x on x.b = t.a + 1 order by 1 limit 3 -- so much
    """
    parts = split(query, "q")
    assert list(parts.models) == ["q_t", "q_u", "q"]
    assert parts.models["q_t"] == "select a from t"
    assert parts.models["q_u"] == "select * from (select t.a + 1 from q_t as t) as t(b)"
    assert parts.models["q"].splitlines()[1].strip() == "from q_t as t join q_u as x on x.b = t.a + 1"
    assert "from t) as five" in parts.models["q"]
    assert parts.tail.startswith("order by 1 limit 3")
    with duckdb.connect() as con:
        con.execute("create table t as select unnest([1, 2, 2, null]) as a")
        for model, sql in parts.models.items():
            con.execute(f"create table {model} as {sql}")
        assert assert_same_rows(con, "from q", parts.whole) == 5


def test_order_and_limit_within_stay() -> None:
    """Only the body's own ORDER BY and LIMIT are cut off: not a window's, not a subquery's."""
    parts = split("select *, rank() over (order by a) r from (select 1 a order by a limit 1) ORDER BY a;", "q")
    assert parts.models == {"q": "select *, rank() over (order by a) r from (select 1 a order by a limit 1)"}
    assert parts.tail == "ORDER BY a"
