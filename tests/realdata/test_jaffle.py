"""dbt's classic: customers, orders and payments of a made-up shop."""

import csv as csvfile
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.cli import etlc
from tests.oracle import assert_same_rows, attach, literal, read_table
from tests.realdata.pipelines import Pipeline, csv

pytestmark = pytest.mark.realdata

MODELS = {
    "stg_customers": "select id as customer_id, first_name, last_name from raw_customers",
    "stg_orders": "select id as order_id, user_id as customer_id, order_date, status from raw_orders",
    "stg_payments": """
        select id as payment_id, order_id, payment_method, (amount / 100)::decimal(16, 2) as amount
        from raw_payments
    """,
    "orders": """
        with order_payments as (
            select
                order_id,
                sum(amount) filter (payment_method = 'credit_card') as credit_card_amount,
                sum(amount) filter (payment_method = 'coupon') as coupon_amount,
                sum(amount) filter (payment_method = 'bank_transfer') as bank_transfer_amount,
                sum(amount) filter (payment_method = 'gift_card') as gift_card_amount,
                sum(amount) as total_amount
            from stg_payments
            group by order_id
        )
        select o.order_id, o.customer_id, o.order_date, o.status, p.* exclude (order_id)
        from stg_orders as o
        left join order_payments as p using (order_id)
    """,
    "customers": """
        with customer_orders as (
            select customer_id, min(order_date) as first_order, max(order_date) as most_recent_order, count(*) as n
            from stg_orders
            group by all
        ), customer_payments as (
            select customer_id, sum(amount) as total_amount
            from stg_payments as p
            left join stg_orders as o on p.order_id = o.order_id
            group by 1
        )
        select c.*, first_order, most_recent_order, n as number_of_orders, total_amount as customer_lifetime_value
        from stg_customers as c
        left join customer_orders using (customer_id)
        left join customer_payments using (customer_id)
    """,
}

STATUSES = ["placed", "shipped", "completed", "return_pending", "returned"]
CHECKS = {
    "customers": {"key": ["customer_id"], "checks": [{"unique": ["customer_id"]}]},
    "orders": {
        "key": ["order_id"],
        "checks": [
            {"not_null": ["customer_id", "total_amount"]},
            {"relationships": {"column": "customer_id", "to": "customers.customer_id"}},
            {"accepted_values": {"column": "status", "values": STATUSES}},
            {"between": {"column": "total_amount", "min": 0, "max": 100}},
            {"expression": "credit_card_amount is null or credit_card_amount <= total_amount"},
            {"row_count": {"min": 90, "max": 200}},
        ],
    },
}
OUTPUTS = {
    "customers": {"path": "out/customers.parquet"},
    "orders_csv": {"model": "orders", "path": "out/orders.csv"},
    "orders_json": {"model": "orders", "path": "out/orders.json"},
    "orders": {"path": "out/orders", "format": "parquet", "partition_by": ["status"]},
}


@pytest.fixture
def shop(data: Path, tmp_path: Path) -> Pipeline:
    """The shop, with its three files copied in."""
    shutil.copytree(data / "jaffle", tmp_path / "data")
    (tmp_path / "data").chmod(0o755)
    for file in (tmp_path / "data").iterdir():
        file.chmod(0o644)
    sources = {name: csv(f"data/{name}.csv") for name in ("raw_customers", "raw_orders", "raw_payments")}
    return Pipeline(tmp_path, sources, MODELS, {"orders", "customers"}, CHECKS, OUTPUTS).write()


def test_first_run_and_outputs(shop: Pipeline) -> None:
    """Figures counted by hand from the files stand in the warehouse, and in every output."""
    rows = shop.assert_first_run()
    assert rows == {"customers": 100, "orders": 99}
    payments = list(csvfile.DictReader((shop.path / "data/raw_payments.csv").open(encoding="utf-8")))
    total = sum(Decimal(payment["amount"]) for payment in payments) / 100
    with duckdb.connect() as con:
        attach(con, shop.warehouse)
        assert con.execute("select sum(total_amount) from warehouse.orders").fetchall() == [(total,)]
    assert_outputs(shop)


