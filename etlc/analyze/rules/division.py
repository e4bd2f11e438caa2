"""W308: a whole-number division, by mistake."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.scope import Scope
from etlc.analyze.subject import Finding, Subject
from etlc.analyze.values import FLOATS, INTEGERS, type_of
from etlc.sql.syntax import Expr


def find(subject: Subject) -> Iterator[Finding]:
    """``//`` drops the remainder; where its result is then treated as a fraction, ``/`` was meant."""
    for scope in subject.scopes:
        for part in scope.parts:
            for division in _fractional(part, scope):
                yield Finding(
                    "W308", division.start, "// divides whole numbers and drops the rest, and what follows expects a fraction.",
                    "Use / for the exact quotient.",
                )  # fmt: skip


def _fractional(part: Expr, scope: Scope) -> Iterator[Expr]:
    """The whole-number divisions directly within something that makes sense for fractions only."""
    if part.kind == "cast" and (part.type in FLOATS or part.type.startswith("DECIMAL")):
        yield from filter(lambda arg: _floored(arg, scope), part.args)
    elif part.kind == "call" and part.name == "round" and part.args:
        yield from filter(lambda arg: _floored(arg, scope), part.args[:1])
    elif part.kind == "call" and part.name == "*" and len(part.args) == 2:
        for one, other in (part.args, part.args[::-1]):
            # 100 * (a // b) is a share in percent; (day // 7) * 7 is a grid, and fine.
            fraction = type_of(other, scope) in FLOATS or (other.kind == "literal" and "." in other.name)
            if _floored(one, scope) and (fraction or (other.kind == "literal" and other.name == "100")):
                yield one


def _floored(expr: Expr, scope: Scope) -> bool:
    if expr.kind != "call" or expr.name != "//":
        return False
    return all(type_of(arg, scope) in (*INTEGERS, "") for arg in expr.args)
