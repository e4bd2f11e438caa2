"""Weather at New York's airports in twelve files, a month each, `NA` for null; airports, planes and airlines."""

import csv as csvfile
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli import etlc
from tests.oracle import read_table, table_names
from tests.realdata.pipelines import Pipeline, Source, csv

pytestmark = pytest.mark.realdata

NA = {"nullstr": "NA"}
WEATHER = "data/weather/*.csv"
DOUBLES = ["temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
TYPES = "{" + ", ".join(f"'{name}': 'DOUBLE'" for name in DOUBLES) + ", 'wind_dir': 'BIGINT'}"

HOURLY = """
    select
        origin,
        make_date(year, month, day) as day,
        hour,
        temp,
        (temp - 32) * 5 / 9 as celsius,
        wind_speed,
        wind_gust,
        precip,
        pressure,
        visib,
        time_hour
    from weather
"""
DAILY = """
    select
        origin,
        day,
        count(*) as hours,
        avg(celsius) as celsius,
        median(pressure) as pressure,
        max(wind_gust) as gust,
        sum(precip) as rain,
        count(*) filter (wind_gust is null) as calm_hours,
        min(time_hour) as since
    from hourly
    group by origin, day
"""
MONTHLY = """
    select name, date_trunc('month', day) as month, avg(celsius) as celsius, sum(rain) as rain, sum(hours) as hours
    from daily
    join airports on origin = faa
    group by all
"""
WARMER = """
    select *
    from (
        select origin, day, round(celsius - lag(celsius) over (partition by origin order by day), 6) as warmer
        from daily
    )
    qualify row_number() over (partition by origin order by warmer desc nulls last, day) <= 10
"""
FLEET = """
    select manufacturer, year, count(*) as planes, sum(seats) as seats, avg(speed) as speed
    from planes
    group by all
    having count(*) > 1
"""
CARRIERS = "select carrier, regexp_replace(name, ' Inc\\.$', '') as name, length(name) as letters from airlines"
NEAR = """
    select a.faa, a.name, b.faa as other, round(sqrt((a.lat - b.lat) ** 2 + (a.lon - b.lon) ** 2), 6) as degrees
    from airports as a
    asof join (
        select lat, min(faa) as faa, arg_min(lon, faa) as lon from airports where tz = -5 group by lat
    ) as b on a.lat > b.lat
"""


def months(data: Path, target: Path) -> Path:
    """Write the weather as a file per month, and copy the small files beside."""
    target.mkdir(parents=True)
    for name in ("airports", "planes", "airlines"):
        shutil.copyfile(data / f"nyc/{name}.csv", target.parent / f"{name}.csv")
    with (data / "nyc/weather.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csvfile.reader(file)
    for month in range(1, 13):
        with (target / f"weather-{month:02}.csv").open("w", encoding="utf-8", newline="") as file:
            chosen = [row for row in rows if row[header.index("month")] == str(month)]
            csvfile.writer(file, lineterminator="\n").writerows([header, *chosen])
    return target


def sources(**weather: Any) -> Mapping[str, Source]:
    """The four sources; the oracle reads the weather with the types that all twelve months have together."""
    return {
        "weather": csv(WEATHER, NA, f"nullstr = 'NA', types = {TYPES}", **weather),
        "airports": csv("data/airports.csv"),
        "planes": csv("data/planes.csv", NA, "nullstr = 'NA'"),
        "airlines": csv("data/airlines.csv"),
    }


@pytest.fixture
def weather(data: Path, tmp_path: Path) -> Path:
    """A folder for a project, with the data in it."""
    months(data, tmp_path / "data/weather")
    return tmp_path


@pytest.fixture
def pipeline(weather: Path) -> Pipeline:
    """Everything in one project: two models that nothing publishes, and five results."""
    models = {"hourly": HOURLY, "daily": DAILY, "monthly": MONTHLY, "warmer": WARMER, "fleet": FLEET}
    models |= {"carriers": CARRIERS, "near": NEAR}
    properties = {
        "daily": {"key": ["origin", "day"], "checks": [{"between": {"column": "hours", "min": 1, "max": 25}}]},
        "carriers": {"key": ["carrier"]},
    }
    published = {"monthly", "warmer", "fleet", "carriers", "near"}
    return Pipeline(weather, sources(), models, published, properties).write()


def test_na_in_a_number_is_shown_with_its_place(weather: Path) -> None:
    """The one NA among 26,115 temperatures, declared as numbers: file, line, column, value and remedy."""
    file = weather / "data/weather/weather-08.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        (line,) = [number for number, row in enumerate(csvfile.DictReader(lines), 2) if row["temp"] == "NA"]
    contract = Source({"path": WEATHER, "columns": {"temp": "DOUBLE"}}, "")
    model = {"warmest": "select origin, max(temp) as temp from weather group by origin"}
    Pipeline(weather, {"weather": contract}, model, {"warmest"}).write()
    result = etlc(weather, "run")
    assert result.code in (1, 3), result
    for expected in ("weather-08.csv", "temp", "NA", "nullstr"):
        assert expected in result.text, f"{expected} is not said\n{result}"
    assert re.search(rf"\b{line}\b", result.text), f"line {line} is not said\n{result}"
    remedied = {"weather": csv(WEATHER, NA, f"nullstr = 'NA', types = {TYPES}", columns={"temp": "DOUBLE"})}
    assert Pipeline(weather, remedied, model, {"warmest"}).write().assert_first_run() == {"warmest": 3}


def test_na_makes_text_of_numbers(weather: Path) -> None:
    """Without a contract a column with NA is text: `validate` says at which line of the model that fails."""
    model = {"warmest": "select origin,\n  avg(temp) as temp\nfrom weather\ngroup by origin\n"}
    Pipeline(weather, {"weather": csv(WEATHER)}, model, {"warmest"}).write()
    result = etlc(weather, "validate", "--json", check=1)
    (error,) = [found for found in result.json["diagnostics"] if found["severity"] == "error"]
    written = (weather / "pipelines/real.yaml").read_text(encoding="utf-8").splitlines()
    assert error["file"] == "pipelines/real.yaml"
    assert "avg(temp)" in written[error["line"] - 1]
    etlc(weather, "run", check=1)
    assert not (weather / "warehouse.duckdb").exists() or table_names(weather / "warehouse.duckdb") == set()
    Pipeline(weather, {"weather": csv(WEATHER, NA)}, model, {"warmest"}).write()
    etlc(weather, "lock", check=0)
    assert etlc(weather, "validate", "--json", check=0).json["summary"]["errors"] == 0
    etlc(weather, "run", check=0)
    assert len(read_table(weather / "warehouse.duckdb", "warmest")) == 3


def test_everything_works_with_nullstr(pipeline: Pipeline) -> None:
    """Twelve months of three airports, and every other result as the oracle has it."""
    rows = pipeline.assert_first_run()
    assert (rows["monthly"], rows["warmer"], rows["carriers"]) == (36, 30, 16)
    shown = etlc(pipeline.path, "show", "hourly", "-n", "3", "--json", check=0).json
    assert len(shown) == 3
    assert {"origin", "day", "celsius", "time_hour"} <= shown[0].keys()


def test_months_come_change_and_go(pipeline: Pipeline) -> None:
    """A file that comes, changes or goes rebuilds what reads the weather, and nothing that doesn't."""
    readers = ("hourly", "daily", "monthly", "warmer")
    folder = pipeline.path / "data/weather"
    december = (folder / "weather-12.csv").rename(pipeline.path / "december.csv")
    assert pipeline.assert_first_run()["monthly"] == 33
    december.rename(folder / "weather-12.csv")
    pipeline.assert_rebuilds(*readers)
    assert len(read_table(pipeline.warehouse, "monthly")) == 36
    july = folder / "weather-07.csv"
    july.write_text(re.sub(r"(?m)^(JFK,2013,7,4,1?\d),[\d.]+", r"\1,140", july.read_text(encoding="utf-8")), "utf-8")
    pipeline.assert_rebuilds(*readers)
    (folder / "weather-01.csv").unlink()
    pipeline.assert_rebuilds(*readers)
    assert len(read_table(pipeline.warehouse, "monthly")) == 33
    planes = pipeline.path / "data/planes.csv"
    planes.write_text(planes.read_text(encoding="utf-8").replace("2004,Fixed", "NA,Fixed"), encoding="utf-8")
    pipeline.assert_rebuilds("fleet")
    airports = pipeline.path / "data/airports.csv"
    airports.write_text(airports.read_text(encoding="utf-8").replace("John F Kennedy", "Idlewild"), encoding="utf-8")
    pipeline.assert_rebuilds("monthly", "near")
    assert any("Idlewild" in row[0] for row in read_table(pipeline.warehouse, "monthly"))


def test_filename_is_relative_to_the_project(weather: Path) -> None:
    """The reader's `filename` column says which month's file a row is from, wherever the project lies."""
    named = {"weather": csv(WEATHER, {**NA, "filename": True}, f"nullstr = 'NA', types = {TYPES}, filename = true")}
    model = {"files": "select filename, count(*) as n from weather group by filename"}
    Pipeline(weather, named, model, {"files"}).write()
    etlc(weather, "run", check=0)
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) - 1 for file in weather.glob(WEATHER)}
    expected = {(file.relative_to(weather).as_posix(), count) for file, count in lines.items()}
    assert set(read_table(weather / "warehouse.duckdb", "files")) == expected
    assert len(expected) == 12
