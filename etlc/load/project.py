"""A whole project: all its files, read and put together."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from etlc.diagnostics import Diagnostics, Ignore, Located, Span
from etlc.ir.spec import Limits, LockedSource, ModelSpec, OutputSpec, SourceSpec, Spec, UnitTestSpec
from etlc.load import grammar
from etlc.load.files import LOCK_FILE, PROJECT_FILE, SPEC_ENDINGS, Files, block_paths, spec_paths
from etlc.load.ignores import MARK, ignores_in_sql, ignores_in_yaml, ignores_of
from etlc.load.lock import parse_lock
from etlc.load.models import Pairs, PipelineFile, assemble, first_of_each, layered, region
from etlc.load.nodes import Map, Node, Scalar, Seq, parse_bytes
from etlc.load.paths import check_allowed, check_path, shown_path
from etlc.load.shapes import Context
from etlc.load.sound import SoundTexts
from etlc.load.sqlfile import SqlFile, read_sql_file
from etlc.load.structure import conforming

_DEFAULT_FOLDERS = ("pipelines",)
_WHOLE = Span.whole(PROJECT_FILE)


def read_project(files: Files, diagnostics: Diagnostics, sound: SoundTexts | None = None) -> Spec | None:
    """The project as written; None where there is no etlc.yaml, or none that is a map."""
    context = Context(diagnostics, sound=sound)
    data = _read(files, PROJECT_FILE, diagnostics)
    if data is None:
        if not len(diagnostics):
            help = "Run `etlc init`, or go to the project's folder."
            diagnostics.add("E114", _WHOLE, "There is no etlc.yaml here.", help)
        return None
    root = _tree(data, PROJECT_FILE, "project", context)
    if root is None:
        return None
    return _Loading(files, context, root[1], grammar.PROJECT.read(context, root[1])).spec()


def pipeline_folders(data: bytes) -> tuple[str, ...]:
    """The folders that the text of an etlc.yaml names for its pipelines, as far as they lie in the project."""
    document = parse_bytes(data, PROJECT_FILE, Diagnostics())
    root = document.root if document else None
    node = root.get("pipelines") if isinstance(root, Map) else None
    if node is None:
        return _DEFAULT_FOLDERS
    items = node.items if isinstance(node, Seq) else (node,)
    texts = [Located(item.text, item.span) for item in items if isinstance(item, Scalar) and item.text]
    return _folders(texts, Diagnostics())


def _folders(texts: list[Located], diagnostics: Diagnostics) -> tuple[str, ...]:
    sound = [text for text in texts if check_path(text, (), diagnostics, "Pipelines lie inside the project.")]
    normal = (posixpath.normpath(text) for text in sound)
    return tuple(dict.fromkeys("" if path == "." else path for path in normal))


def _read(files: Files, path: str, diagnostics: Diagnostics) -> bytes | None:
    try:
        return files.read(path)
    except OSError as error:
        diagnostics.add("E114", Span.whole(path), f"This file cannot be read: {error.strerror or error}.")
        return None


def _tree(data: bytes, path: str, kind: str, context: Context) -> tuple[Map, Map] | None:
    """The tree of a file as written, and without its wrong parts."""
    document = parse_bytes(data, path, context.diagnostics)
    if document is None:
        return None
    context.lines[path] = document.lines
    if MARK.encode() in data:
        context.ignores.extend(ignores_in_yaml(document.lines, path, context.diagnostics))
    sound = conforming(document, kind, context.diagnostics, context.sound)
    if sound is None:
        return None
    return (document.root if isinstance(document.root, Map) else sound), sound


def _in(span: Span, whole: Span) -> bool:
    start = (span.line, span.column)
    return (whole.line, whole.column) <= start < (whole.end_line, whole.end_column)


@dataclass(frozen=True, slots=True)
class _Loading:
    """One pass over the files of a project whose etlc.yaml has been read."""

    files: Files
    context: Context
    root: Map
    values: dict[str, Any]

    def spec(self) -> Spec:
        folders = self._pipeline_folders()
        allow = tuple(entry for entry in self.values.get("allow", ()) if check_allowed(entry, self._found))
        pipelines, sql_files = self._spec_files(folders)
        defaults = self.root.get("defaults")
        shared: Pairs = defaults.pairs if isinstance(defaults, Map) else ()
        models = assemble(pipelines, sql_files, folders, shared, self.context)
        sources = [self._source(file, key, node, allow) for file in pipelines for key, node in file.section("sources")]
        kept_sources, kept_models = self._unique(sources, models)
        self._blocks()
        return Spec(
            project=self.values.get("project", Located("project", _WHOLE)),
            warehouse=self._warehouse(allow),
            params={str(name): param for name, param in self.values.get("params", {}).items()},
            limits=self.values.get("limits", Limits()),
            allow=allow,
            strict=self.values.get("strict", False),
            protected=tuple(map(str, self.values.get("protected", ("pii",)))),
            sources=kept_sources,
            models=kept_models,
            outputs=self._outputs(pipelines, allow),
            tests=self._tests(pipelines),
            locked=self._locked(),
            ignores=self._ignores(),
            incomplete=any(self._lost(file) for file in pipelines),
            unsure=self._unsure(pipelines, [*(source.name for source in sources), *(model.name for model in models)]),
            span=self.root.span,
        )

    @property
    def _found(self) -> Diagnostics:
        return self.context.diagnostics

    def _pipeline_folders(self) -> tuple[str, ...]:
        named = self.values.get("pipelines")
        if named is None:
            return _DEFAULT_FOLDERS
        for text in named:
            for folder in _folders([text], Diagnostics()):
                self._look_into(folder, text)
        return _folders(list(named), self._found)

    def _look_into(self, folder: str, text: Located) -> None:
        if folder.endswith(SPEC_ENDINGS) or any(sign in folder for sign in "*?["):
            message = f"The path `{shown_path(text)}` names files, where a folder is due."
            self._found.add("E113", text.span, message, "Name the folder: all specs in it and below it are read.")
        elif folder not in _DEFAULT_FOLDERS and not self.files.walk(folder, SPEC_ENDINGS):
            message = f"There is no spec in the folder `{shown_path(text)}`."
            self._found.add("E114", text.span, message, "Mend its name, which is relative to etlc.yaml.")

    def _warehouse(self, allow: tuple[Located, ...]) -> Located:
        named = self.values.get("warehouse")
        default = Located("warehouse.duckdb", _WHOLE)
        return named if named is not None and check_path(named, allow, self._found) else default

    def _spec_files(self, folders: tuple[str, ...]) -> tuple[list[PipelineFile], list[SqlFile]]:
        pipelines, sql_files = [], []
        for path in spec_paths(self.files, folders):
            data = _read(self.files, path, self._found)
            if not path.endswith(".sql"):
                pipelines.append(self._pipeline(path, data))
            elif data is not None:
                sql_files.append(self._sql_file(path, data))
        return pipelines, sql_files

    def _sql_file(self, path: str, data: bytes) -> SqlFile:
        file = read_sql_file(data, path, self._found)
        self.context.lines[path] = file.lines
        if MARK.encode() in data:
            self.context.ignores.extend(ignores_in_yaml(file.header_lines, path, self._found))
            self.context.ignores.extend(ignores_in_sql(file.text, self._found) if file.text else ())
        return file

    def _pipeline(self, path: str, data: bytes | None) -> PipelineFile:
        stem = posixpath.splitext(posixpath.basename(path))[0]
        tree = None if data is None else _tree(data, path, "pipeline", self.context)
        if tree is None:  # a finding says why; it still claims the SQL files of its folder
            empty = Map((), Span.whole(path))
            return PipelineFile(path, stem, empty, empty, usable=False)
        name = tree[1].get("pipeline")
        return PipelineFile(path, name.text if isinstance(name, Scalar) else stem, *tree)

    def _lost(self, file: PipelineFile) -> bool:
        """Whether names that the file declares may be unknown: a section of it is broken, misspelt or there twice."""
        known = set(grammar.PIPELINE.schema["properties"])
        mine = [found for found in self._found if found.span.file == file.path]
        twice = any(found.code == "E105" and found.span.column == 1 for found in mine)
        sections = [node for key, node in file.written.pairs if key.text in ("sources", "models")]
        broken = any(not isinstance(node, Map) for node in sections)
        return not file.usable or twice or broken or any(key.text not in known for key, _ in file.written.pairs)

    def _unsure(self, pipelines: list[PipelineFile], names: list[Located]) -> frozenset[str]:
        """The names of which nobody can say what columns they have: declared twice, or as sources with mistakes."""
        counted = Counter(name.lower() for name in names)
        found = {name for name, times in counted.items() if times > 1}
        for file in pipelines:
            written = file.written.get("sources")
            wrong = [each.span for each in self._found if each.severity == "error" and each.span.file == file.path]
            for key, node in written.pairs if wrong and isinstance(written, Map) else ():
                pairs = node.pairs if isinstance(node, Map) else ()
                checks = [region(name, value) for name, value in pairs if name.text == "checks"]
                if any(_in(span, region(key, node)) and not any(_in(span, part) for part in checks) for span in wrong):
                    found.add(key.text.lower())
        return frozenset(found)

    def _source(self, file: PipelineFile, key: Scalar, node: Node, allow: tuple[Located, ...]) -> SourceSpec:
        pairs: Pairs = layered(node.pairs if isinstance(node, Map) else (), file.inherited())
        values = grammar.SOURCE.read(self.context, Map(pairs, key.span))
        if values.get("append_only") and "rows" in values:
            promise = next(name for name, _ in pairs if name.text == "append_only")
            message = f'"append_only" is a promise about files, and source "{key.text}" has its rows here.'
            self._found.add("E103", promise.span, message, "Take it out.")
        paths = tuple(path for path in values.pop("path", ()) if check_path(path, allow, self._found))
        return SourceSpec(
            name=Located(key.text, key.span),
            path=paths,
            pipeline=file.name,
            file=file.path,
            **{**values, "span": key.span},
        )

    def _unique(
        self, sources: list[SourceSpec], models: list[ModelSpec]
    ) -> tuple[dict[str, SourceSpec], dict[str, ModelSpec]]:
        named = [(source.name, "source", source.span) for source in sources]
        named += [(model.name, "model", model.span) for model in models]
        kept = first_of_each(named, self._found)
        first = len(sources)
        return (
            {str(source.name): source for i, source in enumerate(sources) if i in kept},
            {str(model.name): model for i, model in enumerate(models, first) if i in kept},
        )

    def _outputs(self, pipelines: list[PipelineFile], allow: tuple[Located, ...]) -> tuple[OutputSpec, ...]:
        found = []
        for file in pipelines:
            for name, values in self._entries(file, "outputs"):
                if check_path(values["path"], allow, self._found):
                    model = values.pop("model", name)
                    values["span"] = name.span
                    found.append(OutputSpec(name=name, model=model, pipeline=file.name, **values))
        kept = first_of_each([(output.name, "output", output.span) for output in found], self._found)
        return tuple(output for i, output in enumerate(found) if i in kept)

    def _tests(self, pipelines: list[PipelineFile]) -> tuple[UnitTestSpec, ...]:
        found = [
            UnitTestSpec(name=name, file=file.path, **{**values, "span": name.span})
            for file in pipelines
            for name, values in self._entries(file, "tests")
        ]
        kept = first_of_each([(test.name, "test", test.span) for test in found], self._found)
        return tuple(test for i, test in enumerate(found) if i in kept)

    def _entries(self, file: PipelineFile, key: str) -> list[tuple[Located, dict[str, Any]]]:
        node = file.root.get(key)
        shape = grammar.PIPELINE_SECTIONS[key]
        return list(shape.read(self.context, node).items()) if node is not None else []

    def _blocks(self) -> None:
        for path in block_paths(self.files):
            data = _read(self.files, path, self._found)
            document = parse_bytes(data, path, self._found) if data is not None else None
            if document is not None and document.root is not None:
                span = document.root.span
                place = Span(path, span.line, span.column, span.line, span.column + 1)
                self._found.add("E108", place, "Blocks are not supported yet.", "Write the SQL of the models out.")

    def _ignores(self) -> tuple[Ignore, ...]:
        """All ignores, each once, those of the whole project first."""
        codes = self.values.get("ignore", ())
        project = ignores_of(codes, self._found, everywhere=True, told=False)
        return tuple(dict.fromkeys([*project, *self.context.ignores]))

    def _locked(self) -> Mapping[str, LockedSource]:
        data = _read(self.files, LOCK_FILE, self._found)
        return {} if data is None else parse_lock(data, self._found)
