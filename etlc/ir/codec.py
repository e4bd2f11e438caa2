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


@cache
def _hints(kind: type) -> tuple[Any, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(hints[field.name] for field in dataclasses.fields(kind))


def decode(hint: Any, data: Any) -> Any:
    """The value of type ``hint`` that :func:`encode` gave as ``data``. Raises Unfit."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _decode_class(hint, data)
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin is tuple:
        _expect(isinstance(data, list))
        return tuple(decode(arguments[0], item) for item in data)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        _expect(isinstance(data, dict))
        return {key: decode(arguments[1], item) for key, item in data.items()}
    if origin in (typing.Union, types.UnionType):
        if data is None:
            return None
        return decode(next(argument for argument in arguments if argument is not type(None)), data)
    if hint is float:
        _expect(isinstance(data, int | float) and not isinstance(data, bool))
    elif isinstance(hint, type) and hint is not object:
        _expect(isinstance(data, hint))
    return data


def _decode_class(kind: type, data: Any) -> Any:
    hints = _hints(kind)
    _expect(isinstance(data, list) and len(data) == len(hints))
    return kind(*(decode(hint, item) for hint, item in zip(hints, data, strict=True)))


def _expect(fits: bool) -> None:
    if not fits:
        raise Unfit
