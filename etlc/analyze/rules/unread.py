"""W315 and W316: what nobody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from etlc.analyze.subject import Finding, Subject, Whole
from etlc.diagnostics import Span
from etlc.sql.tree import Facts


def find(whole: Whole) -> Iterator[tuple[Subject | None, Finding]]:
    """Columns of unpublished models that no model and no check reads, and sources that nobody reads."""
    graph = whole.graph
    if not graph.models:
        return  # they are still to be written
    read = _read_names(whole)
    for name, subject in whole.subjects.items():
        if not subject.model.model.published and subject.model.model.readers and name not in read.whole:
            yield from ((subject, finding) for finding in _columns(subject, read.names.get(name, set())))
    tested = {given.lower() for test in graph.graph.spec.tests for given in test.given}
    for name, source in graph.graph.sources.items():
        if name not in read.names and name.lower() not in tested:
            at = source.spec.span
            span = Span(at.file, at.line, at.column, at.line, at.column + len(name))
            yield None, Finding("W316", span, f'Nobody reads source "{name}".', "Take it out, or read it in a model.")


@dataclass(slots=True)
class _Read:
    """The names that are read of each relation, as they may be columns of it; ``whole`` are read with all columns."""

    names: dict[str, set[str]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)

    def query(self, relation: str, facts: Facts) -> None:
        self.names.setdefault(relation, set()).update(facts.names)
        if facts.dynamic or relation.lower() in facts.whole:
            self.whole.add(relation)

    def add(self, relation: str, names: Iterable[str]) -> None:
        self.names.setdefault(relation, set()).update(name.lower() for name in names)


def _read_names(whole: Whole) -> _Read:
    found = _Read()
    declared = {name.lower(): name for name in (*whole.graph.graph.sources, *whole.graph.models)}
    for name, model in whole.graph.models.items():
        for need in model.model.reads:
            found.query(need, model.model.query.facts)
        if model.model.spec.key or model.model.spec.columns:
            found.add(name, (*model.model.spec.key, *model.model.spec.columns))
    for owner, checks in whole.graph.checks.items():
        for bound in checks:
            check, query = bound.check.spec.check, bound.check.query
            source = whole.graph.graph.sources.get(owner)
            if source is None or bound.check.spec in source.spec.checks:  # a contract alone is no reader
                found.add(owner, check.columns())
            for relation, column in check.others():
                found.add(declared[relation.lower()], [column])
            if query is not None:
                found.add(owner, query.facts.names)
                found.whole.update({owner} if "this" in query.facts.whole else ())
                for need in query.reads:
                    found.query(need, query.facts)
    return found


def _columns(subject: Subject, read: set[str]) -> Iterator[Finding]:
    """The items of the outermost SELECT whose names nobody uses."""
    for name, place in subject.known.items:
        if name.lower() not in read:
            message = f'Nobody reads column "{name}" of "{subject.name}".'
            yield Finding("W315", place, message, "Take it out; it costs time and space.")
