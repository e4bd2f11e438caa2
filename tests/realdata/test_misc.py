"""Movies with messy types, bird strikes with blanks and `$` in their names, penguins, Seattle's rain, commits."""

import json as jsonfile
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.cli import acted_on, etlc
from tests.oracle import assert_same_rows, attach, literal, read_table
from tests.realdata.pipelines import Pipeline, csv, json

pytestmark = pytest.mark.realdata

NUMBERS = ["US Gross", "Worldwide Gross", "US DVD Sales", "Production Budget", "Running Time min"]
TEXTS = ["Release Date", "MPAA Rating", "Distributor", "Source", "Major Genre", "Creative Type", "Director"]
MOVIE_TYPES = {
    "Title": "JSON",
    **dict.fromkeys(NUMBERS, "BIGINT"),
    **dict.fromkeys(TEXTS, "VARCHAR"),
    **{"Rotten Tomatoes Rating": "BIGINT", "IMDB Rating": "DOUBLE", "IMDB Votes": "BIGINT"},
}
READ_MOVIES = "columns = {" + ", ".join(f"{literal(n)}: {literal(t)}" for n, t in MOVIE_TYPES.items()) + "}"
MOVIES = {
    "titles": """
        select "Title"->>'$' as title, json_type("Title") as written_as,
            try_strptime("Release Date", '%b %d %Y')::date as released, "US Gross" as "gross, US",
            "Production Budget" as budget, "Director", "Major Genre" as genre, "IMDB Rating" as rating
        from movies
    """,
    "genres": """
        select genre, count(*) as movies, count(rating) as rated, avg(rating) as rating, median("gross, US") as gross,
            sum("gross, US") / nullif(sum(budget), 0) as return, max(released) as latest
        from titles group by genre
    """,
    "directors": """
        select "Director", title, released, row_number() over (partition by "Director" order by released, title) as nr
        from titles where "Director" is not null and released is not null
    """,
    "numbers": "select title, written_as from titles where written_as is distinct from 'VARCHAR'",
}

STRIKES = {
    "strikes": """
        select "Airport Name", "Flight Date" as day, "Wildlife Size", "Wildlife Species" as species,
            "Cost Total $", "Cost Other" + "Cost Repair" as "Cost $ (sum)", "Speed IAS in knots" as "knots/h"
        from "birdstrikes"
    """,
    "costs": """
        select "Airport Name" as "Airport, by name", "Wildlife Size" as size, count(*) as n,
            sum("Cost Total $")::bigint as "Cost Total $", max(s."Cost $ (sum)") as "Max $$", avg("knots/h") as knots
        from strikes as s
        group by all
        having sum("Cost Total $") > 0
    """,
    "dear": """select * from strikes where "Cost Total $" > $least order by "Cost Total $" desc""",
}
LEAST = {"least": 100000}
STRIKES_PROPERTIES = {
    "strikes": {
        "checks": [
            {"not_null": ["Airport Name", "Cost Total $"]},
            {"between": {"column": "Cost Total $", "min": 0}},
            {"expression": '"Cost Total $" >= "Cost $ (sum)" or "Cost $ (sum)" >= 0'},
            {"accepted_values": {"column": "Wildlife Size", "values": ["Small", "Medium", "Large"]}},
        ]
    },
    "costs": {
        "key": ["Airport, by name", "size"],
        "columns": {"Cost Total $": {"type": "BIGINT", "description": "In $"}},
        "checks": [{"unique": ["Airport, by name", "size"]}, {"sql": 'select * from this where "Max $$" < 0'}],
    },
}

SMALL = {
    "body": """
        select "Species" as species, "Sex" as sex, count(*) as n, avg("Body Mass (g)") as mass,
            quantile_cont("Beak Length (mm)", 0.9) as long_beak, stddev("Flipper Length (mm)") as spread
        from penguins group by all
    """,
    "heavy": 'select "Island", max("Body Mass (g)") as g from penguins group by "Island"',
    "rain": """
        select date_trunc('month', date) as month, sum(precipitation) as mm, max(temp_max) as high,
            min(temp_min) as low, mode(weather order by date) as mostly, arg_max(date, (precipitation, date)) as wettest
        from seattle group by 1
    """,
    "spells": """
        select weather, count(*) as days, min(date) as since
        from (
            select *,
                row_number() over (order by date) - row_number() over (partition by weather order by date) as spell
            from seattle
        )
        group by weather, spell
        having count(*) > 2
    """,
    "punchcard": """
        select isodow(time) as weekday, hour(time) as hour, sum("count")::bigint as "count"
        from github group by all
    """,
}


