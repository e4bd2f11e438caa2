"""A music store in every format of text: CSV, gzipped CSV, JSON, NDJSON and rows in the spec, with nulls and quotes."""

import csv as csvfile
import gzip
import json as jsonfile
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli import etlc
from tests.realdata.pipelines import Pipeline, Source, csv, json

pytestmark = pytest.mark.realdata

MODELS = {
    "sales": """
        select l."InvoiceLineId" as line_id, i."CustomerId" as customer_id, i."InvoiceDate"::date as day,
            l."TrackId" as track_id, l."Quantity" * l."UnitPrice"::decimal(10, 2) as amount
        from invoice_line as l join invoice as i on l."InvoiceId" = i."InvoiceId"
    """,
    "tracks": """
        select t."TrackId" as track_id, t."Name" as track, a."Title" as album, r."Name" as artist, g."Name" as genre,
            coalesce(t."Composer", r."Name") as composer, t."Composer" is null as unknown, m.name as media
        from track as t
        left join album as a on t."AlbumId" = a."AlbumId"
        left join artist as r on a."ArtistId" = r."ArtistId"
        left join genre as g on t."GenreId" = g."GenreId"
        left join media_type as m on t."MediaTypeId" = m.id
    """,
    "revenue_by_genre": """
        select genre, year(day) as year, sum(amount) as revenue, count(distinct customer_id) as customers,
            rank() over (partition by year(day) order by sum(amount) desc, genre) as place
        from sales join tracks using (track_id)
        group by genre, year(day)
    """,
    "composers": """
        select composer, bool_or(unknown) as unknown, count(*) as tracks, list(distinct media order by media) as media
        from tracks group by composer
    """,
    "chain": """
        with recursive chain as (
            select "EmployeeId" as id, "LastName" as name, "ReportsTo" as boss, 1 as depth, "LastName" as path
            from employee where "ReportsTo" is null
            union all
            select e."EmployeeId", e."LastName", e."ReportsTo", depth + 1, path || ' > ' || e."LastName"
            from employee as e join chain as c on e."ReportsTo" = c.id
        )
        select * from chain
    """,
    "customers": """
        select c."CustomerId" as customer_id, c."Company" as company, c."State" as state, c."Fax" is null as no_fax,
            e."LastName" as seller, coalesce(sum(amount), 0) as revenue, max(day) as last_day
        from customer as c
        left join employee as e on c."SupportRepId" = e."EmployeeId"
        left join sales as s on s.customer_id = c."CustomerId"
        group by all
    """,
    "playlists": """
        select p."Name" as playlist, count(pt."TrackId") as tracks, count(distinct pt."PlaylistId") as lists
        from playlist as p left join playlist_track as pt on p."PlaylistId" = pt."PlaylistId"
        group by p."Name"
    """,
}
PUBLISHED = {"revenue_by_genre", "composers", "chain", "customers", "playlists"}
PROPERTIES = {
    "sales": {"key": ["line_id"], "columns": {"amount": {"type": "DECIMAL(29,2)"}}},
    "tracks": {"key": ["track_id"], "checks": [{"not_null": ["track", "composer"]}]},
    "customers": {
        "key": ["customer_id"],
        "checks": [{"relationships": {"column": "seller", "to": "employee.LastName"}}, {"row_count": {"min": 59}}],
    },
    "playlists": {"checks": [{"unique": ["playlist"]}]},
}
MEDIA = [
    {"id": 1, "name": "MPEG audio file"},
    {"id": 2, "name": "Protected AAC audio file"},
    {"id": 3, "name": "Protected MPEG-4 video file"},
    {"id": 4, "name": None},
    {"id": 5, "name": 'it\'s "AAC"'},
]
MEDIA_SQL = (
    "(values (1, 'MPEG audio file'), (2, 'Protected AAC audio file'), (3, 'Protected MPEG-4 video file'), (4, null),"
    " (5, 'it''s \"AAC\"')) as m(id, name)"
)
SOURCES = {
    "track": csv("data/Track.csv"),
    "album": csv("data/Album.csv", {"delim": ";"}, "delim = ';'"),
    "artist": csv("data/Artist.csv"),
    "genre": json("data/Genre.json"),
    "customer": json("data/Customer.json"),
    "employee": json("data/Employee.json"),
    "invoice": csv("data/Invoice.csv"),
    "invoice_line": json("data/InvoiceLine.ndjson", format="ndjson"),
    "playlist": json("data/Playlist.ndjson", format="ndjson"),
    "playlist_track": csv("data/PlaylistTrack.csv.gz"),
    "media_type": Source({"rows": MEDIA}, MEDIA_SQL),
}


