"""E308: a published column that carries a protected tag, and neither declares nor masks it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from etlc.analyze.protected import followed
from etlc.analyze.relation import Carried
from etlc.analyze.subject import Finding, Subject, Whole
from etlc.analyze.tags import carried
from etlc.diagnostics import Span
from etlc.sql.syntax import Combined, Query, Recursion, Select

_MOST = 3


def find(whole: Whole) -> Iterator[tuple[Subject, Finding]]:
    """What is in the warehouse by its name, or in a file, and so for anybody to read."""
    written = {output.model.lower() for output in whole.graph.graph.spec.outputs}
    for name, subject in whole.subjects.items():
        if subject.known.carried and (subject.model.model.published or name.lower() in written):
            for finding in _published(subject):
                yield subject, finding


def _published(subject: Subject) -> Iterator[Finding]:
    """One finding a column; where the query cannot be followed, one for all of them."""
    model = subject.model.model
    declared = {name.lower(): {tag.lower() for tag in spec.tags} for name, spec in model.spec.columns.items()}
    open = {
        number: [one for one in field.tags if one.tag.lower() not in declared.get(field.name.lower(), set())]
        for number, field in enumerate(subject.output.fields)
    }
    found = {number: sorted(tags, key=_order) for number, tags in open.items() if tags}
    if not found:
        return
    if not followed(subject.model, subject.resolved.output):
        yield _unfollowed(subject, found)
        return
    for number, tags in found.items():
        name = subject.output.fields[number].name
        message = (
            f'Column "{name}" of "{subject.name}" is published and carries the tag {_tags(tags)} from {_origins(tags)}.'
        )
        key = _key(name)
        declare, mask = f"columns: {{{key}: {{tags: [{_tags(tags)}]}}}}", f"columns: {{{key}: {{mask: hash}}}}"
        help = f"Declare it: `{declare}`; or mask it: `{mask}` (or null, or bucket)."
        yield Finding("E308", _item(subject, number), message, help)


def _unfollowed(subject: Subject, found: dict[int, list[Carried]]) -> Finding:
    """All columns carry the same: what the model reads."""
    names = [subject.output.fields[number].name for number in found]
    tags = sorted({one for tags in found.values() for one in tags}, key=_order)
    message = (
        f'The query of "{subject.name}" cannot be followed, so each column that it publishes counts as carrying'
        f" the tag {_tags(tags)} from {_origins(tags)}."
    )
    help = f"Declare or mask each of them under `columns:`, e.g. `{_key(names[0])}: {{tags: [{_tags(tags)}]}}`."
    return Finding("E308", subject.model.model.spec.name.span, message, help)


def _key(name: str) -> str:
    """A column's name as a key of YAML."""
    return name if name.isidentifier() else json.dumps(name, ensure_ascii=False)


def _order(one: Carried) -> tuple[str, str, str]:
    return one.tag, one.relation, one.column


def _tags(tags: list[Carried]) -> str:
    return ", ".join(dict.fromkeys(one.tag for one in tags))


def _origins(tags: list[Carried]) -> str:
    """The columns that the tags come from, with the models between, the model itself left out."""
    shown = []
    for one in tags[:_MOST]:
        between = [name for name in one.through[:-1] if name != one.relation]
        guess = f', since the query of "{one.guessed}" cannot be followed' if one.guessed in between else ""
        by_way = f" (by way of {', '.join(between)}{guess})" if between else ""
        shown.append(f"{one.relation}.{one.column}{by_way}")
    more = f" and {len(tags) - _MOST} more" if len(tags) > _MOST else ""
    return ", ".join(shown) + more


def _item(subject: Subject, number: int) -> int | Span:
    """Where the SQL gives the column; at the model's name where a star does, or something else of many columns."""
    scopes = {scope.select: scope for scope in subject.resolved.scopes}
    for select in _arms(subject.model.model.query.syntax):
        before = select.items[: number + 1]
        if len(before) > number and all(item.kind not in ("star", "other") for item in before):
            item = before[number]
            if item.start is not None and carried(item, scopes[select]):
                return item.start
    return subject.model.model.spec.name.span


def _arms(query: Query | None) -> Iterator[Select]:
    """The SELECTs whose items are the columns of a query, in their order."""
    if isinstance(query, Select):
        yield query
    elif isinstance(query, Combined) and not query.by_name:
        for arm in query.arms:
            yield from _arms(arm)
    elif isinstance(query, Recursion):
        yield from _arms(query.start)
