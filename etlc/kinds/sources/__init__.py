"""The kinds of file sources. The tuple is the registry: a new kind is one class and one entry here."""

from __future__ import annotations

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
    "hive_keys",
    "source_kind",
    "wanted_hive",
]
