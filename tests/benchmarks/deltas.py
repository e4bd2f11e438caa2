"""What a delta costs in five kinds of models, beside a full refresh and beside incremental SQL written by hand.

    python tests/benchmarks/deltas.py [--csv] [--rounds 3] [--rows 2000000] [--no-opt NAME] [--only CASE] [--idle]

Two million rows in twenty Parquet files (``--csv``: CSV, whose rows etlc lands, and so does the hand-written script
where it needs what was there), 200,000 keys; 0.1 %, 1 % and 10 % more come as one more file. Wall times of whole processes,
medians: ``etlc run``, a full refresh, and a plain DuckDB script in a database of its own; *net* is minus a process that
finds nothing to do. All three must end with the same rows. ``--idle`` only measures a run with nothing to do on
1,000 models and 10,000 source files.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks import thousand  # noqa: E402
from tests.benchmarks.arrivals import etlc, known  # noqa: E402
from tests.cli import write_project  # noqa: E402
from tests.oracle import assert_same_rows, literal  # noqa: E402

KEYS, FILES, BOUND = 200_000, 20, 0.6
COLUMNS = {
    "fact": "{id: BIGINT, k: INTEGER, g: INTEGER, x: INTEGER, ts: BIGINT}",
    "dim": "{k: INTEGER, region: VARCHAR}",
}
# Rows from the number {low} up to {high}.
FACT = (
    "select i as id, (hash(i) % {keys})::integer as k, (hash(i, 1) % 1000)::integer as g,"
    " (hash(i, 2) % 2001)::integer - 1000 as x, (hash(i, 3) % 1000000)::bigint as ts from range({low}, {high}) as r(i)"
)
DIM = "select i::integer as k, 'region ' || (hash(i, 4) % 50) as region from range({low}, {high}) as r(i)"


@dataclass(frozen=True)
class Case:
    """A model, which source grows, and what a competent hand writes to keep its table ``v`` up.

    The statements run in one transaction; they read ``fact``, ``dim`` and, of the source that grows, ``fresh``.
    ``history``: they read the fact's old rows, so that these are landed where it is CSV.
    """

    sql: str
    grows: str
    by_hand: str
    history: bool = False


_KEYED = (
    "create temp table touched as select distinct k from fresh;"
    "create temp table nw as {query};"
    "delete from v using touched where v.k is not distinct from touched.k; insert into v from nw;"
)
_LATEST = "select k, id, g, x, ts from {rows} qualify row_number() over (partition by k order by ts desc, id desc) = 1"
_MEDIAN = "select k, median(x) as middle, count(distinct g) as kinds from {rows} group by k"
_LEFT = "select f.id, f.k, f.x, c.region, coalesce(c.region, '?') as shown from {rows} as f left join {dim} as c on f.k = c.k"
_SOME = "(select * from fact where k in (select k from touched))"

CASES = {
    "append with join": Case(
        "select f.id, f.k, f.x * 2 as y, c.region from fact as f join dim as c on f.k = c.k where f.x > 0", "fact",
        "insert into v select f.id, f.k, f.x * 2 as y, c.region from fresh as f join dim as c on f.k = c.k where f.x > 0;",
    ),
    "merge of 200,000 groups": Case(
        "select k, sum(x) as total, count(*) as n, min(x) as low, max(x) as high from fact group by k", "fact",
        "create temp table d as select k, sum(x) as total, count(*) as n, min(x) as low, max(x) as high from fresh group by k;"
        "create temp table nw as select d.k, coalesce(v.total, 0) + d.total, coalesce(v.n, 0) + d.n, least(v.low, d.low),"
        " greatest(v.high, d.high) from d left join v on v.k is not distinct from d.k;"
        "delete from v using d where v.k is not distinct from d.k; insert into v from nw;",
    ),
    "latest per key": Case(
        _LATEST.format(rows="fact"), "fact",
        _KEYED.format(query=_LATEST.format(
            rows="(select * from v where k in (select k from touched) union all by name select * from fresh)"
        )),
    ),
    "median by key": Case(
        _MEDIAN.format(rows="fact"), "fact", _KEYED.format(query=_MEDIAN.format(rows=_SOME)), history=True
    ),
    "left join, right changed": Case(
        _LEFT.format(rows="fact", dim="dim"), "dim", _KEYED.format(query=_LEFT.format(rows=_SOME, dim="dim")), history=True
    ),
}  # fmt: skip

SCRIPT = "import duckdb, sys\ncon = duckdb.connect(sys.argv[1])\ncon.execute(sys.argv[2])\ncon.close()\n"


@dataclass(frozen=True)
class Bench:
    """A case on disk: the project before the delta, and the hand's database beside it."""

    case: Case
    folder: Path
    kind: str
    rows: int
    switches: tuple[str, ...]

    def prepare(self) -> None:
        """Files, the project's first run, and the hand's table."""
        grown = self.case.grows == "dim"  # then a fifth of the keys may still come
        self._files("fact", FACT, self.rows, FILES)
        self._files("dim", DIM, KEYS * 4 // 5 if grown else KEYS, 1)
        form = f"format: {self.kind}" + (", options: {header: true}" if self.kind == "csv" else "")
        sources = "".join(
            f"  {name}: {{path: data/{name}/*.{self.kind}, {form}, columns: {columns}}}\n"
            for name, columns in COLUMNS.items()
        )
        spec = f"pipeline: p\nsources:\n{sources}models:\n  v:\n    sql: {self.case.sql}\n"
        write_project(self.folder, {"project": "deltas"}, {"pipelines/p.yaml": spec})
        etlc(self.folder, "run", *self.switches)
        etlc(self.folder, "run", *self.switches)
        landed = "create table fact as from " + self.reader("fact") + ";" if self.lands else ""
        self._script(
            self.folder / "hand.duckdb", f"{landed}{self._views()}create table v as {self.case.sql};checkpoint;"
        )

    @property
    def lands(self) -> bool:
        """Whether the hand keeps the fact's rows."""
        return self.kind == "csv" and self.case.history

    def _files(self, name: str, text: str, rows: int, count: int) -> None:
        for number in range(count):
            self.file(name, f"{number:02d}", text, rows * number // count, rows * (number + 1) // count)

    def file(self, name: str, stem: str, text: str, low: int, high: int) -> Path:
        """Write a file of a source."""
        target = self.folder / "data" / name / f"{stem}.{self.kind}"
        target.parent.mkdir(parents=True, exist_ok=True)
        form = "format csv, header" if self.kind == "csv" else "format parquet"
        duckdb.execute(f"copy ({text.format(low=low, high=high, keys=KEYS)}) to {literal(target)} ({form})")
        return target

    def reader(self, name: str, stem: str = "*") -> str:
        """A table function over the files of a source."""
        path = literal(self.folder / "data" / name / f"{stem}.{self.kind}")
        columns = COLUMNS[name].replace("{", "{'").replace(": ", "': '").replace(", ", "', '").replace("}", "'}")
        return (
            f"read_csv({path}, header = true, columns = {columns})" if self.kind == "csv" else f"read_parquet({path})"
        )

    def _views(self) -> str:
        names = ["dim"] if self.lands else ["fact", "dim"]
        return "".join(f"create temp view {name} as from {self.reader(name)};" for name in names)

    def _script(self, database: Path, sql: str) -> float:
        return thousand.seconds([sys.executable, "-c", SCRIPT, str(database), sql], self.folder)

    def by_hand(self, database: Path) -> float:
        """The hand's script on the delta."""
        fresh = f"create temp view fresh as from {self.reader(self.case.grows, 'fresh')};"
        kept = "insert into fact from fresh;" if self.lands and self.case.grows == "fact" else ""
        return self._script(database, f"{self._views()}{fresh}begin;{kept}{self.case.by_hand}commit;")

    def measure(self, share: float, rounds: int) -> dict[str, float]:
        """Medians for a delta of this share, in turns; all tables are equal at the end."""
        if self.case.grows == "fact":
            fresh = self.file("fact", "fresh", FACT, self.rows, self.rows + round(self.rows * share))
        else:
            fresh = self.file("dim", "fresh", DIM, KEYS * 4 // 5, KEYS * 4 // 5 + round(KEYS * share))
        warehouse, hand = self.folder / "warehouse.duckdb", self.folder / "hand.duckdb"
        kept = {path: path.with_suffix(".kept") for path in (warehouse, hand)}
        aside = fresh.with_suffix(".aside")
        for path, copy in kept.items():
            shutil.copyfile(path, copy)
        taken: dict[str, list[float]] = {name: [] for name in ("etlc", "idle", "hand", "hand idle", "full")}
        for _ in range(rounds):
            for path, copy in kept.items():
                shutil.copyfile(copy, path)
            fresh.rename(aside)
            taken["idle"].append(etlc(self.folder, "run", *self.switches)[0])
            aside.rename(fresh)
            taken["etlc"].append(etlc(self.folder, "run", *self.switches)[0])
            taken["hand idle"].append(self._script(hand, "select count(*) from v"))
            taken["hand"].append(self.by_hand(hand))
            self._equal(warehouse, hand)
            shutil.copyfile(kept[warehouse], warehouse)
            taken["full"].append(etlc(self.folder, "run", "--full-refresh", *self.switches)[0])
            self._equal(warehouse, hand)
        for path, copy in kept.items():
            shutil.move(copy, path)
        fresh.unlink()
        return {name: statistics.median(times) for name, times in taken.items()}

    def _equal(self, warehouse: Path, hand: Path) -> None:
        with duckdb.connect() as con:
            con.execute(f"attach {literal(warehouse)} as one (read_only); attach {literal(hand)} as two (read_only)")
            assert assert_same_rows(con, "from one.main.v", "from two.main.v", what=self.case.sql, schema=False)


def strategy(bench: Bench) -> str:
    """What the plan says of the model with a delta of 1 %."""
    text, low, step = (
        (FACT, bench.rows, bench.rows // 100) if bench.case.grows == "fact" else (DIM, KEYS * 4 // 5, KEYS // 100)
    )
    fresh = bench.file(bench.case.grows, "fresh", text, low, low + step)
    step_of = etlc(bench.folder, "plan", *bench.switches)[1]["steps"][0]
    fresh.unlink()
    return f"{step_of['action']}/{step_of['strategy']}: {step_of['reason']}"


def cases(work: Path, given: argparse.Namespace) -> None:
    """Measure the cases, and print a line for each delta."""
    kind = "csv" if given.csv else "parquet"
    print(
        f"{given.rows:,} rows in {FILES} files ({kind}), DuckDB {duckdb.__version__}; seconds of whole processes, medians of {given.rounds}"
    )
    print("case                      delta    etlc    full    hand  etlc/full  etlc/hand  net/net   idle")
    for name, case in CASES.items():
        if given.only and given.only not in name:
            continue
        folder = work / name.replace(" ", "_").replace(",", "")
        folder.mkdir()
        write_project(folder, {"project": "deltas"}, {"pipelines/p.yaml": "pipeline: p\n"})
        bench = Bench(case, folder, kind, given.rows, tuple(known(folder, given.no_opt)))
        bench.prepare()
        print(f"{name}: {strategy(bench)}")
        for share in (0.001, 0.01, 0.1):
            t = bench.measure(share, given.rounds)
            net = (t["etlc"] - t["idle"]) / max(t["hand"] - t["hand idle"], 0.01)
            print(
                f"  {name:22s} {share:6.1%} {t['etlc']:7.2f} {t['full']:7.2f} {t['hand']:7.2f} {t['etlc'] / t['full']:10.2f}"
                f" {t['etlc'] / t['hand']:10.2f} {net:8.2f} {t['idle']:6.2f}",
                flush=True,
            )
        shutil.rmtree(folder)


def idle(work: Path, rounds: int) -> None:
    """A run that finds nothing to do, on 1,000 models and 10,000 source files."""
    folder = work / "thousand"
    files = thousand.project(1000)
    sources = [f"raw_{n:03d}" for n in range(50)]
    header = ",".join(thousand.COLUMNS)
    for source in sources:
        for number in range(10_000 // len(sources)):
            files[f"data/{source}/{number:03d}.csv"] = (
                f"{header}\n{number},{number % 7},2024-01-05,1.50,{number % 5},web,open,x\n"
            )
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    first = etlc(folder, "run")[0]
    time.sleep(3)  # by then the times of the files can be trusted
    etlc(folder, "run")
    command = [sys.executable, "-m", "etlc", "run", "-q"]
    taken = [thousand.seconds(command, folder) for _ in range(rounds)]
    middle = statistics.median(taken)
    print(
        f"1,000 models, 10,000 files: first run {first:.1f} s; nothing to do {middle:.2f} s (at most {BOUND} s: {'holds' if middle <= BOUND else 'missed'})"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--no-opt", action="append", default=[], metavar="NAME")
    parser.add_argument("--only", default="", metavar="CASE", help="cases whose name holds this")
    parser.add_argument("--idle", action="store_true", help="only the run with nothing to do")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if not given.idle:
            cases(Path(name), given)
        if given.idle or not given.only:
            idle(Path(name), max(5, given.rounds))


if __name__ == "__main__":
    # A fresh interpreter that writes bytecode would be measured with it: see figures.py.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "etlc")], check=False)
    main()
