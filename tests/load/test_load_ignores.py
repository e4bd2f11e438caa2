"""What is a comment of YAML, and what only looks like one."""

from __future__ import annotations

import random

import yaml
from load_support import pipeline

QUOTES = "'\""
PARTS = (
    "a: b # etlc: ignore W201",
    "k: |  # etlc: ignore W201",
    "  text # etlc: ignore W201",
    "  # etlc: ignore W201",
    "# etlc: ignore W201",
    "q: 'x # etlc: ignore W201'",
    'r: "x\n  # etlc: ignore W201"',
    "l: [1, # etlc: ignore W201\n  2]",
    "f: >-\n  a\n  # etlc: ignore W201",
    "p: a#etlc:ignore W201",
    "m:",
    "  n: 1 # etlc: ignore W201",
    "    sql: |2",
    "      x # etlc: ignore W201",
    "plain: one\n  two # etlc: ignore W201",
)


def events(text: str) -> list[tuple[str, object]] | None:
    """What a YAML text says, without places; None where it is no YAML."""
    try:
        return [(type(event).__name__, getattr(event, "value", None)) for event in yaml.parse(text, yaml.SafeLoader)]
    except yaml.YAMLError:
        return None


def test_a_comment_is_what_can_be_changed_without_a_change_of_meaning() -> None:
    chance, comments, others = random.Random(7), 0, 0
    for _ in range(1500):
        lines = "\n".join(chance.choices(PARTS, k=chance.randint(1, 6))).split("\n")
        text = "description: x\n" + "\n".join(lines) + "\n"
        before = events(text)
        if before is None:
            continue
        spec, _ = pipeline(text)
        found = {ignore.span.line for ignore in spec.ignores if ignore.span.file == "pipelines/p.yaml"}
        for row, line in enumerate(lines):
            head, sign, tail = line.partition("#")
            if sign:
                changed = [*lines[:row], f"{head}# other{tail[-1] if tail[-1] in QUOTES else ''}", *lines[row + 1 :]]
                comment = events("description: x\n" + "\n".join(changed) + "\n") == before
                assert (row + 3 in found) == comment, text
                comments, others = comments + comment, others + (not comment)
    assert comments > 200 and others > 200
