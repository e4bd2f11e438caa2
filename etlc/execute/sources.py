"""Sources in a run: held against their pinned schema, landed, and checked, before any model is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from etlc.diagnostics import Diagnostic, Diagnostics, Span
from etlc.engines.base import EngineError, Session
from etlc.execute.build import with_finding
from etlc.execute.desk import Desk
from etlc.execute.land import cast_query, casts, land, misread
from etlc.execute.look import Layouts
from etlc.execute.paths import Paths
from etlc.execute.tools import Tools
from etlc.ir.decision import Decisions, SourceDecision
from etlc.ir.event import Event, Started
from etlc.ir.plan import PlanSource
from etlc.ir.record import SourceState
from etlc.kinds.sources import filename_column, source_kind, wanted_hive


def fill_layouts(
    source: PlanSource, state: SourceState, paths: Paths, session: Session, diagnostics: Diagnostics
) -> SourceState:
    """The state with the columns that each file has; what cannot be read is reported."""
    kind = source_kind(source.kind, source.paths)
    if kind is None or source.rows is not None:
        return state
    layouts = Layouts(kind, source.options, paths, session)
    parts = []
    for part in state.parts:
        try:
            parts.append(layouts.fill(part))
        except (EngineError, OSError) as error:
            words = error.error.message if isinstance(error, EngineError) else str(error.strerror)
            sentence = paths.redact(words).split("\n")[0].replace(f"{paths.root}/", "").rstrip(".")
            diagnostics.add("E402", place(source), f'Source "{source.name}" cannot be read: {part.path}: {sentence}.')
    return replace(state, parts=tuple(parts))


def find_drift(source: PlanSource, state: SourceState, diagnostics: Diagnostics, readers: list[str]) -> None:
    """Report a used column that a file no longer has, and note columns that are new and read by nobody."""
    if source.rows is not None or source.kind in ("json", "ndjson"):
        return
    known = {column.name.lower() for column in source.columns}
    elsewhere = {filename_column(source.options).lower()}
    lenient = source.options.get("union_by_name") is True
    needed = {c.name.lower(): c.name for c in source.columns if c.name in set(source.used) and not c.optional}
    for part in state.parts:
        if part.size == 0:
            continue
        have = {name.lower() for name, _ in part.layout}
        there = have | elsewhere | {key.lower() for key in wanted_hive(part.path, source.options)}
        gone = [] if lenient else [name for lower, name in needed.items() if lower not in there]
        for name in gone:
            diagnostics.add(
                "E403", place(source), f'{part.path} has no column "{name}", which {_listed(readers)} from source "{source.name}".',
                f"It has: {', '.join(name for name, _ in part.layout)}. If that is how it should be: `etlc lock`, then mend the models.",
            )  # fmt: skip
        for name, _ in part.layout:
            if name.lower() not in known | {key.lower() for key in wanted_hive(part.path, source.options)}:
                diagnostics.add(
                    "W401", place(source), f'Source "{source.name}" has a new column "{name}", which nobody reads ({part.path}).',
                    "`etlc lock` takes it up.",
                )  # fmt: skip


def _listed(readers: list[str]) -> str:
    return f"{' and '.join(readers[:3])}{' and others' if len(readers) > 3 else ''} read{'s' if len(readers) == 1 else ''}" if readers else "a check reads"


def place(source: PlanSource) -> Span:
    """Where the source is declared."""
    return Span(source.file, source.line, source.column, source.line, source.column + len(source.name))


@dataclass(slots=True)
class Sources:
    """The sources of a run. After :meth:`run`, ``blocked`` are those whose error checks failed."""

    tools: Tools
    decisions: Decisions
    diagnostics: Diagnostics
    blocked: set[str] = field(default_factory=set)

    def run(self, desk: Desk) -> Iterator[Event]:
        """Land what is to be landed and check it; problems are collected in ``diagnostics``."""
        for name, decision in self.decisions.sources.items():
            if decision.action == "land":
                yield from self._land(name, decision, desk)
            elif decision.action == "read":
                self._read(name, desk)
        if self.diagnostics.errors:
            return
        for name, decision in self.decisions.sources.items():
            if decision.checks:
                yield from self._check(name, decision.checks, desk)

    def _land(self, name: str, decision: SourceDecision, desk: Desk) -> Iterator[Event]:
        source, state = self.tools.plan.sources[name], self.tools.observations.sources[name]
        yield Started("source", name, "land")
        try:
            yield land(source, state, decision, desk.session, self.tools)
        except EngineError as error:
            self._misread(source, state, error)

    def _read(self, name: str, desk: Desk) -> None:
        """Remember the files; where a type differs from the pinned one, see that every value casts."""
        source, state = self.tools.plan.sources[name], self.tools.observations.sources[name]
        before = self.tools.memory.sources.get(name)
        if before is not None and before == state:
            return
        try:
            doubtful = casts(source, state.parts)
            if doubtful and source.used:
                desk.session.rows(cast_query(source, doubtful, self.tools.paths))
        except EngineError as error:
            self._misread(source, state, error)
            return
        self._save(desk, name, state, self.tools.memory.source_checks.get(name, {}))

    def _misread(self, source: PlanSource, state: SourceState, error: EngineError) -> None:
        with self.tools.scratch() as engine:
            self.diagnostics.append(misread(source, state, error.error, engine, self.tools.paths))

    def _check(self, name: str, tokens: Mapping[str, str], desk: Desk) -> Iterator[Event]:
        source, state = self.tools.plan.sources[name], self.tools.observations.sources[name]
        checks = {check.name: check for check in source.checks}
        passed = {n: t for n, t in self.tools.memory.source_checks.get(name, {}).items() if n in checks}
        for check, token in tokens.items():
            try:
                result = with_finding(desk.check(name, checks[check]), checks[check])
            except EngineError as error:
                words = self.tools.paths.redact(error.error.message).split("\n")[0]
                self.diagnostics.add("E502", place(source), f'Check "{check}" of source "{name}" failed: {words}.')
                self.blocked.add(name)
                continue
            yield result
            if result.status == "fail":
                self.blocked.add(name)
            else:
                passed[check] = token
        landed = tuple(f"{c.name}:{c.type}" for c in source.columns if c.name in set(source.used)) if source.landed else ()
        self._save(desk, name, replace(state, landed=state.landed or landed), passed)

    def _save(self, desk: Desk, name: str, state: SourceState, checked: Mapping[str, str]) -> None:
        desk.session.execute("BEGIN")
        try:
            self.tools.store.save_source(desk.session, name, state, checked)
            desk.session.execute("COMMIT")
        except BaseException:
            desk.session.rollback()
            raise
