"""What is in the way of keeping a model up has words, whatever it is."""

import ast
import re
from pathlib import Path

import etlc.analyze.upkeep
from etlc.decide import STRATEGIES
from etlc.ir.decision import Decision, Difference, Reason
from etlc.ir.upkeep import Blocker
from etlc.report.blockers import WORDS, facts
from etlc.report.explain import topic
from etlc.report.keeping import render
from etlc.report.text import plain
from tests.report.golden import same
from tests.report.runs import KEPT

SILENT = {"mask", "choice"}  # each is a sign of something else
ADDED = {"off", "type", "key", "window_parted"}  # what is found out beside the analysis


def test_every_kind_has_words() -> None:
    told = set(re.findall(r"``(\w+)``", etlc.analyze.upkeep.__doc__ or "")) - {"etlc"}
    assert {kind for kind in told if kind.islower()} - SILENT | ADDED == set(WORDS)


def test_every_kind_is_told_of() -> None:
    noted = set()
    for path in Path(etlc.analyze.upkeep.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = node.func if isinstance(node, ast.Call) else None
            name = named.attr if isinstance(named, ast.Attribute) else named.id if isinstance(named, ast.Name) else ""
            if name in ("hinder", "Unclear", "nothing") and isinstance(node, ast.Call) and node.args:
                noted |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    assert noted - SILENT <= set(WORDS) and len(noted) > 12


def test_the_page_names_every_strategy() -> None:
    text = topic("incremental") or ""
    for name in ("noop", "full", *STRATEGIES):
        assert f"`{name.replace('-', ' ')}`" in text or f"`{name}`" in text or name in ("early-cutoff", "kept-parts"), (
            name
        )
    made = facts(KEPT.blockers[0])
    for key in ("obstacles", "share", "changed", "grain", "keys", "ways"):
        assert f"`{key}`" in text
    assert str(made["help"]).split(".")[0] in " ".join(text.replace("--", "").split())


def test_words_are_sentences() -> None:
    for kind, (message, help) in WORDS.items():
        for text in (message, help):
            assert text[0].isupper() and text.endswith("."), kind
        made = facts(Blocker(kind, "a.sql", 1, 2, names=("one", "two")))
        assert "{" not in str(made["message"]), kind
        assert (made["kind"], made["file"], made["line"], made["column"]) == (kind, "a.sql", 1, 2)


def test_how_a_model_is_kept_up() -> None:
    reason = Reason("input", ("raw_orders",))
    known, unknown = Difference("raw_orders", True), Difference("rates")
    steps = [
        Decision("by_month", "refresh", "refresh", reason, differences=(known,), grain="month"),
        Decision("by_month", "rebuild", "full", reason, differences=(known, unknown)),
        Decision("by_month", "rebuild", "full", reason, differences=(known, Difference("rates", True))),
        Decision("by_month", "rebuild", "cheap full", reason, differences=(known,)),
        Decision("by_month", "rebuild", "diff-apply", reason, differences=(known,)),
        Decision("by_month", "skip", "noop", Reason("current")),
    ]
    lines = [line for step in steps[1:] for line in render(step, KEPT)[:1]]
    same("keeping", [*render(steps[0], KEPT), [], *lines])
    assert max(map(len, plain(render(steps[0], KEPT)).split("\n"))) <= 104
