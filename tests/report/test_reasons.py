"""Every reason has words."""

import pytest

from etlc.ir.decision import Reason
from etlc.report.reasons import why

WORDS = [
    (Reason("current"), "nothing changed"),
    (Reason("first"), "not built yet"),
    (Reason("edited"), "its SQL changed"),
    (Reason("edited", ("cut", "day")), "its SQL changed, or the value of $cut and $day"),
    (Reason("columns"), "its columns changed"),
    (Reason("columns", ("a", "b")), "its columns changed: a and b"),
    (Reason("input", ("a",)), "a changed"),
    (Reason("input", ("a", "b", "c", "d", "e")), "a, b, c and 2 more changed"),
    (Reason("files", ("raw",), "1 new"), "raw changed: 1 new file"),
    (Reason("files", ("raw",), "2 new, 1 changed, 1 removed"), "raw changed: 2 new files, 1 changed, 1 removed"),
    (Reason("files", ("raw",)), "raw changed: it is read differently"),
    (Reason("refresh"), "asked for with --full-refresh"),
    (Reason("volatile", ("now", "random()")), "now() and random() may answer differently each time"),
    (Reason("volatile"), "a function in it may answer differently each time"),
    (Reason("storage", (), "table to inline"), "it was a table and is inlined now; `publish: true` keeps it"),
    (Reason("storage", (), "what it reads moved"), "what it reads moved"),
    (Reason("missing"), "its table is gone from the warehouse"),
    (Reason("publish", (), "hidden"), "it is hidden now"),
    (Reason("removed"), "no longer in the specs"),
    (Reason("engine", (), "DuckDB 1.5.5"), "built by another version (DuckDB 1.5.5)"),
    (Reason("checks"), "only its checks changed"),
    (Reason("failed"), "failed last time"),
    (Reason("upstream", ("a", "b")), "a and b failed"),
    (Reason("unused"), "inlined, and nobody needs it now"),
    (Reason("output_first"), "not written yet"),
    (Reason("output_edited"), "the output's own definition changed"),
    (Reason("output_missing", ("out/x.csv",)), "out/x.csv is missing"),
    (Reason("output_changed", ("out/x.csv",)), "out/x.csv changed since it was written"),
    (Reason("something_new", ("a",), "detail"), "something new a detail"),
]


@pytest.mark.parametrize(("reason", "words"), WORDS)
def test_words(reason: Reason, words: str) -> None:
    assert why(reason) == words
