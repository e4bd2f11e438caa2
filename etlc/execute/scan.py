"""The SQL that reads a source: from its landed table, or from its files through the pinned schema."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from etlc.execute.paths import Paths
from etlc.ir.plan import PlanSource
from etlc.ir.record import Part
from etlc.kinds.sources import Scan, ScanColumn, ScanFile, source_kind
from etlc.sql.quote import idents


def scan_sql(
    source: PlanSource, parts: Collection[Part], columns: Collection[str], paths: Paths | None,
    by_file: bool = False, rejects: bool = False, places: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """A SELECT of ``columns`` over the files ``parts``.

    With ``paths`` the files are named by where they lie; without, as they are shown, for SQL that is started in the
    project's folder and may be shown itself. ``places`` are where the files lie that are read in another place than
    their own, by path: they show the path that they have.
    """
    wanted = set(columns)
    if source.rows is not None:
        chosen = idents(c.name for c in source.columns if c.name in wanted) or "1 AS _etlc_none"
        return f"SELECT {chosen} FROM ({source.rows}) AS _etlc_rows"
    kind = source_kind(source.kind, source.paths)
    if kind is None:
        raise KeyError(f"no kind of source {source.kind}")
    # A kind whose files say what they have: one that says nothing has nothing.
    full = [part for part in parts if part.size > 0 and (part.layout or not kind.layout_query(part.path, {}))]
    elsewhere = places or {}
    real = {part.path: elsewhere.get(part.path) or (paths.real(part.path) if paths else part.path) for part in full}
    files = tuple(ScanFile(part.path, real[part.path], part.layout) for part in full)
    scanned = tuple(ScanColumn(column.name, column.type) for column in source.columns if column.name in wanted)
    prefixes = (*((place, path) for path, place in elsewhere.items()), *(paths.prefixes(source.paths) if paths else ()))
    return kind.scan(Scan(files, scanned, source.options, prefixes, by_file, rejects))
