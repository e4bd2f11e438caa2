"""What changed in meaning between two revisions of a project. Made by ``compare``; plain data, worded in ``report``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.diagnostics import Span
from etlc.ir.graph import BoundGraph
from etlc.ir.plan import Plan


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two revisions, compiled as far as it goes.

    ``versions`` names, for each model, the rows that it would have if the same files lay in both.
    """

    plan: Plan
    bound: BoundGraph
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that was ``added``, ``removed``, ``renamed`` (``before`` is its old name), ``retyped`` (types before and
    after), or ``redefined`` (another expression of the same name and type)."""

    kind: str
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class CheckChange:
    """A check that was ``added``, ``removed``, ``loosened``, ``tightened``, or ``changed`` where neither can be told.

    ``details`` are a few words each.
    """

    kind: str
    name: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Property:
    """Another fact about a thing, before and after: a path, a key, a param. "" where there is none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a source, a model or an output.

    ``kind`` is ``added``, ``removed``, ``renamed`` (``was`` is its old name), ``changed``, or ``affected`` where only
    something upstream changed. ``rows`` says why its rows may differ: ``query`` (its own query), ``columns`` (only
    those of the listed columns), ``source`` (the source itself), ``upstream`` (by way of ``through``, from the first
    cause down to what it reads), or "" where they do not.
    """

    name: str
    kind: str
    was: str = ""
    published: bool = False
    version: int = 1
    rows: str = ""
    through: tuple[str, ...] = ()
    columns: tuple[ColumnChange, ...] = ()
    checks: tuple[CheckChange, ...] = ()
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class Breach:
    """A published contract that was broken without a new version, or a version that went down (``lowered``).

    ``place`` is the model's in the work tree, nowhere for one that is gone. ``reasons`` are a few words each.
    """

    model: str
    reasons: tuple[str, ...]
    version: int
    place: Span
    lowered: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed. ``unknown`` are the names of sources and models that could not be compared.

    ``broken`` are the models whose published contract changed so that readers break, with a new version or without;
    ``breaches`` those without. ``rebuilt`` are the models that a run would build anew, as far as the specs tell.
    """

    sources: tuple[Change, ...] = ()
    models: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()
    settings: tuple[Property, ...] = ()
    broken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()
    rebuilt: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changed in meaning, as far as it could be compared."""
        return not (self.sources or self.models or self.outputs or self.settings or self.unknown)
