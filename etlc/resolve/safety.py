"""What a query may touch: declared sources and models, and functions that read nothing else.

Table functions are allowed by name, never forbidden by name. Of scalar functions those are refused that read
the environment, the catalogue or the session.
"""

from __future__ import annotations

from etlc.diagnostics import Diagnostics, SqlText
from etlc.sql.params import BoundSql
from etlc.sql.tree import Facts, FunctionRef

TABLE_FUNCTIONS = frozenset(
    ["range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "repeat_row", "generate_subscripts"]
)
_READERS = ("read_", "scan", "glob", "sniff_", "parquet_")
# tests/security holds the list of all functions of both versions of DuckDB, and what was thought of each.
_REFUSED_SCALARS = frozenset(
    [
        "getenv",
        "getvariable",
        "current_setting",
        "nextval",
        "currval",
        "setval",
        "write_log",
        "sleep_ms",
        "pg_sleep",
        "which_secret",
        "current_database",
        "current_catalog",
        "current_schema",
        "current_schemas",
        "current_query",
        "current_query_id",
        "current_transaction_id",
        "txid_current",
        "current_connection_id",
        "in_search_path",
        "pg_typeof_oid",
        "setseed",
        "create_sort_key_file",
        "json_execute_serialized_sql",
        "json_serialize_plan",
        "query",
        "query_table",
        "read_text",
        "read_blob",
        "read_csv",
        "read_csv_auto",
        "read_parquet",
        "read_json",
        "parquet_scan",
        "glob",
        "has_table_privilege",
        "has_schema_privilege",
        "has_column_privilege",
        "pg_get_viewdef",
        "pg_get_constraintdef",
        "format_type",
        "format_pg_type",
        "get_block_size",
        "index_key",
        "pg_conf_load_time",
        "pg_postmaster_start_time",
        "duckdb_secrets",
        "stats",
    ]
)


def forbidden(facts: Facts) -> list[FunctionRef]:
    """The functions that are called and may not be."""
    return [
        function
        for function in facts.functions
        if (function.name not in TABLE_FUNCTIONS if function.table else function.name in _REFUSED_SCALARS)
    ]


def check_safety(facts: Facts, text: SqlText, bound: BoundSql, what: str, diagnostics: Diagnostics) -> bool:
    """Report what the query may not do; true where there is nothing to report. ``what`` is e.g. ``model "orders"``."""
    found = forbidden(facts)
    for function in found:
        place = (
            text.at(bound.written(function.offset), len(function.name)) if function.offset is not None else text.span
        )
        if function.table and any(word in function.name for word in _READERS):
            diagnostics.add(
                "E207", place, f"{what} reads files with {function.name}(); a model reads declared sources only.",
                "Declare a source with this path under `sources:` of the pipeline file, and select from its name.",
            )  # fmt: skip
        else:
            diagnostics.add(
                "E208", place, f"{what} calls {function.name}(), which is not allowed in a model.",
                f"Table functions that a model may call: {', '.join(sorted(TABLE_FUNCTIONS))}."
                if function.table else "Its answer depends on the session, the environment or the catalogue; use a param instead.",
            )  # fmt: skip
    return not found


def looks_like_file(name: str) -> bool:
    """Whether a relation's name is a path, as in ``from 'data/x.csv'``."""
    return "/" in name or "\\" in name or "." in name or "*" in name or ":" in name
