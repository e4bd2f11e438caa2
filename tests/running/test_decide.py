"""What is done, and why: the pure decision, on plans that are compiled from texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from etlc.decide import closure, conflicts, decide
from etlc.execute.run import order
from etlc.ir.decision import Decisions, Request
from etlc.ir.plan import Meaning, Plan
from etlc.ir.record import Memory, ModelRecord, Observations, OutputRecord, Part, SourceState
from etlc.lower import alike
from etlc.pipeline.compiling import compile_project, need_plan
from etlc.pipeline.project import Options, Project
from tests.cli import write_project

SPEC = """
pipeline: p
sources:
  a: {path: "a*.csv", columns: {k: BIGINT, v: BIGINT}}
  b: {path: "b*.parquet", columns: {k: BIGINT, w: BIGINT}}
models:
  base: {sql: "select k, v from a"}
  left_: {sql: "select k, sum(v) as v from base group by k", checks: [{not_null: [k]}]}
  right_: {sql: "select k, max(w) as w from b group by k"}
  joined: {sql: "select * from left_ join right_ using (k)", publish: true}
  seen: {sql: "select k from joined", materialize: view}
outputs:
  joined: {path: out/joined.csv}
"""
PATHS = {"a": "a1.csv", "b": "b1.parquet"}


def compiled(path: Path, text: str = SPEC) -> Plan:
    """The plan of the project with this text."""
    write_project(path, "project: t\n", {"pipelines/p.yaml": text})
    return need_plan(compile_project(Project.find(path), Options()))


def look(plan: Plan, **files: tuple[str, ...]) -> Observations:
    """The sources' files as `name@token`, and the output as it was written."""
    sources = {}
    for name, source in plan.sources.items():
        parts = []
        for file in files.get(name, (f"{PATHS[name]}@1",)):
            path, _, token = file.partition("@")
            parts.append(Part(path, 1, 1, 1, token))
        version = f"{source.fingerprint}-{'.'.join(part.path + part.token for part in parts)}"
        sources[name] = SourceState(version, tuple(parts))
    return Observations(sources, {"joined": {"out/joined.csv": "1"}})


def compared(before: Meaning, now: Meaning, columns: Sequence[str]) -> tuple[bool, frozenset[str]] | None:
    return None if alike(before, now) else (True, frozenset())


def after(plan: Plan, seen: Observations) -> Memory:
    """What a run that did all of it would remember."""
    decisions = decide(plan, Memory(), seen, Request(), "n", compared)
    models = {}
    relations = {}
    for name, decision in decisions.models.items():
        model = plan.models[name]
        columns = tuple(f"{column.name} {column.type}" for column in model.columns)
        models[name] = ModelRecord(
            name, decision.placement, model.published, model.fingerprint, decision.version, decision.inputs, columns,
            1, 0.1, decision.checks, {}, "", decision.seen, decision.tokens, decision.state,
        )  # fmt: skip
        if model.storage != "inline":
            relations[f"{model.schema}.{name}"] = model.storage
    sources = {}
    for name, decided in decisions.sources.items():
        types = {column.name: column.type for column in plan.sources[name].columns}
        landed = tuple(f"{column}:{types[column]}" for column in decided.columns)
        sources[name] = replace(seen.sources[name], landed=landed)
        if landed:
            relations[f"_etlc_land.{name}"] = "table"
    checks = {name: decided.checks for name, decided in decisions.sources.items()}
    joined = plan.outputs[0]
    written = OutputRecord("joined", models["joined"].version, joined.fingerprint, joined.path, {"out/joined.csv": "1"})
    return Memory(models, sources, checks, {"joined": written}, relations)


def work(decisions: Decisions) -> dict[str, tuple[str, str]]:
    """Action and kind of reason of what is not skipped, or only checked; outputs with a star."""
    found = {n: (d.action, d.reason.kind) for n, d in decisions.models.items() if d.action != "skip" or d.checks}
    found |= {f"*{d.output}": (d.action, d.reason.kind) for d in decisions.outputs if d.action != "skip"}
    return found


def written_anew(before: Plan, memory: Memory, now: Plan) -> Memory:
    """The memory with what it knows of queries whose text is another now."""
    changed = [
        name
        for name in memory.models
        if name in now.models and before.models[name].fingerprint != now.models[name].fingerprint
    ]
    return replace(memory, meanings={name: before.meaning(name) for name in changed})


