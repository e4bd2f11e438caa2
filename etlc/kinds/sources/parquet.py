"""Parquet files: read where they lie, columns matched by name, cast to the pinned type where the file has another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from etlc.kinds.sources.base import Scan, empty_scan, file_list, kept, select, wanted_hive
from etlc.sql.quote import call, ident

_INFERENCE = frozenset(
    ["union_by_name", "filename", "hive_partitioning", "hive_types", "hive_types_autocast", "schema"]
)


@dataclass(frozen=True, slots=True)
class Parquet:
    """Apache Parquet."""

    FORMAT: ClassVar[str] = "parquet"
    ENDINGS: ClassVar[tuple[str, ...]] = (".parquet", ".pq")
    LANDED: ClassVar[bool] = False
    READER: ClassVar[str] = "read_parquet"

    def schema_query(self, paths: Sequence[str], options: Mapping[str, object]) -> str:
        """A DESCRIBE of all the files together."""
        given = {"union_by_name": True, **options}
        return f"DESCRIBE SELECT * FROM {call('read_parquet', file_list(paths), given)}"

    def layout_query(self, path: str, options: Mapping[str, object]) -> str:
        """A DESCRIBE of one file, from its footer."""
        given = {**kept(options, _INFERENCE), "hive_partitioning": False}
        return f"DESCRIBE SELECT * FROM {call('read_parquet', file_list([path]), given)}"

    def pins(self, sniffed: Mapping[str, object], options: Mapping[str, object]) -> dict[str, object]:
        """Nothing is inferred about how to read Parquet."""
        return {}

    def scan(self, scan: Scan) -> str:
        """A SELECT of the pinned columns over all files, one read_parquet for each layout."""
        groups: dict[tuple[tuple[tuple[str, str], ...], tuple[str, ...]], list[str]] = {}
        for file in scan.files:
            groups.setdefault((file.layout, wanted_hive(file.path, scan.options)), []).append(file.real)
        types = {column.name.lower(): column.type for column in scan.columns}
        parts = []
        for (layout, hive), paths in groups.items():
            known = {name.lower(): _cast(name, have, types.get(name.lower(), have)) for name, have in layout}
            parts.append(select("read_parquet", file_list(paths), kept(scan.options, _INFERENCE), scan, known, hive))
        return " UNION ALL ".join(parts) if parts else empty_scan(scan.columns, scan.by_file)


def _cast(name: str, have: str, want: str) -> str:
    return ident(name) if have == want else f"CAST({ident(name)} AS {want})"