@pytest.fixture
def films(data: Path, tmp_path: Path) -> Pipeline:
    """The movies in three files, each a JSON array; numbers among the titles are not in all of them."""
    movies = jsonfile.loads((data / "misc/movies.json").read_text(encoding="utf-8"))
    (tmp_path / "data").mkdir()
    for part in range(3):
        text = jsonfile.dumps(movies[part::3], ensure_ascii=False, indent=1)
        (tmp_path / f"data/movies-{part}.json").write_text(text, encoding="utf-8")
    sources = {"movies": json("data/movies-*.json", READ_MOVIES)}
    return Pipeline(tmp_path, sources, MOVIES, {"genres", "directors", "numbers"}).write()


@pytest.fixture
def strikes(data: Path, tmp_path: Path) -> Pipeline:
    """Bird strikes, one file."""
    (tmp_path / "data").mkdir()
    shutil.copyfile(data / "misc/birdstrikes.csv", tmp_path / "data/birdstrikes.csv")
    outputs = {
        "costs": {"path": "out/costs.parquet"},
        "costs_csv": {"model": "costs", "path": "out/costs.csv"},
        "costs_json": {"model": "costs", "path": "out/costs.json"},
        "by_size": {"model": "dear", "path": "out/dear", "format": "parquet", "partition_by": ["Wildlife Size"]},
    }
    sources = {"birdstrikes": csv("data/birdstrikes.csv", columns={"Cost Total $": "BIGINT"})}
    return Pipeline(tmp_path, sources, STRIKES, {"costs", "dear"}, STRIKES_PROPERTIES, outputs, LEAST).write()


@pytest.fixture
def small(data: Path, tmp_path: Path) -> Pipeline:
    """Three small files of different formats in one project."""
    (tmp_path / "data").mkdir()
    for name in ("penguins.json", "seattle-weather.csv", "github.csv"):
        shutil.copyfile(data / "misc" / name, tmp_path / "data" / name)
    sources = {
        "penguins": json("data/penguins.json"),
        "seattle": csv("data/seattle-weather.csv"),
        "github": csv("data/github.csv"),
    }
    return Pipeline(tmp_path, sources, SMALL, set(SMALL)).write()


def test_movies(films: Pipeline) -> None:
    """Nine titles are numbers and one is missing: JSON keeps them all, in whichever file they are."""
    rows = films.assert_first_run()
    assert rows["numbers"] == 10
    found = {title for title, _ in read_table(films.warehouse, "numbers")}
    assert {"1776", "300", "9", None} <= found
    (shown,) = etlc(films.path, "show", "movies", "-n", "1", "--json", check=0).json
    first = jsonfile.loads((films.path / "data/movies-0.json").read_text(encoding="utf-8"))[0]
    assert list(shown) == list(first)
    assert shown.keys() == MOVIE_TYPES.keys()


def test_movies_come_change_and_go(films: Pipeline) -> None:
    """A file of movies more, one with another genre, one less: every model reads them, and follows."""
    added = films.path / "data/movies-9.json"
    first = jsonfile.loads((films.path / "data/movies-0.json").read_text(encoding="utf-8"))[0]
    films.assert_first_run()
    new = {**first, "Title": 2026, "Release Date": "Nov 23 2026", "Director": "Nobody", "Major Genre": "Documentary"}
    added.write_text(jsonfile.dumps([new]), encoding="utf-8")
    films.assert_rebuilds(*MOVIES)
    assert ("2026", "UBIGINT") in read_table(films.warehouse, "numbers")
    added.write_text(jsonfile.dumps([{**new, "Title": 2027, "Major Genre": None}]), encoding="utf-8")
    films.assert_rebuilds(*MOVIES)
    (films.path / "data/movies-0.json").unlink()
    films.assert_rebuilds(*MOVIES)


def test_blanks_and_dollars_in_names(strikes: Pipeline) -> None:
    """Names with blanks, commas, slashes and `$` go through models, checks, keys and outputs."""
    with strikes.oracle() as con:
        assert etlc(strikes.path, "show", "costs", "-n", "1", "--json", check=0).json[0].keys() == {
            row[0] for row in con.execute("describe costs").fetchall()
        }
    rows = strikes.assert_first_run()
    assert rows["costs"] > 50
    checked = strikes.run("--full-refresh").json["checks"]
    assert {(check["model"], check["status"]) for check in checked} == {("strikes", "pass"), ("costs", "pass")}
    out = strikes.path / "out"
    assert {folder.name for folder in (out / "dear").iterdir()} >= {"Wildlife%20Size=Large", "Wildlife%20Size=Small"}
    with duckdb.connect() as con:
        attach(con, strikes.warehouse)
        for reader in (f"read_parquet({literal(out / 'costs.parquet')})", f"read_csv({literal(out / 'costs.csv')})"):
            assert_same_rows(con, f"from {reader}", "from warehouse.main.costs", what=reader, schema=False)
        reader = f"read_json({literal(out / 'costs.json')})"
        stored = """select * replace ("Cost Total $"::bigint as "Cost Total $") from warehouse.main.costs"""
        assert_same_rows(con, f"from {reader}", stored, what=reader, schema=False)
        parts = con.execute(f"select count(*) from read_parquet({literal(out / 'dear/*/*.parquet')})").fetchall()
        assert parts == con.execute("select count(*) from warehouse.main.dear").fetchall()


