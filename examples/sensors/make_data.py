"""Makes the data of the sensors example: the same readings at every run.

    python make_data.py

Needs nothing but Python. Four weather stations report once an hour for eight weeks. As real loggers do, they fall
silent, send twice, send late with a correction, and now and then send nonsense.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import math
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
SEED = 7
START, WEEKS = dt.datetime(2024, 3, 4), 9  # the last week lies ready in data/next
ZIPPED_WEEK = 3

STATIONS = [  # id, name, latitude, longitude, metres above the sea, warmer or colder than the harbour
    ("harbour", "Old harbour", "54.0924", "12.0991", 3, 0.0),
    ("school", "School roof", "54.0780", "12.1318", 21, 0.8),
    ("forest", "Forest clearing", "54.1473", "12.2365", 34, -1.4),
    ("hill", "Church hill", "54.0551", "12.1880", 88, -0.9),
]
OUTAGES = [  # station, first hour, hours
    ("forest", dt.datetime(2024, 3, 13, 2), 31),
    ("hill", dt.datetime(2024, 3, 21, 15), 9),
    ("school", dt.datetime(2024, 4, 6, 0), 14),
    ("hill", dt.datetime(2024, 4, 18, 20), 52),
    ("forest", dt.datetime(2024, 5, 1, 5), 12),
]
SPIKES = {  # nonsense, at these hours
    ("school", dt.datetime(2024, 3, 10, 13)): "41.7",
    ("forest", dt.datetime(2024, 3, 24, 4)): "-38.5",
    ("harbour", dt.datetime(2024, 4, 2, 17)): "85.0",
    ("hill", dt.datetime(2024, 4, 11, 8)): "33.2",
    ("harbour", dt.datetime(2024, 4, 23, 22)): "85.0",
}

Row = Sequence[Any]


def silent(station: str, hour: dt.datetime) -> bool:
    return any(
        station == name and 0 <= (hour - begin) / dt.timedelta(hours=1) < hours for name, begin, hours in OUTAGES
    )


def weather(rng: random.Random, hours: int) -> Iterable[tuple[float, int, float]]:
    """Temperature, humidity and rain of the region, hour by hour: spring, day and night, and fronts that pass."""
    front, wet = 0.0, 0.0
    for hour in range(hours):
        front = 0.985 * front + rng.gauss(0, 0.45)
        wet = 0.93 * wet + rng.gauss(0, 0.35)
        sun = -math.cos((hour % 24 - 3) / 24 * 2 * math.pi)
        temperature = 4.0 + hour / 24 * 0.14 + 3.6 * sun + front
        humidity = max(30, min(99, round(76 - 9 * sun + 9 * wet)))
        yield temperature, humidity, max(0.0, wet - 1.2) * 1.6


def make_readings(rng: random.Random) -> list[Row]:
    """One row a message, in the order of arrival."""
    rows: list[Row] = []
    hours = WEEKS * 7 * 24
    for number, (temperature, humidity, rain) in enumerate(weather(rng, hours)):
        hour = START + dt.timedelta(hours=number)
        for station, _, _, _, _, offset in STATIONS:
            own = temperature + offset + rng.gauss(0, 0.25)
            damp = max(25, min(100, humidity + round(rng.gauss(0, 2))))
            drops = round(rain * rng.uniform(0.8, 1.2), 1)
            received = hour + dt.timedelta(seconds=rng.randint(4, 55))
            luck = rng.random()
            if silent(station, hour):
                continue
            value = SPIKES.get((station, hour), f"{own:.1f}" if luck > 0.012 else "NA")
            row = (station, hour, received, value, "NA" if luck > 0.994 else damp, f"{drops:.1f}")
            rows.append(row)
            if 0.05 < luck < 0.07:  # the same message twice
                rows.append(row)
            elif 0.07 < luck < 0.08:  # a correction, some minutes later
                late = received + dt.timedelta(minutes=rng.randint(2, 40))
                rows.append((station, hour, late, f"{own + rng.choice([-0.4, 0.3, 0.5]):.1f}", damp, f"{drops:.1f}"))
    return sorted(rows, key=lambda row: (row[2], row[0]))


def write_csv(path: Path, header: str, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split())
    writer.writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def main() -> None:
    readings = make_readings(random.Random(SEED))
    write_csv(DATA / "stations.csv", "station_id name latitude longitude elevation", (row[:5] for row in STATIONS))
    for week in range(WEEKS):
        begin = START + dt.timedelta(weeks=week)
        end = begin + dt.timedelta(weeks=1)
        folder = DATA / ("next" if week == WEEKS - 1 else "readings")
        name = f"{begin:%Y-%m-%d}.csv" + (".gz" if week == ZIPPED_WEEK else "")
        rows = [row for row in readings if begin <= row[1] < end]
        write_csv(folder / name, "station_id read_at received_at temperature humidity rain", rows)


if __name__ == "__main__":
    main()
