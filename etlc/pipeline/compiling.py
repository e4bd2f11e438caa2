"""The plan of a command: kept from an earlier one where no text has changed, else compiled."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace

from etlc.ir.plan import Plan
from etlc.ir.spec import LockedSource
from etlc.load import DiskFiles, Files, Once, parse_lock, render_lock, snapshot
from etlc.pipeline import cache
from etlc.pipeline.project import Front, Options, Project, Stop

LOCK = "etlc.lock"


def compile_project(
    project: Project, options: Options, staged: Files | None = None, upkeep: bool = False
) -> Front:  # fmt: skip
    """Compile the project; from the cache where nothing that matters has changed.

    ``staged`` are other files than those on disk. ``upkeep``: the plan is to be run.
    """
    files = Once(staged or DiskFiles(project.root))
    texts = snapshot(files)
    # What is to be run serves every other end too.
    for key in [cache.key(texts, options.params, whole) for whole in ([True] if upkeep else [False, True])]:
        kept = cache.read(project.cache, key)
        if kept is not None and (not kept.listings or _as_looked_at(kept, project)):
            return Front(kept.diagnostics(), kept.plan, kept.models, kept.sources, kept.looked)
    from etlc.pipeline.front import compile_files

    front = compile_files(files, project, options, upkeep=upkeep)
    if front.plan is not None:
        _write(project, cache.key(texts, options.params, upkeep), front)
    return front


def _as_looked_at(kept: cache.Kept, project: Project) -> bool:
    """Whether the files that were looked at are still what they were."""
    from etlc.pipeline.looking import listings

    return listings(kept.plan, kept.listings, project.root) == kept.listings


def _write(project: Project, key: str, front: Front) -> None:
    """Keep a plan, unless it rests on a look at files that may change unseen."""
    from etlc.pipeline.looking import listings

    assert front.plan is not None
    names = (*front.looked, *front.unseen)
    seen = listings(front.plan, names, project.root) if names else {}
    if bool(seen) == bool(names):
        counts = (front.models, front.sources)
        cache.write(project.cache, key, cache.Kept.of(front.diagnostics, front.plan, counts, front.looked, seen))


def keep(project: Project, options: Options, front: Front) -> None:
    """Keep what was compiled for the next command, when what was looked at stands in etlc.lock."""
    if front.plan is not None:
        key = cache.key(snapshot(DiskFiles(project.root)), options.params, True)
        _write(project, key, replace(front, looked={}))


def need_plan(front: Front) -> Plan:
    """The plan, or Stop (1) with the findings."""
    if front.plan is None:
        raise Stop("", 1, front.diagnostics)
    return front.plan


def write_lock(project: Project, entries: Mapping[str, LockedSource]) -> None:
    """Add entries to etlc.lock; those that are there already stay as they are."""
    from etlc.diagnostics import Diagnostics

    path = project.root / LOCK
    before = parse_lock(path.read_bytes(), Diagnostics()) if path.exists() else {}
    replace_file(project, LOCK, render_lock({**entries, **before}))


def replace_file(project: Project, name: str, text: str) -> None:
    """Write a file of the project at once: nobody sees half of it."""

    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.etlc-{os.getpid()}")
    hidden.write_bytes(text.encode("utf-8"))
    if path.is_file():
        shutil.copymode(path, hidden)
    os.replace(hidden, path)
