"""compile, lock and init: what writes files of the project."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path

from etlc.diagnostics import Diagnostics
from etlc.execute.scan import scan_sql
from etlc.execute.sources import fill_layouts
from etlc.ir.codec import encode
from etlc.ir.plan import HIDDEN_SCHEMA, Plan
from etlc.ir.record import Memory, Observations
from etlc.ir.spec import LockedSource
from etlc.ir.statements import create_table, create_view, exact_query
from etlc.load import DiskFiles, load, parse_lock, render_lock, schema_text
from etlc.pipeline.compiling import LOCK, compile_project, replace_file
from etlc.pipeline.locking import changes_of
from etlc.pipeline.project import Options, Project, Stop
from etlc.pipeline.selecting import selected
from etlc.pipeline.warehouse import observe, plan_paths, scratch
from etlc.sql.quote import ident, qualified

_FOLDER = ".etlc/compiled"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What was compiled, and the files that were written, relative to the project."""

    diagnostics: Diagnostics
    files: list[str]


@dataclass(frozen=True, slots=True)
class Locked:
    """What etlc.lock says now: ``changes`` are sentences."""

    diagnostics: Diagnostics
    changes: list[str]
    path: str


def compile_to_files(project: Project, options: Options) -> Compiled:
    """Write ``.etlc/compiled/``: a file per model, ``plan.json`` and ``plan.sql``."""
    front = compile_project(project, options, upkeep=True)
    if front.plan is None:
        return Compiled(front.diagnostics, [])
    plan = front.plan
    chosen = selected(plan, project, options)
    names = [name for name in plan.models if chosen is None or name in chosen]
    scans = source_scans(plan, project, front.diagnostics)
    if front.diagnostics.errors:
        return Compiled(front.diagnostics, [])
    written = {f"{name}.sql": model_text(plan, name) for name in names}
    written["plan.json"] = json.dumps(plan_data(plan, names), indent=2) + "\n"
    written["plan.sql"] = plan_script(plan, names, scans)
    folder = project.root / _FOLDER
    if folder.is_dir():
        for stale in folder.iterdir():
            if stale.name not in written and stale.is_file():
                stale.unlink()
    for name, text in written.items():
        replace_file(project, f"{_FOLDER}/{name}", text)
    write_schemas(project)
    return Compiled(front.diagnostics, [f"{_FOLDER}/{name}" for name in written])


def source_scans(plan: Plan, project: Project, diagnostics: Diagnostics) -> dict[str, str]:
    """The SELECT of each source over the files that are there now, paths relative to the project."""
    paths = plan_paths(plan, project)
    observations: Observations = observe(plan, Memory(), paths, frozenset(plan.sources))
    found = {}
    with scratch(plan, project, paths) as engine:
        session = engine.session()
        for name, source in plan.sources.items():
            state = fill_layouts(source, observations.sources[name], paths, session, diagnostics)
            found[name] = scan_sql(source, state.parts, [column.name for column in source.columns], None)
    return found


def model_text(plan: Plan, name: str) -> str:
    """The compiled query of one model."""
    model = plan.models[name]
    return f"-- {name}: {model.storage} ({model.reason})\n{model.sql}\n"


def plan_data(plan: Plan, names: list[str]) -> dict[str, object]:
    """The plan as JSON: models in running order, sources, outputs."""
    return {
        "project": plan.project,
        "models": [
            {
                "model": name, "storage": model.storage, "published": model.published, "reason": model.reason,
                "reads": list(model.reads), "fingerprint": model.fingerprint, "file": model.file, "line": model.line,
                "columns": [{"name": column.name, "type": column.type} for column in model.columns],
                "checks": [{"check": check.name, "severity": check.severity, "sql": check.sql} for check in model.checks],
                "sql": model.sql,
            }
            for name, model in plan.models.items() if name in set(names)
        ],
        "sources": [
            {"source": name, "format": source.kind, "paths": list(source.paths), "options": encode(source.options),
             "columns": [{"name": column.name, "type": column.type} for column in source.columns], "used": list(source.used)}
            for name, source in plan.sources.items()
        ],
        "outputs": [{"output": o.name, "model": o.model, "path": o.path, "format": o.format} for o in plan.outputs],
    }  # fmt: skip


