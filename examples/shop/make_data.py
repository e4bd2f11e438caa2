"""Makes the data of the shop example: the same files, byte for byte, at every run.

    python make_data.py

Needs nothing but Python. Everything in `data/` is invented.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
SEED = 8
CUSTOMERS = 420
FIRST_DAY, LAST_DAY = dt.date(2024, 1, 1), dt.date(2025, 1, 31)  # the last month lies ready in data/next

PRODUCTS = [  # id, name, category, price, cost
    ("NB-A5", "Notebook A5, dotted", "notebooks", "12.90", "4.10"),
    ("NB-A6", "Notebook A6, plain", "notebooks", "8.50", "2.70"),
    ("NB-A4", "Notebook A4, lined", "notebooks", "16.90", "5.60"),
    ("NB-SK", "Sketchbook", "notebooks", "19.50", "7.80"),
    ("NB-DI", "Diary", "notebooks", "24.00", "9.20"),
    ("PN-FO", "Fountain pen", "pens", "49.00", "21.00"),
    ("PN-RO", "Rollerball", "pens", "14.50", "5.30"),
    ("PN-FI", "Fineliners, set of 6", "pens", "17.90", "6.90"),
    ("PN-PE", "Pencils, box of 12", "pens", "9.90", "3.20"),
    ("PN-BR", "Brush pen", "pens", "6.50", "2.10"),
    ("IN-BL", "Ink, royal blue", "ink", "11.90", "3.90"),
    ("IN-BK", "Ink, black", "ink", "11.90", "3.80"),
    ("IN-GR", "Ink, moss green", "ink", "13.50", "4.60"),
    ("IN-CA", "Cartridges, tin of 30", "ink", "7.90", "2.50"),
    ("PA-LE", "Letter paper", "paper", "10.50", "3.60"),
    ("PA-EN", "Envelopes, lined", "paper", "8.90", "3.10"),
    ("PA-WA", "Watercolour block", "paper", "28.00", "12.40"),
    ("PA-OR", "Origami paper", "paper", "9.50", "2.90"),
    ("GI-CA", "Advent calendar", "gifts", "34.00", "13.50"),
    ("GI-WR", "Wrapping paper", "gifts", "5.90", "1.60"),
    ("GI-SE", "Sealing wax kit", "gifts", "22.50", "8.70"),
]
POPULARITY = [9, 6, 5, 3, 2, 3, 6, 5, 7, 4, 5, 5, 2, 6, 4, 4, 2, 3, 1, 3, 2]
PRICE_RISE = dt.date(2024, 7, 1)  # from then on, notebooks cost 5 % more
SEASON = [0.8, 0.8, 0.9, 0.9, 1.0, 0.9, 0.8, 1.0, 1.2, 1.1, 1.5, 1.9]

COUNTRIES, COUNTRY_WEIGHTS = ["de", "fr", "nl", "at", "no"], [46, 22, 16, 10, 6]
FIRST_NAMES = [
    "Ada",
    "Alma",
    "Anton",
    "Bela",
    "Bruno",
    "Carla",
    "Clara",
    "Dora",
    "Edda",
    "Emil",
    "Enno",
    "Erik",
    "Eva",
    "Finn",
    "Frida",
    "Greta",
    "Hanna",
    "Hugo",
    "Ida",
    "Ines",
    "Ivo",
    "Jan",
    "Jonas",
    "Juna",
    "Kaja",
    "Karl",
    "Lars",
    "Lea",
    "Leo",
    "Lina",
    "Luc",
    "Malte",
    "Maren",
    "Mats",
    "Mila",
    "Nils",
    "Nora",
    "Ole",
    "Oda",
    "Paul",
    "Pia",
    "Rosa",
    "Ruben",
    "Sara",
    "Signe",
    "Sven",
    "Thea",
    "Tilda",
    "Tom",
    "Vera",
    "Wim",
    "Yara",
    "Zoe",
]
LAST_NAMES = [
    "Aubert",
    "Bakker",
    "Berg",
    "Blanc",
    "Brandt",
    "Claus",
    "Dahl",
    "Dekker",
    "Dubois",
    "Eder",
    "Faber",
    "Fischer",
    "Fournier",
    "Gruber",
    "Haas",
    "Hansen",
    "Holm",
    "Huber",
    "Jansen",
    "Keller",
    "Kramer",
    "Lange",
    "Lund",
    "Marchand",
    "Meyer",
    "Moen",
    "Moreau",
    "Nagel",
    "Oberg",
    "Petit",
    "Pichler",
    "Renard",
    "Roth",
    "Sand",
    "Schulz",
    "Smit",
    "Steiner",
    "Strand",
    "Vogel",
    "Vos",
    "Wagner",
    "Weber",
    "Winkler",
    "Wolf",
]

Row = Sequence[Any]


def make_customers(rng: random.Random) -> list[Row]:
    """One row a customer; some were there before the year began, some gave no e-mail address."""
    days = (LAST_DAY - FIRST_DAY).days - 10
    joined = sorted(max(0, int(rng.random() * (days + 60)) - 60) for _ in range(CUSTOMERS))
    rows: list[Row] = []
    for number, day in enumerate(joined, start=1):
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
        email = f"{first}.{last}{number}@example.com" if rng.random() > 0.04 else ""
        early = dt.timedelta(days=rng.randint(1, 300)) if day == 0 else dt.timedelta()
        rows.append((number, f"{first} {last}", email, country, FIRST_DAY + dt.timedelta(days=day) - early))
    return rows


def order_days(rng: random.Random, joined: dt.date) -> Iterable[dt.date]:
    """The days on which a customer orders: soon after joining, then at their own pace, until they stay away."""
    if rng.random() < 0.06:
        return
    pace, loyalty = rng.uniform(9, 60), rng.uniform(0.55, 0.97)
    wait = rng.uniform(0, 75) if joined < FIRST_DAY else rng.expovariate(1 / 6)
    day = max(joined, FIRST_DAY) + dt.timedelta(days=int(wait))
    while day <= LAST_DAY:
        yield day
        if rng.random() > loyalty:
            return
        day += dt.timedelta(days=1 + int(rng.expovariate(1 / pace) / SEASON[day.month - 1]))


def make_lines(rng: random.Random, customers: list[Row]) -> list[Row]:
    """One row a product of an order, in order of time."""
    prices = {product[0]: product[3] for product in PRODUCTS}
    moments = []
    for customer_id, _, _, _, joined in customers:
        for day in order_days(rng, joined):
            time = dt.time(rng.choices(range(24), [1] * 7 + [4] * 11 + [7] * 4 + [2] * 2)[0], rng.randint(0, 59))
            moments.append((dt.datetime.combine(day, time), customer_id))
    lines: list[Row] = []
    for order_id, (moment, customer_id) in enumerate(sorted(moments), start=10001):
        status = rng.choices(["paid", "refunded", "cancelled"], [94, 3, 3])[0]
        channel = rng.choices(["web", "app", "phone"], [60, 34, 6])[0]
        advent = moment.month == 11
        weights = [w * 6 if advent and p[0] == "GI-CA" else w for p, w in zip(PRODUCTS, POPULARITY, strict=True)]
        basket = sorted({rng.choices(list(prices), weights)[0] for _ in range(rng.choice([1, 1, 2, 2, 3, 4]))})
        for line, product_id in enumerate(basket, start=1):
            cents = int(prices[product_id].replace(".", ""))
            if moment.date() >= PRICE_RISE and product_id.startswith("NB"):
                cents = cents * 21 // 20 // 10 * 10
            quantity = rng.choices([1, 2, 3, 5, 10], [70, 18, 7, 4, 1])[0]
            price = f"{cents // 100}.{cents % 100:02}"
            lines.append((order_id, line, customer_id, moment, product_id, quantity, price, status, channel))
    return lines


def write_csv(path: Path, header: str, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def products_json() -> str:
    """The products as a JSON array; prices keep their two decimals."""
    texts = []
    for *words, price, cost in PRODUCTS:
        keys = ("product_id", "name", "category")
        fields = [f'"{key}": {json.dumps(word)}' for key, word in zip(keys, words, strict=True)]
        texts.append("  {" + ", ".join([*fields, f'"price": {price}', f'"cost": {cost}']) + "}")
    return "[\n" + ",\n".join(texts) + "\n]\n"


def main() -> None:
    rng = random.Random(SEED)
    customers = make_customers(rng)
    lines = make_lines(rng, customers)
    write_csv(DATA / "customers.csv", "customer_id name email country signed_up_on", customers)
    (DATA / "products.json").write_text(products_json(), encoding="utf-8")
    for month in sorted({f"{line[3]:%Y-%m}" for line in lines}):
        folder = DATA / ("orders" if month < "2025" else "next")
        header = "order_id line customer_id ordered_at product_id quantity unit_price status channel"
        write_csv(folder / f"{month}.csv", header, (line for line in lines if f"{line[3]:%Y-%m}" == month))


if __name__ == "__main__":
    main()