def rows(sqlite: Path, table: str) -> list[dict[str, Any]]:
    """All rows of a table of the SQLite file."""
    with closing(sqlite3.connect(f"{sqlite.as_uri()}?mode=ro", uri=True)) as con:
        con.row_factory = sqlite3.Row
        return [dict(row) for row in con.execute(f'select * from "{table}"')]


def convert(records: list[dict[str, Any]], target: Path) -> None:
    """Write records in the format that the file's name says; null is an empty field in CSV."""
    if target.suffix == ".json":
        text = jsonfile.dumps(records, ensure_ascii=False, indent=1)
    elif target.suffix == ".ndjson":
        text = "".join(jsonfile.dumps(record, ensure_ascii=False) + "\n" for record in records)
    else:
        text = "".join(csv_lines(records, ";" if target.stem == "Album" else ","))
    encoded = text.encode("utf-8")
    target.write_bytes(gzip.compress(encoded) if target.suffix == ".gz" else encoded)


def csv_lines(records: list[dict[str, Any]], delimiter: str) -> Iterator[str]:
    """The lines of a CSV file, the header first."""

    class Lines(list[str]):
        """A file of lines, as far as csv.writer knows."""

        write = list.append

    lines = Lines()
    writer = csvfile.writer(lines, delimiter=delimiter, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerows([records[0].keys(), *(record.values() for record in records)])
    return iter(lines)


@pytest.fixture
def store(data: Path, tmp_path: Path) -> Pipeline:
    """The store's tables as files, and a pipeline over them."""
    (tmp_path / "data").mkdir()
    for source in SOURCES.values():
        if "path" in source.spec:
            target = tmp_path / source.spec["path"]
            convert(rows(data / "chinook/chinook.sqlite", target.name.split(".")[0]), target)
    return Pipeline(tmp_path, SOURCES, MODELS, PUBLISHED, PROPERTIES).write()


def test_every_format_gives_the_same_store(store: Pipeline, data: Path) -> None:
    """All results equal the oracle's, and a few figures equal SQLite's own."""
    counted = store.assert_first_run()
    assert (counted["customers"], counted["chain"]) == (59, 8)
    sqlite = data / "chinook/chinook.sqlite"
    total = sum(round(line["UnitPrice"] * 100) * line["Quantity"] for line in rows(sqlite, "InvoiceLine"))
    found = etlc(store.path, "query", "select sum(revenue) * 100 as cents from customers", "--json", check=0).json
    assert [float(row["cents"]) for row in found] == [total]
    unknown = sum(track["Composer"] is None for track in rows(sqlite, "Track"))
    found = etlc(store.path, "show", "tracks", "-n", "5000", "--json", check=0).json
    assert sum(track["unknown"] for track in found) == unknown > 0


def test_changed_files_rebuild_their_readers(store: Pipeline) -> None:
    """One file of each format changes: what reads it follows, be it a line, a null or a gzipped row."""
    store.assert_first_run()
    employees = store.path / "data/Employee.json"
    employees.write_text(employees.read_text(encoding="utf-8").replace('"Peacock"', '"Pfau"'), encoding="utf-8")
    store.assert_rebuilds("chain", "customers")
    lines = store.path / "data/InvoiceLine.ndjson"
    kept = lines.read_text(encoding="utf-8").splitlines(keepends=True)[:2000]
    lines.write_text("".join(kept), encoding="utf-8")
    store.assert_rebuilds("sales", "revenue_by_genre", "customers")
    playlist_tracks = store.path / "data/PlaylistTrack.csv.gz"
    playlist_tracks.write_bytes(gzip.compress(gzip.decompress(playlist_tracks.read_bytes()) + b"2,1\n2,2\n"))
    store.assert_rebuilds("playlists")
    artists = store.path / "data/Artist.csv"
    artists.write_text(artists.read_text(encoding="utf-8").replace("AC/DC", '"AC, DC and ""friends"""'), "utf-8")
    assert '"AC, DC' in artists.read_text(encoding="utf-8")
    store.assert_rebuilds("tracks", "composers", "revenue_by_genre")
