"""A run in the end: what was built, skipped, blocked and failed, and why."""

from __future__ import annotations

from etlc.ir.event import ModelResult, OutputResult
from etlc.report.checks import failures
from etlc.report.grid import GridColumn, grid
from etlc.report.ledger import Ledger
from etlc.report.plan import action_piece
from etlc.report.reasons import why
from etlc.report.text import Line, Piece, clean, counted, duration, line, listed

_HEADS = (
    GridColumn("result"),
    GridColumn("model"),
    GridColumn("rows", right=True),
    GridColumn("time", right=True),
    GridColumn("why", shrink=True),
)
_ENDS = {"success": ("Done", "good"), "failed": ("Failed", "error"), "stopped": ("Stopped", "warning")}
_OUTPUT_HEADS = (GridColumn("result"), GridColumn("output"), GridColumn("file", shrink=True))


def render(ledger: Ledger, verbose: bool, width: int | None) -> list[Line]:
    """A table of what was worked on (of every model when ``verbose``), failed checks with rows, and one last line."""
    if not ledger.models and not ledger.started:
        return [line("Nothing was run.")] if ledger.status == "failed" else [_idle(ledger)]
    models = [model for model in ledger.models if verbose or model.status != "skipped"]
    outputs = [output for output in ledger.outputs if verbose or output.status != "skipped"]
    made: list[Line] = []
    if models:
        made.extend([*grid(_HEADS, [_model(model) for model in models], width), []])
    if outputs:
        made.extend([*grid(_OUTPUT_HEADS, [_output(output) for output in outputs], width), []])
    made.extend(failures(ledger.checks, width))
    return [*made, _idle(ledger) if _is_idle(ledger) else _last(ledger)]


def _result(status: str, action: str) -> Piece:
    if status in ("failed", "blocked"):
        return Piece(status, "error" if status == "failed" else "warning")
    return action_piece("skip" if status == "skipped" else clean(action))


def _model(model: ModelResult) -> list[Piece]:
    style = "dim" if model.status == "skipped" else ""
    worked = model.status in ("success", "failed")
    return [
        _result(model.status, model.action),
        Piece(clean(model.model), style or "bold"),
        Piece(f"{model.rows:,}" if model.rows is not None and worked else "", style),
        Piece(duration(model.seconds) if worked and model.action != "inline" else "", style),
        Piece(why(model.reason), style),
    ]


def _output(output: OutputResult) -> list[Piece]:
    style = "dim" if output.status == "skipped" else ""
    return [
        _result(output.status, output.action),
        Piece(clean(output.output), style or "bold"),
        Piece(clean(output.path), style),
    ]


def _is_idle(ledger: Ledger) -> bool:
    worked = any(model.status != "skipped" for model in ledger.models) or any(
        o.status != "skipped" for o in ledger.outputs
    )
    return not worked and not ledger.checks and not ledger.sources and ledger.status == "success"


def _idle(ledger: Ledger) -> Line:
    models = len(ledger.models)
    are = f"{counted(models, 'model')} {'is' if models == 1 else 'are'} up to date"
    return line(f"Nothing to do: {are} ({max(0.1, ledger.seconds):.1f} s).")


def _last(ledger: Ledger) -> Line:
    statuses = [model.status for model in ledger.models]
    built = sum(m.status == "success" and m.action not in ("skip", "drop", "inline") for m in ledger.models)
    inlined = sum(m.status == "success" and m.action == "inline" for m in ledger.models)
    dropped = sum(m.status == "success" and m.action == "drop" for m in ledger.models)
    written = sum(output.status == "success" for output in ledger.outputs)
    unwritten = sum(output.status == "failed" for output in ledger.outputs)
    good = [
        f"{counted(built, 'model')} built" if built else "",
        f"{inlined:,} inlined" if inlined else "",
        f"{counted(dropped, 'model')} dropped" if dropped else "",
        f"{counted(written, 'output')} written" if written else "",
        f"{statuses.count('skipped'):,} up to date" if "skipped" in statuses else "",
        _checks(ledger),
    ]
    bad = [
        f"{counted(statuses.count('failed'), 'model')} failed" if "failed" in statuses else "",
        f"{statuses.count('blocked'):,} blocked" if "blocked" in statuses else "",
        f"{counted(unwritten, 'output')} not written" if unwritten else "",
    ]
    said = [part for part in (*bad, *good) if part] or ["nothing was done"]
    if ledger.left:
        said.append(f"{listed(map(clean, ledger.left))} left as before")
    word, style = _ENDS.get(ledger.status, _ENDS["failed"])
    return line(Piece(f"{word}: ", style), f"{', '.join(said)} ({duration(ledger.seconds)}).")


def _checks(ledger: Ledger) -> str:
    passed = sum(check.status == "pass" for check in ledger.checks)
    warned = sum(check.status == "warn" for check in ledger.checks)
    said = [f"{counted(passed, 'check')} passed"] if passed else []
    if warned:
        said.append(f"{warned:,} warned" if passed else f"{counted(warned, 'check')} warned")
    return ", ".join(said)
