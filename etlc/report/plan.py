"""The plan as text: what would be done, to what, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etlc.ir.decision import Decision, Decisions, Kept, OutputDecision
from etlc.ir.plan import Plan
from etlc.report import keeping
from etlc.report.changes import cause
from etlc.report.grid import GridColumn, grid
from etlc.report.reasons import why
from etlc.report.text import Line, Piece, clean, counted, line

_HEADS = (GridColumn("action"), GridColumn("model"), GridColumn("why", shrink=True))
_LONG_HEADS = (_HEADS[0], GridColumn("strategy"), *_HEADS[1:])
_OUTPUT_HEADS = (GridColumn("action"), GridColumn("output"), GridColumn("file"), GridColumn("why", shrink=True))


def render(
    plan: Plan,
    decisions: Decisions,
    sql: Mapping[str, Sequence[str]] | None,
    width: int | None,
    kept: Mapping[str, Kept] | None = None,
) -> list[Line]:
    """The steps and the outputs. ``sql`` is given for the long form, which leaves nothing out, and with it how each model
    is ``kept`` up."""
    long = sql is not None
    current = sum(_action(step) == "skip" for step in decisions.models.values())
    if decisions.idle and not long:
        return [line(f"Nothing to do: {_are(current)} up to date.")]
    made: list[Line] = []
    steps = [step for step in decisions.models.values() if long or _action(step) != "skip"]
    if steps:
        made.extend(grid(_LONG_HEADS if long else _HEADS, [_step(step, long) for step in steps], width))
        made.append([])
    outputs = [output for output in decisions.outputs if long or output.action != "skip"]
    if outputs:
        paths = {output.name: output.path for output in plan.outputs}
        made.extend(grid(_OUTPUT_HEADS, [_output(output, paths) for output in outputs], width))
        made.append([])
    made.extend(_proven(plan, [step.model for step in steps], long))
    for name, step in decisions.models.items() if long else ():
        made.extend(_details(step, (sql or {}).get(name, ()), (kept or {}).get(name, Kept())))
    return [*made, line(_summary(decisions, current))]


def _action(step: Decision) -> str:
    """What is done, in a word; a model that only has its checks run is neither built nor left alone."""
    return "check" if step.action == "skip" and step.checks else step.action


def action_piece(action: str) -> Piece:
    """An action in its colour: what is removed stands out, what is left alone steps back."""
    return Piece(action, {"skip": "dim", "drop": "bad", "check": ""}.get(action, "good"))


def _step(step: Decision, long: bool) -> list[Piece]:
    action = action_piece(_action(step))
    style = "dim" if action.text == "skip" else ""
    strategy = [Piece(clean(step.strategy), "dim")] if long else []
    return [action, *strategy, Piece(clean(step.model), style or "bold"), Piece(cause(step), style)]


def _output(output: OutputDecision, paths: Mapping[str, str]) -> list[Piece]:
    style = "dim" if output.action == "skip" else ""
    path = Piece(clean(paths.get(output.output, "")), style)
    return [
        action_piece(output.action),
        Piece(clean(output.output), style or "bold"),
        path,
        Piece(why(output.reason), style),
    ]


def _proven(plan: Plan, models: Sequence[str], long: bool) -> list[Line]:
    """The checks that are not run, since the query itself keeps them."""
    checks = [(name, check) for name in models if name in plan.models for check in plan.models[name].checks]
    names = [f"{name}.{check.name}" for name, check in checks if check.proven]
    if not names:
        return []
    told = f": {', '.join(names)}" if long else ""
    verb = "is" if len(names) == 1 else "are"
    return [
        line(
            Piece(f"{counted(len(names), 'check')} {verb} kept by the query itself, and not run{clean(told)}.", "dim")
        ),
        [],
    ]


def _details(step: Decision, statements: Sequence[str], kept: Kept) -> list[Line]:
    """How a model is kept up, and what is run for it now."""
    if not statements and kept == Kept():
        return []
    made = keeping.render(step, kept)
    if kept.blockers and statements:
        made.append([])
    for statement in statements:
        text = statement.rstrip().rstrip(";") + ";"
        made.extend(line(clean(one.replace("\t", "    "))) for one in text.split("\n"))
    return [*made, []]


def _summary(decisions: Decisions, current: int) -> str:
    dropped = sum(step.action == "drop" for step in decisions.models.values())
    checked = sum(_action(step) == "check" for step in decisions.models.values())
    inlined = sum(step.action == "inline" for step in decisions.models.values())
    built = len(decisions.models) - current - dropped - checked - inlined
    written = sum(output.action != "skip" for output in decisions.outputs)
    read = sum(source.action != "skip" for source in decisions.sources.values())
    parts = [
        f"{counted(read, 'source')} to read" if read else "",
        f"{counted(built, 'model')} to build" if built else "",
        f"{counted(inlined, 'model')} to inline" if inlined else "",
        f"{counted(checked, 'model')} to check" if checked else "",
        f"{counted(dropped, 'model')} to drop" if dropped else "",
        f"{counted(written, 'output')} to write" if written else "",
    ]
    todo = ", ".join(part for part in parts if part)
    if not todo:
        return f"Nothing to do: {_are(current)} up to date."
    return f"{todo}; {_are(current)} up to date." if current else f"{todo}."


def _are(models: int) -> str:
    return f"{counted(models, 'model')} {'is' if models == 1 else 'are'}"
