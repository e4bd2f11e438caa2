"""Models are put together here: from YAML, from SQL files and their headers, from defaults."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from etlc.diagnostics import Diagnostics, Located, Span, SqlText
from etlc.ir.spec import ModelSpec
from etlc.load import grammar
from etlc.load.files import PROJECT_FILE
from etlc.load.ignores import ignores_of
from etlc.load.nodes import Map, Node, Scalar
from etlc.load.shapes import Context, is_name
from etlc.load.sqlfile import SqlFile
from etlc.load.syntax import quoted
from etlc.load.wording import close, name_fault

_END = 10**9  # behind the last line of any file

Pairs = tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, slots=True)
class PipelineFile:
    """A pipeline file. ``written`` is its tree as it stands, ``root`` the same without its wrong parts."""

    path: str
    name: str
    written: Map
    root: Map
    usable: bool = True

    @property
    def folder(self) -> str:
        """The folder that it stands in; empty for the project's own."""
        return posixpath.dirname(self.path)

    def section(self, key: str) -> Pairs:
        """The entries of a section as written, each with its sound part: one that is broken has an empty map."""
        written, sound = self.written.get(key), self.root.get(key)
        if not isinstance(written, Map):
            return ()
        parts = {name.text: node for name, node in sound.pairs} if isinstance(sound, Map) else {}
        return tuple((name, parts.get(name.text, Map((), name.span))) for name, _ in written.pairs)

    def inherited(self) -> Pairs:
        """What its sources and models take over from it."""
        return tuple((key, value) for key, value in self.root.pairs if key.text in ("owner", "tags"))


@dataclass(slots=True)
class _Entry:
    """A model that is being put together."""

    name: Located
    pipeline: PipelineFile | None
    file: str
    pairs: Pairs
    region: Span | None = None  # its entry in YAML
    excused: bool = False  # it has no SQL, but a finding says already why
    sql_file: SqlFile | None = field(default=None)


def assemble(
    pipelines: list[PipelineFile], sql_files: list[SqlFile], folders: tuple[str, ...], defaults: Pairs, context: Context
) -> list[ModelSpec]:
    """All models of the project, in the order of their places. Names may still be used twice."""
    entries = [_entry(file, key, node) for file in pipelines for key, node in file.section("models")]
    named: dict[str, list[_Entry]] = {}
    for entry in entries:
        named.setdefault(entry.name.lower(), []).append(entry)
    for sql_file in sorted(sql_files, key=lambda file: file.path.count("/")):
        owner = _named_by(sql_file, named.get(sql_file.stem.lower(), []))
        if owner is None:
            entries.append(_unnamed(sql_file, pipelines, folders, context.diagnostics))
        else:
            _join(owner, sql_file, context.diagnostics)
    return [_model(entry, defaults, context) for entry in entries]


def _entry(file: PipelineFile, key: Scalar, node: Node) -> _Entry:
    written = file.written.get("models")
    mine = written.get(key.text) if isinstance(written, Map) else None
    unsound = mine is not None and not isinstance(mine, Map) and not (isinstance(mine, Scalar) and mine.is_null)
    excused = unsound or (
        isinstance(mine, Map) and any(name.text == "use" or close(name.text, ["sql"]) for name, _ in mine.pairs)
    )
    pairs = node.pairs if isinstance(node, Map) else ()
    return _Entry(Located(key.text, key.span), file, file.path, pairs, region(key, mine), excused)


def region(key: Scalar, value: Node | None) -> Span:
    """From a key to the end of its value; an alias stands for something above, and adds nothing."""
    ends = [(span.end_line, span.end_column) for span in (key.span, value.span if value else key.span)]
    return Span(key.span.file, key.span.line, key.span.column, *max(ends))


def _named_by(sql_file: SqlFile, candidates: list[_Entry]) -> _Entry | None:
    """The entry that a SQL file belongs to: its YAML stands in the same folder, or in the nearest one above."""
    fitting = [entry for entry in candidates if entry.pipeline and within(sql_file.folder, entry.pipeline.folder)]
    return max(fitting, key=lambda entry: len(entry.pipeline.folder) if entry.pipeline else 0, default=None)


def _unnamed(
    sql_file: SqlFile, pipelines: list[PipelineFile], folders: tuple[str, ...], diagnostics: Diagnostics
) -> _Entry:
    """The model of a SQL file that no pipeline file names."""
    if not is_name(sql_file.stem):
        diagnostics.add("E107", sql_file.span, *name_fault(sql_file.stem))
    name = Located(sql_file.stem, sql_file.span)
    found = _nearest(sql_file.folder, pipelines, folders)
    entry = _Entry(name, found[0] if len(found) == 1 else None, sql_file.path, (), sql_file=sql_file)
    if len(found) > 1 and all(file.usable for file in found):
        names = " and ".join(quoted(posixpath.basename(file.path)) for file in found[:3])
        message = f"This file could belong to several pipelines: {names} stand in the nearest folder."
        help = f"Name the model in one of them: `models: {{{sql_file.stem}: {{}}}}`."
        diagnostics.add("E111", sql_file.span, message, help)
    if not found:
        message = "This file belongs to no pipeline: there is no pipeline file in its folder or above."
        diagnostics.add("E111", sql_file.span, message, "Add a .yaml file with `pipeline: <name>` beside it.")
    _take(entry, sql_file)
    return entry


