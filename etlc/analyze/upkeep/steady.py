"""What a query may hold for anything to be said of it, and what gives the same rows each time it is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etlc.analyze.resolver import Resolved
from etlc.analyze.scope import Scope
from etlc.analyze.values import INTEGERS, is_aggregate, type_of
from etlc.sql.aggregates import AGGREGATES
from etlc.sql.pieces import words
from etlc.sql.scalars import SCALARS
from etlc.sql.syntax import Combined, Expr

_EXACT = words("count count_star count_if countif min max bool_and bool_or bit_and bit_or bit_xor")
_RANKS = words("rank dense_rank")
_KNOWN = SCALARS | AGGREGATES | words("unnest range generate_series")
# What adds floats gives the same but for the last digits, and median and the like take no notice of the order.
_ADDS = words(
    "sum avg mean fsum favg sumkahan kahan_sum product stddev stddev_pop stddev_samp variance var_pop var_samp sem corr"
    " covar_pop covar_samp skewness kurtosis kurtosis_pop entropy geomean geometric_mean wavg weighted_avg median mad"
    " quantile quantile_cont quantile_disc approx_count_distinct percent_rank cume_dist"
)


class Unclear(Exception):
    """The query holds something of which nothing can be said: of a ``kind``, from ``start`` on."""

    def __init__(self, kind: str, start: int | None = None) -> None:
        super().__init__(kind)
        self.kind, self.start = kind, start


def check_parts(parts: Iterable[Expr], scope: Scope) -> None:
    """Raises Unclear where a function is not known, or an expression does not tell what it is."""
    for part in parts:
        if part.kind in ("call", "window") and part.name not in _KNOWN:
            raise Unclear("function", part.start)
        if part.kind in ("position", "param") or (part.kind == "other" and part.name != "columns"):
            raise Unclear("expression", part.start)
        if part.kind == "call" and part.name in ("unnest", "unlist") and _widens(part, scope):
            raise Unclear("expression", part.start)
        if part.kind == "star" and part.name and part.name.lower() not in {one.key for one in scope.entries}:
            raise Unclear("expression", part.start)  # all fields of a struct
        if is_aggregate(part) and _is_outer(part, scope):
            raise Unclear("subquery", part.start)


def _is_outer(part: Expr, scope: Scope) -> bool:
    """Whether an aggregate may be one of the query around this one, since it is of columns of that alone."""
    columns = [inner for one in part.parts() for inner in one.walk() if inner.kind == "column"]
    return any(one in scope.outer for one in columns) and not any(
        True for one in part.parts() for _ in scope.columns(one)
    )


def _widens(part: Expr, scope: Scope) -> bool:
    """Whether an UNNEST may give more than one column."""
    return len(part.args) != 1 or type_of(part.args[0], scope).startswith("STRUCT")


def unsteady(resolved: Resolved, combined: Iterable[Combined]) -> bool:
    """Whether two runs over the same rows may give rows that differ: the order of rows counts, or floats are added."""
    if any(one.tail.limit is not None for one in combined):
        return True
    return any(
        chooses(scope) or any(not _exact(part, scope) for part in _over_rows(scope)) for scope in resolved.scopes
    )


def inexact_at(scope: Scope) -> int | None:
    """Where a SELECT first puts rows together so that they do not add up; None where it does not, or has windows too."""
    parts = _over_rows(scope)
    if any(part.over is not None for part in parts):
        return None
    return next((part.start for part in parts if not _exact(part, scope)), None)


def chooses(scope: Scope) -> bool:
    """Whether a SELECT may choose among rows that are alike to it: what it gives is then one of several right answers."""
    return any(True for _ in choices(scope))


def choices(scope: Scope) -> Iterator[int | None]:
    """Where a SELECT may choose."""
    tail = scope.select.tail
    if tail.limit is not None:
        yield tail.limit_start
    if tail.distinct_on or scope.select.sampled:
        yield tail.distinct_on[0].start if tail.distinct_on else None
    for step in scope.steps:
        if step.join.form in ("asof", "positional"):
            yield step.join.start
    for part in _over_rows(scope):
        if not (part.name in _ADDS or _exact(part, scope)) or _by_rows(part):
            yield part.start


def _over_rows(scope: Scope) -> list[Expr]:
    return [part for part in scope.all_parts if part.kind == "window" or is_aggregate(part)]


def _by_rows(part: Expr) -> bool:
    return part.over is not None and part.over.rows


def _exact(part: Expr, scope: Scope) -> bool:
    if _by_rows(part):
        return False
    if part.name in _EXACT and len(part.args) <= 1:
        return True
    if part.over is not None and part.name in _RANKS:
        return True
    kind = type_of(part.args[0], scope) if len(part.args) == 1 else ""
    return (part.name == "sum" and kind.startswith("DECIMAL")) or (part.name in ("sum", "avg") and kind in INTEGERS)
