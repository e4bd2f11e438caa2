"""What is known of an expression's value: its type, whether it may be NULL, whether it is an average."""

from __future__ import annotations

from etlc.analyze.relation import Field
from etlc.analyze.scope import Scope
from etlc.sql.aggregates import AGGREGATES
from etlc.sql.pieces import words
from etlc.sql.syntax import Expr

INTEGERS = tuple("TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT".split())
FLOATS = ("FLOAT", "DOUBLE")
ZONED = "TIMESTAMP WITH TIME ZONE"
BOOLEANS = ("compare", "and", "or", "not", "between", "in", "is_null", "is_not_null", "exists", "in_query")
_TEXTS = words("lower upper trim ltrim rtrim substring substr replace concat || left right lpad rpad strftime")
_COUNTS = words("count count_star row_number rank dense_rank ntile length strlen")
_LIKE_FIRST = words("min max any_value first last abs lag lead first_value last_value mode")
_DOUBLES = words(
    "avg mean stddev stddev_samp stddev_pop variance var_samp var_pop sqrt ln log exp percent_rank cume_dist random"
)
_KEEPS_MEAN = words("round coalesce ifnull floor ceil abs")
_MAYBE_BLOBS = words("substring substr left right concat ||")
# Calls that give NULL where an argument is NULL, and those of them that do so only there: year('infinity') is NULL.
_STRICT = (_TEXTS - {"concat"}) | words("+ - * abs round floor ceil year month day date_trunc epoch length strlen")
_ONLY_STRICT = _STRICT - words("year month day date_trunc epoch strftime left right substring substr lpad rpad")
_SMALL = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
_PLAIN = ("number", "text", "date", "timestamp", "zoned", "boolean", "time", "uuid")


def family(type_name: str) -> str:
    """The kind of values of a type: ``number``, ``text``, ``date``, ``timestamp``, ``zoned``, ``boolean``, or ""."""
    name = type_name.partition("(")[0].upper()
    if name in INTEGERS or name in FLOATS or name == "DECIMAL":
        return "number"
    if name.startswith("TIMESTAMP"):
        return "zoned" if name == ZONED else "timestamp"
    return {"VARCHAR": "text", "DATE": "date", "BOOLEAN": "boolean", "TIME": "time", "UUID": "uuid"}.get(name, "")


def is_aggregate(expr: Expr) -> bool:
    """Whether a call adds up rows."""
    return expr.kind == "call" and (expr.name == "count_star" or expr.name in AGGREGATES)


def aggregates(expr: Expr) -> list[Expr]:
    """The aggregates within an expression, outermost only."""
    if not expr.args and expr.kind != "call":
        return []
    found, stack = [], [expr]
    while stack:
        here = stack.pop()
        if is_aggregate(here):
            found.append(here)
        else:
            stack.extend(here.parts())
    return found


def known_field(expr: Expr, scope: Scope) -> Field | None:
    """The field that a plain column means, in this scope or around it."""
    return scope.field_at(scope.places[expr]) if expr in scope.places else scope.outer.get(expr)


def type_of(expr: Expr, scope: Scope) -> str:
    """The DuckDB type, or "" where it is not known for sure."""
    expr = scope.aliased.get(expr, expr)
    if expr.kind == "column":
        found = known_field(expr, scope)
        return found.type if found is not None else ""
    if expr.kind in ("literal", "cast"):
        return expr.type if expr.type != "NULL" else ""
    if expr.kind == "scalar" and expr in scope.subqueries and scope.subqueries[expr].fields:
        return scope.subqueries[expr].fields[0].type
    if expr.kind in BOOLEANS:
        return "BOOLEAN"
    if expr.kind == "case":
        return _common([type_of(part, scope) for part in (*expr.args[1:-1:2], expr.args[-1]) if part.type != "NULL"])
    if expr.kind in ("call", "window"):
        return _call_type(expr, scope)
    return ""


def _common(types: list[str]) -> str:
    return types[0] if types and all(one == types[0] for one in types) else ""


def _call_type(expr: Expr, scope: Scope) -> str:
    name = expr.name
    if name in _COUNTS:
        return "BIGINT"
    if name in _TEXTS:
        first = expr.args[:1] if name not in ("||", "concat") else expr.args
        texts = name not in _MAYBE_BLOBS or all(type_of(arg, scope) == "VARCHAR" for arg in first)
        return "VARCHAR" if texts else ""
    types = [type_of(arg, scope) for arg in expr.args]
    if name in _DOUBLES:
        return "DOUBLE" if name != "avg" or not types or family(types[0]) == "number" else ""
    if name in _LIKE_FIRST and types and (len(types) == 1 or name in ("lag", "lead")):
        return types[0]
    if name == "date_trunc" and types[-1:] == ["TIMESTAMP"]:
        return "TIMESTAMP"
    if name in ("coalesce", "ifnull"):
        return _common(types)
    if name == "/" and all(family(one) == "number" for one in types):
        return "DOUBLE" if "FLOAT" not in types else ""
    if name in ("+", "-", "*") and len(types) == 2:
        return _arithmetic(types)
    if name in ("//", "%") and all(one in INTEGERS for one in types):
        return _common(types)
    if name in ("round", "floor", "ceil") and types and types[0] in FLOATS:
        return types[0]
    if name == "sum" and types:
        return "HUGEINT" if types[0] in INTEGERS else "DOUBLE" if types[0] in FLOATS else ""
    return ""


