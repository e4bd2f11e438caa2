"""Files that outputs are written to: the options of DuckDB's COPY for each format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """Apache Parquet, compressed with zstd."""

    FORMAT: ClassVar[str] = "parquet"
    ENDINGS: ClassVar[tuple[str, ...]] = (".parquet", ".pq")
    EXTENSION: ClassVar[str] = "parquet"

    def copy_options(self, path: str) -> str:
        """The options of COPY for a file of this path."""
        return "FORMAT parquet, COMPRESSION zstd"


@dataclass(frozen=True, slots=True)
class CsvFile:
    """CSV with a header; gzip where the path ends with .gz, tabs where it is a .tsv."""

    FORMAT: ClassVar[str] = "csv"
    ENDINGS: ClassVar[tuple[str, ...]] = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
    EXTENSION: ClassVar[str] = "csv"

    def copy_options(self, path: str) -> str:
        """The options of COPY for a file of this path."""
        tab = ", DELIMITER E'\\t'" if ".tsv" in path.lower() else ""
        return "FORMAT csv, HEADER true" + tab + _compression(path)


@dataclass(frozen=True, slots=True)
class JsonFile:
    """One JSON array of objects."""

    FORMAT: ClassVar[str] = "json"
    ENDINGS: ClassVar[tuple[str, ...]] = (".json", ".json.gz")
    EXTENSION: ClassVar[str] = "json"

    def copy_options(self, path: str) -> str:
        """The options of COPY for a file of this path."""
        return "FORMAT json, ARRAY true" + _compression(path)


@dataclass(frozen=True, slots=True)
class NdJsonFile:
    """A JSON object a line."""

    FORMAT: ClassVar[str] = "ndjson"
    ENDINGS: ClassVar[tuple[str, ...]] = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
    EXTENSION: ClassVar[str] = "ndjson"

    def copy_options(self, path: str) -> str:
        """The options of COPY for a file of this path."""
        return "FORMAT json, ARRAY false" + _compression(path)


def _compression(path: str) -> str:
    return ", COMPRESSION gzip" if path.lower().endswith(".gz") else ""
