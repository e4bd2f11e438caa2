"""What the analyses found out about a model, kept as plain data from one compilation to the next.

A model is analyzed again only where its text, its promises, or what is known of the relations that it reads is another.
What is kept of a relation is unpacked only where somebody looks at it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from etlc.analyze.relation import Carried, Field, Relation
from etlc.analyze.subject import Finding, Known
from etlc.ir.graph import BoundGraph, BoundModel
from etlc.kinds.checks.columns import NotNull, Unique


class Relations(Mapping[str, Relation]):
    """Relations by lower-case name, each with a digest of all that is known of it."""

    def __init__(self) -> None:
        self._made: dict[str, Relation] = {}
        self._packed: dict[str, str] = {}
        self._digests: dict[str, str] = {}

    def __getitem__(self, name: str) -> Relation:
        if name not in self._made:
            self._made[name] = _unpacked(json.loads(self._packed[name]))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)

    def add(self, relation: Relation) -> Any:
        """Take up a relation; gives its packed form."""
        text, name = json.dumps(_packed(relation), separators=(",", ":"), default=str), relation.name.lower()
        self._made[name], self._digests[name] = relation, _digest(text)
        return [self._digests[name], text]

    def keep(self, name: str, entry: Any) -> None:
        """Take up what :meth:`add` gave for a relation."""
        self._digests[name], self._packed[name] = entry

    def digest(self, name: str) -> str:
        """The digest of a relation, "" for one that is not known."""
        return self._digests.get(name, "")


def model_name(model: BoundModel, graph: BoundGraph, relations: Relations) -> str:
    """The name under which the findings on a model are kept: a digest of all that they depend on."""
    spec, query = model.model.spec, model.model.query
    promises = [
        f"{type(check.check.spec.check).__name__} {check.name} {','.join(check.check.spec.check.columns())}"
        for check in graph.checks.get(model.model.name, ())
        if isinstance(check.check.spec.check, NotNull | Unique)
        and check.check.spec.severity == "error"
        and not check.check.spec.tolerate
    ]
    columns = [f"{name} {one.tags} {one.mask} {one.nullable} {one.unique}" for name, one in spec.columns.items()]
    parts = [
        "analysis with uses", model.model.name, query.bound.text, str(model.model.published), *graph.graph.spec.protected, "|",
        *(f"{column.name} {column.type}" for column in model.columns), "|", *promises, "|", *columns, "|", *spec.key, "|",
        *(relations.digest(need.lower()) for need in model.model.reads),
    ]  # fmt: skip
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def packed(known: Known, relation: Any) -> Any:
    """Plain data for the shelf; None where a finding has a place that the text alone does not tell."""
    if any(not isinstance(finding.place, int | None) for finding in known.findings):
        return None
    findings = [[finding.code, finding.place, finding.message, finding.help] for finding in known.findings]
    carried = {name: list(tags) for name, tags in known.carried.items()}
    items = [list(item) for item in known.items]
    return [findings, sorted(known.proven), items, carried, relation]


def unpacked(data: Any) -> tuple[Known, Any]:
    """What :func:`packed` was given."""
    findings, proven, items, carried, relation = data
    found = tuple(Finding(*finding) for finding in findings)
    tags = {name: tuple(each) for name, each in carried.items()}
    named = tuple((name, place) for name, place in items)
    return Known(found, frozenset(proven), named, tags), relation


def _packed(relation: Relation) -> list[Any]:
    fields = [
        [one.name, one.type, one.nullable, one.origin, one.mean, one.repeated, _tags(one.tags)]
        for one in relation.fields
    ]
    keys = sorted(sorted(key) for key in relation.keys)
    return [relation.name, fields, keys, relation.complete, _tags(relation.rest)]


def _tags(tags: Iterable[Carried]) -> list[list[Any]]:
    return sorted([one.tag, one.relation, one.column, list(one.through), one.guessed] for one in tags)


def _unpacked(data: Any) -> Relation:
    name, fields, keys, complete, rest = data
    made = tuple(
        Field(field, kind, nullable, tuple(origin) if origin else None, mean, repeated, _carried(tags))
        for field, kind, nullable, origin, mean, repeated, tags in fields
    )
    return Relation(name, made, frozenset(map(frozenset, keys)), complete, _carried(rest))


def _carried(tags: Any) -> frozenset[Carried]:
    return frozenset(Carried(tag, relation, column, tuple(way), guess) for tag, relation, column, way, guess in tags)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
