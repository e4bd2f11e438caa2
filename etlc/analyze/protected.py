"""Protected tags from relation to relation: where they begin, how they pass a model, where a mask ends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from etlc.analyze.relation import Carried, Field, Relation, Tags
from etlc.analyze.tags import union
from etlc.diagnostics import Located
from etlc.ir.graph import BoundGraph, BoundModel
from etlc.ir.spec import ColumnSpec, SourceSpec

Columns = Mapping[Located, ColumnSpec]


def followed(model: BoundModel, derived: Relation) -> bool:
    """Whether every column of a model is known to be one of those that its query was seen to give."""
    return derived.complete and len(derived.fields) == len(model.columns)


def source_tags(source: SourceSpec, relation: Relation, protected: tuple[str, ...]) -> Relation:
    """A source with the tags that its contract puts on its columns."""
    return _beginning(relation, source.columns, protected)


def model_tags(
    model: BoundModel,
    relation: Relation,
    derived: Relation,
    relations: Mapping[str, Relation],
    protected: tuple[str, ...],
) -> Relation:
    """A model with the tags that its columns carry: those of their values, if they are not masked, and its own.

    ``derived`` is what its query gives. Where that cannot be followed, every column carries all that the model reads.
    """
    name = model.model.name
    specs = _specs(model)
    sure = followed(model, derived)
    whole = union(relations[need.lower()] for need in model.model.reads)
    fields = []
    for number, field in enumerate(relation.fields):
        promise = specs.get(field.name.lower())
        passed = derived.fields[number].tags if sure else whole
        if promise is not None and promise.mask is not None:
            passed = frozenset()
        fields.append(replace(field, tags=_passing(passed, name, sure)))
    return _beginning(replace(relation, fields=tuple(fields)), model.model.spec.columns, protected)


def _passing(tags: Tags, model: str, sure: bool) -> Tags:
    return frozenset(
        replace(one, through=(*one.through, model), guessed=one.guessed if sure else one.guessed or model)
        for one in tags
    )


def _beginning(relation: Relation, columns: Columns, protected: Iterable[str]) -> Relation:
    """A relation whose columns carry the tags that are declared on them, unless they carry them already."""
    wanted = {tag.lower(): tag for tag in protected}
    declared = {name.lower(): [tag.lower() for tag in spec.tags] for name, spec in columns.items()}
    fields = []
    for field in relation.fields:
        new = {wanted[tag] for tag in declared.get(field.name.lower(), ()) if tag in wanted}
        new -= {one.tag for one in field.tags}
        own = frozenset(Carried(tag, relation.name, field.name) for tag in new)
        fields.append(replace(field, tags=field.tags | own) if own else field)
    return replace(relation, fields=tuple(fields))


def after_masks(model: BoundModel, derived: Relation) -> Relation:
    """What a query gives when its masks are put around it: only a hash keeps keys and NULLs as they are."""
    masks = {name: spec.mask for name, spec in _specs(model).items() if spec.mask is not None}
    if not masks:
        return derived
    fields = []
    for field in derived.fields:
        mask = masks.get(field.name.lower())
        nullable = field.nullable if mask is None or mask.kind == "hash" else None
        fields.append(field if mask is None else Field(field.name, nullable=nullable, repeated=field.repeated))
    coarse = {name for name, mask in masks.items() if mask.kind != "hash"}
    return replace(derived, fields=tuple(fields), keys=frozenset(key for key in derived.keys if not key & coarse))


def _specs(model: BoundModel) -> dict[str, ColumnSpec]:
    return {name.lower(): spec for name, spec in model.model.spec.columns.items()}


def tagged(
    graph: BoundGraph, carried: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """By relation and column, the tags of the columns that have any: those declared, and those ``carried``."""
    spec = graph.graph.spec
    promises: dict[str, Columns] = {name: spec.sources[name].columns for name in graph.schemas}
    promises.update({name: spec.models[name].columns for name in graph.models})
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, columns in promises.items():
        given = graph.models[name].columns if name in graph.models else graph.schemas[name].columns
        shown = {column.name.lower(): column.name for column in given}
        tags = {shown.get(str(c).lower(), str(c)): tuple(map(str, one.tags)) for c, one in columns.items() if one.tags}
        for column, more in carried.get(name, {}).items():
            known = {tag.lower() for tag in tags.get(column, ())}
            tags[column] = (*tags.get(column, ()), *(tag for tag in more if tag.lower() not in known))
        if tags:
            found[name] = tags
    return found
