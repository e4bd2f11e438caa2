"""Analyses: what a careful reader would see in the SQL, before any data is read.

They speak only of what the specs say for certain: a key that is known, a type, a NULL that is possible. What is not
known is passed over in silence. The one exception are protected tags, which are carried wherever they may go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from etlc.analyze.proofs import proven
from etlc.analyze.protected import after_masks, model_tags, source_tags, tagged
from etlc.analyze.relation import Field, Key, Relation
from etlc.analyze.resolver import Resolved, resolve_query
from etlc.analyze.rules import OF_MODEL, OF_PROJECT
from etlc.analyze.subject import Finding, Subject, Whole
from etlc.diagnostics import Diagnostics
from etlc.ir.binding import Column
from etlc.ir.graph import BoundGraph, BoundModel, GraphCheck
from etlc.kinds.checks.columns import NotNull, Unique

__all__ = ["analyze"]


def analyze(graph: BoundGraph, diagnostics: Diagnostics) -> BoundGraph:
    """Run every analysis on every model that was bound, in running order; findings are collected.

    Gives back the graph with the tags of all columns, and with the checks that hold by the queries alone.
    """
    spec = graph.graph.spec
    kept: dict[str, frozenset[str]] = {}
    relations: dict[str, Relation] = {}
    for name, schema in graph.schemas.items():
        columns = [Column(column.name, column.type) for column in schema.columns]
        declared = _declared(name, columns, [check.check for check in graph.checks.get(name, ())])
        relations[name.lower()] = source_tags(spec.sources[name], declared, spec.protected)
    subjects: dict[str, Subject] = {}
    for name, model in graph.models.items():
        try:
            resolved = _resolve(model, relations)
        except RecursionError:
            resolved = Resolved()  # nested too deep to be followed
        promised = _declared(name, model.columns, [check.check for check in graph.checks.get(name, ())])
        derived = after_masks(model, resolved.output)
        joined = _joined(promised, derived)
        relations[name.lower()] = model_tags(model, joined, resolved.output, relations, spec.protected)
        kept[name] = proven(derived, [column.name for column in model.columns], graph.checks.get(name, ()))
        subject = Subject(model, resolved, relations, relations[name.lower()])
        subjects[name] = subject
        for rule in OF_MODEL:
            for finding in _found(rule.find, subject):
                _report(subject, finding, diagnostics)
    if diagnostics.errors:
        return  # what is broken may read anything
    whole = Whole(graph, subjects, relations)
    for overall in OF_PROJECT if not diagnostics.errors else ():  # what is broken may read anything
        for about, finding in overall.find(whole):
            _report(about, finding, diagnostics)
    return replace(graph, proven=kept, tags=tagged(graph, relations))


def _found(find: Callable[[Subject], Iterator[Finding]], subject: Subject) -> list[Finding]:
    """What a rule finds; nothing in a query that is nested too deep to be followed."""
    try:
        return list(find(subject))
    except RecursionError:
        return []


def _report(subject: Subject | None, finding: Finding, diagnostics: Diagnostics) -> None:
    if subject is not None:
        diagnostics.add(finding.code, subject.span(finding.place), finding.message, finding.help)
    elif finding.place is not None and not isinstance(finding.place, int):
        diagnostics.add(finding.code, finding.place, finding.message, finding.help)


def _resolve(model: BoundModel, relations: Mapping[str, Relation]) -> Resolved:
    query = model.model.query.syntax
    return resolve_query(query, relations) if query is not None else Resolved()


def _declared(name: str, columns: Sequence[Column], checks: Sequence[GraphCheck]) -> Relation:
    """What contract and checks promise: they are kept, or nothing that reads the rows is built."""
    trusted = [check.spec.check for check in checks if check.spec.severity == "error" and not check.spec.tolerate]
    filled = {column.lower() for check in trusted if isinstance(check, NotNull) for column in check.names}
    keys: set[Key] = set()
    for check in trusted:
        if isinstance(check, Unique) and filled.issuperset(column.lower() for column in check.names):
            keys.add(frozenset(column.lower() for column in check.names))
    fields = tuple(
        Field(column.name, column.type, column.name.lower() not in filled, (name, column.name)) for column in columns
    )
    return Relation(name, fields, frozenset(keys))


def _joined(promised: Relation, derived: Relation) -> Relation:
    """A model's relation: names and types from DuckDB, and what both its promises and its query say of the rows."""
    if len(derived.fields) != len(promised.fields) or not derived.complete:
        return promised
    pairs = zip(promised.fields, derived.fields, strict=True)
    if any(found.name and found.name.lower() != own.name.lower() for own, found in pairs):
        return promised
    fields = tuple(
        replace(
            own, nullable=False if own.nullable is False else found.nullable, mean=found.mean, repeated=found.repeated
        )
        for own, found in zip(promised.fields, derived.fields, strict=True)
    )  # fmt: skip
    return replace(promised, fields=fields, keys=promised.keys | derived.keys)
