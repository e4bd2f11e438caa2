"""Building one model: its rows, its checks and its record, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from etlc.diagnostics import Diagnostic, Span
from etlc.engines.base import EngineError
from etlc.execute.deltas import forget, keep, moved
from etlc.execute.desk import Desk
from etlc.execute.digests import moved_digest, rows_digest
from etlc.execute.images import as_observed, holds, images_folder
from etlc.execute.partials import AS_THEY_ARE, Made, drop_partials, keep_partials, made_partials, worth_it
from etlc.execute.strategies import STRATEGIES, diff
from etlc.execute.work import CAME, WENT, Unfit, Work, apply, settle_net
from etlc.ir.binding import SqlError
from etlc.ir.decision import Decision, Reason, Way, takes_changes
from etlc.ir.event import CheckResult, ModelResult
from etlc.ir.partials import PARTIALS, token
from etlc.ir.plan import HIDDEN_SCHEMA, Plan, PlanCheck, PlanModel
from etlc.ir.record import Delta, Image, ModelRecord
from etlc.ir.statements import create_snapshot_view, create_table, create_view
from etlc.sql.quote import qualified


@dataclass(frozen=True, slots=True)
class Built:
    """What building a model came to."""

    result: ModelResult
    checks: tuple[CheckResult, ...]


class _CheckFailed(Exception):
    """An error check failed: the transaction is to be rolled back."""


class _Same(Exception):
    """The rows came out as they stand: the transaction is to be rolled back, and nothing below need run."""


def build(desk: Desk, planned: Decision) -> Built:
    """Do to a model what was decided, or less. A failure is a result, not an exception; EngineInterrupted goes through."""
    model, begun = desk.tools.plan.models[planned.model], time.monotonic()
    decision = desk.tools.settle(planned, desk.tools.ledger.standing())
    checks: list[CheckResult] = []
    desk.history = {}
    rows: int | None = None
    error = None
    try:
        if decision.action == "skip":
            if not decision.idle:
                _stay(desk, model, decision, checks)
            status = "skipped"
        else:
            decision, rows = _renew(desk, model, decision, checks)
            status = "skipped" if decision.action == "skip" else "success"
    except EngineError as failure:
        status, rows, error = "failed", None, _failure(desk, model, failure)
    except _CheckFailed:
        status, rows, error = "failed", None, _check_finding(model, [c for c in checks if c.status == "fail"], desk)
    result = ModelResult(model.name, decision.action, status, decision.reason, rows, time.monotonic() - begun, error)
    return Built(result, tuple(checks))


def _renew(desk: Desk, model: PlanModel, decision: Decision, checks: list[CheckResult]) -> tuple[Decision, int | None]:
    """By the first way that is open and worth it; a rebuild always is. Gives the decision with the way that was gone."""
    ledger, record = desk.tools.ledger, desk.tools.memory.models.get(model.name)
    desk.lay_out(model.reads)
    changes = ledger.changes(model.name, record.consumed) if record and model.stored and takes_changes(decision) else {}
    left = max(_LEAST, record.seconds) if record else 0.0
    for way in desk.tools.ways(model, changes, record) if changes and record else ():
        if not way.changed or left < _LITTLE:
            break  # a rebuild
        checks.clear()
        desk.lay_out(model.reads)
        started = time.monotonic()
        with suppress(Unfit):
            gone = replace(decision, action=_action(model, way), strategy=way.strategy, changed=way.changed)
            rows, moved_some = _by(desk, model, gone, way, checks, left)
            return _gone(gone, moved_some), rows
        desk.history[way.key] = _VAIN if way.action != "skip" else _WASTED * (time.monotonic() - started)
        left -= time.monotonic() - started if "cheap-full" not in desk.tools.off else 0.0
    checks.clear()
    desk.lay_out(model.reads)
    if decision.action in _KEPT_UP:  # foreseen, and not to be had
        decision = replace(decision, action="rebuild", strategy="full")
    try:
        return decision, _rebuilt(desk, model, decision, checks)
    except _Same:
        assert record is not None
        checks.clear()
        _audit(desk, model, decision, checks)
        with desk.transaction():
            stood = replace(decision, version=record.version, state=record.state)
            _save(desk, model, stood, record.rows, record.seconds, record.digest)
        return decision, record.rows


_KEPT_UP = frozenset({"append", "merge", "refresh"})
# Seconds that the strategies have together in any case; then as long as a full build: joins with few rows can go astray.
_LEAST, _LITTLE = 0.2, 0.02
_MUCH = 0.1  # of a build's seconds, to be committed in
_VAIN = 1e9  # the seconds of a strategy that came to nothing
_WASTED = 2  # by as much does asking look longer that found something: more often than not it is to spare the work


def _gone(decision: Decision, moved_some: bool) -> Decision:
    """The decision with what a strategy came to: where no row of a query's cores moved, it was left as it is."""
    if decision.strategy not in ("probe", PARTIALS):
        return decision
    if not moved_some:
        return replace(decision, action="skip", reason=Reason("untouched", decision.changed))
    return replace(decision, action="refresh") if decision.strategy == "probe" else decision


