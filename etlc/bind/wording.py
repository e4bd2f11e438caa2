"""DuckDB's refusals in the words of a user: what is meant, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from etlc.bind.elsewhere import FUNCTIONS

_FUNCTIONS = [
    "sum",
    "count",
    "avg",
    "min",
    "max",
    "median",
    "round",
    "abs",
    "coalesce",
    "nullif",
    "concat",
    "lower",
    "upper",
    "trim",
    "replace",
    "substring",
    "length",
    "date_trunc",
    "date_part",
    "date_diff",
    "date_add",
    "strftime",
    "strptime",
    "row_number",
    "rank",
    "dense_rank",
    "lag",
    "lead",
    "first",
    "last",
    "any_value",
    "string_agg",
    "array_agg",
    "list",
    "count_if",
    "greatest",
    "least",
    "cast",
    "try_cast",
    "regexp_matches",
    "regexp_extract",
    "split_part",
    "floor",
    "ceil",
    "unnest",
    "generate_series",
    "extract",
    "year",
    "month",
    "day",
    "quantile_cont",
    "stddev",
    "variance",
]
_ELSEWHERE = {
    "nvl": "coalesce", "nvl2": "if", "isnull": "coalesce", "iff": "if", "getdate": "now", "sysdate": "now",
    "countif": "count_if", "safe_cast": "try_cast", "to_date": "strptime", "to_timestamp_ntz": "strptime",
    "to_char": "strftime", "date_format": "strftime", "charindex": "strpos", "dateadd": "date_add",
    "listagg": "string_agg", "group_concat": "string_agg", "mean": "avg", "average": "avg", "safe_divide": "nullif",
    "len_": "length", "toupper": "upper", "tolower": "lower", "truncate": "trunc", "parse_json": "json",
}  # fmt: skip
_TYPES = [
    "BIGINT",
    "BOOLEAN",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INTEGER",
    "INTERVAL",
    "JSON",
    "SMALLINT",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "TINYINT",
    "UBIGINT",
    "UINTEGER",
    "UUID",
    "VARCHAR",
    "BLOB",
    "HUGEINT",
    "STRING",
    "TEXT",
    "DATETIME",
]
_TYPES_ELSEWHERE = {
    "money": "DECIMAL(18,2)", "currency": "DECIMAL(18,2)", "str": "VARCHAR", "varchar2": "VARCHAR",
    "number": "DECIMAL(18,2)", "float64": "DOUBLE", "int64": "BIGINT", "int32": "INTEGER", "object": "VARCHAR",
    "timestamp_ntz": "TIMESTAMP", "datetime64": "TIMESTAMP", "category": "VARCHAR", "day": "DATE",
    "nvarchar": "VARCHAR",
}  # fmt: skip
LONGEST_NAME = 100  # of a longer one nothing is guessed: it would take seconds
_ALL_TYPES = "Types are DuckDB's: BIGINT, DECIMAL(12,2), TIMESTAMP, VARCHAR, ..."
_CALL = re.compile(r"'([^'(]+)\((.*)\)'|\"([^\"(]+)\((.*)\)\"")
_COMPARE = re.compile(r"Cannot compare values of type (.+?) and (?:type )?(.+?)(?: -|$| in )")
_HELP = (
    ("SELECT INTO", "A model is one SELECT; etlc makes the table from it."),
    ("which a table cannot hold", "Name its fields, e.g. {'a': x, 'b': y} instead of row(x, y)."),
    ("WHERE clause cannot contain aggregates", "Filter groups with HAVING, which stands behind GROUP BY."),
    ("WHERE clause cannot contain window functions", "Filter on window functions with QUALIFY in the place of WHERE."),
    ("cannot be nested", "Compute the inner one in a CTE, and the outer one from that."),
    ("same number of result columns", "Each SELECT of a UNION needs the same columns in the same order."),
    ("expected 1", "Select one column in the subquery."),
    ("must appear in the GROUP BY clause", "Add it to GROUP BY, or into an aggregate such as max() or any_value()."),
    ("* expression without FROM clause", "Say what to read: FROM and the name of a source or a model."),
    ("with GROUP BY ALL is not supported", "Write out what the rows are grouped by, e.g. GROUP BY 1, 2."),
    ("JSON path error", "A JSON path looks like '$.key', '$.list[0]' or '/key/0'."),
    ("Ambiguous reference", "Put the name or the alias of its table and a dot before it."),
)  # fmt: skip


def function_help(name: str, candidates: Sequence[str]) -> str:
    """The function that was probably meant by a name that there is not."""
    lower = name.lower()[:LONGEST_NAME]
    if lower in FUNCTIONS:
        return FUNCTIONS[lower]
    near = [word for word in candidates if difflib.get_close_matches(lower, [word], 1, 0.8)]
    known = [*_FUNCTIONS, *near]
    meant = _ELSEWHERE.get(lower) or next(iter(difflib.get_close_matches(lower, known, 1, 0.6)), "")
    return (
        f"Did you mean {meant}()?"
        if meant
        else "DuckDB's functions: https://duckdb.org/docs/stable/sql/functions/overview"
    )


def type_help(written: str) -> str:
    """The type that was probably meant by a name that there is not."""
    if written.count("(") > written.count(")"):
        return 'Put a type with a comma in quotes: "DECIMAL(12,2)".'
    base = re.split(r"[( _\[]", written.strip()[:LONGEST_NAME], maxsplit=1)[0]
    meant = _TYPES_ELSEWHERE.get(written.lower()) or _TYPES_ELSEWHERE.get(base.lower())
    meant = meant or next(iter(difflib.get_close_matches(base.upper(), _TYPES, 1, 0.6)), "")
    return f"Did you mean {meant}? {_ALL_TYPES}" if meant else _ALL_TYPES


def plain(message: str) -> tuple[str, str]:
    """A refusal of DuckDB as a sentence and help."""
    lines = [line.strip() for line in message.split("\n") if line.strip()]
    sentence = lines[0].rstrip(".!") if lines else "DuckDB refuses this query"
    if "Candidate functions" in message:
        return _call(sentence, lines)
    if found := re.match(r'[Cc]olumn "?(.+?)"? must appear in the GROUP BY', sentence):
        sentence = f'Column "{found[1]}" must appear in the GROUP BY clause or in an aggregate function'
    if "Ambiguous reference" in sentence:
        sentence = sentence.replace("'", '"')
    if found := _COMPARE.search(sentence):
        return _compared(_type(found[1]), _type(found[2]))
    help = (
        " ".join(lines[1:]).replace("Candidate Entries:", "Entries there:").replace("Candidate tables:", "Tables here:")
    )
    help = next((words for part, words in _HELP if part in sentence), help)
    sentence = sentence.replace(" - an explicit cast is required", "")
    return f"{sentence[:1].upper()}{sentence[1:]}.", help or ("Cast one of them." if "Cannot mix" in sentence else "")


def _type(name: str) -> str:
    return name.replace("INTEGER_LITERAL", "INTEGER").replace("STRING_LITERAL", "VARCHAR").strip()


def _compared(left: str, right: str) -> tuple[str, str]:
    times = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
    if left in times or right in times:
        return f"{left} and {right} cannot be compared.", "A date is written DATE '2024-01-31', in quotes."
    return f"{left} and {right} cannot be compared.", f"Cast one of them, e.g. CAST(... AS {left})."


def _form(signature: str) -> str:
    """A signature without the names of its arguments, which DuckDB 2 writes."""
    return re.sub(r"(?<=[(, ])(?:[a-z]\w*|\"[^\"]+\") (?=[A-Z])", "", signature.replace(", /", ""))


def _call(sentence: str, lines: list[str]) -> tuple[str, str]:
    """A function or an operator that does not take what it was given."""
    start = next(i for i, line in enumerate(lines) if "Candidate functions" in line)
    forms = [_form(line.split(" -> ")[0]) for line in lines[start + 1 :]]
    found = _CALL.search(sentence)
    if found is None:
        return f"{sentence.split('. ')[0]}.", f"It takes: {'; '.join(forms[:4])}."
    name, given = (found[1] or found[3]), _type(found[2] or found[4] or "")
    types = given.split(", ")
    if re.fullmatch(r"\W+", name):
        help = (
            "Texts are joined by ||."
            if name == "+" and "VARCHAR" in types
            else "Cast one of them, e.g. CAST(x AS DOUBLE)."
        )
        return f"There is no {name} for {' and '.join(types)}.", help
    if name.lower() in ("datediff", "date_diff", "datesub", "date_sub"):
        return f"{name}() does not take ({given}).", f"The unit comes first: {name}('day', start, end)."
    counts = {len(form.split(", ")) if not form.endswith("()") else 0 for form in forms}
    takes = f"It takes: {'; '.join(forms[:4])}{'; ...' if len(forms) > 4 else '.'}"
    if given.strip() and len(types) in counts and "VARCHAR" in types:
        return f"{name}() does not take {given}.", f"Cast the text, e.g. CAST(... AS DOUBLE). {takes}"
    return f"{name}() does not take {'(' + given + ')' if given else 'nothing'}.", takes
