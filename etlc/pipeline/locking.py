"""Whether etlc.lock fits the specs, and the data as far as it is at hand. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from etlc.diagnostics import Diagnostics, Span
from etlc.ir.spec import LockedSource, SourceSpec
from etlc.load.files import Files
from etlc.pipeline.compiling import LOCK
from etlc.pipeline.project import Options, Project

_HELP = "Run `etlc lock`, and commit the file."
_MOST = 3


def check_lock(project: Project, options: Options, index: Files | None = None) -> Diagnostics:
    """What ``etlc lock`` would write otherwise, as E406. A source without data at hand is held to its declaration.

    So is every source where ``index`` gives the specs: what is staged says nothing of the data.
    """
    from dataclasses import replace

    from etlc.engines.binder import DuckBinder
    from etlc.load import DiskFiles, load
    from etlc.pipeline.front import check_params, look_at
    from etlc.resolve import resolve

    found = Diagnostics()
    spec = load(index or DiskFiles(project.root), Diagnostics())
    if spec is None:
        return found
    files = {name: source for name, source in spec.sources.items() if source.rows is None and source.path}
    for name in spec.locked:
        if name not in files and not spec.incomplete:
            found.add(
                "E406", Span.whole(LOCK), f'{LOCK} has an entry for "{name}", which is no source of files.', _HELP
            )
    sound = []
    for name, source in files.items():
        problem = _misfit(source, spec.locked.get(name))
        if problem:
            found.add("E406", source.span, problem, _HELP)
        elif name in spec.locked and index is None:
            sound.append(name)
    binder = DuckBinder()
    check_params(spec, options, binder, Diagnostics())
    graph = resolve(replace(spec, models={}, outputs=(), tests=()), options.params, binder, Diagnostics())
    for name, looked in look_at(graph, sound, project).items():
        changes = lock_changes(name, spec.locked[name], looked.schema) if looked.schema else []
        if changes:
            more = f" and {len(changes) - _MOST} more" if len(changes) > _MOST else ""
            said = f"{'; '.join(changes[:_MOST])}{more}"
            found.add(
                "E406", files[name].span, f'The files of source "{name}" are not as {LOCK} has it: {said}.', _HELP
            )
    return found


def _misfit(source: SourceSpec, locked: LockedSource | None) -> str:
    """Why the declaration of a source does not fit its entry, "" where it does."""
    if locked is not None:
        stale = locked.declared and locked.declared != source.declaration
        return f'{LOCK} has source "{source.name}" with another path, format or options.' if stale else ""
    whole = source.columns and all(column.type for column in source.columns.values())
    return "" if whole else f'{LOCK} has no entry for source "{source.name}".'


def lock_changes(name: str, before: LockedSource, after: LockedSource) -> list[str]:
    """What changed between two looks at a source, a few words each."""
    old = {column.name: column.type for column in before.columns}
    new = {column.name: column.type for column in after.columns}
    found = [f"{name}.{column}: new, {new[column]}" for column in new if column not in old]
    found += [f"{name}.{column}: gone" for column in old if column not in new]
    found += [f"{name}.{c}: {old[c]} is now {new[c]}" for c in new if old.get(c, new[c]) != new[c]]
    optional = [{column.name for column in entry.columns if column.optional} for entry in (before, after)]
    found += [f"{name}.{c}: not every file has it" for c in new if c in optional[1] - optional[0] and c in old]
    found += [f"{name}.{c}: every file has it" for c in new if c in optional[0] - optional[1]]
    if dict(before.options) != dict(after.options):
        found.append(f"{name}: how it is read changed")
    return found


def changes_of(before: Mapping[str, LockedSource], after: Mapping[str, LockedSource]) -> list[str]:
    """What changed between two locks, a sentence each."""
    found = [f"{name}: locked, {len(after[name].columns)} columns" for name in after if name not in before]
    found += [f"{name}: no longer a source" for name in before if name not in after]
    for name in after:
        if name in before:
            found += lock_changes(name, before[name], after[name])
            if before[name].declared not in ("", after[name].declared):
                found.append(f"{name}: another path, format or option")
    return found