def _action(model: PlanModel, way: Way) -> str:
    return "view" if model.storage == "view" else way.action


def _by(desk: Desk, model: PlanModel, decision: Decision, way: Way, checks: list[CheckResult], seconds: float
) -> tuple[int, bool]:  # fmt: skip
    """Bring the model's rows up to date by a strategy, in this time; how many there are then, and whether any are others.
    Raises Unfit where another way costs less."""
    started = time.monotonic()
    tools, record = desk.tools, desk.tools.memory.models[model.name]
    moved_rows = {}
    for name in way.changed if STRATEGIES[way.strategy] is not diff else ():
        chain = tools.ledger.chain(name, record.consumed[name])
        assert chain is not None
        moved_rows[name] = moved(desk, name, chain)
    images = [image for one in moved_rows.values() for image in one.images]
    delta, stood, count = None, replace(decision, version=record.version, state=record.state), record.rows
    work = Work(desk, model, tools.known(model), way, moved_rows)
    came, went = _worked(work, images, seconds)
    with desk.transaction():
        for statement in work.after:
            desk.session.execute(statement)
        if came or went:
            apply(work, came, went)
            stood, count = decision, record.rows + came - went
            delta = _kept(desk, model, record.version, decision.version, came, went)
        digest = moved_digest(work, record.digest) if came or went else record.digest
        _audit(desk, model, decision, checks)
        desk.history[way.key] = time.monotonic() - started
        _save(desk, model, stood, count, record.seconds, digest, AS_THEY_ARE if way.strategy == PARTIALS else None)
    _committed(desk, model, stood, count)
    if came or went:
        tools.ledger.lost(model.name) if delta is None else tools.ledger.came(delta)
    return count, bool(came or went)


def _worked(work: Work, images: Sequence[Image], seconds: float) -> tuple[int, int]:
    """How many rows come and go. Raises Unfit where that cannot be worked out, or an image of a file turns out not to be
    as it was left: a full build says it again, if it is the query's fault."""
    try:
        with work.desk.session.within(seconds):
            STRATEGIES[work.way.strategy](work)
            moved_rows = settle_net(work)
    except EngineError as error:
        raise Unfit from error
    folder = images_folder(work.desk.tools.paths.root, work.desk.tools.plan.warehouse)
    if not all(holds(folder, image) for image in images):
        raise Unfit
    return moved_rows


def _kept(desk: Desk, model: PlanModel, before: str, after: str, came: int, went: int) -> Delta | None:
    """What changed, kept for those that read the model; None where nobody does, or it is most of its rows."""
    ledger, record = desk.tools.ledger, desk.tools.memory.models[model.name]
    if model.name not in ledger.readers or came + went > max(1_000, record.rows):
        forget(desk, model.name)
        return None
    delta = Delta(model.name, ledger.step(), before, after, came, went)
    keep(desk, model, delta.step, CAME if came else "", WENT if went else "")
    desk.tools.store.save_delta(desk.session, delta)
    return delta


def _rebuilt(desk: Desk, model: PlanModel, decision: Decision, checks: list[CheckResult]) -> int | None:
    """Work out all rows of a model: from its partial aggregates, where these are worth keeping. Raises _Same."""
    if worth_it(desk, model, decision):
        with suppress(Unfit), made_partials(desk, model) as made:
            return _rebuild(desk, model, decision, checks, made)
        checks.clear()
        desk.lay_out(model.reads)
    return _rebuild(desk, model, decision, checks, None)


def _rebuild(
    desk: Desk, model: PlanModel, decision: Decision, checks: list[CheckResult], made: Made | None
) -> int | None:
    """Work out all rows of a model. Raises _Same where they are those that stand, and Unfit where that cannot be done from
    its partial aggregates."""
    record, begun = desk.tools.memory.models.get(model.name), time.monotonic()
    with desk.transaction():
        _clear(desk, model)
        rows = _make(desk, model, made)
        digest = rows_digest(desk, model) if model.stored and _watched(desk, model) else ""
        same = record is not None and digest != "" and digest == record.digest and not model.volatile
        if same and record is not None and record.placement == decision.placement and decision.reason.kind in _CHANGES:
            raise _Same
        forget(desk, model.name)
        _audit(desk, model, decision, checks)
        seconds = time.monotonic() - begun
        if made is not None and made.query and record is not None:  # from them, it is no full build
            seconds = max(seconds, record.seconds)
        saved, done = _save(desk, model, decision, rows, seconds, digest, made), time.monotonic()
    committing = time.monotonic() - done
    _committed(desk, model, decision, rows)
    if committing > max(_LITTLE, _MUCH * seconds):  # what it takes is known only now
        saved = replace(saved, seconds=seconds + committing)
        with suppress(EngineError), desk.transaction():  # it is only a figure
            desk.tools.store.save_model(desk.session, saved, desk.tools.plan.meaning(model.name))
    desk.tools.ledger.lost(model.name)
    return rows