def test_a_changed_file_rebuilds_its_readers(shop: Pipeline) -> None:
    """A payment more concerns what reads payments, a customer more what reads customers, and so do the outputs."""
    shop.assert_first_run()
    payments = shop.path / "data/raw_payments.csv"
    payments.write_text(payments.read_text(encoding="utf-8").rstrip("\n") + "\n114,99,coupon,1234\n", encoding="utf-8")
    shop.assert_rebuilds("stg_payments", "orders", "customers")
    assert (99, Decimal("12.34")) in {(row[0], row[5]) for row in read_table(shop.warehouse, "orders")}
    assert_outputs(shop)
    customers = shop.path / "data/raw_customers.csv"
    customers.write_text(customers.read_text(encoding="utf-8").replace("Michael,P.", "Mikaël,P."), encoding="utf-8")
    shop.assert_rebuilds("stg_customers", "customers")
    assert_outputs(shop)


def test_a_vanished_partition_goes(shop: Pipeline) -> None:
    """When no order is returned any more, the folder of returned orders is gone from the partitioned output."""
    shop.assert_first_run()
    folder = shop.path / "out/orders/status=returned"
    assert folder.is_dir()
    orders = shop.path / "data/raw_orders.csv"
    orders.write_text(orders.read_text(encoding="utf-8").replace(",returned", ",completed"), encoding="utf-8")
    shop.assert_rebuilds("stg_orders", "orders", "customers")
    assert not folder.exists()
    assert_outputs(shop)


def test_show_works_before_any_run_and_stores_nothing(shop: Pipeline) -> None:
    """Rows of a source and of a model two steps up, computed from the files; no warehouse, lock or output appears."""
    (customer,) = etlc(shop.path, "show", "raw_customers", "-n", "1", "--json", check=0).json
    assert customer == {"id": 1, "first_name": "Michael", "last_name": "P."}
    orders = etlc(shop.path, "show", "orders", "-n", "1000", "--json", check=0).json
    with shop.oracle() as con:
        ids = {row[0] for row in con.execute("select order_id from orders").fetchall()}
    assert {order["order_id"] for order in orders} == ids
    assert len(orders) == 99
    assert "Michael" in etlc(shop.path, "show", "raw_customers", check=0).out
    assert [name for name in ("warehouse.duckdb", "etlc.lock", "out") if (shop.path / name).exists()] == []


def test_a_lock_stands_in_for_the_data(shop: Pipeline) -> None:
    """With etlc.lock written, a clone that has no data validates and compiles."""
    etlc(shop.path, "lock", check=0)
    shutil.rmtree(shop.path / "data")
    assert etlc(shop.path, "validate", "--json", check=0).json["summary"]["errors"] == 0
    etlc(shop.path, "compile", check=0)
    assert (shop.path / ".etlc/compiled/plan.sql").exists()


def test_a_failed_check_keeps_what_stood(shop: Pipeline) -> None:
    """An order of a customer unknown fails the audit: exit status 3, the failure counted, the old rows in place."""
    shop.assert_first_run()
    before = sorted(map(repr, read_table(shop.warehouse, "orders")))
    orders = shop.path / "data/raw_orders.csv"
    orders.write_text(orders.read_text(encoding="utf-8").rstrip("\n") + "\n100,777,2018-04-10,lost\n", encoding="utf-8")
    result = etlc(shop.path, "run", "--json", check=3).json
    assert result["status"] == "failed"
    failed = {check["check"]: check["failures"] for check in result["checks"] if check["status"] == "fail"}
    assert failed["accepted_values_status"] == 1
    assert {model["model"] for model in result["models"] if model["status"] == "failed"} == {"orders"}
    assert sorted(map(repr, read_table(shop.warehouse, "orders"))) == before


def assert_outputs(shop: Pipeline) -> None:
    """Each output, read back by plain DuckDB, holds the rows of its model."""
    out = shop.path / "out"
    with duckdb.connect() as con:
        attach(con, shop.warehouse)
        kinds = con.execute("select column_name, column_type from (describe warehouse.main.orders)").fetchall()
        types = "{" + ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in kinds) + "}"
        readers = {
            f"read_parquet({literal(out / 'customers.parquet')})": "customers",
            f"read_csv({literal(out / 'orders.csv')}, header = true, columns = {types})": "orders",
            f"read_json({literal(out / 'orders.json')}, columns = {types})": "orders",
            f"read_parquet({literal(out / 'orders/*/*.parquet')}, hive_partitioning = true)": "orders",
        }
        for reader, model in readers.items():
            names = ", ".join(row[0] for row in con.execute(f"describe warehouse.main.{model}").fetchall())
            stored = f"select {names} from warehouse.main.{model}"
            assert assert_same_rows(con, f"select {names} from {reader}", stored, what=reader, schema=False) > 0
