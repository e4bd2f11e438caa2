"""Sources in a run: held against their pinned schema, landed, and checked, before any model is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace

from etlc.diagnostics import Diagnostic, Diagnostics, Span
from etlc.engines.base import EngineError, Session
from etlc.execute.build import with_finding
from etlc.execute.deltas import forget
from etlc.execute.desk import Desk
from etlc.execute.images import firm_images
from etlc.execute.impact import impact
from etlc.execute.land import Landed, cast_query, casts, land, misread
from etlc.execute.look import Layouts
from etlc.execute.observe import touched
from etlc.execute.paths import PathProblem, Paths
from etlc.execute.tools import Tools
from etlc.ir.decision import Decisions, SourceDecision
from etlc.ir.event import CheckResult, Event, Started
from etlc.ir.moves import moved_files
from etlc.ir.plan import Plan, PlanCheck, PlanSource
from etlc.ir.record import Delta, Part, SourceState
from etlc.kinds.addresses import without_query
from etlc.kinds.sources import filename_column, source_kind, wanted_hive
from etlc.sql.casts import cast_effect


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
        except (EngineError, OSError, PathProblem) as error:
            words = str(error.strerror) if isinstance(error, OSError) else str(error)
            sentence = paths.redact(words).split("\n")[0].replace(f"{paths.root}/", "").rstrip(".")
            where = "" if isinstance(error, PathProblem) else f"{without_query(part.path)}: "
            diagnostics.add("E402", place(source), f'Source "{source.name}" cannot be read: {where}{sentence}.')
    return replace(state, parts=tuple(parts))


def find_absent(
    source: PlanSource, state: SourceState, before: SourceState | None, paths: Paths, diagnostics: Diagnostics
) -> None:
    """Report a source whose files are named and not there, and one that has no files any more.

    Where some of them are there, the others may still come.
    """
    absent = [] if state.parts else paths.absent(source.paths)
    if absent and len(absent) == len(source.paths):
        diagnostics.add(
            "E405", place(source), f'Source "{source.name}" names {" and ".join(absent[:3])}, and there is no such file.',
            "Mend the path, or put the file there. A pattern such as data/*.csv may match nothing.",
        )  # fmt: skip
    elif not state.parts and before is not None and before.parts:
        diagnostics.add(
            "W403", place(source), f'No file matches the path of source "{source.name}" any more, so it is empty now.',
            f"It had {len(before.parts)} when it was last read.",
        )  # fmt: skip


def find_rewritten(
    source: PlanSource, state: SourceState, before: SourceState | None, diagnostics: Diagnostics
) -> bool:
    """Report the files of an append-only source that are not as they were read ``before``; whether there are any."""
    now = {part.path: part.token for part in state.parts}
    known = before.parts if before is not None else ()
    gone = [part for part in known if part.path not in now]
    changed = [part for part in known if now.get(part.path, part.token) != part.token]
    for parts, one, several, hint in (
        (changed, "has changed since it was read", "have changed since they were read", ""),
        (gone, "is gone", "are gone", " A file under a new name counts as gone, and as new."),
    ):
        if parts:
            named = ", ".join(without_query(part.path) for part in parts[:3])
            rest = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
            diagnostics.add(
                "E408", place(source),
                f'Source "{source.name}" is append_only, but {named}{rest} {one if len(parts) == 1 else several}.',
                f"Put back what was there. If it is right as it is now, `etlc run --full-refresh` accepts it.{hint}",
            )  # fmt: skip
    return bool(changed or gone)


def find_drift(
    plan: Plan, source: PlanSource, state: SourceState, before: SourceState | None, diagnostics: Diagnostics
) -> None:
    """Report a used column that a file no longer has, and note new columns, and types that were not seen ``before``."""
    if source.rows is not None or source.kind in ("json", "ndjson"):
        return
    known = {column.name.lower() for column in source.columns}
    elsewhere = {filename_column(source.options).lower()}
    lenient = source.options.get("union_by_name") is True
    needed = {c.name.lower(): c.name for c in source.columns if c.name in set(source.used) and not c.optional}
    missing: dict[str, list[Part]] = {}
    new: dict[str, list[Part]] = {}
    for part in state.parts:
        if not part.layout:
            continue  # an empty file
        have = {name.lower(): name for name, _ in part.layout}
        hive = {key.lower() for key in wanted_hive(part.path, source.options)}
        for lower, name in needed.items():
            if not lenient and lower not in have and lower not in elsewhere | hive:
                missing.setdefault(name, []).append(part)
        for lower, name in have.items():
            if lower not in known | hive:
                new.setdefault(name, []).append(part)
    for name, parts in missing.items():
        hit = impact(plan, source.name, name)
        diagnostics.add(
            "E403", place(source),
            f'{_files(parts)} no column "{name}", which {hit.readers_read()} from source "{source.name}"{hit.stand_on_it()}.',
            f"It has: {', '.join(column for column, _ in parts[0].layout)}."
            f" If that is how it should be: `etlc lock`, then mend the models. {hit.flows_into()}".rstrip(),
        )  # fmt: skip
    for name, parts in new.items():
        diagnostics.add(
            "W401", place(source), f'Source "{source.name}" has a new column "{name}", which nobody reads ({_shown(parts)}).',
            "`etlc lock` takes it up.",
        )  # fmt: skip
    for (name, kind), parts in _retyped(source, state, before).items():
        _note_type(plan, source, name, kind, parts, diagnostics)


def _retyped(source: PlanSource, state: SourceState, before: SourceState | None) -> dict[tuple[str, str], list[Part]]:
    """The files in which a used column has a type that is neither pinned nor was there before."""
    pinned = {column.name.lower(): column for column in source.columns if column.name in set(source.used)}
    seen = {(name.lower(), kind) for part in (before.parts if before else ()) for name, kind in part.layout}
    found: dict[tuple[str, str], list[Part]] = {}
    for part in state.parts if seen else ():
        for name, kind in part.layout:
            column = pinned.get(name.lower())
            if column is not None and kind and kind != column.type and (name.lower(), kind) not in seen:
                found.setdefault((column.name, kind), []).append(part)
    return found


def _note_type(
    plan: Plan, source: PlanSource, name: str, kind: str, parts: list[Part], diagnostics: Diagnostics
) -> None:
    pinned = next(column.type for column in source.columns if column.name == name)
    effect = {
        "keeps": f"every value still fits {pinned}",
        "rounds": f"as {pinned} its values may lose digits",
        "tries": f"each value is tried as {pinned}",
    }[cast_effect(kind, pinned)]
    hit = impact(plan, source.name, name)
    diagnostics.add(
        "W402", place(source), f'Column "{name}" of source "{source.name}" has another type, {kind}, in {_shown(parts)}; {effect}.',
        f"{_capital(hit.readers_read())} it{hit.stand_on_it()}. {hit.flows_into()} `etlc lock` takes the type up.".replace("  ", " "),
    )  # fmt: skip


def _capital(text: str) -> str:
    """A sentence may begin with a name, which stays as it is."""
    return f"A{text[1:]}" if text.startswith("a check") else text


def _shown(parts: list[Part]) -> str:
    first = without_query(parts[0].path)
    return f"{first} and {len(parts) - 1} more" if len(parts) > 1 else first


def _files(parts: list[Part]) -> str:
    others, first = len(parts) - 1, without_query(parts[0].path)
    return f"{first} and {others} other{'s' if others > 1 else ''} have" if others else f"{first} has"


def place(source: PlanSource) -> Span:
    """Where the source is declared."""
    return Span(source.file, source.line, source.column, source.line, source.column + len(source.name))


class _Misread(Exception):
    """A source could not be read: the transaction is to be rolled back."""


class Sources:
    """The sources of a run. After :meth:`run`, ``blocked`` are those whose error checks failed."""

    def __init__(self, tools: Tools, decisions: Decisions, diagnostics: Diagnostics) -> None:
        self.tools = tools
        self.decisions = decisions
        self.diagnostics = diagnostics
        self.blocked: set[str] = set()
        self._states = dict(tools.observations.sources)

    def run(self, desk: Desk) -> Iterator[Event]:
        """Land what is to be landed and check it; problems are collected in ``diagnostics``, and then nothing landed."""
        self._keep_looks(desk)
        landing = {name: d for name, d in self.decisions.sources.items() if d.action == "land"}
        if landing:
            yield from self._land(landing, desk)
        for name, decision in self.decisions.sources.items():
            if decision.action == "read":
                self._read(name, desk)
        if self.diagnostics.errors:
            return
        for name, decision in self.decisions.sources.items():
            if decision.checks:
                yield from self._check(name, decision.checks, desk)

    def _keep_looks(self, desk: Desk) -> None:
        """Remember the times of files that were touched, of sources with which nothing else is done."""
        skipped = [name for name, decision in self.decisions.sources.items() if decision.action == "skip"]
        looks = touched(self.tools.memory.sources, {name: self._states[name] for name in skipped})
        with desk.transaction() if looks else nullcontext():
            for name in looks:
                self._save(desk, name, self.tools.memory.source_checks.get(name, {}))

    def _land(self, landing: Mapping[str, SourceDecision], desk: Desk) -> Iterator[Event]:
        """All in one transaction: views read what is landed, and a file that cannot be read stops the whole run."""
        landed: dict[str, Landed] = {}
        events: list[Event] = []
        failed: dict[str, EngineError] = {}
        with suppress(_Misread), desk.transaction():
            for name, decision in landing.items():
                yield Started("source", name, "land")
                try:
                    landed[name] = land(self.tools.plan.sources[name], self._states[name], decision, desk)
                    events.append(landed[name].event)
                except EngineError as error:
                    failed[name] = error
                    raise _Misread from error
        if not failed:
            for name, one in landed.items():
                self._states[name] = one.state
                self.tools.ledger.lost(name) if one.delta is None else self.tools.ledger.came(one.delta)
                self.tools.ledger.stands(name, one.state.version, one.event.rows)
            yield from events
            return
        for name in landing:
            problem = failed.get(name) or (None if name in landed else self._unreadable(name, desk))
            if problem is not None:
                self._misread(name, problem)

    def _unreadable(self, name: str, desk: Desk) -> EngineError | None:
        """Why a source that was not reached cannot be read, if it cannot."""
        source, state = self.tools.plan.sources[name], self._states[name]
        try:
            if source.used and source.rows is None:
                desk.session.rows(cast_query(source, list(state.parts), self.tools.paths))
        except EngineError as error:
            return error
        return None

    def _read(self, name: str, desk: Desk) -> None:
        """Remember the files; where a type differs from the pinned one, see that every value casts."""
        source, state = self.tools.plan.sources[name], self._states[name]
        if not source.landed:
            # A landed table from an earlier day is not kept up any more: what it holds is not to be trusted again.
            state = self._states[name] = replace(state, landed=())
        images = self.tools.memory.images.get(name, {})
        firm = firm_images(images, self.tools.memory.sources.get(name), state)
        if self.tools.memory.sources.get(name) == state and len(firm) == len(images):
            return
        try:
            doubtful = [] if source.landed else casts(source, state.parts)
            if doubtful and source.used:
                desk.session.rows(cast_query(source, doubtful, self.tools.paths))
        except EngineError as error:
            self._misread(name, error)
            return
        with desk.transaction():
            if len(firm) < len(images):
                self.tools.store.save_images(desk.session, name, firm)
            delta = self._delta(desk, name, source)
            self.tools.store.save_source(desk.session, name, state, self.tools.memory.source_checks.get(name, {}))
        if delta is not None:
            self.tools.ledger.came(delta)

    def _delta(self, desk: Desk, name: str, source: PlanSource) -> Delta | None:
        """What changed in the files of a source that is read where they lie; remembered for its readers."""
        before, now = self.tools.memory.sources.get(name), self._states[name]
        if before is not None and before.version == now.version:
            return None
        if before is None or source.landed or before.version.split("-")[0] != now.version.split("-")[0]:
            forget(desk, name)
            self.tools.ledger.lost(name)
            return None
        moved = moved_files(before, now, self.tools.memory.images.get(name, {}))
        delta = replace(moved, relation=name, step=self.tools.ledger.step())
        self.tools.store.save_delta(desk.session, delta)
        return delta

    def _misread(self, name: str, error: EngineError) -> None:
        source, state = self.tools.plan.sources[name], self._states[name]
        with self.tools.scratch() as engine:
            finding, column = misread(source, state, error.error, engine, self.tools.paths)
        if column is not None:
            hit = impact(self.tools.plan, name, column)
            said = f"{_capital(hit.readers_read())} the column{hit.stand_on_it()}. {hit.flows_into()}"
            finding = replace(finding, help=f"{finding.help} {said}".rstrip())
        self.diagnostics.append(finding)

    def _check(self, name: str, tokens: Mapping[str, str], desk: Desk) -> Iterator[Event]:
        checks = {check.name: check for check in self.tools.plan.sources[name].checks}
        passed = {n: t for n, t in self.tools.memory.source_checks.get(name, {}).items() if n in checks}
        for result in check_each(desk, name, [checks[check] for check in tokens]):
            yield result
            if result.status == "fail":
                self.blocked.add(name)
            else:
                passed[result.check] = tokens[result.check]
        with desk.transaction():
            self._save(desk, name, passed)

    def _save(self, desk: Desk, name: str, checked: Mapping[str, str]) -> None:
        self.tools.store.save_source(desk.session, name, self._states[name], checked)


def check_each(desk: Desk, owner: str, checks: list[PlanCheck]) -> list[CheckResult]:
    """The verdicts on checks of what stands; one that cannot be computed has failed, for that reason."""
    try:
        return [with_finding(result, check) for result, check in zip(desk.check(owner, checks), checks, strict=True)]
    except EngineError as error:
        if len(checks) > 1:
            return [result for check in checks for result in check_each(desk, owner, [check])]
        words = desk.tools.paths.redact(error.error.message).split("\n")[0].rstrip(".")
        span = Span(checks[0].file, checks[0].line, checks[0].column, checks[0].line, checks[0].column + 1)
        finding = Diagnostic("E502", f'Check "{checks[0].name}" of "{owner}" failed: {words}.', span)
        return [CheckResult(owner, checks[0].name, "fail", 0, diagnostic=finding)]
