"""The kinds of outputs. The tuple is the registry: a new kind is one class and one entry here."""

from __future__ import annotations

from etlc.kinds.sinks.files import CsvFile, JsonFile, NdJsonFile, ParquetFile

SinkKind = ParquetFile | CsvFile | JsonFile | NdJsonFile
SINK_KINDS: tuple[SinkKind, ...] = (ParquetFile(), CsvFile(), JsonFile(), NdJsonFile())
FORMATS = tuple(kind.FORMAT for kind in SINK_KINDS)


def sink_kind(format: str | None, path: str) -> SinkKind | None:
    """The kind by its name, or by the path's ending; None where there is none."""
    if format is not None:
        return next((kind for kind in SINK_KINDS if format.lower() == kind.FORMAT), None)
    return next((kind for kind in SINK_KINDS if path.lower().endswith(kind.ENDINGS)), None)


__all__ = ["FORMATS", "SINK_KINDS", "CsvFile", "JsonFile", "NdJsonFile", "ParquetFile", "SinkKind", "sink_kind"]