def test_blanks_and_dollars_in_lineage_and_checks(strikes: Pipeline) -> None:
    """Lineage names the column as the file does; a check that fails on it counts the rows, and stops that one."""
    etlc(strikes.path, "lock", check=0)
    lineage = etlc(strikes.path, "lineage", "costs", "--json", check=0).json
    assert lineage["columns"]["Cost Total $"]["from"] == ["birdstrikes.Cost Total $"]
    assert {"strikes"} <= set(lineage["upstream"]) <= {"birdstrikes", "strikes"}
    limit = {"checks": [{"between": {"column": "Cost Total $", "max": 1000000}}]}
    Pipeline(strikes.path, strikes.sources, strikes.models, strikes.published, {"dear": limit}, params=LEAST).write()
    result = etlc(strikes.path, "run", "--json", check=3).json
    with strikes.oracle() as con:
        ((expected,),) = con.execute("""select count(*) from dear where "Cost Total $" > 1000000""").fetchall()
    failed = [check for check in result["checks"] if check["status"] == "fail"]
    assert [(check["model"], check["failures"]) for check in failed] == [("dear", expected)]
    assert expected > 0
    assert {model["model"]: model["status"] for model in result["models"]}["costs"] == "success"


def test_changed_strikes(strikes: Pipeline) -> None:
    """A strike more at the dearest airport concerns every model."""
    strikes.assert_first_run()
    file = strikes.path / "data/birdstrikes.csv"
    line = 'IDLEWILD,B-747,None,2001-01-01,"PAN AM, INC",New York,Climb,Large,Goose,Day,1000000,1000000,2000000,250\n'
    file.write_text(file.read_text(encoding="utf-8").rstrip("\n") + "\n" + line, encoding="utf-8")
    strikes.assert_rebuilds("strikes", "costs", "dear")
    assert "IDLEWILD" in {row[0] for row in read_table(strikes.warehouse, "dear")}


def test_small_files(small: Pipeline) -> None:
    """Penguins, rain and commits: each changed file concerns its own readers."""
    small.assert_first_run()
    penguins = small.path / "data/penguins.json"
    penguins.write_text(
        penguins.read_text(encoding="utf-8").replace('"Body Mass (g)": 3750', '"Body Mass (g)": 9750'), "utf-8"
    )
    small.assert_rebuilds("body", "heavy")
    seattle = small.path / "data/seattle-weather.csv"
    seattle.write_text(seattle.read_text(encoding="utf-8").replace(",sun", ",fog"), encoding="utf-8")
    small.assert_rebuilds("rain", "spells")
    github = small.path / "data/github.csv"
    github.write_text("\n".join(github.read_text(encoding="utf-8").splitlines()[:400]) + "\n", encoding="utf-8")
    small.assert_rebuilds("punchcard")


def test_a_warning_lets_through_and_an_error_does_not(small: Pipeline) -> None:
    """Days above 30 degrees are counted; as a warning the table is published, as an error the new rows are not."""

    def checked(severity: str) -> Pipeline:
        hot = {"between": {"column": "temp_max", "max": 30}, "severity": severity, "name": "not too hot"}
        properties = {"hot": {"checks": [hot]}}
        models = {"hot": "select date, temp_max from seattle", "heavy": SMALL["heavy"]}
        return Pipeline(small.path, small.sources, models, set(models), properties).write()

    warned = checked("warn").run().json["checks"]
    with small.oracle() as con:
        ((expected,),) = con.execute("select count(*) from seattle where temp_max > 30").fetchall()
    assert [(c["model"], c["check"], c["status"], c["failures"]) for c in warned] == [
        ("hot", "not too hot", "warn", expected)
    ]
    assert expected > 0
    etlc(small.path, "check", check=0)
    failing = checked("error")
    etlc(small.path, "check", check=1)
    file = small.path / "data/seattle-weather.csv"
    file.write_text(file.read_text(encoding="utf-8") + "2016-01-01,0.0,40.5,5.0,4.7,sun\n", encoding="utf-8")
    before = len(read_table(small.warehouse, "hot"))
    result = etlc(small.path, "run", "--json", check=3)
    assert acted_on(result) <= {"hot"}
    assert [c["failures"] for c in result.json["checks"] if c["status"] == "fail"] == [expected + 1]
    assert len(read_table(failing.warehouse, "hot")) == before
