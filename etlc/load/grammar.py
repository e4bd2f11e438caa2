"""What the files of a project look like. Schemas, reading and the order of keys in formatted files follow from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from etlc.diagnostics import Located, Span, SqlText
from etlc.ir.spec import Cell, CheckSpec, ColumnSpec, Limits, LockedColumn, LockedSource, Mask, ParamSpec, TestRows
from etlc.kinds.checks import Check
from etlc.load import shapes as s
from etlc.load.cells import columns_and_rows, read_cell, read_csv
from etlc.load.nodes import Node, Scalar
from etlc.load.shapes import Context, Key, Shape

Found = dict[str, Any]


def _found(**values: Any) -> Found:
    return values


# -- checks: their kinds are the union in etlc.kinds.checks; the shapes follow from the fields of its classes

_FIELD_DOCS = {
    "column": "The column that is checked.",
    "values": "The values that are allowed.",
    "to": "The column that holds the allowed values, as relation.column.",
    "min": "The least value that passes.",
    "max": "The greatest value that passes.",
    "regex": "A regular expression (RE2) that must be found in the text.",
    "within": "How old the newest value may be, e.g. 24h.",
}


def _field_shape(name: str, hint: Any) -> Shape:
    if name == "within":
        return s.duration()
    if name == "to":
        return s.text(s.COLUMN_OF)
    if hint == Located:
        return s.text()
    if hint is str:
        return s.plain_text()
    if int in get_args(hint):
        return s.integer(0)
    return s.many(s.single(), least=1) if get_args(hint) else s.known()


def _kind_shape(kind: Any) -> Shape:
    """The shape of what stands after the kind's key: SQL, columns, or a map of the class's fields."""
    hints = get_type_hints(kind)
    known = [(f.name, hints[f.name], f.default) for f in fields(kind)]
    if len(known) == 1 and known[0][1] is SqlText:
        return Shape(s.sql().schema, lambda context, node: kind(s.sql().read(context, node)))
    if len(known) == 1 and Located in get_args(known[0][1]):
        names = s.one_or_many(s.text())
        return Shape(names.schema, lambda context, node: kind(names.read(context, node)))
    optional = tuple(name for name, _, default in known if isinstance(default, type(None)))
    keys = {name: Key(_field_shape(name, hint), _FIELD_DOCS[name], name not in optional) for name, hint, _ in known}
    return s.record(kind.KEY, keys, lambda span, **values: kind(**values), some_of=optional)


CHECK_KINDS: Mapping[str, Any] = {kind.KEY: kind for kind in get_args(Check)}


def _check(
    span: Span,
    severity: str = "error",
    tolerate: tuple[float, bool] = (0, False),
    name: Located | None = None,
    **kinds: Check,
) -> CheckSpec:
    return CheckSpec(next(iter(kinds.values())), severity, tolerate[0], tolerate[1], name, span)


CHECK = s.record(
    "check",
    {
        **{name: Key(_kind_shape(kind), " ".join((kind.__doc__ or "").split())) for name, kind in CHECK_KINDS.items()},
        "severity": Key(s.choice("error", "warn"), "error: a failure stops the model. warn: it is only reported."),
        "tolerate": Key(s.tolerance(), "Failures that are accepted: a number, or a share of the rows such as 0.1%."),
        "name": Key(s.text(), "The name of the check; default: its kind and its columns."),
    },
    _check,
    one_of=tuple(CHECK_KINDS),
)

# -- columns and rows


def _read_mask(context: Context, node: Node) -> Any:
    """A mask in a word. YAML reads the word null as nothing; nothing written at all is a slip."""
    assert isinstance(node, Scalar)
    if not node.text:
        context.diagnostics.add("E103", node.span, '"mask" must be hash, null or bucket, but it is empty.')
        return s.BROKEN
    return Mask("null" if node.value is None else node.text, None, node.span)


MASK = s.either(
    Shape({"type": ["string", "null"], "pattern": s.MASK}, _read_mask),
    s.record(
        "mask",
        {"bucket": Key(s.integer(1), "How wide a bucket of numbers is.", required=True)},
        lambda span, bucket: Mask("bucket", bucket, span),
    ),
)

_COLUMN_DOCS = {f.name: str(f.metadata.get("doc", "")) for f in fields(ColumnSpec)}

COLUMN = s.either(
    Shape(s.text().schema, lambda context, node: ColumnSpec(type=s.text().read(context, node), span=node.span)),
    s.record(
        "column",
        {
            "type": Key(s.text(), _COLUMN_DOCS["type"]),
            "nullable": Key(s.flag(), _COLUMN_DOCS["nullable"]),
            "unique": Key(s.flag(), _COLUMN_DOCS["unique"]),
            "description": Key(s.text(), _COLUMN_DOCS["description"]),
            "tags": Key(s.one_or_many(s.text()), _COLUMN_DOCS["tags"]),
            "mask": Key(MASK, _COLUMN_DOCS["mask"]),
        },
        ColumnSpec,
    ),
)

ROW = s.mapping(s.anything(), names=False, least=1)
ROWS = s.many(ROW)

_COLUMNS = s.mapping(s.defined("column", COLUMN), names=False)
_CHECKS = s.many(s.defined("check", CHECK))
_ROWS = s.many(s.defined("row", ROW))
_TEXTS = s.one_or_many(s.text())

_ABOUT: dict[str, Key] = {
    "description": Key(s.text(), "What it is, for people."),
    "owner": Key(s.text(), "Who answers for it; default: the owner of the pipeline."),
    "tags": Key(_TEXTS, "Words to select it by, e.g. with -s tag:daily."),
}

# -- models

_SHAPE: dict[str, Key] = {
    **_ABOUT,
    "key": Key(_TEXTS, "Columns that identify a row: unique together, not null. Checked, and used by the analyses."),
    "columns": Key(_COLUMNS, "What is promised of the columns: name: TYPE, or a map with more. May be partial."),
}
PROPERTIES: dict[str, Key] = {
    **_SHAPE,
    "checks": Key(_CHECKS, "What must hold before the model's new rows are published."),
    "materialize": Key(s.choice("auto", "table", "view"), "auto: the compiler decides. table: stored. view: a view."),
    "incremental": Key(s.choice("auto", "full"), "auto: kept up by what changed, if possible. full: always rebuilt."),
    "publish": Key(s.flag(), "true: always in the warehouse, by its name. false: the compiler's own affair."),
    "ignore": Key(_TEXTS, "Codes of warnings that are not shown for this model, e.g. W201."),
    "version": Key(s.integer(1), "Raise it with a change that breaks readers; `etlc diff --breaking` asks for it."),
}
_SQL = Key(s.sql(), "One SELECT of DuckDB. Or leave it out, and write it to <name>.sql beside this file or below.")

MODEL = s.record("model", {**_SHAPE, "sql": _SQL, **PROPERTIES}, _found, empty=True)
HEADER = s.record("header", PROPERTIES, _found, empty=True)
DEFAULTS = s.record("defaults", PROPERTIES, _found, empty=True)

# -- sources, outputs, tests

SOURCE = s.record(
    "source",
    {
        **_ABOUT,
        "path": Key(_TEXTS, "One path or a list, relative to etlc.yaml; globs and hive folders are welcome."),
        "rows": Key(_ROWS, "A small table, written out here."),
        "format": Key(s.text(), "csv, parquet, json, ndjson, ...; default: from the file's ending."),
        "options": Key(s.mapping(s.anything(), names=False), "Options for DuckDB's reader, e.g. delim."),
        "columns": Key(_COLUMNS, "The contract: name: TYPE, or a map with more. The rest is inferred into etlc.lock."),
        "checks": Key(_CHECKS, "What must hold for the source's rows."),
        "append_only": Key(
            s.flag(),
            "true: files only ever come. One that changed or went stops a run; `etlc run --full-refresh` accepts it.",
        ),
    },
    _found,
    one_of=("path", "rows"),
    lenient=True,
)

OUTPUT = s.record(
    "output",
    {
        "model": Key(s.text(), "The model that is written; default: the model of this name."),
        "path": Key(s.text(), "The file, or with partition_by the folder, relative to etlc.yaml.", required=True),
        "format": Key(s.text(), "parquet, csv, json, ...; default: from the file's ending."),
        "partition_by": Key(_TEXTS, "Columns whose values become folders."),
    },
    _found,
)

_CELLS = s.mapping(Shape({}, lambda _, node: read_cell(node)), names=False, least=1)
_TEST_ROW = Shape(s.defined("row", ROW).schema, _CELLS.read)
_TEST_ROWS = s.many(_TEST_ROW)


def _written_rows(span: Span, rows: tuple[Mapping[Located, Cell], ...]) -> TestRows:
    return TestRows("rows", *columns_and_rows(rows), span=span)


def _read_table(
    span: Span,
    rows: tuple[Mapping[Located, Cell], ...] | None = None,
    csv: TestRows | None = None,
    sql: SqlText | None = None,
) -> TestRows:
    if sql is not None:
        return TestRows("sql", sql=sql, span=span)
    return csv if csv is not None else _written_rows(span, rows or ())


_TABLE = s.either(
    Shape(_TEST_ROWS.schema, lambda context, node: _written_rows(node.span, _TEST_ROWS.read(context, node))),
    s.record(
        "rows of a test",
        {
            "rows": Key(_TEST_ROWS, "The rows, each as a map: column: value. The same as writing the list alone."),
            "csv": Key(
                Shape(s.sql().schema, lambda context, node: read_csv(s.sql().read(context, node), context.diagnostics)),
                'The rows as CSV, its first line the header. An empty value is NULL, "" is empty text.',
            ),
            "sql": Key(s.sql(), "The rows as the result of a SELECT."),
        },
        _read_table,
        one_of=("rows", "csv", "sql"),
    ),
)
# `required` says nothing of a list, so that one would be each of the alternatives at once.
_ONE_FORM = [{"type": "object", **option} for option in _TABLE.schema["oneOf"]]
TABLE = Shape({**_TABLE.schema, "oneOf": [{"type": "array", "required": ["rows"]}, *_ONE_FORM]}, _TABLE.read)

TEST = s.record(
    "test",
    {
        "model": Key(s.text(), "The model under test.", required=True),
        "description": Key(s.text(), "What it shows, for people."),
        "given": Key(
            s.mapping(s.defined("table", TABLE), names=False),
            "Rows of sources, or of models in place of their SQL. A source of files that is not given is empty.",
        ),
        "expect": Key(
            s.defined("table", TABLE),
            "The rows that it must give, in any order. Columns that are not named are not compared.",
            required=True,
        ),
        "params": Key(
            s.mapping(Shape(s.single().schema, lambda _, node: read_cell(node)), names=False),
            "Params that have another value in this test: name: value.",
        ),
        "ordered": Key(s.flag(), "true: the rows must come in the order in which they are written."),
    },
    _found,
)

PIPELINE_SECTIONS = {"outputs": s.mapping(s.defined("output", OUTPUT)), "tests": s.mapping(s.defined("test", TEST))}

PIPELINE = s.record(
    "pipeline",
    {
        "pipeline": Key(s.text(s.NAME), "The name of the pipeline.", required=True),
        "owner": Key(s.text(), "Who answers for it, and for its sources and models that name nobody else."),
        "description": Key(s.text(), "What the pipeline is for."),
        "tags": Key(_TEXTS, "Tags of its sources and models that have none of their own."),
        "sources": Key(s.mapping(s.defined("source", SOURCE)), "Where rows come from: files, or rows written here."),
        "models": Key(s.mapping(s.defined("model", MODEL)), "One SELECT each, and what is promised of it."),
        "outputs": Key(PIPELINE_SECTIONS["outputs"], "Files that models are written to."),
        "tests": Key(PIPELINE_SECTIONS["tests"], "Given these rows, the model gives those."),
    },
    _found,
    lenient=True,
)

# -- the project


def _param(span: Span, default: object, type: Located | None = None) -> ParamSpec:
    return ParamSpec(default, type, span)


PARAM = s.either(
    Shape(s.single().schema, lambda context, node: ParamSpec(s.plain(node), None, node.span)),
    s.record(
        "param",
        {
            "type": Key(s.text(), "Its DuckDB type, e.g. DATE."),
            "default": Key(s.single(), "Its value, unless --param gives another.", required=True),
        },
        _param,
    ),
)

_LIMIT_DOCS = {f.name: str(f.metadata.get("doc", "")) for f in fields(Limits)}
LIMITS = s.record(
    "limits",
    {
        "memory": Key(s.text(s.SIZE), _LIMIT_DOCS["memory"]),
        "threads": Key(s.integer(1), _LIMIT_DOCS["threads"]),
        "temp": Key(s.text(s.SIZE), _LIMIT_DOCS["temp"]),
    },
    lambda span, **values: Limits(**values),
)

PROJECT = s.record(
    "project",
    {
        "project": Key(s.text(s.PROJECT), "The name of the project.", required=True),
        "warehouse": Key(s.text(), "The DuckDB file, relative to this one; default: warehouse.duckdb."),
        "pipelines": Key(_TEXTS, "Folders that are searched for pipelines; default: pipelines."),
        "params": Key(s.mapping(s.defined("param", PARAM)), "Parameters, written $name in SQL, typed by their value."),
        "defaults": Key(DEFAULTS, "Properties of every model that does not say otherwise."),
        "limits": Key(LIMITS, "Bounds on what a run may use."),
        "allow": Key(_TEXTS, "Folders and addresses outside the project that sources and outputs may use."),
        "protected": Key(
            _TEXTS,
            "Tags of columns that go along with their values, and that published models must declare; default: pii.",
        ),
        "strict": Key(s.flag(), "true: warn of published models without owner, description, key or check."),
        "ignore": Key(_TEXTS, "Codes of warnings that are not shown anywhere in the project, e.g. W201."),
    },
    _found,
    lenient=True,
)

# -- the lock file

LOCKED_COLUMN = s.either(
    Shape({"type": "string", "minLength": 1}, lambda _, node: LockedColumn("", s.plain(node))),
    s.record(
        "locked column",
        {
            "type": Key(s.text(), "DuckDB type.", required=True),
            "optional": Key(s.flag(), "Not every file has it."),
        },
        lambda span, type, optional=False: LockedColumn("", str(type), optional),
    ),
)


def _locked(
    span: Span,
    columns: Mapping[Located, LockedColumn],
    options: Mapping[Located, Any] | None = None,
    declared: Located | None = None,
) -> LockedSource:
    named = tuple(LockedColumn(str(name), column.type, column.optional) for name, column in columns.items())
    return LockedSource(named, {str(name): value for name, value in (options or {}).items()}, str(declared or ""))


LOCKED = s.record(
    "locked source",
    {
        "columns": Key(s.mapping(LOCKED_COLUMN, names=False), "Its columns, in order.", required=True),
        "options": Key(s.mapping(s.anything(), names=False), "Options of the reader that were inferred."),
        "declared": Key(s.text(), "A digest of the paths, the format and the options that it was looked at for."),
    },
    _locked,
)

LOCK = s.record(
    "lock file",
    {
        "version": Key(s.integer(1), "The version of this format.", required=True),
        "sources": Key(s.mapping(LOCKED, names=False), "The sources, as last seen.", required=True),
    },
    _found,
)

# -- keys that are known, but not built yet: where, which, and what to do instead

LATER: Mapping[str, Mapping[str, str]] = {
    "project": {
        "connections": "Declare files as sources (`path:`), e.g. exports of the database.",
        "environments": "Use a second project folder, or `warehouse:` with another file.",
        "sample": "",
    },
    "pipeline": {"use": "Write the SQL of the model out.", "with": "Write the SQL of the model out."},
    "model": {
        "use": "Write the SQL of the model out.",
        "with": "Write the SQL of the model out.",
        "sla": "Use a `fresh` check for how old the rows may be.",
        "sample": "",
        "freshness": "Use a `fresh` check.",
    },
    "source": {
        "connection": "Export the table to files, and name them with `path:`.",
        "table": "Export the table to files, and name them with `path:`.",
        "key": "Use a `unique` and a `not_null` check, or `unique: true` in `columns`.",
        "cursor": "Remove it; changed files are found without it.",
        "freshness": "Use a `fresh` check on the source.",
        "sample": "",
    },
    "output": {"connection": "Write a file with `path:`.", "table": "Write a file with `path:`."},
}
LATER = {**LATER, "header": LATER["model"], "defaults": LATER["model"]}
