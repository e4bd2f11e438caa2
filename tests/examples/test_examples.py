"""The examples and the project of `etlc init`, from outside: the command line, the warehouse and the files.

What a run leaves is compared with plain DuckDB running the compiled plan, and, independently of etlc, with oracles
written by hand over the raw files.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LEFTOVERS = shutil.ignore_patterns(".etlc", "out", "warehouse.duckdb*", "__pycache__")
PUBLISHED = {
    "shop": {
        "orders", "monthly_revenue", "category_share", "bestsellers", "revenue_by_country",
        "customers", "order_gaps", "retention",
    },
    "sensors": {"hourly", "daily", "spikes", "outages", "station_health"},
    "tpch": {f"q{number:02}" for number in range(1, 23)},
    "init": {"monthly", "bestsellers", "leftovers"},
}  # fmt: skip
WARNINGS = {
    "shop": set(),
    "sensors": {("messages", "not_null_temperature"), ("hourly", "few_holes"), ("daily", "well_covered")},
    "tpch": set(),
    "init": {("leftovers", "between_left_over_percent")},
}
OUTPUTS = {  # model, path, reader
    "shop": [
        ("monthly_revenue", "out/monthly_revenue.parquet", "parquet"),
        ("bestsellers", "out/bestsellers.csv", "csv"),
        ("orders", "out/orders", "folder"),
        ("customers", "out/customers.parquet", "parquet"),
        ("retention", "out/retention.json", "json"),
    ],
    "sensors": [
        ("daily", "out/daily.csv", "csv"),
        ("spikes", "out/spikes.json", "json"),
        ("hourly", "out/hourly", "folder"),
    ],
    "tpch": [],
    "init": [("monthly", "out/monthly.csv", "csv"), ("leftovers", "out/leftovers.csv", "csv")],
}
ARRIVALS = {
    "shop": ("data/next/2025-01.csv", "data/orders/2025-01.csv"),
    "sensors": ("data/next/2024-04-29.csv", "data/readings/2024-04-29.csv"),
    "init": ("data/next/2025-04.csv", "data/sales/2025-04.csv"),
}
NAMES = sorted(PUBLISHED)


# --- the command line -------------------------------------------------------------------------------------------


def call(project: Path, *arguments: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "etlc", "--project", str(project), *arguments]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert process.returncode == status, process.stdout + process.stderr
    assert "Traceback" not in process.stderr
    return process.stdout


def facts(project: Path, *arguments: str, status: int = 0) -> Any:
    return json.loads(call(project, *arguments, "--json", status=status))


def make(name: str, target: Path) -> Path:
    """A fresh copy of an example, or what `etlc init` makes; TPC-H's data are generated."""
    if name == "init":
        command = [sys.executable, "-m", "etlc", "init", str(target)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return target
    shutil.copytree(EXAMPLES / name, target, ignore=LEFTOVERS)
    if name == "tpch":
        shutil.rmtree(target / "data", ignore_errors=True)
        command = [sys.executable, "make_data.py", "--sf", "0.01"]
        process = subprocess.run(command, cwd=target, capture_output=True, text=True, timeout=300)
        if process.returncode:
            pytest.skip(f"TPC-H data cannot be made here: {process.stderr.strip()}")
    return target


Ran = tuple[str, Path, Any]


@pytest.fixture(scope="module", params=NAMES)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Each project, run once. Tests that use it change nothing but caches."""
    name: str = request.param
    project = make(name, tmp_path_factory.mktemp(name) / name)
    return name, project, facts(project, "run")


@pytest.fixture(params=sorted(ARRIVALS))
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Each project that more data can come to, run once, to be changed."""
    name: str = request.param
    project = make(name, tmp_path / name)
    assert facts(project, "run")["status"] == "success"
    return name, project


# --- comparing --------------------------------------------------------------------------------------------------


def rows(project: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tables(project: Path) -> set[str]:
    found = rows(project, "select table_name from information_schema.tables where table_schema = 'main'")
    return {name for (name,) in found}


def assert_same(connection: duckdb.DuckDBPyConnection, left: str, right: str) -> None:
    """Two relations have the same columns, the same types, and the same bag of rows."""
    shapes = [connection.execute(f"describe from {side}").fetchall() for side in (left, right)]
    assert [row[:2] for row in shapes[0]] == [row[:2] for row in shapes[1]], (left, right)
    for one, other in ((left, right), (right, left)):
        extra = connection.execute(f"from {one} except all from {other} limit 5").fetchall()
        assert not extra, f"{one} has rows that {other} has not: {extra}"


def assert_same_as_plain(project: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warehouse holds what bare DuckDB makes of the compiled plan."""
    call(project, "compile")
    monkeypatch.chdir(project)
    with duckdb.connect() as bare:
        bare.execute((project / ".etlc/compiled/plan.sql").read_text(encoding="utf-8"))
        bare.execute("attach 'warehouse.duckdb' as warehouse (read_only)")
        for table in sorted(PUBLISHED[name]):
            assert_same(bare, f"warehouse.main.{table}", f"memory.main.{table}")


def plan_actions(project: Path) -> dict[str, str]:
    return {step["model"]: step["action"] for step in facts(project, "plan")["steps"]}


# --- every project ----------------------------------------------------------------------------------------------


def test_the_run_succeeds(ran: Ran) -> None:
    name, project, report = ran
    assert report["status"] == "success"
    assert not [model for model in report["models"] if model["status"] != "success"]
    assert {(c["model"], c["check"]) for c in report["checks"] if c["status"] == "warn"} == WARNINGS[name]
    assert not [check for check in report["checks"] if check["status"] == "fail"]
    assert tables(project) == PUBLISHED[name]
    assert facts(project, "validate")["summary"]["errors"] == 0


def test_a_second_run_does_nothing(ran: Ran) -> None:
    _, project, first = ran
    again = facts(project, "run")
    assert again["status"] == "success"
    assert {model["action"] for model in again["models"]} == {"skip"}
    plan = facts(project, "plan")
    assert {step["model"] for step in plan["steps"]} == {model["model"] for model in first["models"]}
    assert {step["action"] for step in plan["steps"]} == {"skip"}
    assert {output["action"] for output in plan["outputs"]} <= {"skip"}


def test_plain_duckdb_gives_the_same(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    name, project, _ = ran
    assert_same_as_plain(project, name, monkeypatch)


def test_outputs_hold_the_rows_of_their_models(ran: Ran) -> None:
    name, project, _ = ran
    for model, path, reader in OUTPUTS[name]:
        with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as connection:
            types = {row[0]: row[1] for row in connection.execute(f"describe from {model}").fetchall()}
            columns = ", ".join(f'"{column}"::{kind} as "{column}"' for column, kind in types.items())
            call_of = {
                "parquet": f"read_parquet('{project / path}')",
                "csv": f"read_csv('{project / path}', header = true, columns = {types})",
                "json": f"read_json('{project / path}', columns = {types})",
                "folder": f"read_parquet('{project / path}/*/*.parquet', hive_partitioning = true)",
            }
            assert_same(connection, model, f"(select {columns} from {call_of[reader]})")


def test_what_arrives_is_taken_in(fresh: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    name, project = fresh
    before, after = ARRIVALS[name]
    shutil.move(project / before, project / after)
    assert set(plan_actions(project).values()) - {"skip", "inline", "view"}
    assert facts(project, "run")["status"] == "success"
    assert_same_as_plain(project, name, monkeypatch)
    assert set(plan_actions(project).values()) == {"skip"}
    shutil.move(project / after, project / before)
    assert facts(project, "run")["status"] == "success"
    assert_same_as_plain(project, name, monkeypatch)


def test_unit_tests_pass_and_need_no_data(tmp_path: Path) -> None:
    for path in EXAMPLES.iterdir():
        project = tmp_path / path.name
        shutil.copytree(path, project, ignore=LEFTOVERS)
        shutil.rmtree(project / "data", ignore_errors=True)
        summary = facts(project, "test")["summary"]
        assert summary["failed"] == 0 and summary["passed"] >= 3, path.name
    assert facts(make("init", tmp_path / "bakery"), "test")["summary"] == {"passed": 2, "failed": 0}
    sales = tmp_path / "bakery/pipelines/sales.sql"
    sales.write_text(sales.read_text().replace("b.baked * p.cost", "b.sold * p.cost"))
    assert facts(tmp_path / "bakery", "test", status=1)["summary"] == {"passed": 1, "failed": 1}


def test_comments_and_layout_rebuild_nothing(fresh: tuple[str, Path]) -> None:
    _, project = fresh
    for path in (project / "pipelines").rglob("*.sql"):
        path.write_text(path.read_text(encoding="utf-8") + "\n\n-- a remark\n", encoding="utf-8")
    assert set(plan_actions(project).values()) == {"skip"}
    assert {model["action"] for model in facts(project, "run")["models"]} == {"skip"}


@pytest.mark.parametrize("name", ["sensors", "shop"])
def test_the_data_are_what_their_script_makes(name: str, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / name / "make_data.py", tmp_path)
    subprocess.run([sys.executable, "make_data.py"], cwd=tmp_path, check=True, timeout=60)
    made, kept = tmp_path / "data", EXAMPLES / name / "data"
    assert contents(made) == contents(kept)
    assert sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) < 500_000


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, unpacked: compressors differ between versions of Python."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            unpack = gzip.decompress if path.suffix == ".gz" else bytes
            found[str(path.relative_to(folder))] = unpack(path.read_bytes())
    return found


# --- oracles by hand: the shop ----------------------------------------------------------------------------------


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make("shop", tmp_path_factory.mktemp("oracle") / "shop")
    call(project, "run")
    return project


def paid_lines(project: Path) -> list[dict[str, str]]:
    files = sorted((project / "data/orders").glob("*.csv"))
    return [line for file in files for line in read_csv(file) if line["status"] == "paid"]


def test_shop_monthly_revenue(shop: Path) -> None:
    orders: dict[dt.date, set[str]] = {}
    customers: dict[dt.date, set[str]] = {}
    revenue: dict[dt.date, Decimal] = {}
    for line in paid_lines(shop):
        month = dt.date.fromisoformat(line["ordered_at"][:7] + "-01")
        orders.setdefault(month, set()).add(line["order_id"])
        customers.setdefault(month, set()).add(line["customer_id"])
        revenue[month] = revenue.get(month, Decimal()) + int(line["quantity"]) * Decimal(line["unit_price"])
    expected = [(month, len(orders[month]), len(customers[month]), revenue[month]) for month in sorted(revenue)]
    found = rows(shop, "select month, orders, customers, revenue from monthly_revenue order by month")
    assert found == expected
    assert found[0] == (dt.date(2024, 1, 1), 36, 33, Decimal("1677.50"))
    assert found[-1] == (dt.date(2024, 12, 1), 192, 100, Decimal("9116.70"))
    rest = "select average_order, growth, year_to_date from monthly_revenue order by month"
    assert rows(shop, rest)[:2] == [
        (Decimal("46.60"), None, Decimal("1677.50")),
        (Decimal("43.77"), Decimal("77.4"), Decimal("4653.90")),
    ]
    assert rows(shop, rest)[-1] == (Decimal("47.48"), Decimal("8.9"), Decimal("66327.50"))


def test_shop_retention(shop: Path) -> None:
    months: dict[str, set[int]] = {}
    for line in paid_lines(shop):
        year, month = int(line["ordered_at"][:4]), int(line["ordered_at"][5:7])
        months.setdefault(line["customer_id"], set()).add(12 * year + month - 1)
    counts: dict[tuple[int, int], int] = {}
    for active in months.values():
        for month in active:
            cell = (min(active), month - min(active))
            counts[cell] = counts.get(cell, 0) + 1
    expected = [
        (dt.date(cohort // 12, cohort % 12 + 1, 1), later, count, counts[cohort, 0])
        for (cohort, later), count in sorted(counts.items())
    ]
    select = "select cohort, months_later, customers, cohort_size from retention order by cohort, months_later"
    found = rows(shop, select)
    assert found == expected
    assert found[:2] == [(dt.date(2024, 1, 1), 0, 33, 33), (dt.date(2024, 1, 1), 1, 11, 33)]


def test_shop_customers(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    oracle = """
        select
          c.customer_id,
          (select count(distinct order_id) from paid as p where p.customer_id = c.customer_id) as orders,
          (select coalesce(sum(quantity * unit_price), 0) from paid as p where p.customer_id = c.customer_id) as revenue
        from read_csv('data/customers.csv') as c
        order by customer_id
    """
    with duckdb.connect() as bare:
        bare.execute(
            "create view paid as from read_csv('data/orders/*.csv', types = {'unit_price': 'DECIMAL(10,2)'})"
            " where status = 'paid'"
        )
        expected = bare.execute(oracle).fetchall()
    assert rows(shop, "select customer_id, orders, revenue from customers order by customer_id") == expected
    segments = dict(rows(shop, "select segment, count(*) from customers group by segment"))
    assert segments == {"never ordered": 61, "new": 52, "regular": 74, "loyal": 82, "lapsed": 151}


def test_shop_a_failed_check_publishes_nothing(tmp_path: Path) -> None:
    """As the README says: from June on there are no twelve months."""
    project = make("shop", tmp_path / "shop")
    call(project, "run")
    before = rows(project, "from monthly_revenue order by month")
    report = facts(project, "run", "--param", "start_date=2024-06-01", status=3)
    assert report["status"] == "failed"
    statuses = {model["model"]: model["status"] for model in report["models"]}
    assert statuses["monthly_revenue"] == "failed"
    assert [(c["model"], c["check"]) for c in report["checks"] if c["status"] == "fail"] == [
        ("monthly_revenue", "row_count")
    ]
    assert rows(project, "from monthly_revenue order by month") == before
    assert facts(project, "run")["status"] == "success"
    assert rows(project, "from monthly_revenue order by month") == before


def test_shop_an_edit_rebuilds_what_it_touches(tmp_path: Path) -> None:
    project = make("shop", tmp_path / "shop")
    call(project, "run")
    path = project / "pipelines/sales/monthly_revenue.sql"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("(revenue / orders)::decimal(10, 2)", "(revenue / orders)::decimal(10, 1)"))
    plan = facts(project, "plan")
    acting = {step["model"] for step in plan["steps"] if step["action"] != "skip"}
    assert acting & PUBLISHED["shop"] == {"monthly_revenue"}
    assert {output["output"] for output in plan["outputs"] if output["action"] == "write"} == {"monthly_revenue"}
    call(project, "run")
    assert rows(project, "select average_order from monthly_revenue order by month limit 1") == [(Decimal("46.6"),)]


# --- oracles by hand: the sensors -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make("sensors", tmp_path_factory.mktemp("oracle") / "sensors")
    call(project, "run")
    return project


def test_sensors_hourly(sensors: Path) -> None:
    latest: dict[tuple[str, dt.datetime], tuple[str, str]] = {}
    for path in sorted((sensors / "data/readings").iterdir()):
        for line in read_csv(path):
            slot = (line["station_id"], dt.datetime.fromisoformat(line["read_at"]))
            latest[slot] = max(latest.get(slot, ("", "")), (line["received_at"], line["temperature"]))
    nonsense = {"41.7", "-38.5", "85.0", "33.2"}  # as make_data.py planted them; no other reading comes near
    expected: list[tuple[Any, ...]] = []
    for station in ("forest", "harbour", "hill", "school"):
        last, age = None, 1_000
        for number in range(8 * 7 * 24):
            hour = dt.datetime(2024, 3, 4) + dt.timedelta(hours=number)
            _, text = latest.get((station, hour), ("", "NA"))
            believed = text != "NA" and text not in nonsense
            last, age = (Decimal(text), 0) if believed else (last, age + 1)
            quality = "measured" if age == 0 else "filled" if age <= 6 else "missing"
            expected.append((station, hour, last if age <= 6 else None, quality))
    select = "select station_id, hour, temperature, quality from hourly order by station_id, hour"
    assert rows(sensors, select) == expected


def test_sensors_outages_and_health(sensors: Path) -> None:
    found = rows(sensors, "select station_id, began_at, hours from outages order by station_id, began_at")
    assert found == [
        ("forest", dt.datetime(2024, 3, 13, 2), 31),
        ("harbour", dt.datetime(2024, 4, 5, 0), 2),
        ("hill", dt.datetime(2024, 3, 21, 15), 9),
        ("hill", dt.datetime(2024, 4, 18, 20), 52),
        ("school", dt.datetime(2024, 4, 6, 0), 14),
    ]
    columns = "station_id, hours, measured, filled, missing, messages"
    assert rows(sensors, f"select {columns} from station_health order by station_id") == [
        ("forest", 1344, 1296, 23, 25, 1356),
        ("harbour", 1344, 1322, 22, 0, 1394),
        ("hill", 1344, 1268, 27, 49, 1317),
        ("school", 1344, 1313, 23, 8, 1364),
    ]
    spikes = rows(sensors, "select station_id, hour, temperature from spikes where abs(difference) > 70 order by hour")
    assert spikes == [
        ("harbour", dt.datetime(2024, 4, 2, 17), Decimal("85.0")),
        ("harbour", dt.datetime(2024, 4, 23, 22), Decimal("85.0")),
    ]


def test_sensors_a_param_touches_only_what_uses_it(sensors: Path, tmp_path: Path) -> None:
    project = tmp_path / "sensors"
    shutil.copytree(sensors, project)
    steps = facts(project, "plan", "--param", "max_gap_hours=24")["steps"]
    actions = {step["model"]: step["action"] for step in steps}
    assert actions["spikes"] == "skip"
    assert actions["hourly"] != "skip"
    call(project, "run", "--param", "max_gap_hours=24")
    assert rows(project, "select count(*) from hourly where quality = 'missing'") == [(31 - 24 + 52 - 24,)]


def test_sensors_a_value_that_does_not_cast_is_named(sensors: Path, tmp_path: Path) -> None:
    project = tmp_path / "sensors"
    shutil.copytree(sensors, project)
    path = project / "data/readings/2024-03-11.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[9].split(",")
    lines[9] = ",".join([*cells[:3], "n/a", *cells[4:]])
    path.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "etlc", "--project", str(project), "run"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60)
    said = process.stdout + process.stderr
    assert process.returncode in (1, 3)
    for word in ("2024-03-11.csv", "10", "temperature", "n/a", "nullstr"):
        assert word in said
    assert "Traceback" not in said


# --- oracles by hand: TPC-H -------------------------------------------------------------------------------------


def test_tpch_published_queries(tmp_path: Path) -> None:
    """The queries as DuckDB's own extension has them, ORDER BY and LIMIT included."""
    project = make("tpch", tmp_path / "tpch")
    report = facts(project, "run")
    assert len(report["models"]) == 23
    for number, query in tpch_queries():
        tail = query[query.rindex("ORDER BY") :] if number not in (6, 14, 17, 19) else ""
        with duckdb.connect() as bare:
            for path in (project / "data").glob("*.parquet"):
                bare.execute(f"create view {path.stem} as from '{path}'")
            expected = bare.execute(query).fetchall()
        found = rows(project, f"from q{number:02} {tail}")
        assert sorted(found, key=str) == sorted(expected, key=str), number
    assert rows(project, "select revenue::decimal(12, 4) from q06") == [(Decimal("1193053.2253"),)]
    assert rows(project, "select count_order from q01 order by l_returnflag, l_linestatus") == [
        (14876,), (348,), (29181,), (14902,)
    ]  # fmt: skip


def tpch_queries() -> list[tuple[int, str]]:
    with duckdb.connect() as connection:
        connection.execute("load tpch")
        found = connection.execute("select query_nr, query from tpch_queries()").fetchall()
    return [(number, query.strip().rstrip(";")) for number, query in found]


def test_tpch_validates_without_data(tmp_path: Path) -> None:
    project = tmp_path / "tpch"
    shutil.copytree(EXAMPLES / "tpch", project, ignore=shutil.ignore_patterns(".etlc", "data", "warehouse.duckdb*"))
    summary = facts(project, "validate")["summary"]
    assert (summary["errors"], summary["models"], summary["sources"]) == (0, 23, 8)


# --- etlc init --------------------------------------------------------------------------------------------------


def test_init(tmp_path: Path) -> None:
    project = make("init", tmp_path / "bakery")
    assert (project / ".gitignore").is_file()
    assert not list(project.rglob("dot_*"))
    for path in [project / "etlc.yaml", *project.rglob("pipelines/*.yaml")]:
        (line,) = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# yaml-language")]
        assert (path.parent / line.partition("$schema=")[2]).resolve().parent == project / ".etlc/schemas"
    assert facts(project, "validate")["summary"]["errors"] == 0
    assert facts(project, "run")["status"] == "success"
    assert facts(project, "query", "select month::varchar as month, open_days from monthly order by month") == [
        {"month": "2025-01-01", "open_days": 26},
        {"month": "2025-02-01", "open_days": 24},
        {"month": "2025-03-01", "open_days": 26},
    ]
    (project / "pipelines/weekends.sql").write_text("select * from sales where isodow(day) > 5\n")
    assert "weekends" in {model["model"] for model in facts(project, "run")["models"]}


def test_init_monthly(tmp_path: Path) -> None:
    project = make("init", tmp_path / "bakery")
    call(project, "run")
    products = {line["product"]: line for line in read_csv(project / "data/products.csv")}
    expected: dict[dt.date, tuple[Decimal, Decimal]] = {}
    for path in (project / "data/sales").glob("*.csv"):
        for line in read_csv(path):
            month, product = dt.date.fromisoformat(line["day"][:7] + "-01"), products[line["product"]]
            earned = int(line["sold"]) * Decimal(product["price"])
            spent = int(line["baked"]) * Decimal(product["cost"])
            revenue, profit = expected.get(month, (Decimal(), Decimal()))
            expected[month] = (revenue + earned, profit + earned - spent)
    found = rows(project, "select month, revenue, profit from monthly order by month")
    assert found == [(month, *sums) for month, sums in sorted(expected.items())]
    assert found[0] == (dt.date(2025, 1, 1), Decimal("14876.10"), Decimal("10117.50"))
