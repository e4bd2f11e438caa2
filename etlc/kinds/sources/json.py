"""JSON files: arrays of objects, or an object a line. Keys are matched by name; a missing one is NULL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from etlc.kinds.sources.base import Scan, empty_scan, file_list, filename_column, kept, select, wanted_hive
from etlc.sql.quote import call, ident

_INFERENCE = frozenset(
    [
        "columns",
        "auto_detect",
        "sample_size",
        "maximum_depth",
        "maximum_sample_files",
        "convert_strings_to_integers",
        "union_by_name",
        "field_appearance_threshold",
        "map_inference_threshold",
        "filename",
        "hive_partitioning",
        "hive_types",
        "hive_types_autocast",
    ]
)


def _schema_query(paths: Sequence[str], options: Mapping[str, object], shape: str) -> str:
    given = {"union_by_name": True, "format": shape, **options}
    return f"DESCRIBE SELECT * FROM {call('read_json', file_list(paths), given)}"


def _scan(scan: Scan, shape: str) -> str:
    groups: dict[tuple[str, ...], list[str]] = {}
    for file in scan.files:
        groups.setdefault(wanted_hive(file.path, scan.options), []).append(file.real)
    parts = []
    for hive, paths in groups.items():
        elsewhere = {key.lower() for key in hive} | {filename_column(scan.options).lower()}
        own = [column for column in scan.columns if column.name.lower() not in elsewhere]
        options = {"format": shape, **kept(scan.options, _INFERENCE)}
        # read_json wants one column at least; nothing of it is selected.
        options["columns"] = {column.name: column.type for column in own} or {"_etlc_none": "JSON"}
        known = {column.name.lower(): ident(column.name) for column in own}
        parts.append(select("read_json", file_list(paths), options, scan, known, hive))
    return " UNION ALL ".join(parts) if parts else empty_scan(scan.columns, scan.by_file)


@dataclass(frozen=True, slots=True)
class Json:
    """JSON: an array of objects, or objects one after the other."""

    FORMAT: ClassVar[str] = "json"
    ENDINGS: ClassVar[tuple[str, ...]] = (".json", ".json.gz", ".json.zst")
    LANDED: ClassVar[bool] = True
    READER: ClassVar[str] = "read_json"

    def schema_query(self, paths: Sequence[str], options: Mapping[str, object]) -> str:
        """A DESCRIBE of what DuckDB infers over all the files."""
        return _schema_query(paths, options, "auto")

    def layout_query(self, path: str, options: Mapping[str, object]) -> str:
        """JSON has no header to ask."""
        return ""

    def pins(self, sniffed: Mapping[str, object], options: Mapping[str, object]) -> dict[str, object]:
        """Nothing is inferred about how to read JSON."""
        return {}

    def scan(self, scan: Scan) -> str:
        """A SELECT of the pinned columns over all files."""
        return _scan(scan, "auto")


@dataclass(frozen=True, slots=True)
class NdJson:
    """JSON, an object a line."""

    FORMAT: ClassVar[str] = "ndjson"
    ENDINGS: ClassVar[tuple[str, ...]] = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
    LANDED: ClassVar[bool] = True
    READER: ClassVar[str] = "read_json"

    def schema_query(self, paths: Sequence[str], options: Mapping[str, object]) -> str:
        """A DESCRIBE of what DuckDB infers over all the files."""
        return _schema_query(paths, options, "newline_delimited")

    def layout_query(self, path: str, options: Mapping[str, object]) -> str:
        """JSON has no header to ask."""
        return ""

    def pins(self, sniffed: Mapping[str, object], options: Mapping[str, object]) -> dict[str, object]:
        """Nothing is inferred about how to read JSON."""
        return {}

    def scan(self, scan: Scan) -> str:
        """A SELECT of the pinned columns over all files."""
        return _scan(scan, "newline_delimited")
