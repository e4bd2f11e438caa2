"""Findings, shown in full."""

import pytest

from etlc.diagnostics import Diagnostic, Span
from etlc.report.diagnostics import render
from etlc.report.text import plain
from tests.report.golden import same

FILES = {
    "a.yaml": [
        "pipeline: a",
        "models:",
        "  m:",
        "    sql: |",
        "      select day, sum(amout) as revenue",
        "      from raw",
        "",
    ],
    "tab.sql": ["select", "\ta,\tb", "from t"],
    "wide.sql": ["select '日本語' as 名前, amout from t"],
    "long.sql": ["select " + "a, " * 80 + "now()" + ", b" * 80, "from t"],
    "multi.sql": ["select (", "  1 +  ", "  'x')", "-- end"],
    "control.sql": ["select '\x1b[31m' as x"],
    "ten.sql": [f"-- {number}" for number in range(1, 12)],
}

CASES = {
    "column": (
        Diagnostic("E201", 'There is no column "amout" here.', Span("a.yaml", 5, 23, 5, 28), 'Did you mean "amount"?')
    ),
    "tab": (Diagnostic("E201", "No b.", Span("tab.sql", 2, 5, 2, 6))),
    "wide": (Diagnostic("E201", "No amout.", Span("wide.sql", 1, 21, 1, 26))),
    "long": (Diagnostic("W201", "now() may answer differently each time.", Span("long.sql", 1, 248, 1, 253))),
    "multi_line": (Diagnostic("E204", "Wrong types.", Span("multi.sql", 2, 3, 3, 6))),
    "control": (Diagnostic("E205", "Bad \x1b[31m text.", Span("control.sql", 1, 8, 1, 12))),
    "gutter": (Diagnostic("E205", "Here.", Span("ten.sql", 9, 4, 9, 5))),
    "no_file": (Diagnostic("E901", "Something unexpected happened.", Span(""), "Report it.\nWith the file.")),
    "unreadable": (Diagnostic("E114", "Can't be read.", Span("gone.sql", 3, 1, 3, 2))),
    "beyond_the_end": (Diagnostic("E205", "Ends too early.", Span("tab.sql", 3, 7, 3, 8))),
    "beyond_the_file": (Diagnostic("E205", "Ends too early.", Span("tab.sql", 30, 7, 30, 8))),
    "two_line_message": (Diagnostic("E214", "DuckDB says:\nno", Span("tab.sql", 1, 1, 1, 7))),
}


@pytest.mark.parametrize("name", CASES)
def test_one_finding(name: str) -> None:
    same(f"diagnostic_{name}", render([CASES[name]], FILES.get, 100, None))


def test_every_line_fits_the_terminal() -> None:
    for width in (40, 80, 100):
        text = plain(render([CASES["long"]], FILES.get, width, None))
        excerpt = [one for one in text.split("\n") if "|" in one]
        assert excerpt and max(map(len, excerpt)) <= width
        source, carets = excerpt[1], excerpt[2]
        assert source[carets.index("^") : carets.rindex("^") + 1] == "now()"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "No mistakes found in 12 models and 1 source.\n"),
        (["E201", "E202", "W201"], "2 errors, 1 warning in 12 models and 1 source.\n"),
        (["W201"], "1 warning in 12 models and 1 source.\n"),
    ],
)
def test_the_summary_counts(found: list[str], said: str) -> None:
    made = render([Diagnostic(code, "x", Span("")) for code in found], FILES.get, 80, (12, 1))
    assert plain(made).endswith(said)


def test_a_single_finding_needs_no_summary() -> None:
    assert plain(render([CASES["tab"]], FILES.get, 80, None)).rstrip().endswith("|")
