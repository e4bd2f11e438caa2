"""Which models a command is about."""

from __future__ import annotations

from etlc.diagnostics import Diagnostics, Span
from etlc.ir.plan import Plan
from etlc.pipeline.project import Options, Project, stop_with


def selected(plan: Plan, project: Project, options: Options) -> frozenset[str] | None:
    """The selected models, None for all. Raises Stop (2) for a selection that names nothing."""
    if not options.select and not options.exclude:
        return None
    from etlc.resolve.selection import SelectionError, select

    try:
        return select(plan, options.select, options.exclude, lambda revision: changed(plan, project, revision))
    except SelectionError as problem:
        raise stop_with("E507", Span(""), str(problem), problem.help, 2) from problem


def changed(plan: Plan, project: Project, revision: str) -> frozenset[str]:
    """The models that are written differently than at a git revision, and those that read a source that is.

    Raises Stop (2) where git cannot tell.
    """
    from etlc.load import DiskFiles, load
    from etlc.load.git import GitFiles, GitProblem

    try:
        before = load(GitFiles(project.root, revision), Diagnostics())
    except GitProblem as problem:
        raise stop_with("E507", Span(""), f'"changed:{revision}" cannot be found out: {problem}.', "", 2) from problem
    after = load(DiskFiles(project.root), Diagnostics())
    if before is None or after is None:
        return frozenset(plan.models)
    params = {name for name in after.params if before.params.get(name) != after.params[name]}
    sources = {name for name, source in after.sources.items() if before.sources.get(name) != source}
    found = {name for name, model in after.models.items() if before.models.get(name) != model}
    for name, model in plan.models.items():
        text = after.models[name].sql if name in after.models else None
        if sources.intersection(model.reads) or (text is not None and params and _mentions(text.text, params)):
            found.add(name)
    return frozenset(found & plan.models.keys())


def _mentions(text: str, params: set[str]) -> bool:
    from etlc.sql.params import find_params

    lower = {name.lower() for name in params}
    return any(name.lower() in lower for name, _, _ in find_params(text))