_CHANGES = frozenset({"input", "files", "edited"})  # after which the table and its columns may stand as they are


def _watched(desk: Desk, model: PlanModel) -> bool:
    """Whether anybody would be spared work by knowing that the rows are the same."""
    plan = desk.tools.plan
    read = any(model.name in other.reads for other in plan.models.values())
    return "early-cutoff" not in desk.tools.off and (read or any(o.model == model.name for o in plan.outputs))


def _save(
    desk: Desk,
    model: PlanModel,
    decision: Decision,
    rows: int | None,
    seconds: float,
    digest: str,
    made: Made | None = None,
) -> ModelRecord:
    """Remember a model. ``made`` are its partial aggregates, where they are those of its rows now."""
    record = _record(desk, model, decision, rows, seconds, digest)
    record = replace(record, partials=keep_partials(desk, model, record.consumed, made))
    desk.tools.store.save_model(desk.session, record, desk.tools.plan.meaning(model.name))
    return record


def _committed(desk: Desk, model: PlanModel, decision: Decision, rows: int | None) -> None:
    # COMMIT of a transaction that an error has aborted rolls back and says nothing: so the marker is read back.
    if desk.tools.store.stored_version(desk.session, model.name) != decision.version:
        raise AssertionError(f"the transaction of {model.name} was not committed")
    desk.tools.ledger.stands(model.name, decision.version, rows, decision.state)


def _clear(desk: Desk, model: PlanModel) -> None:
    """Drop what an earlier placement of the model left: CREATE OR REPLACE replaces only its own kind."""
    memory = desk.tools.memory
    published = model.name.lower() in memory.published()
    for schema in ("main", HIDDEN_SCHEMA):
        kind = memory.relations.get(f"{schema}.{model.name}".lower())
        ours = schema == HIDDEN_SCHEMA or published
        stays = kind == _wanted(model, schema)
        if kind and ours and not stays:
            desk.session.execute(f"DROP {kind.upper()} IF EXISTS {qualified(schema, model.name)}")


def _wanted(model: PlanModel, schema: str) -> str:
    """The kind of relation that a model has in a schema, "" for none."""
    if model.snapshot and schema == HIDDEN_SCHEMA:
        return "table"
    return model.storage if schema == model.schema else ""


def _make(desk: Desk, model: PlanModel, made: Made | None) -> int | None:
    """Make its table or view, from its partial aggregates where there are any."""
    session = desk.session
    if model.storage == "inline":
        return None
    if model.storage == "view" and not model.snapshot:
        session.execute(create_view(desk.tools.plan, model))
        return None
    try:
        rows = session.rows(create_table(model, made.query if made is not None else ""))
    except EngineError as error:
        if made is None:
            raise
        raise Unfit from error  # its own query says it again, if it is its fault
    if model.snapshot:
        session.execute(create_snapshot_view(model))
    relation = qualified(model.schema, model.name)
    given = [(name.lower(), type_name) for name, type_name, *_ in session.rows(f"DESCRIBE {relation}")]
    promised = [(column.name.lower(), column.type) for column in model.columns]
    if sorted(given) != sorted(promised):
        listed = ", ".join(f"{name} {type_name}" for name, type_name in given)
        raise EngineError(SqlError("contract", f"its query gives other columns than it promises: {listed}"))
    return int(rows[0][0]) if rows else None


def _audit(desk: Desk, model: PlanModel, decision: Decision, checks: list[CheckResult]) -> None:
    wanted = [check for check in model.checks if check.name in decision.checks and not check.proven]
    checks += [
        CheckResult(model.name, c.name, "pass", 0) for c in model.checks if c.name in decision.checks and c.proven
    ]
    if wanted:
        results = desk.check(model.name, wanted)
        checks += [with_finding(result, check) for result, check in zip(results, wanted, strict=True)]
    if any(check.status == "fail" for check in checks):
        raise _CheckFailed


def _stay(desk: Desk, model: PlanModel, decision: Decision, checks: list[CheckResult]) -> None:
    """Leave the rows as they are, run the checks that changed on them, and remember how the query is written now."""
    record = desk.tools.memory.models[model.name]
    _audit(desk, model, decision, checks)
    names = {check.name for check in model.checks}
    kept = {name: token for name, token in record.checked.items() if name in names}
    decision = replace(decision, checks={**kept, **decision.checks})
    with desk.transaction():
        _save(desk, model, decision, record.rows, record.seconds, record.digest, _still(desk, model, record))


