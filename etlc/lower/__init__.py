"""Lowering: from the bound graph to the plan, which is plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from etlc.diagnostics import CODES
from etlc.ir.binding import Column
from etlc.ir.graph import BoundCheck, BoundGraph, BoundModel
from etlc.ir.plan import PinnedColumn, Plan, PlanCheck, PlanModel, PlanOutput, PlanSource
from etlc.ir.spec import OutputSpec
from etlc.kinds.sinks import sink_kind
from etlc.kinds.sources import source_kind
from etlc.lower.blockers import blockers
from etlc.lower.fingerprint import alike, digest, query_rest
from etlc.lower.storage import snapshots, storages
from etlc.lower.upkeep import composed
from etlc.lower.used import columns_of, used_columns

__all__ = ["alike", "digest", "lower"]


def lower(bound: BoundGraph, rows: Mapping[str, str]) -> Plan:
    """The plan of a bound graph. ``rows`` gives the SELECT of each source that lives in the spec."""
    spec = bound.graph.spec
    stored = storages(bound)
    used = used_columns(bound)
    kept = snapshots(bound, stored)
    views = [model for name, model in bound.models.items() if stored[name][0] == "view" and name not in kept]
    viewed = {need for view in views for need in view.model.reads}
    sources = {name: _source(name, bound, rows.get(name), used[name], name in viewed) for name in bound.schemas}
    relations: dict[str, Sequence[Column]] = {
        name: [Column(column.name, column.type) for column in schema.columns] for name, schema in bound.schemas.items()
    }
    relations.update({name: model.columns for name, model in bound.models.items()})
    models = {name: _model(model, bound, stored[name], name in kept, relations) for name, model in bound.models.items()}
    unstored = {name for name, model in models.items() if not _is_stored(model)}
    for name, text in composed(bound, unstored).items():
        models[name] = replace(models[name], upkeep=text)
    for name, text in blockers(bound, unstored).items():
        models[name] = replace(models[name], blockers=text)
    known = {name.lower(): name for name in models}
    outputs = tuple(_output(o, known[o.model.lower()]) for o in spec.outputs if o.model.lower() in known)
    limits = {"memory": spec.limits.memory, "threads": spec.limits.threads, "temp": spec.limits.temp}
    return Plan(
        str(spec.project), str(spec.warehouse), {key: str(value) for key, value in limits.items() if value is not None},
        tuple(map(str, spec.allow)), sources, models, outputs,
        bound.tags,
        tuple(ignore for ignore in spec.ignores if CODES[ignore.code].late),
    )  # fmt: skip


def _source(name: str, bound: BoundGraph, rows: str | None, used: list[str], viewed: bool) -> PlanSource:
    spec = bound.graph.sources[name].spec
    schema = bound.schemas[name]
    paths = tuple(map(str, spec.path))
    kind = None if rows is not None else source_kind(spec.format, paths)
    options = {**schema.options, **spec.options}
    columns = tuple(PinnedColumn(column.name, column.type, column.optional) for column in schema.columns)
    typed = [(column.name, column.type) for column in columns] if rows is not None else []
    return PlanSource(
        name=name,
        kind=kind.FORMAT if kind else "rows",
        paths=paths,
        options=options,
        columns=columns,
        used=tuple(used),
        landed=viewed or (bool(used) and bool(kind and kind.LANDED)),
        fingerprint=digest("source", kind.FORMAT if kind else rows, options, typed),
        rows=rows,
        checks=_checks(bound.checks.get(name, ())),
        file=spec.span.file,
        line=spec.span.line,
        column=spec.span.column,
        pipeline=spec.pipeline,
        tags=tuple(map(str, spec.tags)),
        owner=str(spec.owner or ""),
        append_only=spec.append_only,
    )


def _model(
    bound: BoundModel,
    graph: BoundGraph,
    stored: tuple[str, str],
    snapshot: bool,
    relations: Mapping[str, Sequence[Column]],
) -> PlanModel:
    model = bound.model
    facts = model.query.facts
    inputs = {need: relations[need] for need in model.reads}
    read = {need: columns_of(facts, need, [column.name for column in relations[need]]) for need in model.reads}
    used = {need: columns for need, columns in read.items() if need in graph.schemas}
    sql, rest = bound.sql.strip(), query_rest(inputs, read, bound.columns, graph.schemas)
    span = model.spec.name.span
    return PlanModel(
        name=model.name,
        storage=stored[0],
        published=model.published,
        sql=sql,
        fingerprint=digest("query", sql, rest),
        columns=bound.columns,
        reads=model.reads,
        checks=_checks(graph.checks.get(model.name, ()), graph.proven.get(model.name, frozenset())),
        volatile=model.name in graph.volatile,
        dynamic=facts.dynamic,
        reason=f"{stored[1]}; it shows stored rows, since they are checked first" if snapshot else stored[1],
        file=span.file,
        line=span.line,
        column=span.column,
        pipeline=model.spec.pipeline,
        tags=tuple(map(str, model.spec.tags)),
        owner=str(model.spec.owner or ""),
        path=model.spec.sql_file or model.spec.file,
        uses={need: tuple(columns) for need, columns in used.items()},
        snapshot=snapshot,
        rest=rest,
        version=model.spec.version,
        params=tuple(dict.fromkeys(model.query.bound.used)),
        incremental=str(model.spec.incremental) != "full",
        dependence=graph.uses.get(model.name, ""),
        upkeep=graph.upkeep.get(model.name, ""),
    )


def _is_stored(model: PlanModel) -> bool:
    return model.storage == "table" or model.snapshot


def _checks(checks: Sequence[BoundCheck], proven: frozenset[str] = frozenset()) -> tuple[PlanCheck, ...]:
    found = []
    for check in checks:
        spec = check.check.spec
        others = [str(relation) for relation, _ in spec.check.others()]
        others += list(check.check.query.reads) if check.check.query else []
        found.append(
            PlanCheck(
                check.name, check.sql, spec.severity, spec.tolerate, spec.tolerate_share,
                digest("check", check.sql, spec.severity, spec.tolerate, spec.tolerate_share),
                spec.span.file, spec.span.line, spec.span.column, tuple(dict.fromkeys(others)),
                tuple(map(str, spec.check.columns())), check.name in proven,
            )
        )  # fmt: skip
    return tuple(found)


def _output(output: OutputSpec, model: str) -> PlanOutput:
    kind = sink_kind(output.format, output.path)
    format = kind.FORMAT if kind else "parquet"
    partition_by = tuple(map(str, output.partition_by))
    return PlanOutput(
        str(output.name),
        model,
        str(output.path),
        format,
        partition_by,
        digest("output", str(output.path), format, partition_by),
    )
