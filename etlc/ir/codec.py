"""Plain data to JSON and back, by the type hints of the dataclasses. For caches: what does not fit is refused."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any


class Unfit(Exception):
    """Data that does not have the shape of the class."""


def encode(value: object) -> Any:
    """Dataclasses as lists of their fields, mappings as objects, tuples as lists."""
    kind: type = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple or kind is list:
        assert isinstance(value, tuple | list)
        return [item if type(item) in _PLAIN else encode(item) for item in value]
    fields = _fields(kind)
    if fields is not None:
        return [item if type(item) in _PLAIN else encode(item) for item in fields(value)]
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    return value


_PLAIN = frozenset({str, int, float, bool, type(None)})


@cache
def _fields(kind: type) -> Callable[[object], Iterable[object]] | None:
    """What gives the values of a dataclass's fields; None for other types."""
    if not dataclasses.is_dataclass(kind):
        return None
    names = [field.name for field in dataclasses.fields(kind)]
    return attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]


def decode(hint: Any, data: Any) -> Any:
    """The value of type ``hint`` that :func:`encode` gave as ``data``. Raises Unfit."""
    return _reader(hint)(data)


_Read = Callable[[Any], Any]


@cache
def _reader(hint: Any) -> _Read:
    """What reads values of a type: made once, since there are thousands of each."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _class_reader(hint)
    if origin is tuple:
        return _tuple_reader(arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_reader(arguments[1])
    if origin in (typing.Union, types.UnionType):
        inner = _reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda data: None if data is None else inner(data)
    if hint is float:
        return _float
    if isinstance(hint, type) and hint is not object:
        return _instance_reader(hint)
    return lambda data: data


@cache
def _class_reader(kind: type) -> _Read:
    size = len(dataclasses.fields(kind))

    def read(data: Any) -> Any:
        _expect(isinstance(data, list) and len(data) == size)
        return kind(
            *[x if type(x) is leaf else read(x) for (leaf, read), x in zip(_field_readers(kind), data, strict=True)]
        )

    return read


@cache
def _field_readers(kind: type) -> list[tuple[Any, _Read]]:
    """Of each field, the type that needs no reading, and the reader."""
    hints = typing.get_type_hints(kind)
    return [(_leaf(hints[field.name]), _reader(hints[field.name])) for field in dataclasses.fields(kind)]


def _tuple_reader(hint: Any) -> _Read:
    leaf, inner = _leaf(hint), _reader(hint)

    def read(data: Any) -> Any:
        _expect(isinstance(data, list))
        return tuple([x if type(x) is leaf else inner(x) for x in data])

    return read


def _mapping_reader(hint: Any) -> _Read:
    leaf, inner = _leaf(hint), _reader(hint)

    def read(data: Any) -> Any:
        _expect(isinstance(data, dict))
        return {key: x if type(x) is leaf else inner(x) for key, x in data.items()}

    return read


def _instance_reader(kind: type) -> _Read:
    def read(data: Any) -> Any:
        _expect(isinstance(data, kind))
        return data

    return read


def _float(data: Any) -> Any:
    _expect(isinstance(data, int | float) and not isinstance(data, bool))
    return data


def _leaf(hint: Any) -> Any:
    return hint if hint in _PLAIN else None


def _expect(fits: bool) -> None:
    if not fits:
        raise Unfit
