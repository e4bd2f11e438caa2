"""TPC-H and TPC-DS data, queries and answers, generated once into a cache folder as Parquet.

The generators are DuckDB extensions that PyPI carries for DuckDB 1.5.5 only; under another DuckDB the cache is only
read. `python -m tests.tpc.cache` fills it. ETLC_TPC_CACHE names the folder, the user's cache folder otherwise.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

LAYOUT = "v1"
GENERATORS_FOR = "1.5.5"
TABLES = "tables"
QUERIES = "queries.parquet"
ANSWERS = "answers.parquet"
DATASETS = (("tpch", 0.01), ("tpch", 0.1), ("tpcds", 0.1))


class Unavailable(Exception):
    """The data is not in the cache, and this interpreter can't generate it."""


@dataclass(frozen=True)
class Tpc:
    """One benchmark at one scale factor, as it lies in the cache."""

    name: str
    scale: float
    folder: Path

    @property
    def tables(self) -> dict[str, Path]:
        """The Parquet file of each table."""
        return {path.stem: path for path in sorted((self.folder / TABLES).glob("*.parquet"))}

    @property
    def queries(self) -> dict[int, str]:
        """The text of each query by its number."""
        return dict(self._read(QUERIES, "query_nr, query"))

    @property
    def answers(self) -> dict[int, str]:
        """The published answer to each query at this scale, as text with `|` between the fields; TPC-H has them."""
        return dict(self._read(ANSWERS, "query_nr, answer"))

    def _read(self, file: str, names: str) -> list[tuple[int, str]]:
        path = self.folder / file
        with duckdb.connect() as con:
            return con.execute(f"select {names} from read_parquet($1) order by query_nr", [str(path)]).fetchall()


def load(name: str, scale: float) -> Tpc:
    """The benchmark from the cache, into which it is generated first where that is possible and needed."""
    folder = cache_folder() / LAYOUT / f"{name}-{scale}"
    if not folder.exists():
        _generate(name, scale, folder)
    return Tpc(name, scale, folder)


def cache_folder() -> Path:
    """ETLC_TPC_CACHE, else etlc-tpc in the user's cache folder."""
    named = os.environ.get("ETLC_TPC_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]).resolve() / "etlc-tpc"
    return Path.home() / ".cache" / "etlc-tpc"


def _generate(name: str, scale: float, folder: Path) -> None:
    """Write everything beside the final folder, then rename: other processes see all of it or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(name, scale, temporary)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(name: str, scale: float, folder: Path) -> None:
    extensions = folder / "extensions"
    with duckdb.connect(config={"extension_directory": str(extensions)}) as con:
        _load_generator(con, name)
        con.execute(f"call {'dbgen' if name == 'tpch' else 'dsdgen'}(sf = {scale})")
        (folder / TABLES).mkdir()
        for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
            con.execute(f'copy "{table}" to $1 (format parquet)', [str(folder / TABLES / f"{table}.parquet")])
        con.execute(f"copy (from {name}_queries()) to $1 (format parquet)", [str(folder / QUERIES)])
        if name == "tpch":
            answers = f"from tpch_answers() where scale_factor = {scale}"
            con.execute(f"copy ({answers}) to $1 (format parquet)", [str(folder / ANSWERS)])
    shutil.rmtree(extensions)


def _load_generator(con: duckdb.DuckDBPyConnection, name: str) -> None:
    hint = (
        f"TPC data is not in {cache_folder()}; its generators need DuckDB {GENERATORS_FOR} (this is "
        f"{duckdb.__version__}) and the extra `tpc`: run `python -m tests.tpc.cache` there, or set ETLC_TPC_CACHE"
    )
    if duckdb.__version__ != GENERATORS_FOR:
        raise Unavailable(hint)
    try:
        from duckdb_extensions import import_extension  # only DuckDB 1.5's environment has it

        import_extension(name, con=con)
    except ImportError as error:
        raise Unavailable(hint) from error
    con.execute(f"load {name}")


def main() -> int:
    """Fill the cache, and say where it is."""
    try:
        for name, scale in DATASETS:
            print(load(name, scale).folder)
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
