"""Building one model: its rows, its checks and its record, in one transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from etlc.diagnostics import Diagnostic, Span
from etlc.engines.base import EngineError
from etlc.execute.desk import Desk
from etlc.ir.binding import SqlError
from etlc.ir.decision import Decision, Reason
from etlc.ir.event import CheckResult, ModelResult
from etlc.ir.plan import HIDDEN_SCHEMA, Plan, PlanCheck, PlanModel
from etlc.ir.record import ModelRecord
from etlc.ir.statements import create_snapshot_view, create_table, create_view
from etlc.sql.quote import qualified


@dataclass(frozen=True, slots=True)
class Built:
    """What building a model came to."""

    result: ModelResult
    checks: tuple[CheckResult, ...]


class _CheckFailed(Exception):
    """An error check failed: the transaction is to be rolled back."""


def build(desk: Desk, decision: Decision) -> Built:
    """Do to a model what was decided. A failure is a result, not an exception; EngineInterrupted goes through."""
    model = desk.tools.plan.models[decision.model]
    begun = time.monotonic()
    checks: list[CheckResult] = []
    rows: int | None = None
    try:
        if decision.action == "skip":
            _stay(desk, model, decision, checks)
            status = "skipped"
        else:
            rows = _transaction(desk, model, decision, checks, begun)
            status = "success"
        error = None
    except EngineError as failure:
        status, rows, error = "failed", None, _failure(desk, model, failure)
    except _CheckFailed:
        status, rows, error = "failed", None, _check_finding(model, [c for c in checks if c.status == "fail"], desk)
    result = ModelResult(model.name, decision.action, status, decision.reason, rows, time.monotonic() - begun, error)
    return Built(result, tuple(checks))


def _transaction(
    desk: Desk, model: PlanModel, decision: Decision, checks: list[CheckResult], begun: float
) -> int | None:
    session, store = desk.session, desk.tools.store
    desk.lay_out(model.reads)
    with desk.transaction():
        _clear(desk, model)
        rows = _make(desk, model)
        _audit(desk, model, decision, checks)
        seconds = time.monotonic() - begun
        store.save_model(session, _record(model, decision, rows, seconds), desk.tools.plan.meaning(model.name))
    # COMMIT of a transaction that an error has aborted rolls back and says nothing: so the marker is read back.
    if store.stored_version(session, model.name) != decision.version:
        raise AssertionError(f"the transaction of {model.name} was not committed")
    return rows


def _clear(desk: Desk, model: PlanModel) -> None:
    """Drop what an earlier placement of the model left: CREATE OR REPLACE replaces only its own kind."""
    memory = desk.tools.memory
    published = memory.published(model.name)
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


def _make(desk: Desk, model: PlanModel) -> int | None:
    session = desk.session
    if model.storage == "inline":
        return None
    if model.storage == "view" and not model.snapshot:
        session.execute(create_view(desk.tools.plan, model))
        return None
    rows = session.rows(create_table(model))
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
    with desk.transaction():
        record = replace(record, checked={**kept, **decision.checks}, fingerprint=model.fingerprint)
        desk.tools.store.save_model(desk.session, record, desk.tools.plan.meaning(model.name))


def _record(model: PlanModel, decision: Decision, rows: int | None, seconds: float) -> ModelRecord:
    columns = tuple(f"{column.name} {column.type}" for column in model.columns)
    return ModelRecord(
        model.name, decision.placement, model.published, model.fingerprint, decision.version, dict(decision.inputs),
        columns, -1 if rows is None else rows, seconds, dict(decision.checks),
    )  # fmt: skip


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
        desk.tools.store.forget_model(desk.session, name)
    return ModelResult(name, "drop", "success", Reason("removed"), None, time.monotonic() - begun)