def _arithmetic(types: list[str]) -> str:
    if "DOUBLE" in types and all(family(one) == "number" for one in types):
        return "DOUBLE"
    if "BIGINT" in types and {"BIGINT", "INTEGER", "SMALLINT", "TINYINT"}.issuperset(types):
        return "BIGINT"  # a literal takes the type of the other side, if that is smaller
    return _common(types) if all(one in INTEGERS for one in types) else ""


def nullable_of(expr: Expr, scope: Scope) -> bool | None:
    """Whether a value may be NULL: True where something says so, False where it can't, None where it is not known."""
    expr = scope.aliased.get(expr, expr)
    if expr.kind == "column":
        return _column_nullable(expr, scope)
    if expr.kind == "literal":
        return expr.type == "NULL"
    if expr.kind in ("exists", "is_null", "is_not_null"):
        return False
    if expr.kind == "case":
        return _any([nullable_of(part, scope) for part in (*expr.args[1:-1:2], expr.args[-1])])
    if expr.kind == "cast":
        plain = expr.name == "cast" and family(expr.type) in _PLAIN and family(type_of(expr.args[0], scope)) in _PLAIN
        inner = nullable_of(expr.args[0], scope)
        return inner if inner is not False or plain else None
    if expr.kind in ("compare", "between"):
        return False if "distinct" in expr.name else _any([nullable_of(part, scope) for part in expr.args])
    if expr.kind == "call":
        return _call_nullable(expr, scope)
    return False if expr.kind == "window" and expr.name in _COUNTS else None


def _column_nullable(expr: Expr, scope: Scope) -> bool | None:
    place = scope.places.get(expr)
    if scope.select.grouping_sets:
        return None  # a column that a row is not grouped by is NULL in it
    if place is None:
        found = scope.outer.get(expr)
        return found.nullable if found is not None else None
    if place in scope.not_null:
        return False
    return True if scope.entries[place[0]].optional else scope.field_at(place).nullable


def _any(values: list[bool | None]) -> bool | None:
    """NULL if any of them is."""
    if any(value is True for value in values):
        return True
    return None if any(value is None for value in values) else False


def _call_nullable(expr: Expr, scope: Scope) -> bool | None:
    values = [nullable_of(arg, scope) for arg in expr.args]
    if expr.name in ("count", "count_star"):
        return False
    if expr.name in ("coalesce", "ifnull"):
        return False if False in values else True if all(values) and values else None
    if expr.name == "concat":
        return False if all(type_of(arg, scope) == "VARCHAR" for arg in expr.args) else None
    if expr.name in ("sum", "min", "max", "avg", "any_value") and values:
        return values[0] if _has_groups(scope) and expr.filter is None and len(values) == 1 else None
    strict = _any(values) if expr.name in _STRICT else None
    return strict if strict or expr.name in _ONLY_STRICT else None


def _has_groups(scope: Scope) -> bool:
    """Whether there is a row in each group: without groups, or in the total of all, there may be none."""
    select = scope.select
    named = bool(select.group) or (select.group_all and not all(aggregates(item) for item in select.items))
    return named and not select.grouping_sets


def is_mean(expr: Expr, scope: Scope) -> bool:
    """Whether a value is an average, also rounded or cast."""
    expr = scope.aliased.get(expr, expr)
    if expr.kind == "column":
        found = known_field(expr, scope)
        return found is not None and found.mean
    if expr.kind == "call" and expr.name in ("avg", "mean"):
        return True
    if expr.kind == "cast" or (expr.kind == "call" and expr.name in _KEEPS_MEAN):
        return bool(expr.args) and is_mean(expr.args[0], scope)
    return False


def is_constant(expr: Expr, scope: Scope) -> bool:
    """Whether a value is the same for all rows of this SELECT: no column of its own, nothing volatile, no subquery."""
    return all(
        part.kind in ("literal", "cast", "param")
        or (part.kind == "column" and part in scope.outer)
        or (
            part.kind == "call"
            and part.name in ("-", "to_days", "trunc", "date_trunc", "to_months", "to_years", "to_hours")
        )
        for part in expr.walk()
    )


def compares_exactly(own: str, other: str) -> bool:
    """Whether only one value of type ``own`` can equal a given value of type ``other``: DuckDB may cast it to compare.

    As texts '1' and '01' differ, as numbers they don't; and two big numbers may be the same DOUBLE.
    """
    kind = family(own)
    if own == other:
        return bool(own)
    if kind in ("date", "uuid", "boolean") or own in _SMALL or own in FLOATS:
        return True
    if kind == "number":
        return other == "VARCHAR" or (
            family(other) == "number" and other not in FLOATS and "HUGEINT" not in own + other
        )
    return kind in ("timestamp", "zoned", "time") and other in ("VARCHAR", "DATE")
