"""The files of random sources: written, changed, emptied, renamed, removed. What is drawn comes from the caller."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.oracle import Row, literal

TYPES = {"k": "INTEGER", "g": "VARCHAR", "x": "INTEGER", "d": "DOUBLE", "t": "DATE", "m": "DECIMAL(8,2)"}
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_BASE = 1_600_000_000_000_000_000
_DAY = dt.date(2024, 1, 1)

# What can happen to the files of a source, and how likely it is. QUIET: every file has the content that it had.
EVENTS = {
    "arrive": 8, "change": 3, "alter": 3, "truncate": 2, "empty": 1, "remove": 3, "rename": 1, "move": 1, "touch": 1,
    "same": 1, "copy": 2, "late": 2, "swap": 1, "split": 1, "all gone": 1, "many": 1, "lose": 1,
    "withdraw": 2,
}  # fmt: skip
QUIET = ("touch", "same")
ADDING = {"arrive": 3, "copy": 1, "late": 1}  # where nothing stands at a late file's place, rows only come
SPOILT = ("remove", "empty", "spoil")


@dataclass(frozen=True)
class Source:
    """A source: a folder of files of one kind; with ``hive`` the column g is in the names of its subfolders."""

    name: str
    kind: str
    hive: bool

    @property
    def paths(self) -> list[str]:
        """Its patterns."""
        return [f"data/{self.name}/{'*/' if self.hive else ''}*.{self.kind}", *([] if self.hive else [self.late])]

    @property
    def late(self) -> str:
        """The path of a file that stands elsewhere. Its name is its own pattern, as a class that only it fits."""
        return f"data/{self.name}_lat[e].{self.kind}"

    def declared(self) -> dict[str, Any]:
        """The source as the pipeline file has it."""
        header = {"options": {"header": True}} if self.kind == "csv" else {}
        return {"path": self.paths, "format": self.kind, **header, "columns": dict(TYPES)}


class Files:
    """The files below a project's folder ``data``. Every write has a time of its own."""

    def __init__(self, root: Path, con: duckdb.DuckDBPyConnection, most_rows: int) -> None:
        self.root, self._con, self._most, self._clock = root, con, most_rows, 0
        self._last: dict[str, Path] = {}  # the file of each source that was written last

    def of(self, source: Source) -> list[Path]:
        """The files of a source."""
        found = [path for path in (self.root / "data" / source.name).rglob(f"*.{source.kind}") if path.is_file()]
        late = self.root / source.late.replace("[e]", "e")
        return sorted([*found, *([late] if late.exists() else [])])

    def first(self, source: Source, r: random.Random) -> str:
        """The first file of a source: one with rows, from which etlc learns how such files are written."""
        rows = self._rows(r) or [self._row(r)]
        return f"arrive {self._shown(self._write(self._new(source, r, 'first'), source, rows, r))}"

    def event(self, what: str, source: Source, r: random.Random, tag: str) -> str:
        """Let one of EVENTS happen; ``tag`` makes the names of new files. Returns what happened, in words."""
        there = self.of(source)
        file = r.choice(there) if there else None
        if file is None or what == "arrive":
            return f"arrive {self._shown(self._write(self._new(source, r, tag), source, self._rows(r), r))}"
        if what == "lose":
            return f"lose {self._lose(r)} copies of old files"
        if what == "many":
            return "; ".join(self.event("arrive", source, r, f"{tag}{letter}") for letter in "abc")
        if what == "late":
            late = self.root / source.late.replace("[e]", "e") if not source.hive else self._new(source, r, f"0{tag}")
            return f"late {self._shown(self._write(late, source, self._rows(r), r))}"
        if what == "all gone":
            for one in there:
                one.unlink()
            return f"all files of {source.name} gone"
        self._to(what, file, source, r, tag, there)
        return f"{what} {self._shown(file)}"

    def _lose(self, r: random.Random) -> int:
        """Remove, empty or spoil some of the copies that etlc keeps; how many."""
        kept = sorted(path for path in (self.root / ".etlc" / "parts").rglob("*.parquet"))
        kept = r.sample(kept, min(len(kept), r.randint(1, 3)))
        for path in kept:
            spoilt = {"remove": None, "empty": b"", "spoil": path.read_bytes()[::-1]}[r.choice(SPOILT)]
            path.unlink() if spoilt is None else path.write_bytes(spoilt)
        return len(kept)

    def _to(self, what: str, file: Path, source: Source, r: random.Random, tag: str, there: list[Path]) -> None:
        if what == "change":
            self._write(file, source, self._rows(r), r)
        elif what == "alter":
            rows = [self._row(r) if r.random() < 0.4 else row for row in self.rows(file, source)]
            self._write(file, source, rows, r)
        elif what == "truncate":
            rows = self.rows(file, source)
            self._write(file, source, rows[: len(rows) // 2], r)
        elif what == "empty":
            self._write(file, source, [], r)
            if source.kind != "parquet" and r.random() < 0.5:
                file.write_bytes(b"")
                self._date(file, r)
        elif what == "remove":
            file.unlink()
        elif what == "withdraw":  # so that all is as it was before
            last = self._last.get(source.name, file)
            (last if last in there else file).unlink()
        elif what == "rename":
            file.rename(file.with_name(f"r{tag}{file.suffix}"))
        elif what == "move":
            target = self._new(source, r, f"v{tag}")
            target.parent.mkdir(parents=True, exist_ok=True)
            file.rename(target)
        elif what == "touch":
            self._date(file, r)
        elif what == "same":
            content = file.read_bytes()
            file.unlink()
            file.write_bytes(content)
            self._date(file, r)
        elif what == "copy":
            shutil.copyfile(file, file.with_name(f"c{tag}{file.suffix}"))
        elif what == "swap":
            self._swap(file, r.choice(there))
        elif what == "split":
            rows = self.rows(file, source)
            self._write(file, source, rows[::2], r)
            self._write(file.with_name(f"s{tag}{file.suffix}"), source, rows[1::2], r)
        else:
            raise ValueError(what)

    def _swap(self, one: Path, other: Path) -> None:
        if one != other:
            aside = one.with_name("aside")
            one.rename(aside)
            other.rename(one)
            aside.rename(other)

    def _new(self, source: Source, r: random.Random, tag: str) -> Path:
        folder = self.root / "data" / source.name
        if source.hive:
            folder /= f"g={r.choice(['a', 'b', 'c', NO_PARTITION])}"
        return folder / f"{tag}.{source.kind}"

    def _rows(self, r: random.Random) -> list[Row]:
        """Random rows, a quarter of them twice."""
        rows: list[Row] = []
        for _ in range(r.randint(0, self._most)):
            rows.append(r.choice(rows) if rows and r.random() < 0.25 else self._row(r))
        return rows

    def _row(self, r: random.Random) -> Row:
        return (
            r.choice([None, 0, 1, 2, 3, 4]),
            r.choice([None, "a", "a", "b", "c", "ü"]),
            r.choice([None, r.randint(-3, 12), r.randint(-3, 12)]),
            r.choice([None, r.randint(-8, 16) / 4, r.randint(-8, 16) / 4]),
            r.choice([None, _DAY + dt.timedelta(r.randint(0, 7)), _DAY + dt.timedelta(r.randint(0, 7))]),
            r.choice([None, f"{r.randint(-2, 9)}.{r.choice(['00', '50', '07'])}"]),
        )

    def _write(self, file: Path, source: Source, rows: list[Row], r: random.Random) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        names = [name for name in TYPES if not (source.hive and name == "g")]
        index = {name: number for number, name in enumerate(TYPES)}
        if r.random() < 0.3:
            r.shuffle(names)
        there, written = file, file.with_name("written")
        if file.exists() and self._clock % 2:  # in place: every link to the file shows what is written
            file = written
        else:
            file.unlink(missing_ok=True)
        if source.kind == "csv":
            lines = [",".join("" if row[index[n]] is None else str(row[index[n]]) for n in names) for row in rows]
            file.write_text("\n".join([",".join(names), *lines]) + "\n", encoding="utf-8")
        elif source.kind == "ndjson":
            said = [
                {n: row[index[n]] for n in names if number == 0 or row[index[n]] is not None or r.random() < 0.5}
                for number, row in enumerate(rows)
            ]
            file.write_text("".join(json.dumps(one, default=str) + "\n" for one in said), encoding="utf-8")
        else:
            values = ", ".join(f"({', '.join(_value(row[index[n]], n) for n in names)})" for row in rows)
            nothing = f"({', '.join(f'null::{TYPES[n]}' for n in names)})"
            made = f"from (values {values or nothing}) as v({', '.join(names)}){'' if rows else ' limit 0'}"
            self._con.execute(f"copy (select * {made}) to {literal(file)} (format parquet)")
        if file is written:
            there.write_bytes(written.read_bytes())
            written.unlink()
        self._date(there, r)
        self._last[source.name] = there
        return there

    def rows(self, file: Path, source: Source) -> list[Row]:
        """The rows of a file, read by plain DuckDB."""
        return self._con.execute(f"select {', '.join(TYPES)} from ({scan(file, source)})").fetchall()

    def _date(self, file: Path, r: random.Random) -> None:
        """A time that the file has not had: long ago, so that it can be trusted, or just now."""
        self._clock += 1
        if r.random() < 0.7:
            moment = _BASE + self._clock * 10**9
            os.utime(file, ns=(moment, moment))

    def _shown(self, file: Path) -> str:
        return file.relative_to(self.root).as_posix()


def _value(value: object, name: str) -> str:
    return f"null::{TYPES[name]}" if value is None else f"{literal(value)}::{TYPES[name]}"


def scan(file: Path, source: Source) -> str:
    """A SELECT of a file's rows by plain DuckDB, with explicit types."""
    own = [name for name in TYPES if not (source.hive and name == "g")]
    folder = file.parent.name.removeprefix("g=")
    place = "null::varchar" if folder == NO_PARTITION else f"{literal(folder)}::varchar"
    if not file.stat().st_size:
        listed = [f"null::{TYPES[name]} as {name}" for name in TYPES]
        return f"select {', '.join(listed)} limit 0"
    if source.kind == "csv":
        header = file.read_text(encoding="utf-8").partition("\n")[0].split(",")
        given = ", ".join(f"{literal(name)}: {literal(TYPES[name])}" for name in header)
        table = f"read_csv({literal(file)}, auto_detect = false, header = true, delim = ',', columns = {{{given}}}, hive_partitioning = false)"
    elif source.kind == "ndjson":
        given = ", ".join(f"{literal(name)}: {literal(TYPES[name])}" for name in own)
        table = f"read_json({literal(file)}, format = 'newline_delimited', columns = {{{given}}}, hive_partitioning = false)"
    else:
        table = f"read_parquet({literal(file)}, hive_partitioning = false)"
    listed = [f"{place} as g" if source.hive and name == "g" else f"{name}::{TYPES[name]} as {name}" for name in TYPES]
    return f"select {', '.join(listed)} from {table}"


def view(files: list[Path], source: Source) -> str:
    """A SELECT of all rows of a source by plain DuckDB."""
    if not files:
        return f"select {', '.join(f'null::{kind} as {name}' for name, kind in TYPES.items())} limit 0"
    return " union all ".join(f"({scan(file, source)})" for file in files)
