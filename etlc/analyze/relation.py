"""What is known of the rows of a relation before any is read: names, types, NULLs and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Key = frozenset[str]


@dataclass(frozen=True, slots=True)
class Carried:
    """A tag that goes along with values: from which column, ``through`` which models, as declared.

    ``guessed`` names a model on the way that could not be followed, so that all that it reads counts.
    """

    tag: str
    relation: str
    column: str
    through: tuple[str, ...] = field(default=(), compare=False)
    guessed: str = field(default="", compare=False)


Tags = frozenset[Carried]


@dataclass(frozen=True, slots=True)
class Field:
    """A column. ``type`` is "" and ``nullable`` is None where they are not known.

    ``origin`` is the relation and column that it is a plain copy of. ``mean``: it is an average. ``repeated`` names
    the relation whose rows a join repeated it for. ``tags`` are those that its values carry.
    """

    name: str
    type: str = ""
    nullable: bool | None = None
    origin: tuple[str, str] | None = None
    mean: bool = False
    repeated: str = ""
    tags: Tags = frozenset()

    def shown_as(self, name: str, nullable: bool | None, repeated: str) -> Field:
        """The field as a SELECT gives it out."""
        return Field(name, self.type, nullable, self.origin, self.mean, repeated, self.tags)


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation with its fields in order. ``keys`` are sets of field names (lower case) that no two rows share; the
    empty key says that there is at most one row. Not ``complete``: it may have more fields than are known, which carry
    the tags ``rest``."""

    name: str
    fields: tuple[Field, ...]
    keys: frozenset[Key] = frozenset()
    complete: bool = True
    rest: Tags = frozenset()
    _places: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {one.name.lower(): n for n, one in reversed(list(enumerate(self.fields)))}
        object.__setattr__(self, "_places", places)

    @property
    def tags(self) -> Tags:
        """What any of its fields carries."""
        return self.rest.union(*(field.tags for field in self.fields))

    def index(self, name: str) -> int | None:
        """The position of a field by its name, whatever its case."""
        return self._places.get(name.lower()) if name else None

    @property
    def single(self) -> bool:
        """Whether it has one row at most."""
        return frozenset() in self.keys


UNKNOWN = Relation("", (), complete=False)
