"""The plan of a command: kept from an earlier one where no text has changed, else compiled."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from etlc.ir.plan import Plan
from etlc.ir.spec import LockedSource
from etlc.load import DiskFiles, Files, parse_lock, render_lock, snapshot
from etlc.pipeline import cache
from etlc.pipeline.project import Front, Options, Project, Stop

LOCK = "etlc.lock"


def compile_project(project: Project, options: Options, staged: Files | None = None) -> Front:
    """Compile the project; from the cache where nothing that matters has changed.

    ``staged`` are other files than those on disk.
    """
    files = staged or DiskFiles(project.root)
    key = cache.key(snapshot(files), options.params)
    kept = cache.read(project.cache, key)
    if kept is not None:
        return Front(kept.diagnostics(), kept.plan, kept.models, kept.sources, {})
    from etlc.pipeline.front import compile_files

    front = compile_files(files, project, options)
    if front.plan is not None and not front.looked:
        cache.write(project.cache, key, cache.Kept.of(front.diagnostics, front.plan, front.models, front.sources))
    return front


def keep(project: Project, options: Options, front: Front) -> None:
    """Keep what was compiled for the next command."""
    if front.plan is not None:
        kept = cache.Kept.of(front.diagnostics, front.plan, front.models, front.sources)
        cache.write(project.cache, cache.key(snapshot(DiskFiles(project.root)), options.params), kept)


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
