"""Keys: an expression over the columns of one relation as text, where it is certain what it gives and that it cannot fail.

A key is worked out for rows that the query itself may leave out before it gets to the expression, so nothing that can
fail is among what is printed: no cast of text to a number, no sum that may overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.values import FLOATS, INTEGERS, family, type_of
from etlc.sql.casts import cast_effect
from etlc.sql.pieces import words
from etlc.sql.quote import string
from etlc.sql.syntax import Expr

_TEXTS = words("lower upper trim ltrim rtrim left right substring substr length strlen replace md5")
_MOMENTS = words("year month day quarter week isoyear dayofweek isodow dayofyear hour minute yearweek")
_KINDS = ("number", "text", "date", "timestamp", "zoned", "boolean", "uuid", "time")


def can_key(kind: str) -> bool:
    """Whether equal values of a type are the same value to everything that is worked out of them."""
    return family(kind) in _KINDS and kind not in FLOATS


def columns_within(expr: Expr) -> Iterator[Expr]:
    """The columns that are written in an expression."""
    return (part for part in expr.walk() if part.kind == "column")


def printed(expr: Expr, scope: Scope, column: Callable[[Expr], str | None]) -> str | None:
    """An expression as SQL, each column as ``column`` gives it; None where it is not certain."""
    if expr.kind == "column":
        return column(expr) if can_key(type_of(expr, scope)) else None
    if expr.kind == "literal":
        return _literal(expr)
    args = [printed(scope.aliased.get(arg, arg), scope, column) for arg in expr.args]
    texts = [arg for arg in args if arg is not None]
    if len(texts) < len(args) or not texts or expr.distinct or expr.order or expr.filter is not None:
        return None
    if expr.kind == "cast":
        return f"{expr.name}({texts[0]} AS {expr.type})" if _casts(expr, scope) else None
    if expr.kind != "call":
        return None
    kinds = [type_of(scope.aliased.get(arg, arg), scope) for arg in expr.args]
    if expr.name == "||" and all(kind == "VARCHAR" for kind in kinds):
        return f"({' || '.join(texts)})"
    if expr.name in ("+", "-") and len(texts) == 2 and all(kind in INTEGERS for kind in kinds):
        return f"({texts[0]} {expr.name} {texts[1]})"  # where it overflows, the query does
    if expr.name in ("%", "//") and _divides(expr, kinds):
        return f"({texts[0]} {expr.name} {texts[1]})"
    return f"{expr.name}({', '.join(texts)})" if _plain_call(expr, kinds) else None


def _plain_call(expr: Expr, kinds: list[str]) -> bool:
    constant = [arg.kind == "literal" for arg in expr.args]
    if expr.name == "coalesce":
        return len(set(kinds)) == 1 and bool(kinds[0])
    if expr.name in _TEXTS:
        return kinds[0] == "VARCHAR" and all(constant[1:])
    if expr.name in _MOMENTS:
        return len(kinds) == 1 and _is_moment(kinds[0], expr.name)
    if expr.name in ("date_trunc", "date_part"):
        return len(kinds) == 2 and constant[0] and _is_moment(kinds[1], expr.args[0].name.lower())
    return False


def _is_moment(kind: str, part: str) -> bool:
    return kind == "TIMESTAMP" or (kind == "DATE" and part not in ("hour", "minute"))


def _divides(expr: Expr, kinds: list[str]) -> bool:
    by = expr.args[1] if len(expr.args) == 2 else expr
    return by.kind == "literal" and by.name.isdecimal() and int(by.name) > 0 and all(kind in INTEGERS for kind in kinds)


def _casts(expr: Expr, scope: Scope) -> bool:
    inner = expr.args[0]
    before = type_of(scope.aliased.get(inner, inner), scope)
    if family(expr.type) == "zoned" or family(before) == "zoned" or not (can_key(before) and can_key(expr.type)):
        return False
    rounds = before.startswith("TIMESTAMP") and expr.type == "DATE"
    return expr.name == "try_cast" or rounds or cast_effect(before, expr.type) == "keeps"


def _literal(expr: Expr) -> str | None:
    if expr.type == "VARCHAR" and "\0" not in expr.name:
        return string(expr.name)
    number = expr.type in INTEGERS or expr.type.startswith("DECIMAL")
    return expr.name if number and expr.name.removeprefix("-").replace(".", "", 1).isdecimal() else None