def edited(path: Path, old: str, new: str) -> dict[str, tuple[str, str]]:
    """What a run does after the text was edited."""
    before = compiled(path)
    memory = after(before, look(before))
    assert SPEC.count(old) >= 1
    now = compiled(path, SPEC.replace(old, new, 1))
    return work(decide(now, written_anew(before, memory, now), look(now), Request(), "m", compared))


BELOW = {"joined": ("rebuild", "input"), "seen": ("view", "input"), "*joined": ("write", "input")}
WORK = {
    # what means the same
    ("select k, v from a", "select /* all */ k,\n  v from a -- of it"): {},
    ("select k, sum(v) as v from base group by k", "SELECT k, sum(v) AS v FROM base AS b GROUP BY k"): {},
    ("pipeline: p", "pipeline: p\nowner: me@example.com\ndescription: Much."): {},
    ("  base: {", "  base: {tags: [x], description: Words, "): {},
    ("join right_ using (k)\"", "join right_ using (k)\", description: Words"): {},
    # what does not
    ("max(w) as w", "min(w) as w"): {"right_": ("inline", "edited"), **BELOW},
    ("select k, v from a", "select k, v + 1 as v from a"): {
        "base": ("inline", "edited"), "left_": ("rebuild", "input"), **BELOW,
    },
    ("select k from joined", "select k + 1 as k from joined"): {"seen": ("view", "edited")},
    ("select k from joined", "select k, w from joined"): {"seen": ("view", "columns")},
    # switches
    ('materialize: view', 'materialize: table'): {"seen": ("rebuild", "storage")},
    ('"select k, v from a"', '"select k, v from a", materialize: table'): {"base": ("create", "storage")},
    ('"select k, v from a"', '"select k, v from a", materialize: view'): {"base": ("view", "storage")},
    ("checks: [{not_null: [k]}]", "checks: [{not_null: [k]}], publish: true"): {"left_": ("create", "publish")},
    ('using (k)", publish: true', 'using (k)", publish: false'): {"joined": ("create", "publish"), "seen": ("view", "storage")},
    # checks, alone
    ("{not_null: [k]}", "{not_null: [v]}"): {"left_": ("skip", "checks")},
    ("{not_null: [k]}", "{not_null: [k], severity: warn}"): {"left_": ("skip", "checks")},
    ("{not_null: [k]}", "{not_null: [k]}, {unique: [k]}"): {"left_": ("skip", "checks")},
    ("[{not_null: [k]}]", "[]"): {"left_": ("drop", "x")},
    # models and outputs come and go
    ("  seen: {", "  more: {sql: 'select 1 as one'}\n  seen: {"): {"more": ("create", "first")},
    ('  seen: {sql: "select k from joined", materialize: view}\n', ""): {"seen": ("drop", "removed")},
    ("  seen: {", "  shown: {"): {"shown": ("view", "first"), "seen": ("drop", "removed")},
    ("out/joined.csv}", "out/other.csv}"): {"*joined": ("write", "output_edited")},
    ("out/joined.csv}", "out/joined.csv}\n  seen: {path: out/seen.csv}"): {"*seen": ("write", "output_first")},
}  # fmt: skip
del WORK["[{not_null: [k]}]", "[]"]


@pytest.mark.parametrize(("old", "new"), list(WORK))
def test_edits(old: str, new: str, tmp_path: Path) -> None:
    assert edited(tmp_path, old, new) == WORK[old, new]


FILES = {
    "nothing": ({}, {}, ""),
    "new": (
        {"a": ("a1.csv@1", "a2.csv@1")},
        {"base": ("inline", "files"), "left_": ("rebuild", "input"), **BELOW},
        "1 new",
    ),
    "changed": (
        {"a": ("a1.csv@2",)},
        {"base": ("inline", "files"), "left_": ("rebuild", "input"), **BELOW},
        "1 changed",
    ),
    "removed": ({"a": ()}, {"base": ("inline", "files"), "left_": ("rebuild", "input"), **BELOW}, "1 removed"),
    "other source": ({"b": ("b1.parquet@2",)}, {"right_": ("inline", "files"), **BELOW}, "1 changed"),
}


@pytest.mark.parametrize("case", list(FILES))
def test_files(case: str, tmp_path: Path) -> None:
    files, expected, detail = FILES[case]
    plan = compiled(tmp_path)
    decisions = decide(plan, after(plan, look(plan)), look(plan, **files), Request(), "m", compared)
    assert work(decisions) == expected
    assert decisions.idle == (not expected)
    assert detail in ("", *(decision.reason.detail for decision in decisions.models.values()))
    assert {n for n, d in decisions.sources.items() if d.action == "land"} == set(files) & {"a"}


