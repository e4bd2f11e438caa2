"""Analyses: what a careful reader would see in the SQL, before any data is read.

They speak only of what the specs say for certain: a key that is known, a type, a NULL that is possible. What is not
known is passed over in silence. The one exception are protected tags, which are carried wherever they may go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from etlc.analyze.memory import Relations, model_name, packed, unpacked
from etlc.analyze.proofs import proven
from etlc.analyze.protected import after_masks, model_tags, source_tags, tagged
from etlc.analyze.relation import Field, Key, Relation
from etlc.analyze.rules import OF_MODEL, OF_PROJECT
from etlc.analyze.subject import Finding, Known, Subject, Whole, outer_items
from etlc.analyze.upkeep import nothing
from etlc.analyze.upkeep import upkeep as upkeep_of
from etlc.analyze.uses import uses_of
from etlc.diagnostics import Diagnostics
from etlc.ir.binding import Binder, Column, Shelf
from etlc.ir.codec import encode
from etlc.ir.graph import BoundGraph, BoundModel, GraphCheck
from etlc.ir.upkeep import Upkeep
from etlc.kinds.checks.columns import NotNull, Unique
from etlc.sql.quote import string

__all__ = ["analyze"]


def analyze(
    graph: BoundGraph, binder: Binder, diagnostics: Diagnostics, shelf: Shelf, upkeep: bool = True
) -> BoundGraph:
    """Run every analysis on every model that was bound, in running order; findings are collected.

    Gives back the graph with the tags of all columns, with the checks that hold by the queries alone, and, where
    ``upkeep`` is asked for, with what keeps each model's rows up. ``shelf`` keeps what was found out about a model, for
    the next time.
    """

    def fits(text: str, kind: str) -> bool:
        return binder.evaluate(f"SELECT CAST({string(text)} AS {kind}) IS NULL") is None

    relations, subjects, found = Relations(), {}, {}
    for name, schema in graph.schemas.items():
        columns = [Column(column.name, column.type) for column in schema.columns]
        declared = _declared(name, columns, [check.check for check in graph.checks.get(name, ())])
        relations.add(source_tags(graph.graph.spec.sources[name], declared, graph.graph.spec.protected))
    for name, model in graph.models.items():
        subject = Subject(model, relations, fits)
        title = model_name(model, graph, relations)
        kept = shelf.get(title)
        if kept is not None:
            known, entry = unpacked(kept)
            relations.keep(name.lower(), entry)
        else:
            known, entry = _studied(subject, graph, relations)
            data = packed(known, entry)
            if data is not None:
                shelf.put(title, data)
        if upkeep:  # while the query stands resolved
            found[name] = _kept_up(subject, title, graph, shelf)
        subjects[name] = replace(subject, known=known)
        for finding in known.findings:
            _report(subject, finding, diagnostics)
    whole = Whole(graph, subjects)
    for overall in OF_PROJECT if not diagnostics.errors else ():  # what is broken may read anything
        for about, finding in overall.find(whole):
            _report(about, finding, diagnostics)
    carried = {name: subject.known.carried for name, subject in subjects.items()}
    proofs = {name: subject.known.proven for name, subject in subjects.items()}
    analyzed = replace(graph, proven=proofs, tags=tagged(graph, carried))
    if not upkeep:
        return analyzed
    uses = {name: text for name, (text, _) in found.items()}
    kept = {
        name: _text(_volatile(subjects[name].model, binder)) if name in graph.volatile else text
        for name, (_, text) in found.items()
    }
    return replace(analyzed, uses=uses, upkeep=kept)


def _kept_up(subject: Subject, title: str, graph: BoundGraph, shelf: Shelf) -> tuple[str, str]:
    """What a model uses, and what keeps its rows up, both as JSON. Only who runs it needs that."""
    kept = shelf.get(f"{title} upkeep")
    if kept is None:
        kept = [uses_of(subject.model, subject.resolved, graph), _text(_upkeep(subject))]
        shelf.put(f"{title} upkeep", kept)
    return kept[0], kept[1]


def _volatile(model: BoundModel, binder: Binder) -> Upkeep:
    """What keeps the rows of a model up that are new at every run: nothing, from its first volatile function on."""
    called, known = model.model.query.facts.functions, binder.volatile_functions()
    return nothing("volatile", next((call.offset for call in called if call.name in known), None))


def _studied(subject: Subject, graph: BoundGraph, relations: Relations) -> tuple[Known, object]:
    """What is found out about a model; its relation is taken up, and given in its packed form."""
    model, spec = subject.model, graph.graph.spec
    checks = graph.checks.get(subject.name, ())
    promised = _declared(subject.name, model.columns, [check.check for check in checks])
    derived = after_masks(model, subject.resolved.output)
    joined = _joined(promised, derived)
    relation = model_tags(model, joined, subject.resolved.output, relations, spec.protected)
    entry = relations.add(relation)
    findings = tuple(finding for rule in OF_MODEL for finding in _found(rule.find, subject))
    carried = {one.name: tuple(sorted({tag.tag for tag in one.tags})) for one in relation.fields if one.tags}
    proofs = proven(derived, subject.resolved.scopes, [column.name for column in model.columns], checks)
    items = outer_items(model.model.query.syntax)
    return Known(findings, proofs, items, carried), entry


def _upkeep(subject: Subject) -> Upkeep:
    """What keeps a model's rows up."""
    model = subject.model
    if model.model.query.facts.dynamic:
        return nothing("dynamic")
    masked = frozenset(name.lower() for name, column in model.model.spec.columns.items() if column.mask is not None)
    return upkeep_of(model.model.query.syntax, subject.resolved, subject.relations, model.columns, masked)


def _text(found: Upkeep) -> str:
    return json.dumps(encode(found), separators=(",", ":"))


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
