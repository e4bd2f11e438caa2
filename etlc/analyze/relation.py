"""What is known of the rows of a relation before any is read: names, types, NULLs and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Key = frozenset[str]


@dataclass(frozen=True, slots=True)
class Field:
    """A column. ``type`` is "" and ``nullable`` is None where they are not known.

    ``origin`` is the relation and column that it is a plain copy of. ``mean``: it is an average. ``repeated`` names
    the relation whose rows a join repeated it for.
    """

    name: str
    type: str = ""
    nullable: bool | None = None
    origin: tuple[str, str] | None = None
    mean: bool = False
    repeated: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation with its fields in order. ``keys`` are sets of field names (lower case) that no two rows share; the
    empty key says that there is at most one row. Not ``complete``: it may have more fields than are known."""

    name: str
    fields: tuple[Field, ...]
    keys: frozenset[Key] = frozenset()
    complete: bool = True
    _places: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {one.name.lower(): n for n, one in reversed(list(enumerate(self.fields)))}
        object.__setattr__(self, "_places", places)

    def index(self, name: str) -> int | None:
        """The position of a field by its name, whatever its case."""
        return self._places.get(name.lower()) if name else None

    @property
    def single(self) -> bool:
        """Whether it has one row at most."""
        return frozenset() in self.keys


UNKNOWN = Relation("", (), complete=False)
