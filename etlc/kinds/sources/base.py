"""What every kind of file source shares: pinned columns in, one SELECT over an explicit list of files out."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from etlc.kinds.addresses import on_server
from etlc.sql.quote import call, ident, string

FILE_COLUMN = "_etlc_file"


@dataclass(frozen=True, slots=True)
class ScanColumn:
    """A column to read, as the pinned type. ``file``: it holds the file's path."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ScanFile:
    """A file to read: as it is shown and remembered (``path``), and where it lies (``real``).

    ``layout`` are the columns that it has, in its order, as (name, type or "").
    """

    path: str
    real: str
    layout: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """A request to read files.

    ``prefixes`` lead from where files lie to how they are shown: (real, shown) beginnings of paths. ``by_file`` adds
    the hidden column ``_etlc_file``, the path as shown. ``rejects``: collect what does not cast instead of failing
    (CSV only).
    """

    files: tuple[ScanFile, ...]
    columns: tuple[ScanColumn, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    prefixes: tuple[tuple[str, str], ...] = ()
    by_file: bool = False
    rejects: bool = False


def hive_keys(path: str) -> tuple[str, ...]:
    """The keys of the ``key=value`` folders of a path."""
    return tuple(part.split("=", 1)[0] for part in path.split("/")[:-1] if "=" in part and not part.startswith("="))


def wanted_hive(path: str, options: Mapping[str, object]) -> tuple[str, ...]:
    """The hive keys to read as columns: those of the path, unless the options say ``hive_partitioning: false``."""
    return () if options.get("hive_partitioning") is False else hive_keys(path)


def escaped(file: str) -> str:
    """A file's name so that DuckDB does not take it for a pattern, as it would ``a[1].csv``; on web servers it does not."""
    return file if on_server(file) else glob.escape(file)


def file_list(files: Iterable[str]) -> str:
    """An explicit list of files as a SQL list."""
    return "[" + ", ".join(string(escaped(file)) for file in files) + "]"


def filename_column(options: Mapping[str, object]) -> str:
    """The name of the column that holds the file's path, "" where none is asked for."""
    wanted = options.get("filename")
    if wanted is True:
        return "filename"
    return wanted if isinstance(wanted, str) else ""


def kept(options: Mapping[str, object], dropped: frozenset[str]) -> dict[str, object]:
    """The reader's options without those that only matter for inference, which is over when files are read."""
    return {name: value for name, value in options.items() if name.lower() not in dropped}


def empty_scan(columns: Sequence[ScanColumn], by_file: bool) -> str:
    """A SELECT of no rows with the right names and types."""
    chosen = [f"CAST(NULL AS {column.type}) AS {ident(column.name)}" for column in columns]
    chosen += [f"CAST(NULL AS VARCHAR) AS {FILE_COLUMN}"] if by_file else []
    return f"SELECT {', '.join(chosen) or '1 AS _etlc_none'} WHERE false"


def shown_file(prefixes: Sequence[tuple[str, str]]) -> str:
    """The expression for a file's path as it is shown."""
    cases = "".join(
        f" WHEN starts_with(filename, {string(real)}) THEN {string(shown)} || substr(filename, {len(real) + 1})"
        for real, shown in prefixes
        if real != shown
    )
    return f"CASE{cases} ELSE filename END" if cases else "filename"


def select(
    reader: str,
    argument: str,
    options: Mapping[str, object],
    scan: Scan,
    known: Mapping[str, str],
    hive: tuple[str, ...],
) -> str:
    """One SELECT over files of one layout. ``known`` maps a lower-case name to the SQL that gives the pinned type."""
    path_column = filename_column(scan.options).lower()
    partitions = {key.lower() for key in hive}
    chosen = []
    for column in scan.columns:
        lower = column.name.lower()
        if lower == path_column:
            value = shown_file(scan.prefixes)
        elif lower in partitions:
            value = f"CAST({ident(column.name)} AS {column.type})"
        else:
            value = known.get(lower, f"CAST(NULL AS {column.type})")
        chosen.append(f"{value} AS {ident(column.name)}" if value != ident(column.name) else value)
    given = dict(options)
    if scan.by_file:
        chosen.append(f"{shown_file(scan.prefixes)} AS {FILE_COLUMN}")
    if scan.by_file or path_column:
        given["filename"] = True
    given["hive_partitioning"] = bool(hive)
    if hive:
        given["hive_types_autocast"] = False
    return f"SELECT {', '.join(chosen) or '1 AS _etlc_none'} FROM {call(reader, argument, given)}"