def _still(desk: Desk, model: PlanModel, record: ModelRecord) -> Made | None:
    """Its partial aggregates, where they are those of its rows."""
    kept = record.partials and record.partials == token(model, desk.tools.known(model), record.consumed)
    return AS_THEY_ARE if kept else None


def _record(
    desk: Desk, model: PlanModel, decision: Decision, rows: int | None, seconds: float, digest: str
) -> ModelRecord:
    columns = tuple(f"{column.name} {column.type}" for column in model.columns)
    versions = desk.tools.ledger.standing().versions
    consumed = {relation: versions.get(relation, "") for relation in desk.tools.plan.stands_on(model.name)}
    consumed |= desk.tools.plan.written(model.name)
    inputs, sees = dict(decision.inputs), dict(decision.seen)
    if model.stored and (written := _written(desk, consumed)):
        # Nobody knows what was read of them: the next run is to build the model anew.
        consumed.update(dict.fromkeys(written, ""))
        inputs, sees = dict.fromkeys(inputs, ""), {}
    return ModelRecord(
        model.name, decision.placement, model.published, model.fingerprint, decision.version, inputs,
        columns, -1 if rows is None else rows, seconds, dict(decision.checks), consumed, digest,
        sees, dict(decision.tokens), dict(decision.state), history=_history(desk, model, decision),
    )  # fmt: skip


def _history(desk: Desk, model: PlanModel, decision: Decision) -> dict[str, float]:
    """How long the ways took, as long as the model stays what it is. To build it anew on purpose forgets them."""
    record = desk.tools.memory.models.get(model.name)
    stays = record is not None and record.fingerprint == model.fingerprint
    known = (
        record.history
        if record is not None and stays and (decision.action == "skip" or takes_changes(decision))
        else {}
    )
    return {**known, **desk.history}


def _written(desk: Desk, relations: Iterable[str]) -> list[str]:
    """The sources of which a file was written since it was observed, of those that are read where they lie."""
    tools = desk.tools
    seen = tools.observations.sources
    read = [name for name in relations if name in seen and not tools.plan.sources[name].landed]
    return [name for name in read if not as_observed(seen[name].parts, tools.paths)]


def with_finding(result: CheckResult, check: PlanCheck) -> CheckResult:
    """The result with its finding, where it is not a pass."""
    if result.status == "pass":
        return result
    rows = "row fails" if result.failures == 1 else "rows fail"
    span = Span(check.file, check.line, check.column, check.line, check.column + 1)
    message = f'Check "{check.name}" of "{result.model}": {result.failures:,} {rows}.'
    return replace(result, diagnostic=Diagnostic("E502", message, span))


def _check_finding(model: PlanModel, failed: list[CheckResult], desk: Desk) -> Diagnostic:
    first = failed[0].diagnostic
    assert first is not None
    stood = f"{model.schema}.{model.name}".lower() in desk.tools.memory.relations
    help = "The rows that stood before still stand." if stood else "So the model has no rows yet."
    if len(failed) == 1:
        return replace(first, help=help)
    names = ", ".join(check.check for check in failed)
    return Diagnostic("E502", f'{len(failed)} checks of "{model.name}" failed: {names}.', first.span, help)


def _failure(desk: Desk, model: PlanModel, failure: EngineError) -> Diagnostic:
    lines = [
        line.strip()
        for line in desk.tools.paths.redact(failure.error.message).replace(f"{desk.tools.paths.root}/", "").split("\n")
        if line.strip()
    ]
    span = Span(model.file, model.line, model.column, model.line, model.column + len(model.name))
    sentence = lines[0].rstrip(".") if lines else "DuckDB gave no reason"
    return Diagnostic("E501", f'Model "{model.name}" failed: {sentence}.', span, " ".join(lines[1:4]))


def drop(desk: Desk, name: str, plan: Plan) -> ModelResult:
    """Drop what etlc made of a model that the specs no longer have."""
    begun = time.monotonic()
    memory = desk.tools.memory
    with desk.transaction():
        for schema in ("main", HIDDEN_SCHEMA):
            kind = memory.relations.get(f"{schema}.{name}".lower())
            taken = any(model.schema == schema and model.name.lower() == name.lower() for model in plan.models.values())
            if kind and not taken and (schema == HIDDEN_SCHEMA or memory.models[name].published):
                desk.session.execute(f"DROP {kind.upper()} IF EXISTS {qualified(schema, name)}")
        if memory.models[name].partials:
            drop_partials(desk, name)
        desk.tools.store.forget_model(desk.session, name)
    return ModelResult(name, "drop", "success", Reason("removed"), None, time.monotonic() - begun)
