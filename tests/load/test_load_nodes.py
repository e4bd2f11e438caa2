"""The YAML loader: values, places, limits."""

from __future__ import annotations

import datetime as dt
import math
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etlc.diagnostics import Diagnostics
from etlc.load.nodes import Map, Node, Scalar, Seq, parse, parse_bytes
from etlc.load.scalars import resolve
from etlc.load.shapes import plain

UTC = dt.UTC
VALUES = {
    "no": "no",
    "on": "on",
    "yes": "yes",
    "y": "y",
    "": None,
    "~": None,
    "null": None,
    "nUll": "nUll",
    "true": True,
    "False": False,
    "1": 1,
    "-7": -7,
    "+7": 7,
    "012": 12,
    "0x1F": 31,
    "0o17": 15,
    "1_000": "1_000",
    "1:30": "1:30",
    "12:30:45": "12:30:45",
    "10.00": Decimal("10.00"),
    ".5": Decimal("0.5"),
    "1.": Decimal("1"),
    "-0.10": Decimal("-0.10"),
    "1e3": 1000.0,
    "1.5E-3": 0.0015,
    ".inf": math.inf,
    "-.Inf": -math.inf,
    "1.2.3": "1.2.3",
    "-": "-",
    ".": ".",
    "2024-01-02": dt.date(2024, 1, 2),
    "2024-13-45": "2024-13-45",
    "0000-01-01": "0000-01-01",
    "2024-1-2": "2024-1-2",
    "2024-01-02 10:00:00": dt.datetime(2024, 1, 2, 10),
    "2024-01-02T10:00": dt.datetime(2024, 1, 2, 10),
    "2024-01-02T10:00:00Z": dt.datetime(2024, 1, 2, 10, tzinfo=UTC),
    "2024-01-02 10:00:00.25 +02": dt.datetime(2024, 1, 2, 10, 0, 0, 250000, dt.timezone(dt.timedelta(hours=2))),
    "2024-01-02 10:00:00-05:30": dt.datetime(2024, 1, 2, 10, tzinfo=dt.timezone(-dt.timedelta(hours=5, minutes=30))),
    "2024-01-02 25:00:00": "2024-01-02 25:00:00",
    "2024-01-02 10:00:00+99": "2024-01-02 10:00:00+99",
}


@pytest.mark.parametrize("text", VALUES)
def test_value(text: str) -> None:
    found = resolve(text)
    assert found == VALUES[text] and type(found) is type(VALUES[text])
    assert str(found) == str(VALUES[text])  # 10.00 keeps its zeros


def test_nan_and_huge_numbers() -> None:
    assert math.isnan(resolve(".nan"))  # type: ignore[arg-type]
    for text in ("9" * 5000, "0x" + "f" * 5000, "1." + "0" * 5000, "9" * 5000 + "e1"):
        assert resolve(text) == text


def tree(text: str) -> Node:
    diagnostics = Diagnostics()
    document = parse(text, "x.yaml", diagnostics)
    assert document and document.root and not len(diagnostics), list(diagnostics)
    return document.root


def test_quoted_text_is_text() -> None:
    assert plain(tree("['1', \"null\", !  x, '2024-01-02']".replace("!  x, ", ""))) == ["1", "null", "2024-01-02"]


def test_places() -> None:
    root = tree("a:\n  - x\n  - {b: [1, 2]}\n\n# note\nc: 'q'\n")
    assert isinstance(root, Map)
    a, c = root.get("a"), root.get("c")
    assert isinstance(a, Seq) and isinstance(c, Scalar)
    assert (a.span.line, a.span.column, a.span.end_line, a.span.end_column) == (2, 3, 3, 16)
    assert (c.span.line, c.span.column, c.span.end_column) == (6, 4, 7)
    inner = a.items[1]
    assert (inner.span.line, inner.span.column, inner.span.end_column) == (3, 5, 16)


BOMBS = {
    "lists": "[" * 100_000,
    "maps": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "keys": "? " * 100_000,
    "aliases": "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)),
    "deep aliases": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 300)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_quickly(name: str) -> None:
    diagnostics, start = Diagnostics(), time.perf_counter()
    assert parse(BOMBS[name], "x.yaml", diagnostics) is None
    assert [d.code for d in diagnostics] == ["E106"] and time.perf_counter() - start < 1


def test_two_hundred_levels_are_fine() -> None:
    tree("[" * 200 + "]" * 200)
    diagnostics = Diagnostics()
    assert parse("[" * 201 + "]" * 201, "x.yaml", diagnostics) is None and len(diagnostics) == 1


ODD = [b"a: \xff", b"a: \0", b"\x07", b"a: \xe2\x80\xa8", b'a: "\\0"', b'a: "\\ud800"', b"a: b\x7f", b"\xff\xfea\0"]


@pytest.mark.parametrize("data", ODD)
def test_odd_bytes(data: bytes) -> None:
    diagnostics = Diagnostics()
    assert parse_bytes(data, "x.yaml", diagnostics) is None
    assert [d.code for d in diagnostics] == ["E101"]


def test_byte_order_mark_and_windows_lines() -> None:
    diagnostics = Diagnostics()
    document = parse_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "x.yaml", diagnostics)
    assert document and isinstance(document.root, Map) and plain(document.root) == {"a": 1, "b": 2}
    assert document.root.pairs[1][0].span.line == 2


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet=st.sampled_from("ab:-[]{},'\"|>&*!#? \n\t%@`\\0")))
def test_any_text_gives_a_tree_or_one_finding(text: str) -> None:
    diagnostics = Diagnostics()
    if parse(text, "x.yaml", diagnostics) is None:
        assert {d.code for d in diagnostics} <= {"E101", "E105", "E106"} and len(diagnostics)
