"""diff: what changed in meaning since a git revision."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from etlc.compare import compare
from etlc.decide import decide
from etlc.diagnostics import Diagnostics
from etlc.ir.decision import Decision, Request
from etlc.ir.difference import Breach, Difference, Side
from etlc.ir.graph import BoundGraph, Graph
from etlc.ir.look import Looked
from etlc.ir.plan import Plan
from etlc.ir.record import Memory, ModelRecord, Observations, SourceState
from etlc.ir.spec import LockedSource
from etlc.load import DiskFiles, Files, load
from etlc.load.git import GitFiles, GitProblem
from etlc.lower import digest
from etlc.pipeline.front import compile_files, lowered
from etlc.pipeline.project import Front, Options, Project, Stop
from etlc.pipeline.running import compare_meanings


@dataclass(frozen=True, slots=True)
class Differing:
    """What changed since ``revision``, the commit ``commit``.

    ``problems`` are the errors of that revision, for which some of it could not be compared; ``diagnostics`` those
    of the change itself: broken contracts.
    """

    revision: str
    commit: str
    difference: Difference
    problems: Diagnostics
    diagnostics: Diagnostics


class _Nothing:
    """The files of a project before there was one."""

    def read(self, path: str) -> bytes | None:
        """An etlc.yaml that declares nothing."""
        return b"project: nothing\n" if path == "etlc.yaml" else None

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """No files."""
        return []


def diff(project: Project, options: Options, revision: str) -> Differing:
    """What the work tree means that the revision does not. Reads the revision from git, and no data for it. Raises Stop."""
    try:
        before = GitFiles(project.root, revision)
        found = before.read("etlc.yaml") is not None
    except GitProblem as problem:
        raise Stop(f'The revision "{revision}" cannot be compared with: {problem}.', 2) from problem
    after = compile_files(DiskFiles(project.root), project, options, upkeep=True)
    if after.plan is None or after.bound is None:
        raise Stop("", 1, after.diagnostics)
    earlier = _compiled(before if found else _Nothing(), project, options, after.bound)
    if earlier.bound is None:
        raise Stop(f'The etlc.yaml of "{revision}" cannot be read, so there is nothing to compare with.', 1)
    old = lowered(earlier.bound)
    difference = compare(*_sides(old, after.plan, (earlier.bound, after.bound)))
    problems = Diagnostics()
    for finding in earlier.diagnostics:
        if finding.severity == "error":
            problems.append(finding)
    return Differing(revision, before.commit, difference, problems, _findings(difference))


def _compiled(files: Files, project: Project, options: Options, after: BoundGraph) -> Front:
    """The old revision, with the params that it knows; a source that nothing pins has the schema that it has now."""

    def looking(graph: Graph, names: list[str], _: Project) -> dict[str, Looked]:
        found = {}
        for name in names:
            spec = graph.sources[name].spec
            now, schema = after.graph.sources.get(name), after.schemas.get(name)
            same = now is not None and (now.spec.path, now.spec.format) == (spec.path, spec.format)
            same = same and now is not None and dict(now.spec.options) == dict(spec.options)
            if same and schema is not None and now is not None and now.spec.columns == spec.columns:
                found[name] = Looked(LockedSource(schema.columns, schema.options))
            else:
                found[name] = Looked(None, "neither a contract nor etlc.lock told it, and it is declared otherwise now")
        return found

    given = options.params
    if given:
        spec = load(files, Diagnostics())
        known = {name.lower() for name in spec.params} if spec else set()
        given = {name: value for name, value in given.items() if name.lower() in known}
    return compile_files(files, project, replace(options, params=given), looking, upkeep=True)


def _sides(old: Plan, new: Plan, bound: tuple[BoundGraph, BoundGraph]) -> tuple[Side, Side]:
    """Both revisions, were the files of their sources always the same: the new one as a run finds it after the old one.

    A model is built again where its own text says so, or what it sees of its inputs.
    """
    first = decide(old, Memory(), _files(old), Request(), "-", compare_meanings).models
    records = {name: _record(old, decision) for name, decision in first.items()}
    stand = {f"{model.schema}.{name}".lower(): model.storage for name, model in old.models.items()}
    memory = Memory(records, relations=stand, meanings={name: old.meaning(name) for name in old.models})
    second = decide(new, memory, _files(new), Request(), "-", compare_meanings).models
    sides = []
    for plan, decisions, graph in ((old, first, bound[0]), (new, second, bound[1])):
        rests_on = {name: digest(dict(d.tokens), dict(d.seen)) for name, d in decisions.items() if name in plan.models}
        sides.append(Side(plan, graph, rests_on))
    return sides[0], sides[1]


def _files(plan: Plan) -> Observations:
    states = {}
    for name, source in plan.sources.items():
        paths = hashlib.blake2b("\0".join(source.paths).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        states[name] = SourceState(f"{source.fingerprint}-{paths}")
    return Observations(states)


def _record(plan: Plan, decision: Decision) -> ModelRecord:
    model = plan.models[decision.model]
    columns = tuple(f"{column.name} {column.type}" for column in model.columns)
    return ModelRecord(
        model.name, decision.placement, model.published, model.fingerprint, decision.version, decision.inputs, columns,
        0, 0.0, decision.checks, {}, "", decision.seen, decision.tokens, decision.state,
    )  # fmt: skip


def _findings(difference: Difference) -> Diagnostics:
    found = Diagnostics()
    for breach in difference.breaches:
        found.add("E510", breach.place, *_sentences(breach))
    return found


def _sentences(breach: Breach) -> tuple[str, str]:
    if breach.lowered:
        message = f'The version of model "{breach.model}" goes down; it was {breach.version}.'
        return message, f"Set `version: {breach.version + 1 if breach.reasons else breach.version}`."
    reasons = "; ".join(breach.reasons)
    message = f'The published contract of model "{breach.model}" is broken without a new version: {reasons}.'
    if not breach.place.file:
        return message, "Keep a model of that name that gives the same columns until nobody reads it any more."
    return message, f"Undo it, or set `version: {breach.version + 1}` to say that readers must follow."
