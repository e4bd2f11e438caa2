"""A small project that changes at random: its texts, its files, its switches. Every change is drawn from a seed."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

SOURCES = """
sources:
  orders:
    path: [data/orders/*.csv, "data/late.csv"]
    columns: {amount: "DECIMAL(12,2)"}
    checks: [{not_null: [id]}, {relationships: {column: cust, to: people.cust}, severity: warn}]
  people: {path: "data/people/*/*.csv", columns: {region: VARCHAR, cust: BIGINT, name: VARCHAR}}
  visits: {path: "data/visits/*.parquet"}
  events: {path: "data/events/*.ndjson", columns: {cust: BIGINT, kind: VARCHAR, tags: "VARCHAR[]"}}
  regions: {rows: [{region: n, label: North}, {region: s, label: South}]}
"""

# Each model: the models that it reads, and the texts that it may have.
TEXTS: dict[str, list[str]] = {
    "stg": [
        "select id, cust, day, amount from orders where amount >= $low",
        "select id, cust, day, amount * 2 as amount from orders where amount >= $low",
        "select distinct id, cust, day, amount from orders",
    ],
    "who": [
        "select cust, name, region from people",
        "select p.cust, p.name, coalesce(r.label, p.region) as region from people p left join regions r using (region)",
    ],
    "by_day": [
        "select day, sum(amount) as total, count(*) as n from {stg} group by day",
        "select day, max(amount) as total, count(*) as n from {stg} group by all",
    ],
    "by_cust": [
        "with t as (select cust, sum(amount) as total from {stg} group by cust)"
        " select w.cust, w.name, w.region, t.total from {who} w left join t using (cust)",
        "select w.cust, w.name, w.region, (select max(amount) from {stg} s where s.cust = w.cust) as total from {who} w",
    ],
    "seen": [
        "select cust, sum(pages) as pages, min(seen_on) as first from visits group by cust",
        "select cust, sum(pages) as pages, max(seen_on) as first from visits group by cust",
    ],
    "acts": [
        "select kind, tag, count(*) as n from (select kind, unnest(tags) as tag from events) group by all",
        "select kind, count(distinct cust) as n from events group by all",
    ],
    "wide": [
        "select c.*, s.pages, row_number() over (partition by c.region order by c.cust, c.name, c.total) as place"
        " from {by_cust} c left join {seen} s using (cust)",
        "select * from {by_cust} natural left join {seen}",
    ],
    "top": [
        "select region, count(*) as n, sum(pages) as pages from {wide} group by region",
        "select region, count(*) as n, sum(pages) filter (pages > 2) as pages from {wide} group by region",
    ],
    "days": ["select day, total from {by_day} union all select null, (select count(*) from events)"],
}
OUTPUTS = {"by_day": "out/by_day.csv", "wide": "out/wide", "acts": "out/acts.ndjson", "top": "out/top.parquet"}
BASE = 1_600_000_000_000_000_000


@dataclass
class Model:
    """One model as it is written at the moment."""

    text: int = 0
    remark: int = 0
    materialize: str = ""
    publish: str = ""
    checked: bool = False


@dataclass
class World:
    """The project. ``names`` are what the models are called now; ``clock`` makes every written file newer."""

    path: Path
    random: random.Random
    models: dict[str, Model] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    low: int = 0
    limit: int = 1000
    clock: int = 0

    def begin(self) -> None:
        """The first texts and files."""
        for name in TEXTS:
            self.names[name] = name
            if name not in ("days", "acts"):
                self.models[name] = Model()
        self.outputs = {"by_day", "wide"}
        for folder in ("orders", "people", "visits", "events"):
            for _ in range(2):
                self.new_file(folder)
        self.write()

    # -- texts

    def write(self) -> None:
        """Write the texts."""
        lines = ["pipeline: p", SOURCES, "models:"]
        for key, model in self.models.items():
            said = f"/* {model.remark} */\n      " if model.remark else ""
            sql = TEXTS[key][model.text % len(TEXTS[key])].format(**self.names)
            lines.append(f"  {self.names[key]}:\n    sql: |\n      {said}{sql}")
            lines += [f"    materialize: {model.materialize}"] if model.materialize else []
            lines += [f"    publish: {model.publish}"] if model.publish else []
            lines += [f"    checks: [{{row_count: {{max: {self.limit}}}}}]"] if model.checked else []
        lines.append("outputs:")
        for key in sorted(self.outputs & self.models.keys()):
            parted = ", partition_by: [region], format: parquet" if key == "wide" else ""
            lines.append(f"  o_{key}: {{model: {self.names[key]}, path: {OUTPUTS[key]}{parted}}}")
        (self.path / "pipelines").mkdir(parents=True, exist_ok=True)
        text = "\n".join(lines).removesuffix("outputs:") + "\n"
        (self.path / "pipelines/p.yaml").write_text(text)
        (self.path / "etlc.yaml").write_text(f"project: trial\nparams: {{low: {self.low}}}\n")

    def readers(self, key: str) -> bool:
        """Whether a model that stands reads this one."""
        return any(f"{{{key}}}" in text for other in self.models for text in TEXTS[other])

    def edit(self) -> str:
        """Change one thing in the texts."""
        key = self.random.choice(list(self.models))
        model = self.models[key]
        what = self.random.choice(
            (
                "text",
                "text",
                "remark",
                "materialize",
                "publish",
                "checked",
                "param",
                "remove",
                "add",
                "rename",
                "output",
            )
        )
        if what == "text":
            model.text += 1
        elif what == "remark":
            model.remark += 1
        elif what == "materialize":
            model.materialize = self.random.choice(("", "table", "view"))
        elif what == "publish":
            model.publish = self.random.choice(("", "true", "false"))
        elif what == "checked":
            model.checked = not model.checked
        elif what == "param":
            self.low = self.random.choice((0, 3, 5))
        elif what == "rename":
            old = self.names[key]
            self.names[key] = self.random.choice((key, f"{key}_2", key.upper()))
            what += f" {old} to {self.names[key]}"
        elif what == "output":
            self.outputs ^= {self.random.choice(list(OUTPUTS))}
        elif what == "remove" and not self.readers(key):
            del self.models[key]
        else:
            missing = [k for k in TEXTS if k not in self.models and all(n in self.models for n in _needs(k))]
            if missing:
                key = self.random.choice(missing)
                self.models[key] = Model()
        self.write()
        return f"{what} of {key}"

    # -- files

    def new_file(self, folder: str) -> str:
        """A new file of a source."""
        self.clock += 1
        name = {
            "orders": f"data/orders/{self.clock}.csv",
            "people": f"data/people/region={self.random.choice('nsw')}/{self.clock}.csv",
            "visits": f"data/visits/{self.clock}.parquet",
            "events": f"data/events/{self.clock}.ndjson",
        }[folder]
        self.fill(self.path / name)
        return name

    def fill(self, file: Path) -> None:
        """Write a file anew, with other rows."""
        file.parent.mkdir(parents=True, exist_ok=True)
        r = self.random
        count = r.randint(1, 6)
        if "orders" in file.parts or file.name == "late.csv":
            names = ["id", "cust", "day", "amount"]
            if r.random() < 0.3:
                r.shuffle(names)
            lines = [",".join(names)]
            for _ in range(count):
                row = {
                    "id": r.randint(1, 50), "cust": r.randint(1, 6), "day": f"2024-01-0{r.randint(1, 4)}",
                    "amount": r.choice(["", f"{r.randint(1, 9)}.{r.randint(10, 99)}"]),
                }  # fmt: skip
                lines.append(",".join(str(row[name]) for name in names))
            file.write_text("\n".join(lines) + "\n")
        elif "people" in file.parts:
            text = "".join(f"{r.randint(1, 6)},n{r.randint(1, 9)}\n" for _ in range(count))
            file.write_text("cust,name\n" + text)
        elif "events" in file.parts:
            rows = [
                {"cust": r.randint(1, 6), "kind": r.choice("ab"), "tags": r.choice([["x"], ["x", "y"], []])}
                for _ in range(count)
            ]
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        else:
            values = ", ".join(
                f"({r.randint(1, 6)}, {r.randint(1, 9)}, DATE '2024-02-0{r.randint(1, 9)}')" for _ in range(count)
            )
            file.unlink(missing_ok=True)
            duckdb.connect().execute(
                f"COPY (SELECT * FROM (VALUES {values}) t(cust, pages, seen_on)) TO '{file}' (FORMAT parquet)"
            )
        self.date(file)

    def date(self, file: Path) -> None:
        """Give a file a time of its own, some old enough to be trusted, some of this moment."""
        self.clock += 1
        if self.random.random() < 0.7:
            os.utime(file, ns=(BASE + self.clock * 10**9, BASE + self.clock * 10**9))

    def files(self) -> list[Path]:
        """All files of sources."""
        return sorted(file for file in (self.path / "data").rglob("*") if file.is_file())

    def arrive(self) -> str:
        """Change one thing among the files."""
        what = self.random.choice(("new", "new", "change", "remove", "rename", "empty", "touch", "late", "swap"))
        files = self.files()
        file = self.random.choice(files)
        if what == "new" or len(files) < 3:
            return self.new_file(self.random.choice(("orders", "people", "visits", "events")))
        if what == "change":
            self.fill(file)
        elif what == "remove":
            file.unlink()
        elif what == "rename":
            self.clock += 1
            file.rename(file.with_name(f"r{self.clock}{file.suffix}"))
        elif what == "empty" and file.suffix == ".csv":
            file.write_text(self.random.choice(("", file.read_text().split("\n")[0] + "\n")))
            self.date(file)
        elif what == "touch":
            self.clock += 1
            os.utime(file, ns=(BASE + self.clock * 10**9, BASE + self.clock * 10**9))
        elif what == "late":
            self.fill(self.path / "data/late.csv")
        elif what == "swap":
            same = [
                other for other in files if other.parent.parent == file.parent.parent and other.suffix == file.suffix
            ]
            other = self.random.choice(same)
            if other != file:
                aside = file.with_name("aside")
                file.rename(aside)
                other.rename(file)
                aside.rename(other)
        return f"{what} {file.relative_to(self.path)}"


def _needs(key: str) -> list[str]:
    return [other for other in TEXTS if any(f"{{{other}}}" in text for text in TEXTS[key])]