def _nearest(folder: str, pipelines: list[PipelineFile], folders: tuple[str, ...]) -> list[PipelineFile]:
    while any(within(folder, top) for top in folders):
        if found := [file for file in pipelines if file.folder == folder]:
            return found
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return []


def _join(entry: _Entry, sql_file: SqlFile, diagnostics: Diagnostics) -> None:
    """Add a SQL file to the model that a pipeline file names."""
    if entry.sql_file is not None:
        message = f"The SQL of model {quoted(entry.name)} stands in {entry.sql_file.path} already."
        diagnostics.add("E110", sql_file.span, message, "Remove or rename one of the two files.")
        return
    entry.sql_file = sql_file
    known = {key.text: key for key, _ in entry.pairs}
    if "sql" in known:
        place = known["sql"].span
        message = f"Model {quoted(entry.name)} has its SQL in {place.file}, line {place.line}, already."
        diagnostics.add("E110", sql_file.span, message, "Remove the `sql` there, or this file.")
    for key, _ in sql_file.header.pairs:
        if first := known.get(key.text):
            place = first.span
            message = f"{quoted(key.text)} of {quoted(entry.name)} stands in {place.file}, line {place.line}, already."
            diagnostics.add("E110", key.span, message, "Keep one of the two.")
    _take(entry, sql_file)


def _take(entry: _Entry, sql_file: SqlFile) -> None:
    entry.pairs = layered(entry.pairs, sql_file.header.pairs)
    entry.excused = entry.excused or sql_file.unusable


def layered(strong: Pairs, weak: Pairs) -> Pairs:
    """The pairs of both, where the first has the say."""
    known = {key.text for key, _ in strong}
    return (*strong, *(pair for pair in weak if pair[0].text not in known))


def _model(entry: _Entry, defaults: Pairs, context: Context) -> ModelSpec:
    inherited = entry.pipeline.inherited() if entry.pipeline else ()
    pairs = layered(layered(entry.pairs, inherited), defaults)
    values = grammar.MODEL.read(context, Map(pairs, entry.name.span))
    _ignore(entry, values.pop("ignore", ()), context)
    inline: SqlText | None = values.pop("sql", None)
    sql = inline or (entry.sql_file.text if entry.sql_file else None)
    if sql is None and not entry.excused:
        _without_sql(entry, context.diagnostics)
    in_file = entry.sql_file is not None and inline is None
    pipeline = entry.pipeline.name if entry.pipeline else ""
    return ModelSpec(
        name=entry.name,
        sql=sql,
        pipeline=pipeline,
        file=entry.file,
        sql_file=entry.sql_file.path if in_file and entry.sql_file else None,
        **{**values, "span": entry.name.span},
    )


def _ignore(entry: _Entry, codes: tuple[Located, ...], context: Context) -> None:
    """Codes that are ignored in all of the model's text. What `defaults` of etlc.yaml name need not be there."""
    places = [place for place in (entry.region, entry.sql_file and Span(entry.sql_file.path, end_line=_END)) if place]
    for code in codes:
        told = code.span.file != PROJECT_FILE
        context.ignores.extend(ignores_of([code], context.diagnostics, tuple(places), told=told))


def _without_sql(entry: _Entry, diagnostics: Diagnostics) -> None:
    if entry.sql_file is not None:
        place, message = entry.sql_file.span, f"The file of model {quoted(entry.name)} holds no SQL."
        diagnostics.add("E112", place, message, "Write one SELECT into it.")
        return
    path = posixpath.join(posixpath.dirname(entry.file), f"{entry.name}.sql")
    diagnostics.add(
        "E112",
        entry.name.span,
        f"Model {quoted(entry.name)} has no SQL.",
        f"Write `sql: |` here, or one SELECT into {path} or into a folder below.",
    )


def within(folder: str, top: str) -> bool:
    """Whether a folder is ``top``, or lies below it."""
    return top in ("", folder) or folder.startswith(top + "/")


def first_of_each(found: list[tuple[Located, str, Span]], diagnostics: Diagnostics) -> set[int]:
    """Report names that are used twice; the positions in the list of those that came first."""
    first: dict[str, tuple[Located, str]] = {}
    kept: set[int] = set()
    for position in sorted(range(len(found)), key=lambda i: (found[i][2], i)):
        name, kind, span = found[position]
        known = first.setdefault(name.lower(), (name, kind))
        if known[0] is name:
            kept.add(position)
            continue
        place = known[0].span
        message = f"The name {quoted(name)} is taken by the {known[1]} in {place.file}, line {place.line}."
        help = "Names are unique in a project, without regard to case. Rename one of the two."
        diagnostics.add("E109", span, message, help)
    return kept
