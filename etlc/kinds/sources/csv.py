"""CSV files: dialect pinned, columns matched by name through each file's own header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from etlc.kinds.sources.base import Scan, empty_scan, file_list, kept, select, wanted_hive
from etlc.sql.quote import call, ident

_INFERENCE = frozenset(
    [
        "types",
        "dtypes",
        "column_types",
        "columns",
        "names",
        "column_names",
        "all_varchar",
        "auto_detect",
        "sample_size",
        "union_by_name",
        "files_to_sniff",
        "normalize_names",
        "auto_type_candidates",
        "filename",
        "hive_partitioning",
        "hive_types",
        "hive_types_autocast",
        "store_rejects",
        "rejects_scan",
        "rejects_table",
        "rejects_limit",
    ]
)
_DELIMITERS = ("delim", "delimiter", "sep")
# What a plain cast reads anyway, and more of it: fractions of seconds, say.
_ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Csv:
    """Comma-separated values, and what DuckDB's reader takes for such."""

    FORMAT: ClassVar[str] = "csv"
    ENDINGS: ClassVar[tuple[str, ...]] = (".csv", ".csv.gz", ".csv.zst", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
    LANDED: ClassVar[bool] = True
    READER: ClassVar[str] = "read_csv"

    def schema_query(self, paths: Sequence[str], options: Mapping[str, object]) -> str:
        """A DESCRIBE of what DuckDB infers over all the files."""
        given = {"union_by_name": True, **options}
        return f"DESCRIBE SELECT * FROM {call('read_csv', file_list(paths), given)}"

    def layout_query(self, path: str, options: Mapping[str, object]) -> str:
        """A DESCRIBE of the columns that one file has, by its header alone; types and broken lines are not looked at."""
        dialect = kept(options, _INFERENCE - {"normalize_names", "names", "column_names"})
        given = {"ignore_errors": True, **dialect, "all_varchar": True, "hive_partitioning": False}
        return f"DESCRIBE SELECT * FROM {call('read_csv', file_list([path]), given)}"

    def pins(self, sniffed: Mapping[str, object], options: Mapping[str, object]) -> dict[str, object]:
        """The dialect to pin: what DuckDB's sniffer found, where the user did not say."""
        given = {name.lower() for name in options}
        found: dict[str, object] = {"header": bool(sniffed.get("HasHeader"))}
        if not given.intersection(_DELIMITERS):
            found["delim"] = sniffed.get("Delimiter")
        # A file without quotes sniffs as having none, and the next one has them: the usual quote is pinned then.
        found["quote"] = _real(sniffed.get("Quote")) or '"'
        found["escape"] = _real(sniffed.get("Escape")) or found["quote"]
        for name, column in (
            ("comment", "Comment"),
            ("dateformat", "DateFormat"),
            ("timestampformat", "TimestampFormat"),
        ):
            if _real(sniffed.get(column)) and sniffed[column] not in _ISO:
                found[name] = sniffed[column]
        if sniffed.get("SkipRows"):
            found["skip"] = sniffed["SkipRows"]
        return {name: value for name, value in found.items() if name not in given}

    def scan(self, scan: Scan) -> str:
        """A SELECT of the pinned columns over all files, one read_csv for each layout; nothing is inferred."""
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
        for file in scan.files:
            key = (tuple(name for name, _ in file.layout), wanted_hive(file.path, scan.options))
            groups.setdefault(key, []).append(file.real)
        types = {column.name.lower(): column.type for column in scan.columns}
        parts = []
        for (layout, hive), paths in groups.items():
            own = [name for name in layout if name.lower() not in {key.lower() for key in hive}] if hive else layout
            columns = {name: types.get(name.lower(), "VARCHAR") for name in own}
            options = {"auto_detect": False, **kept(scan.options, _INFERENCE), "columns": columns}
            if scan.rejects:
                options |= {"store_rejects": True, "rejects_limit": 5}
            known = {name.lower(): ident(name) for name in own}
            parts.append(select("read_csv", file_list(paths), options, scan, known, hive))
        return " UNION ALL ".join(parts) if parts else empty_scan(scan.columns, scan.by_file)


def _real(value: object) -> str:
    return "" if value in (None, "(empty)", "\\0") else str(value)
