"""What is in the way of keeping a model up by what changed, by kind: what it is, and what would help, in words.

Where what is in the way is itself only a sign of something else (``mask``, ``choice``), nothing is said of it.
"""

from __future__ import annotations

from etlc.ir.upkeep import Blocker
from etlc.report.text import clean, listed

_OWN = "in a small model of its own"

# ``{names}`` are the relations, or the columns, that it is about.
WORDS = {
    "off": (
        "The model says `incremental: full`, so all of it is built anew.",
        "Take it out, and etlc finds out how to keep the model up.",
    ),
    "volatile": (
        "What is called here answers differently each time, so no row can be taken over from an earlier run.",
        "Use a param ($run_date) instead of now(), and an expression of the row (hash(id)) instead of random().",
    ),
    "dynamic": (
        "Which columns there are depends on the data.",
        "Write the values down: PIVOT ... ON x IN ('a', 'b').",
    ),
    "opaque": (
        "DuckDB does not tell how it reads this query, so nothing can be said of it.",
        f"Put the unusual part of it {_OWN}, so that only that is rebuilt.",
    ),
    "names": (
        "It is not certain which relation a column here belongs to.",
        "Write the name of its table, or the alias, before each column: o.day.",
    ),
    "function": (
        "This function is not one that etlc knows, so it may depend on more than the row that it stands in.",
        f"Use one of DuckDB's usual functions, or put this step {_OWN}.",
    ),
    "expression": (
        "This stands for columns in a way that is not followed (#1, all fields of a struct, UNNEST of structs, ...).",
        "Write the columns down by their names.",
    ),
    "pivot": (
        "This form of PIVOT or UNPIVOT is not followed.",
        "Write PIVOT ... ON x IN ('a', 'b') ... GROUP BY the columns that stay; in place of UNPIVOT, UNION ALL.",
    ),
    "recursion": (
        "A recursion with LIMIT or USING KEY, or one that is not a name of WITH, is not followed.",
        "Write it as WITH RECURSIVE w AS (... UNION ...), and filter what comes of it afterwards.",
    ),
    "size": (
        "The query is too large to be followed.",
        "Take it apart into several models.",
    ),
    "limit": (
        "LIMIT picks from all rows: one new row may push any other out.",
        f"Put ORDER BY and LIMIT last, {_OWN} that reads this one.",
    ),
    "total": (
        "This is worked out over all rows at once, so each row counts for all of the result.",
        f"Put it {_OWN}: as long as its one row stays the same, what reads it is not run. Or group by a column.",
    ),
    "group": (
        "A column to refresh by stands in every GROUP BY and PARTITION BY of the query (of ROLLUP and CUBE, in each set),"
        " and among the columns given out. Here none does.",
        "Group by one column of the inputs (or a plain function of it, day::date) throughout, and work out totals in"
        " another model.",
    ),
    "window": (
        "This window has no PARTITION BY, so that one new row may change what all others show.",
        "PARTITION BY a column that the query also gives.",
    ),
    "window_parted": (
        "A column to refresh by stands in this PARTITION BY, in every other PARTITION BY and GROUP BY of the query, and"
        " among the columns given out. Here none does.",
        "Use one column of the inputs (or a plain function of it, day::date) in all of them, or put windows by other"
        " columns in models of their own.",
    ),
    "distinct_on": (
        "A column to refresh by stands in DISTINCT ON, and among the columns given out. Here none does.",
        "Give out a column that DISTINCT ON names, as it is in an input.",
    ),
    "join": (
        "This join keeps rows that find no partner, and has no equality that tells which partners a row has.",
        "Join ON a.key = b.key, both plain columns of one type; further conditions may stand beside it.",
    ),
    "full_join": (
        "Of a FULL JOIN, either side may be NULL: neither key alone tells a row.",
        "Give out coalesce(a.key, b.key), of one type, for the two sides of its equality.",
    ),
    "positional": (
        "POSITIONAL JOIN pairs rows by their place, which each new row shifts.",
        "Join by a key.",
    ),
    "asof": (
        "An ASOF join of this kind is not followed.",
        "Turn it round into ASOF JOIN or ASOF LEFT JOIN, with an equality beside the comparison.",
    ),
    "not_in": (
        "NOT IN gives no row at all once the subquery gives a NULL, so all of its rows count for each row.",
        "Write NOT EXISTS (SELECT 1 FROM ... WHERE its.key = this.key).",
    ),
    "subquery": (
        "This subquery is tied to no row around it, so a change in what it reads may change all rows.",
        f"Tie it by an equality (WHERE its.key = this.key), or put it {_OWN}: if its rows stay the same, nothing runs.",
    ),
    "unsteady": (
        "Two runs over the same rows may differ here (floats are added in any order, any_value takes any row), so new"
        " rows are not added to what stands: all rows of a touched group are read.",
        "Counts, min, max and sums of whole numbers or DECIMAL add up: sum(x::DECIMAL(18, 2)). For averages, medians and"
        " the like there is no better way.",
    ),
    "mixed": (
        "Among equal rows it may choose any, so what it gives for some rows must not be mixed with an earlier choice.",
        "Give out the column that it is grouped or partitioned by, so that each choice is replaced as a whole.",
    ),
    "type": (
        "Values of this type cannot be held against each other, so changed rows are not found again: {names}.",
        "Cast it to a struct, a list or text.",
    ),
    "key": (
        "No column of the result tells where a row of {names} goes to, so a change there may touch all of it.",
        "Give out the column by which it is joined or grouped. Where it seldom changes, nothing needs to be done.",
    ),
}  # fmt: skip


def told(one: Blocker) -> tuple[str, str]:
    """What is in the way, and what would help."""
    message, help = WORDS[one.kind]
    return clean(message.format(names=listed(one.names))), help


def facts(one: Blocker) -> dict[str, object]:
    """A blocker as JSON."""
    message, help = told(one)
    return {
        "kind": one.kind,
        "file": one.file,
        "line": one.line,
        "column": one.column,
        "clause": one.clause,
        "model": one.model,
        "message": message,
        "help": help,
    }
