"""W307: equality of floating-point numbers."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import FLOATS, family, type_of
from etlc.sql.syntax import Expr


def find(subject: Subject) -> Iterator[Finding]:
    """``=`` and ``<>`` where a side is FLOAT or DOUBLE; a whole number in the text is fine, since it has an exact value."""
    for scope in subject.scopes:
        for part in scope.all_parts:
            if part.kind == "compare" and part.name in ("=", "<>") and _doubtful(part.args, scope):
                exact = next(arg for arg in part.args if type_of(arg, scope) in FLOATS)
                yield Finding(
                    "W307", part.start, f"{subject.text(exact)} is a {type_of(exact, scope)}:"
                    " numbers that should be equal often differ in the last digit.",
                    "Compare rounded values (round(x, 6) = ...) or a distance (abs(a - b) < 1e-9), or use DECIMAL.",
                )  # fmt: skip


def _doubtful(args: tuple[Expr, ...], scope: Scope) -> bool:
    types = [type_of(arg, scope) for arg in args]
    floats = [kind in FLOATS for kind in types]
    if not any(floats) or any(_whole(arg) or _rounded(arg, scope) for arg in args):
        return False
    return all(family(kind) == "number" for kind in types)


def _whole(expr: Expr) -> bool:
    """A number such as 0, 1 or 2.0, also with a sign."""
    inner = expr.args[0] if expr.kind == "call" and expr.name == "-" and len(expr.args) == 1 else expr
    if inner.kind == "cast":
        inner = inner.args[0]
    whole, _, fraction = inner.name.lstrip("-").partition(".")
    return inner.kind == "literal" and whole.isdecimal() and not fraction.strip("0")


def _rounded(expr: Expr, scope: Scope) -> bool:
    target = scope.aliased.get(expr, expr)
    return target.kind == "call" and target.name in ("round", "floor", "ceil", "ceiling", "trunc")