def test_landing_takes_only_what_changed(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    memory = after(plan, look(plan, a=("a1.csv@1", "a2.csv@1", "a3.csv@1")))
    decided = decide(
        plan, memory, look(plan, a=("a1.csv@1", "a2.csv@9", "a4.csv@1")), Request(), "m", compared
    ).sources["a"]
    assert (decided.fresh, decided.gone, decided.anew) == (("a2.csv", "a4.csv"), ("a2.csv", "a3.csv"), False)
    assert decided.columns == ("k", "v")
    lost = replace(memory, relations={n: k for n, k in memory.relations.items() if "land" not in n})
    assert decide(plan, lost, look(plan, a=("a1.csv@2",)), Request(), "m", compared).sources["a"].anew


def test_another_column_lands_all_anew_and_keeps_what_stood(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    memory = after(plan, look(plan))
    wider = SPEC.replace("{k: BIGINT, v: BIGINT}", "{k: BIGINT, v: BIGINT, z: BIGINT}").replace(
        "select k, v from a", "select k, z as v from a"
    )
    now = compiled(tmp_path, wider)
    decided = decide(now, memory, look(now), Request(), "m", compared).sources["a"]
    assert decided.anew and decided.columns == ("k", "v", "z")
    assert decide(now, memory, look(now), Request(None, True), "m", compared).sources["a"].columns == ("k", "z")


def test_what_is_missing_is_made_again(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    memory = after(plan, look(plan))
    for name, action in {"main.joined": "create", "_etlc_data.left_": "create", "main.seen": "view"}.items():
        gone = replace(memory, relations={n: k for n, k in memory.relations.items() if n != name})
        found = work(decide(plan, gone, look(plan), Request(), "m", compared))
        assert found == {name.split(".")[1]: (action, "missing")}, "its rows are the same, so nothing below is touched"


def test_outputs_that_somebody_touched_are_written_again(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    memory = after(plan, look(plan))
    for files, kind in (({}, "output_missing"), ({"out/joined.csv": "2"}, "output_changed")):
        seen = Observations(look(plan).sources, {"joined": files})
        assert work(decide(plan, memory, seen, Request(), "m", compared)) == {"*joined": ("write", kind)}
    extra = Observations(look(plan).sources, {"joined": {"out/joined.csv": "1", "out/joined/more": "1"}})
    assert work(decide(plan, memory, extra, Request(), "m", compared)) == {"*joined": ("write", "output_changed")}


def test_a_failed_run_is_taken_up_again(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    whole = after(plan, look(plan))
    half = replace(whole, models={n: r for n, r in whole.models.items() if n in ("base", "left_")}, outputs={})
    found = work(decide(plan, half, look(plan), Request(), "m", compared))
    assert set(found) == {"right_", "joined", "seen", "*joined"}


def test_selection(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    memory, seen = after(plan, look(plan)), look(plan, a=("a1.csv@2",), b=("b1.parquet@2",))
    some = decide(plan, memory, seen, Request(frozenset({"left_"})), "m", compared)
    assert set(work(some)) == {"base", "left_"}
    assert {n for n, d in some.sources.items() if d.action != "skip"} == {"a"}
    assert closure(plan, frozenset({"joined"})) == {"base", "left_", "right_", "joined"}
    orphan = replace(memory, models={**memory.models, "old": memory.models["joined"]})
    assert "old" not in decide(plan, orphan, seen, Request(frozenset({"left_"})), "m", compared).models
    assert decide(plan, orphan, seen, Request(), "m", compared).models["old"].action == "drop"


def test_a_full_refresh_builds_what_was_asked_for(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    memory = after(plan, look(plan))
    everything = work(decide(plan, memory, look(plan), Request(None, True), "m", compared))
    assert {reason for _, reason in everything.values()} == {"refresh"} and len(everything) == 6
    assert work(decide(plan, memory, look(plan), Request(frozenset({"right_"}), True), "m", compared)) == {
        "right_": ("inline", "refresh")
    }


def test_what_etlc_did_not_make_is_in_the_way(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    foreign = Memory(relations={"main.joined": "table", "_etlc_data.left_": "table", "main.left_": "view"})
    assert [model.name for model in conflicts(plan, foreign)] == ["joined"]
    assert conflicts(plan, after(plan, look(plan))) == []


def test_order_leads_through_models_that_rest(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    assert order(plan, {"base", "joined"}) == {"base": set(), "joined": {"base"}}
    assert order(plan, {"seen", "right_"}) == {"seen": {"right_"}, "right_": set()}
