"""Makes the eight tables of TPC-H as Parquet files in data/.

    pip install 'etlc[tpc]'          # DuckDB 1.5.5 and its TPC-H generator, from PyPI
    python make_data.py              # scale factor 0.1: 866,602 rows, about 21 MB
    python make_data.py --sf 1       # ten times as much

The generator gives the same rows at every run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"
TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the eight tables of TPC-H as Parquet files in data/.")
    parser.add_argument("--sf", type=float, default=0.1, help="scale factor; 1 is about a gigabyte of text")
    arguments = parser.parse_args()
    try:
        import duckdb
        from duckdb_extensions import import_extension

        import_extension("tpch")
        connection = duckdb.connect()
        connection.execute("load tpch")
    except Exception as error:  # no package, no wheel for this DuckDB, or one that does not load
        print(f"No TPC-H generator here ({error}).\nInstall it: pip install 'etlc[tpc]'", file=sys.stderr)
        return 1
    connection.execute(f"call dbgen(sf={arguments.sf})")
    DATA.mkdir(exist_ok=True)
    for table in TABLES:
        path = DATA / f"{table}.parquet"
        unfinished = path.with_suffix(".unfinished")
        connection.table(table).write_parquet(str(unfinished), compression="zstd")
        unfinished.replace(path)
        print(f"{table:9}{connection.table(table).shape[0]:>12,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