def plan_script(plan: Plan, names: list[str], scans: Mapping[str, str]) -> str:
    """``plan.sql``: started in the project's folder, plain DuckDB makes the same published tables with it.

    What is not published is temporary, but for what a view reads: that stays, in a schema of its own.
    """
    needed = _needed(plan, names)
    lines = [
        f"-- {plan.project}: the pipeline as plain DuckDB SQL, made by `etlc compile`.",
        "-- Start it in the project's folder; the published tables appear in whatever database is current.",
    ]
    kept = {need for name in needed if plan.models[name].storage == "view" for need in plan.models[name].reads}
    kept = {name for name in kept if name in plan.models and not plan.models[name].published}
    hidden_views = {name for name in needed if plan.models[name].storage == "view" and not plan.models[name].published}
    if kept or hidden_views:
        lines.append(f"CREATE SCHEMA IF NOT EXISTS {HIDDEN_SCHEMA};")
    for name, scan in scans.items():
        if any(name in plan.models[model].reads for model in needed):
            lines.append(f"CREATE OR REPLACE TEMP VIEW {ident(name)} AS\n{scan};")
    for name in needed:
        model = plan.models[name]
        if model.storage == "view":
            lines.append(f"{create_view(plan, model, scans)};")
        elif model.storage == "inline":
            lines.append(f"CREATE OR REPLACE TEMP VIEW {ident(name)} AS\n{exact_query(model)};")
        elif model.published or name in kept:
            lines.append(_ended(create_table(model)))
        else:
            lines.append(_ended(f"CREATE OR REPLACE TEMP TABLE {ident(name)} AS\n{model.sql}"))
        if name in kept or name in hidden_views:
            lines.append(
                f"CREATE OR REPLACE TEMP VIEW {ident(name)} AS SELECT * FROM {qualified(HIDDEN_SCHEMA, name)};"
            )
    return "\n\n".join(lines) + "\n"


def _ended(statement: str) -> str:
    """A statement with its semicolon, which must not stand in a comment at the end of the user's text."""
    return f"{statement}\n;" if "--" in statement.rpartition("\n")[2] else f"{statement};"


def _needed(plan: Plan, names: list[str]) -> list[str]:
    wanted = set(names)
    for name in reversed(list(plan.models)):
        if name in wanted:
            wanted.update(need for need in plan.models[name].reads if need in plan.models)
    return [name for name in plan.models if name in wanted]


def write_schemas(project: Project) -> None:
    """Copies of the JSON schemas, for the project's editor."""
    for name in ("project", "pipeline"):
        replace_file(project, f".etlc/schemas/{name}.schema.json", schema_text(name))


def lock(project: Project, options: Options) -> Locked:
    """Look at all sources, and rewrite etlc.lock."""
    from dataclasses import replace

    from etlc.engines.binder import DuckBinder
    from etlc.pipeline.front import check_params, look_at
    from etlc.resolve import resolve

    diagnostics = Diagnostics()
    spec = load(DiskFiles(project.root), diagnostics)
    if spec is None:
        raise Stop("", 1, diagnostics)
    binder = DuckBinder()
    check_params(spec, options, binder, diagnostics)
    graph = resolve(replace(spec, models={}, outputs=(), tests=()), options.params, binder, Diagnostics())
    names = [name for name, source in graph.sources.items() if source.spec.rows is None and source.spec.path]
    looked = look_at(graph, names, project)
    before = _old_lock(project)
    after: dict[str, LockedSource] = {}
    for name in names:
        found = looked[name]
        if found.unreachable:
            diagnostics.add("E402", spec.sources[name].span, f'Source "{name}" cannot be read: {found.problem}.')
        if found.schema is not None:
            after[name] = found.schema
        elif name in before and before[name].declared in ("", spec.sources[name].declaration):
            after[name] = before[name]
        elif found.problem and not found.unreachable:
            diagnostics.add(
                "E401",
                spec.sources[name].span,
                f'The schema of source "{name}" is not known: {found.problem}.',
                found.help,
            )
    replace_file(project, LOCK, render_lock(after))
    return Locked(diagnostics, changes_of(before, after), LOCK)


def _old_lock(project: Project) -> Mapping[str, LockedSource]:
    path = project.root / LOCK
    return parse_lock(path.read_bytes(), Diagnostics()) if path.exists() else {}


def init_project(directory: Path) -> list[str]:
    """Make a small working project with data. Raises Stop (2) where one is in the way."""
    template = package_files("etlc.cli") / "template"
    if (directory / "etlc.yaml").exists():
        raise Stop(f"{directory} has an etlc.yaml already.", 2)
    written = []
    for source in sorted(Path(str(template)).rglob("*")):
        if not source.is_file() or "__pycache__" in source.parts:
            continue
        name = source.relative_to(Path(str(template))).as_posix().replace("dot_", ".")
        target = directory / name
        if target.exists():
            raise Stop(f"{target} is in the way; `etlc init` writes into an empty folder.", 2)
        written.append((source, target, name))
    for source, target, _ in written:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    write_schemas(Project(directory.resolve()))
    return [name for _, _, name in written]
