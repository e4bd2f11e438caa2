"""Looking into files: the schema that DuckDB infers over all of a source's files, and each file's own columns."""

from __future__ import annotations

import codecs
import gzip
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from etlc.engines.base import EngineError, Session
from etlc.execute.paths import PathProblem, Paths
from etlc.execute.remote import Remote, Unreachable
from etlc.ir.look import Looked
from etlc.ir.record import Part
from etlc.ir.spec import LockedColumn, LockedSource, SourceSpec
from etlc.kinds.addresses import is_address
from etlc.kinds.sources import SourceKind, escaped, filename_column, format_help, source_kind, wanted_hive
from etlc.sql.quote import call, string

_HEADER_BYTES = 1 << 16
_PLAIN_ENDINGS = (".gz", ".zst", ".bz2", ".xz")


def look(source: SourceSpec, paths: Paths, session: Session) -> Looked:
    """The schema of a source as DuckDB infers it over all its files with the given options."""
    kind = source_kind(source.format, tuple(source.path))
    if kind is None:
        return Looked(None, "its format is not known", format_help(source.format, tuple(source.path)))
    remote = Remote(session)
    try:
        files = [path for path in paths.find(source.path, remote) if _size(path, paths, remote) > 0]
        if not files:
            return Looked(None)
        return Looked(replace(_infer(kind, files, source.options, paths, session), declared=source.declaration))
    except PathProblem as problem:
        return Looked(None, str(problem), unreachable=isinstance(problem, Unreachable))
    except EngineError as error:
        return _unreadable(error, kind, paths)


def _unreadable(error: EngineError, kind: SourceKind, paths: Paths) -> Looked:
    words = paths.redact(_first_line(error)).replace(f"{paths.root}/", "")
    if found := re.match(r'Invalid named parameter "(.+?)"', words):
        help = f"Options are those of DuckDB's read_{kind.FORMAT.removeprefix('nd')}, e.g. delim or nullstr of CSV."
        return Looked(None, f"`{found[1]}` is no option of the {kind.FORMAT} reader", help)
    help = "Mend the file, or see `options:` for the reader's settings."
    return Looked(None, f"DuckDB cannot read it ({words})", help)


def _infer(
    kind: SourceKind, files: Sequence[str], options: Mapping[str, object], paths: Paths, session: Session
) -> LockedSource:
    real = [paths.real(path) for path in files]
    pins: dict[str, object] = {}
    if kind.FORMAT == "csv":
        pins = kind.pins(_sniff(real[0], options, session), options)
    given = {**options, **pins}
    rows = session.rows(kind.schema_query(real, given))
    named = {name.lower() for name in (filename_column(options),)} if filename_column(options) else set()
    counts: dict[str, int] = {}
    layouts = [layout(kind, path, given, paths, session) for path in files]
    for columns in layouts:
        for name, _ in columns or ():
            counts[name.lower()] = counts.get(name.lower(), 0) + 1
    hive = {key.lower() for path in files for key in wanted_hive(path, options)}
    steady = named | hive
    optional = bool(layouts) and all(columns is not None for columns in layouts)
    return LockedSource(
        tuple(
            LockedColumn(
                name, type_name, optional and name.lower() not in steady and counts.get(name.lower(), 0) < len(files)
            )
            for name, type_name, *_ in rows
        ),
        pins,
    )


_SNIFF_ONLY = frozenset(["union_by_name", "hive_partitioning", "hive_types", "hive_types_autocast", "filename"])


def _sniff(real: str, options: Mapping[str, object], session: Session) -> dict[str, object]:
    given = {name: value for name, value in options.items() if name.lower() not in _SNIFF_ONLY}
    names, _, rows = session.table(f"SELECT * FROM {call('sniff_csv', string(escaped(real)), given)}")
    return dict(zip(names, rows[0], strict=True))


def layout(
    kind: SourceKind, path: str, options: Mapping[str, object], paths: Paths, session: Session
) -> tuple[tuple[str, str], ...] | None:
    """The columns that one file has, in its order; None for formats that do not say. Raises EngineError."""
    query = kind.layout_query(paths.real(path), options)
    if not query:
        return None
    typed = kind.FORMAT == "parquet"
    return tuple((str(row[0]), str(row[1]) if typed else "") for row in session.rows(query))


class Layouts:
    """Finds the columns of files, asking DuckDB once for files that begin with the same line."""

    def __init__(self, kind: SourceKind, options: Mapping[str, object], paths: Paths, session: Session) -> None:
        self.kind, self.options, self.paths, self.session = kind, options, paths, session
        self._seen: dict[bytes, tuple[tuple[str, str], ...]] = {}

    def fill(self, part: Part) -> Part:
        """The part with its layout. Raises EngineError, OSError, PathProblem for a file that cannot be read."""
        if part.layout or part.size == 0:
            return part
        header = self._header(part.path)
        if header is not None and header in self._seen:
            return replace(part, layout=self._seen[header])
        real = self.paths.real(part.path)
        empty = self._blank(part, real) if is_address(real) else _blank(real)
        found = () if empty else layout(self.kind, part.path, self.options, self.paths, self.session) or ()
        if header is not None:
            self._seen[header] = found
        return replace(part, layout=found)

    def _blank(self, part: Part, real: str) -> bool:
        return part.size <= _HEADER_BYTES and Remote(self.session).blank(real, part.path)

    def _header(self, path: str) -> bytes | None:
        """The first line of a plain CSV file, where that line alone decides about its columns."""
        special = {"skip", "comment", "names", "column_names", "compression", "encoding"} & {
            name.lower() for name in self.options
        }
        if self.kind.FORMAT != "csv" or special or path.endswith(_PLAIN_ENDINGS) or not self.options.get("header"):
            return None
        real = self.paths.real(path)
        if is_address(real):
            return None
        with open(real, "rb") as file:
            line = file.readline(_HEADER_BYTES)
        return line if line.strip() and b'"' not in line and len(line) < _HEADER_BYTES else None


def _blank(real: str) -> bool:
    """Whether a file, perhaps packed with gzip, holds nothing but white space: such a one is as good as empty."""
    try:
        with gzip.open(real) if real.endswith(".gz") else open(real, "rb") as file:
            return not file.read(_HEADER_BYTES).removeprefix(codecs.BOM_UTF8).strip()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return False  # DuckDB says what is wrong with it


def _size(path: str, paths: Paths, remote: Remote) -> int:
    real = paths.real(path)
    if is_address(real):
        return remote.stat(real, path)[0]
    try:
        return os.stat(real).st_size
    except OSError:
        return 0


def _first_line(error: EngineError) -> str:
    return error.error.message.split("\n")[0].rstrip(".")
