"""What the user wrote, typed, with its places. Made by ``load``; nothing is resolved yet.

Field names are the keys of the YAML files; ``doc`` in a field's metadata is the description that the JSON
schemas carry. Positions never take part in equality.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from etlc.diagnostics import Ignore, Located, Span, SqlText
from etlc.kinds.checks import Check


def nothing() -> Any:
    """A field that is an empty, read-only mapping by default."""
    return field(default_factory=lambda: MappingProxyType({}))


def doc(text: str, **default: Any) -> Any:
    """A dataclass field with a description for the JSON schema."""
    return field(metadata={"doc": text}, **default)


def place() -> Any:
    """The field that holds where something was written: not compared, not part of any schema."""
    return field(default=Span(""), compare=False, repr=False, metadata={"internal": True})


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """A parameter of the project: a DuckDB type (None: the natural type of the value) and its default."""

    default: object
    type: Located | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a run may use."""

    memory: Located | None = doc("Memory that DuckDB may use, e.g. 4GB.", default=None)
    threads: int | None = doc("Threads that DuckDB may use.", default=None)
    temp: Located | None = doc("Disk space for intermediate results, e.g. 20GB.", default=None)


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A check with its severity, its tolerance and its name.

    ``tolerate`` is a number of failures, or a share of the rows (0.001 for ``0.1%``) when ``tolerate_share``.
    """

    check: Check
    severity: str = "error"
    tolerate: float = 0
    tolerate_share: bool = False
    name: Located | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True)
class Mask:
    """What a model's column shows instead of its values. ``kind``: hash, null or bucket; ``width`` of a bucket of numbers."""

    kind: str
    width: int | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """What is promised of a column."""

    type: Located | None = doc("DuckDB type, e.g. BIGINT or DECIMAL(12,2).", default=None)
    nullable: bool = doc("false: the column has no NULL. Checked.", default=True)
    unique: bool = doc("true: no value stands twice. Checked.", default=False)
    description: Located | None = doc("What the column means.", default=None)
    tags: tuple[Located, ...] = doc(
        "Words about it. Those that are protected (pii, unless etlc.yaml says otherwise) go along with its values.",
        default=(),
    )
    mask: Mask | None = doc(
        "Of a model: what it shows instead of its values. hash: their SHA-256. null: nothing. "
        "bucket: tens of numbers, months of dates, first letters of text; {bucket: 100}: hundreds.",
        default=None,
    )
    span: Span = place()


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Where rows come from: files (``path``) or the spec itself (``rows``).

    ``append_only``: a file that was read once neither changes nor goes.
    """

    name: Located
    path: tuple[Located, ...] = ()
    format: Located | None = None
    options: Mapping[str, object] = nothing()
    columns: Mapping[Located, ColumnSpec] = nothing()
    rows: tuple[Mapping[str, object], ...] | None = None
    checks: tuple[CheckSpec, ...] = ()
    description: Located | None = None
    owner: Located | None = None
    tags: tuple[Located, ...] = ()
    append_only: bool = False
    pipeline: str = ""
    file: str = ""
    span: Span = place()

    @property
    def declaration(self) -> str:
        """A short digest of what decides which schema its files have: paths, format and options, as written."""
        format = str(self.format or "").lower()
        text = json.dumps([[str(path) for path in self.path], format, self.options], default=_plain, sort_keys=True)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One SELECT and what is promised of it. ``sql`` is None where none was found (a finding stands for that).

    ``defaults`` of the project are applied already. ``sql_file`` is the ``.sql`` file, if the SQL stands in one.
    """

    name: Located
    sql: SqlText | None
    description: Located | None = None
    owner: Located | None = None
    tags: tuple[Located, ...] = ()
    key: tuple[Located, ...] = ()
    columns: Mapping[Located, ColumnSpec] = nothing()
    checks: tuple[CheckSpec, ...] = ()
    materialize: str = "auto"
    incremental: str = "auto"
    publish: bool | None = None
    version: int = 1
    pipeline: str = ""
    file: str = ""
    sql_file: str | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """A file, or a folder with ``partition_by``, that a model is written to."""

    name: Located
    model: Located
    path: Located
    format: Located | None = None
    partition_by: tuple[Located, ...] = ()
    pipeline: str = ""
    span: Span = place()


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a row of a test: what YAML means by it, and the text as written (None: a list or a map)."""

    value: object
    text: str | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True)
class TestRows:
    """Rows that a test gives or expects: written out (``rows``), or the result of a query (``sql``).

    ``columns`` are those that the rows name, in order. ``form`` is the way of writing: rows, csv or sql.
    """

    __test__ = False  # pytest takes it for a test otherwise

    form: str
    columns: tuple[Located, ...] = ()
    rows: tuple[Mapping[str, Cell], ...] = ()
    sql: SqlText | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True)
class UnitTestSpec:
    """Given rows of sources and models, the rows that a model must give."""

    name: Located
    model: Located
    expect: TestRows
    given: Mapping[Located, TestRows] = nothing()
    params: Mapping[Located, Cell] = nothing()
    ordered: bool = False
    description: Located | None = None
    file: str = ""
    span: Span = place()


@dataclass(frozen=True, slots=True)
class LockedColumn:
    """A column as ``etlc.lock`` pins it. ``optional``: not every file has it, and it reads as NULL there."""

    name: str
    type: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class LockedSource:
    """A source as ``etlc.lock`` pins it. ``options`` are the reader's options that were inferred (header, delim).

    ``declared`` is the ``SourceSpec.declaration`` that it was looked at for; "" in locks of earlier versions.
    """

    columns: tuple[LockedColumn, ...]
    options: Mapping[str, object] = nothing()
    declared: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole project as written. Names of sources and models are unique, without regard to case."""

    project: Located
    warehouse: Located
    params: Mapping[str, ParamSpec]
    limits: Limits
    allow: tuple[Located, ...]
    sources: Mapping[str, SourceSpec]
    models: Mapping[str, ModelSpec]
    outputs: tuple[OutputSpec, ...]
    tests: tuple[UnitTestSpec, ...]
    locked: Mapping[str, LockedSource]
    strict: bool = False
    protected: tuple[str, ...] = ("pii",)
    ignores: tuple[Ignore, ...] = ()
    incomplete: bool = False  # a part is broken that may have declared sources or models; a finding says so
    unsure: frozenset[str] = frozenset()  # names (lower case) declared twice or brokenly; a finding says so
    span: Span = place()
