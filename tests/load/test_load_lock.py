"""The lock file reads back as it was written."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from etlc.diagnostics import Diagnostics
from etlc.ir.spec import LockedColumn, LockedSource
from etlc.load import parse_lock, render_lock

NAMES = st.text(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != "\0"), min_size=1, max_size=8)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    NAMES,
    st.just(""),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-100, max_value=100),
    st.dates(),
    st.lists(NAMES, max_size=2),
    st.dictionaries(NAMES, NAMES, max_size=2),
)
COLUMNS = st.lists(st.builds(LockedColumn, NAMES, NAMES, st.booleans()), max_size=3, unique_by=lambda c: c.name.lower())
SOURCES = st.dictionaries(
    NAMES,
    st.builds(
        LockedSource,
        COLUMNS.map(tuple),
        st.dictionaries(NAMES, VALUES, max_size=2),
        st.text("0123456789abcdef", max_size=12),
    ),
    max_size=3,
)


def distinct(names: object) -> bool:
    lower = [str(name).lower() for name in names]  # type: ignore[attr-defined]
    return len(set(lower)) == len(lower)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SOURCES.filter(distinct))
def test_round_trip(sources: dict[str, LockedSource]) -> None:
    if not all(
        distinct(source.options) and all(distinct(v) for v in source.options.values() if isinstance(v, dict))
        for source in sources.values()
    ):
        return
    text, diagnostics = render_lock(sources), Diagnostics()
    assert parse_lock(text, diagnostics) == sources and not len(diagnostics), list(diagnostics)
    assert render_lock(dict(reversed(sources.items()))) == text


def test_text() -> None:
    sources = {
        "orders": LockedSource(
            (
                LockedColumn("id", "BIGINT"),
                LockedColumn("odd name", "DECIMAL(12,2)"),
                LockedColumn("null", "STRUCT(a INTEGER, b VARCHAR[])", optional=True),
            ),
            {"header": True, "delim": ";", "quote": "", "from": dt.date(2024, 1, 2), "x": Decimal("1.50")},
        ),
        "empty": LockedSource(()),
    }
    assert (
        render_lock(sources)
        == """\
# Written by `etlc lock`: the schemas of the sources as last seen. Commit this file; do not edit it.
version: 1
sources:
  empty:
    columns: {}
  orders:
    columns:
      id: BIGINT
      "odd name": DECIMAL(12,2)
      "null": {type: "STRUCT(a INTEGER, b VARCHAR[])", optional: true}
    options:
      delim: ";"
      from: 2024-01-02
      header: true
      quote: ""
      x: 1.50
"""
    )


def test_types_of_options() -> None:
    text = render_lock({"a": LockedSource((), {"f": 1.0, "n": math.inf, "d": Decimal("1"), "i": 1})})
    options = parse_lock(text, Diagnostics())["a"].options
    assert {key: type(value) for key, value in options.items()} == {"f": float, "n": float, "d": Decimal, "i": int}


def test_sound_entries_are_kept() -> None:
    diagnostics = Diagnostics()
    found = parse_lock("version: 1\nsources:\n  a: {columns: {x: BIGINT}}\n  b: {columns: 5}\n", diagnostics)
    assert list(found) == ["a"] and [(d.code, d.span.line) for d in diagnostics] == [("E116", 4)]
