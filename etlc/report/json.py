"""The facts as JSON, in the shapes that scripts rely on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from etlc.diagnostics import Diagnostic, Diagnostics
from etlc.ir.decision import Decisions, Kept
from etlc.ir.event import CheckResult, Verified
from etlc.ir.plan import Plan
from etlc.ir.unit import UnitResult
from etlc.report import blockers
from etlc.report.changes import facts, share
from etlc.report.ledger import Ledger
from etlc.report.lineage import Trace
from etlc.report.reasons import why


def encode(value: object, indent: str = "\n") -> str:
    """JSON text of any value that DuckDB gives; objects and lists of them are laid out over lines.

    Numbers keep all their digits, dates and times are ISO text, bytes are hexadecimal, NaN and infinity are null.
    """
    match value:
        case Mapping():
            deeper = indent + "  "
            made = [f"{json.dumps(_key(k), ensure_ascii=False)}: {encode(v, deeper)}" for k, v in value.items()]
            return _lay_out("{", made, "}", indent)
        case list() | tuple() | set() | frozenset():
            if any(isinstance(one, Mapping) for one in value):
                return _lay_out("[", [encode(one, indent + "  ") for one in value], "]", indent)
            return f"[{', '.join(encode(one, indent) for one in value)}]"
        case _:
            return _scalar(value)


def encode_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """An array of objects, one on a line."""
    names = [json.dumps(name, ensure_ascii=False) for name in columns]
    lines = ["{" + ", ".join(f"{n}: {_compact(v)}" for n, v in zip(names, row, strict=True)) + "}" for row in rows]
    return "[\n  " + ",\n  ".join(lines) + "\n]\n" if lines else "[]\n"


def _lay_out(begin: str, parts: Sequence[str], end: str, indent: str) -> str:
    if not parts:
        return begin + end
    return begin + indent + "  " + f",{indent}  ".join(parts) + indent + end


def _compact(value: object) -> str:
    match value:
        case Mapping():
            inside = (f"{json.dumps(_key(k), ensure_ascii=False)}: {_compact(v)}" for k, v in value.items())
            return "{" + ", ".join(inside) + "}"
        case list() | tuple() | set() | frozenset():
            return "[" + ", ".join(map(_compact, value)) + "]"
        case _:
            return _scalar(value)


def _key(key: object) -> str:
    return key if isinstance(key, str) else _compact(key).strip('"')


def _scalar(value: object) -> str:
    match value:
        case None | bool() | int():
            return json.dumps(value)
        case float():
            return json.dumps(value) if math.isfinite(value) else "null"
        case Decimal():
            return format(value, "f") if value.is_finite() else "null"
        case datetime() | date() | time():
            return json.dumps(value.isoformat())
        case bytes() | bytearray() | memoryview():
            return json.dumps(bytes(value).hex())
        case _:
            return json.dumps(str(value), ensure_ascii=False)


def finding(found: Diagnostic) -> dict[str, object]:
    """One diagnostic. What concerns no file has null for its place."""
    span = found.span
    placed = bool(span.file)
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "file": span.file if placed else None,
        "line": span.line if placed else None,
        "column": span.column if placed else None,
        "end_line": span.end_line if placed else None,
        "end_column": span.end_column if placed else None,
        "help": found.help,
    }


def findings(found: Diagnostics, models: int, sources: int) -> dict[str, object]:
    """Diagnostics and their counts: ``validate --json``, and what is printed for any command that they stopped."""
    summary = {"errors": found.errors, "warnings": found.warnings, "models": models, "sources": sources}
    return {"diagnostics": [finding(one) for one in found], "summary": summary}


def compiled(files: Sequence[str]) -> dict[str, object]:
    """``compile --json``."""
    return {"files": list(files)}


def locked(path: str, changes: Sequence[str]) -> dict[str, object]:
    """``lock --json``."""
    return {"path": path, "changes": list(changes)}


def planned(
    plan: Plan, decisions: Decisions, sql: Mapping[str, Sequence[str]], kept: Mapping[str, Kept] | None = None
) -> dict[str, object]:
    """``plan --json``. ``proven`` are the checks of a model that its query keeps, and that are not run; ``kept`` is how
    each model is kept up."""
    steps = [
        {
            "model": name,
            "action": step.action,
            "strategy": step.strategy,
            "reason": why(step.reason),
            "sql": list(sql.get(name, ())),
            "proven": [check.name for check in plan.models[name].checks if check.proven] if name in plan.models else [],
            "share": share(step),
            "changed": [facts(one) for one in step.differences],
            **_keeping(name, (kept or {}).get(name, Kept())),
        }
        for name, step in decisions.models.items()
    ]
    outputs = [{"output": o.output, "model": o.model, "action": o.action} for o in decisions.outputs]
    return {"steps": steps, "outputs": outputs}


def _keeping(name: str, kept: Kept) -> dict[str, object]:
    return {
        "grain": kept.grain or None,
        "keys": {need: list(by.inputs[need]) for need, by in kept.grains.items() if by.column == kept.grain},
        "ways": {need: list(dict.fromkeys([*kept.new[need], *ways])) for need, ways in kept.any.items()},
        "partials": [
            {
                "model": one.model or name,
                "by": [".".join(path) for path in one.columns],
                "aggregates": list(one.functions),
            }
            for one in kept.partials
        ],
        "obstacles": [blockers.facts(one) for one in kept.blockers],
    }


def ran(ledger: Ledger, found: Diagnostics) -> dict[str, object]:
    """``run --json``, also for a run that was stopped before or while it worked."""
    models = [
        {
            "model": model.model,
            "action": model.action,
            "status": model.status,
            "rows": model.rows,
            "seconds": round(model.seconds, 3),
            "error": model.error.message if model.error else None,
        }
        for model in ledger.models
    ]
    outputs = [
        {
            "output": output.output,
            "model": output.model,
            "action": output.action,
            "status": output.status,
            "path": output.path,
            "seconds": round(output.seconds, 3),
            "error": output.error.message if output.error else None,
        }
        for output in ledger.outputs
    ]
    return {
        "run_id": ledger.run_id,
        "status": "success" if ledger.status == "success" else "failed",
        "models": models,
        "outputs": outputs,
        "checks": checked(ledger.checks),
        "diagnostics": [finding(one) for one in ledger.findings(found)],
    }


def checked(checks: Iterable[CheckResult]) -> list[dict[str, object]]:
    """``check --json``."""
    return [{"model": c.model, "check": c.check, "status": c.status, "failures": c.failures} for c in checks]


def verified(results: Iterable[Verified], found: Diagnostics) -> dict[str, object]:
    """``verify --json``."""
    return {
        "relations": [
            {
                "relation": one.relation,
                "status": one.status,
                "rows": one.rows,
                "sampled": one.sampled,
                "missing": one.missing,
                "extra": one.extra,
                "missing_rows": [dict(zip(one.columns, row, strict=True)) for row in one.missing_rows],
                "extra_rows": [dict(zip(one.columns, row, strict=True)) for row in one.extra_rows],
            }
            for one in results
        ],
        "diagnostics": [finding(one) for one in found],
    }


def tested(
    results: Sequence[UnitResult], found: Diagnostics, updated: Sequence[str] | None = None
) -> dict[str, object]:
    """``test --json``; ``updated`` are the tests that ``--update`` has rewritten."""
    passed = sum(result.status == "pass" for result in results)
    tests = [
        {
            "test": result.test,
            "model": result.model,
            "status": result.status,
            "seconds": round(result.seconds, 4),
            "message": result.message or None,
            "missing": result.objects(result.missing),
            "extra": result.objects(result.extra),
        }
        for result in results
    ]
    return {
        "tests": tests,
        "diagnostics": [finding(one) for one in found],
        **({} if updated is None else {"updated": list(updated)}),
        "summary": {"passed": passed, "failed": len(results) - passed},
    }


def traced(trace: Trace) -> dict[str, object]:
    """``lineage --json``."""
    columns = {
        name: {"type": origin.type, "from": list(origin.sources), "kind": origin.kind}
        | ({"tags": list(origin.tags)} if origin.tags else {})
        for name, origin in trace.columns.items()
    }
    versioned = {} if trace.version is None else {"version": trace.version}
    return {
        "model": trace.name,
        **versioned,
        "upstream": list(trace.upstream),
        "downstream": list(trace.downstream),
        "columns": columns,
    }
