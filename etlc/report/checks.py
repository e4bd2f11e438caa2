"""What data checks found, with the rows that failed them."""

from __future__ import annotations

from collections.abc import Sequence

from etlc.ir.event import CheckResult
from etlc.report.grid import GridColumn, grid
from etlc.report.table import value_text
from etlc.report.text import Line, Piece, clean, counted, line

_HEADS = (
    GridColumn("result"),
    GridColumn("model"),
    GridColumn("check", shrink=True),
    GridColumn("failures", right=True),
)
_STYLES = {"pass": "good", "warn": "warning", "fail": "error"}


def render(checks: Sequence[CheckResult], verbose: bool, width: int | None) -> list[Line]:
    """Those that did not pass (all of them when ``verbose``) with their rows, and the counts."""
    made: list[Line] = []
    if verbose and checks:
        made.extend([*grid(_HEADS, [_row(check) for check in checks], width), []])
    made.extend(failures(checks, width))
    return [*made, _summary(checks)]


def failures(checks: Sequence[CheckResult], width: int | None) -> list[Line]:
    """Each check that did not pass: its name, how many failures, and up to five of the rows."""
    made: list[Line] = []
    for check in checks:
        if check.status != "pass":
            made.extend(_failure(check, width))
            made.append([])
    return made


def _row(check: CheckResult) -> list[Piece]:
    count = f"{check.failures:,}" if check.failures else ""
    return [
        Piece(check.status, _STYLES[check.status]),
        Piece(clean(check.model)),
        Piece(clean(check.check)),
        Piece(count),
    ]


def _failure(check: CheckResult, width: int | None) -> list[Line]:
    name = Piece(f"{clean(check.model)}: {clean(check.check)}", "bold")
    head = line(Piece(check.status, _STYLES[check.status]), "  ", name, f", {counted(check.failures, 'failure')}")
    if not check.sample:
        return [head]
    cells = [[_cell(value) for value in row] for row in check.sample]
    columns = [GridColumn(clean(name), shrink=True) for name in check.columns]
    made = [[Piece("      "), *one] for one in grid(columns, cells, width - 6 if width else None)]
    hidden = check.failures - len(check.sample)
    return [head, *made, *([line(Piece(f"      and {hidden:,} more", "dim"))] if hidden > 0 else [])]


def _cell(value: object) -> Piece:
    return Piece(value_text(value), "dim" if value is None else "")


def _summary(checks: Sequence[CheckResult]) -> Line:
    if not checks:
        return line("There are no checks to run.")
    counts = {status: sum(check.status == status for check in checks) for status in ("fail", "warn", "pass")}
    if counts["pass"] == len(checks):
        return line("The check passed." if len(checks) == 1 else f"All {len(checks):,} checks passed.")
    words = {"fail": "failed", "warn": "warned", "pass": "passed"}
    parts = [f"{count:,} {words[status]}" for status, count in counts.items() if count]
    return line(f"{counted(len(checks), 'check')}: {', '.join(parts)}.")
