"""``etlc query`` reads the published models, and nothing else that stands in the warehouse or beside it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.diagnostics.diagnostics_support import call, write

pytestmark = pytest.mark.duckdb

SECRET = "ann@example.org"
PROJECT = {
    "etlc.yaml": "project: shop\n",
    "data/orders.csv": f"order_id,day,email\n1,2024-01-01,{SECRET}\n2,2024-01-02,bob@example.org\n",
    "pipelines/shop.yaml": """pipeline: shop
sources:
  orders: {path: data/orders.csv}
models:
  lines: {sql: 'select order_id, day, email from orders', publish: false}
  daily: {sql: 'select day, count(*) as n from lines group by all', publish: true}
  monthly: {sql: "select date_trunc('month', day) as month, sum(n)::bigint as n from daily group by all", publish: true}
""",
}
LATER = "  later: {sql: select 1 as x}\n"
SHOW = "See its rows with `etlc show {}`."
ALL = "Published models: daily, monthly."
ONE = "A query is one SELECT; it changes nothing."


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has run, with a model that came afterwards and a table that is not etlc's."""
    folder = write(tmp_path_factory.mktemp("shop"), PROJECT)
    assert call(folder, "run").code == 0
    return write(folder, {"pipelines/shop.yaml": PROJECT["pipelines/shop.yaml"] + LATER})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select n from monthly", "2"),
        ("select n from main.Monthly", "2"),
        ("with lines as (from daily) select count(*) as n from lines", "2"),
        ("select count(*) as n from (pivot daily on day using sum(n))", "1"),
        ("select max(range) as n from range(3)", "2"),
    ],
)
def test_what_is_published_can_be_read(shop: Path, sql: str, expected: str) -> None:
    done = call(shop, "query", sql)
    assert (done.code, done.err) == (0, ""), done.err
    assert done.out.split("\n")[2].strip() == expected


@pytest.mark.parametrize(
    ("sql", "message", "help"),
    [
        ("select count(*) from 'data/orders.csv'", "not the file 'data/orders.csv'.", ALL),
        ("from _etlc_land.orders", '"_etlc_land.orders" is no published model', ALL),
        ("from _etlc_data.daily", '"_etlc_data.daily" is no published model', ALL),
        ("select (select max(name) from _etlc.models)", '"_etlc.models" is no published model', ALL),
        ("from information_schema.tables", '"information_schema.tables" is no published model', ALL),
        ("from duckdb_tables", 'There is no published model "duckdb_tables".', ALL),
        ("from lines", '"lines" is not published.', SHOW.format("lines")),
        ("from daily join Orders using (day)", '"orders" is not published.', SHOW.format("orders")),
        ("pivot lines on day using count(*)", '"lines" is not published.', SHOW.format("lines")),
        ("from later", '"later" is not built yet.', "Build it with `etlc run`."),
        ("from dayly", 'There is no published model "dayly".', 'Did you mean "daily"?'),
        ("from landed", 'There is no published model "landed".', ALL),
        ("from read_csv('data/orders.csv')", "it may not call read_csv().", "Table functions that a query may call:"),
        ("from query_table('_etlc_land.orders')", "it may not call query_table().", "Table functions"),
        ("from duckdb_views()", "it may not call duckdb_views().", "Table functions"),
        ("select getenv('HOME') from daily", "it may not call getenv().", ""),
        ("show all tables", ONE, ""),
        ("summarize _etlc_land.orders", ONE, ""),
        ("drop table daily", ONE, ""),
    ],
)
def test_nothing_else_can_be_read(shop: Path, sql: str, message: str, help: str) -> None:
    done = call(shop, "query", sql)
    assert (done.code, done.out) == (1, "")
    assert "error[E508]" in done.err and message in done.err and help in done.err
    assert not any(word in done.err for word in (SECRET, "Candidate"))


def test_show_names_columns_as_the_table_does(tmp_path: Path) -> None:
    sql = {
        "renamed": "select order_id as Order_ID, email as EMail from orders",
        "as_it_was": "select ORDER_ID, Email from orders",
        "computed": "select Order_Id, upper(Email) as Email, null as Nothing from (select order_id as Order_Id, email from orders)",
        "twice": "select order_id, order_id as Order_ID from orders",
    }
    models = "".join(f"  {name}: {{publish: true, sql: {text!r}}}\n" for name, text in sql.items())
    head = PROJECT["pipelines/shop.yaml"].partition("models:\n")[0]
    write(tmp_path, {**PROJECT, "pipelines/shop.yaml": f"{head}models:\n{models}"})
    assert call(tmp_path, "run").code == 0
    for name in sql:
        with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as con:
            stored = [row[0] for row in con.execute(f"describe main.{name}").fetchall()]
        assert call(tmp_path, "show", name).out.split("\n")[0].split() == stored
        assert call(tmp_path, "query", f"from {name}").out.split("\n")[0].split() == stored
