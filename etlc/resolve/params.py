"""Params: the values that ``$name`` stands for, as typed literals."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from etlc.diagnostics import Diagnostics, span_of
from etlc.ir.binding import Binder, SqlError
from etlc.ir.spec import ParamSpec, Spec
from etlc.sql.params import typed_literal

_BOOLEANS = {"true": True, "false": False}
_READ: dict[type, tuple[str, Callable[[str], object]]] = {
    bool: ("true or false", lambda text: _BOOLEANS[text.lower()]),
    int: ("a whole number", int),
    Decimal: ("a number", Decimal),
    float: ("a number", float),
    dt.datetime: ("a timestamp such as 2024-01-31 12:00:00", dt.datetime.fromisoformat),
    dt.date: ("a date such as 2024-01-31", dt.date.fromisoformat),
}


def given_problem(spec: Spec, given: Mapping[str, str], binder: Binder) -> str:
    """What is wrong with the params of a command line, in a sentence; "" where nothing is."""
    known = {name.lower(): name for name in spec.params}
    for name, text in given.items():
        declared = known.get(name.lower())
        if declared is None:
            close = difflib.get_close_matches(name.lower(), known, 1)
            help = (
                f'did you mean "{known[close[0]]}"?' if close else "params are declared under `params:` in etlc.yaml."
            )
            return f'There is no param "{name}"; {help}'
        found = Diagnostics()
        param_literal(declared, spec.params[declared], text, binder, found)
        for diagnostic in found:
            if diagnostic.code == "E115":
                return diagnostic.message
    return ""


def param_literals(spec: Spec, given: Mapping[str, str], binder: Binder, diagnostics: Diagnostics) -> dict[str, str]:
    """The SQL of each param by its lower-case name: its default, or what was given with ``--param``, typed."""
    known = {name.lower(): name for name in spec.params}
    values = {name.lower(): text for name, text in given.items()}
    found = {}
    for lower, name in known.items():
        literal = param_literal(name, spec.params[name], values.get(lower), binder, diagnostics)
        if literal is not None:
            found[lower] = literal
    return found


def param_literal(
    name: str, param: ParamSpec, given: str | None, binder: Binder, diagnostics: Diagnostics
) -> str | None:
    """The SQL of a param: its default, or the text that is given, typed. None where it does not fit: E115."""
    if param.type is not None:
        type_name = binder.type_name(param.type)
        if type_name is None:
            diagnostics.add(
                "E213", span_of(param.type, param.span), f'Param "{name}" has an unknown type, {param.type}.'
            )
            return None
        text = typed_literal(param.default if given is None else given, type_name)
        problem = binder.evaluate(f"SELECT {text} AS value")
        if isinstance(problem, SqlError):
            value = param.default if given is None else given
            diagnostics.add("E115", param.span, f'Param "{name}" is {type_name}, and {str(value)!r} is not.')
            return None
        return text
    if given is None:
        return typed_literal(param.default, None)
    return _natural(name, param, given, diagnostics)


def _natural(name: str, param: ParamSpec, given: str, diagnostics: Diagnostics) -> str | None:
    """The given text, read as the type of the default."""
    expected, read = _READ.get(type(param.default), ("text", str))
    try:
        return typed_literal(read(given), None)
    except (ValueError, KeyError, InvalidOperation):
        diagnostics.add("E115", param.span, f'Param "{name}" takes {expected}, and {given!r} is not.')
        return None
