"""The kinds of file sources. The tuple is the registry: a new kind is one class and one entry here."""

from __future__ import annotations

from difflib import get_close_matches

from etlc.kinds.addresses import on_server
from etlc.kinds.sources.base import (
    FILE_COLUMN,
    Scan,
    ScanColumn,
    ScanFile,
    escaped,
    file_list,
    filename_column,
    hive_keys,
    wanted_hive,
)
from etlc.kinds.sources.csv import Csv
from etlc.kinds.sources.json import Json, NdJson
from etlc.kinds.sources.parquet import Parquet

SourceKind = Csv | Parquet | Json | NdJson
SOURCE_KINDS: tuple[SourceKind, ...] = (Csv(), Parquet(), Json(), NdJson())
FORMATS = tuple(kind.FORMAT for kind in SOURCE_KINDS)


def source_kind(format: str | None, paths: tuple[str, ...]) -> SourceKind | None:
    """The kind by its name, or by the ending of the first path that has a known one; None where there is none."""
    if format is not None:
        return next((kind for kind in SOURCE_KINDS if format.lower() == kind.FORMAT), None)
    for path in paths:
        plain = path.partition("?")[0] if on_server(path) else path
        for kind in SOURCE_KINDS:
            if plain.lower().endswith(kind.ENDINGS):
                return kind
    return None


_FOREIGN = (
    ".sqlite", ".sqlite3", ".db", ".duckdb", ".arrow", ".feather", ".avro", ".orc", ".xlsx", ".xls", ".ods", ".xml",
    ".sav", ".dta", ".sas7bdat", ".pkl", ".pickle", ".h5", ".hdf5",
)  # fmt: skip


def format_help(format: str | None, paths: tuple[str, ...]) -> str:
    """What to do about a source whose format is not known."""
    close = get_close_matches((format or "").lower(), FORMATS, 1)
    if close:
        return f"Did you mean `format: {close[0]}`?"
    if format or any(path.lower().endswith(_FOREIGN) for path in paths):
        return "etlc reads csv, parquet, json and ndjson. Export it first, e.g. with DuckDB: COPY ... TO 'x.parquet'."
    return "Say `format: csv`, `parquet`, `json` or `ndjson`."


__all__ = [
    "FILE_COLUMN",
    "FORMATS",
    "SOURCE_KINDS",
    "Csv",
    "Json",
    "NdJson",
    "Parquet",
    "Scan",
    "ScanColumn",
    "ScanFile",
    "SourceKind",
    "escaped",
    "file_list",
    "filename_column",
    "format_help",
    "hive_keys",
    "source_kind",
    "wanted_hive",
]
