"""The judge: an in-memory DuckDB with empty relations. Nothing that it is asked is executed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from etlc.engines.errors import read_error
from etlc.ir.binding import Column, Parsed, SqlError, Tree
from etlc.sql.quote import ident, literals, string
from etlc.sql.reader import read_syntax
from etlc.sql.tree import is_one_expression, read_tree

_VIEW = "_etlc_bound"
_UNTYPED = '"NULL"'
_DEEPEST = 20_000  # frames
_LONGEST_TYPE = 1_000_000  # characters; DuckDB takes seconds for what is longer
_SOME_MOMENT = "'2000-01-01'"
_AHEAD = 32
_MANY_QUOTES = 1_000
_LONG = 10_000  # characters of a query


class DuckBinder:
    """Binds against an in-memory database that can read no file, attach nothing and change no setting."""

    def __init__(self) -> None:
        self._con = duckdb.connect(":memory:", config={"threads": 1})
        # The optimizer is off: it would fold constants, and so compute repeat('x', 1e9) while only names are asked for.
        for setting in (
            "errors_as_json=true",
            "autoinstall_known_extensions=false",
            "autoload_known_extensions=false",
            "python_enable_replacements=false",
            "disabled_optimizers=''",
            "enable_external_access=false",
        ):
            self._con.execute(f"SET {setting}")
        self._con.execute("PRAGMA disable_optimizer")
        self._con.execute("SET lock_configuration=true")
        self.version: str = duckdb.__version__
        self._types: dict[str, str | None] = {}
        self._ahead: dict[str, Callable[[], dict[str, str]]] = {}
        # The type that CREATE TABLE AS gives a column of bare NULLs: INTEGER in DuckDB 1.5, none in 2.0.
        self._con.execute("CREATE TABLE _etlc_untyped AS SELECT NULL AS value")
        self._untyped: str = self._con.execute("DESCRIBE _etlc_untyped").fetchall()[0][1]

    def expect(self, texts: Sequence[str]) -> None:
        """Parse many texts beside whatever else is done: DuckDB needs no Python for it."""
        texts = [text for text in texts if text.count("'") <= _MANY_QUOTES]
        if len(texts) < _AHEAD:
            return
        from concurrent.futures import ThreadPoolExecutor

        con, pool = self._con.cursor(), ThreadPoolExecutor(1, thread_name_prefix="etlc-parse")

        def parse(some: list[str]) -> dict[str, str]:
            query = f"SELECT text, json_serialize_sql(text) FROM (SELECT unnest([{literals(some)}]) AS text)"
            try:
                return dict(con.execute(query).fetchall())
            except (duckdb.Error, RuntimeError, UnicodeError):
                return {}  # each is asked for by itself then, and says what is wrong with it

        for start in range(0, len(texts), _AHEAD):
            some = list(texts[start : start + _AHEAD])
            self._ahead.update(dict.fromkeys(some, pool.submit(parse, some).result))
        pool.shutdown(wait=False)

    def parse(self, sql: str) -> dict[str, Any] | SqlError:
        """DuckDB's own tree, from ``json_serialize_sql``; an error where it is not a SELECT it can serialize."""
        if "\0" in sql:
            return SqlError("parser", "syntax error at a NUL character", sql.index("\0"))
        ahead = self._ahead.pop(sql, None)
        text = ahead().get(sql) if ahead is not None else None
        if text is None:
            # As a literal: the Python client looks for pandas each time that a parameter is bound. But DuckDB's lexer
            # takes time as the square of the quotes in a literal.
            asked = ("?", [sql]) if sql.count("'") > _MANY_QUOTES else (string(sql), None)
            (text,) = self._con.execute(f"SELECT json_serialize_sql({asked[0]})", asked[1]).fetchall()[0]
        found = _loaded(text)
        if not found.get("error"):
            return found
        position = found.get("position")
        offset = None if position is None else len(sql.encode()[: int(position)].decode(errors="ignore"))
        return SqlError(str(found.get("error_type", "parser")), str(found.get("error_message", "")), offset)

    def read(self, sql: str) -> Parsed | SqlError:
        """Facts and tree of a text, from DuckDB's own tree."""
        tree = self.parse(sql)
        if isinstance(tree, SqlError):
            return tree
        syntax = read_syntax(tree, sql)
        return Parsed(len(tree.get("statements", [])), read_tree(tree, sql), Tree(lambda: syntax))

    def is_expression(self, text: str) -> bool:
        """By DuckDB's own tree."""
        trees = (self.parse(f"SELECT (\n{text}\n)"), self.parse(f"SELECT {text}\n"))
        return not any(isinstance(tree, SqlError) or not is_one_expression(tree) for tree in trees)

    def declare(self, name: str, columns: Sequence[Column]) -> None:
        """Make the empty table ``name``."""
        body = ", ".join(f"{ident(column.name)} {column.type}" for column in columns)
        self._con.execute(f"CREATE OR REPLACE TABLE {ident(name)} ({body})")

    def bind(self, name: str, sql: str) -> tuple[Column, ...] | SqlError:
        """Name and type the query as CREATE TABLE AS does, and keep an empty table."""
        error = self.check(sql)
        if error is not None:
            return error
        found = tuple(Column(name, kind.replace(_UNTYPED, self._untyped)) for name, kind in self._viewed(len(sql)))
        try:
            self.declare(name, found)
        except duckdb.Error:
            return self._unfit(found)
        return found

    def _viewed(self, length: int) -> list[tuple[str, str]]:
        """Names and types of the view. To read it takes time as the square of columns that are named alike, to ask the
        catalogue as the number of all columns in it."""
        if length > _LONG:
            query = f"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = {string(_VIEW)}"
            return self._con.execute(f"{query} ORDER BY column_index").fetchall()
        rows = self._con.execute(f"DESCRIBE {_VIEW}").fetchall()
        # DESCRIBE of DuckDB 2.0 overlooks an alias that differs from its column in case only.
        names = self._con.sql(f"FROM {_VIEW}").columns
        return [(name, kind) for name, (_, kind, *_) in zip(names, rows, strict=True)]

    def _unfit(self, columns: Sequence[Column]) -> SqlError:
        """Why no table can have these columns: a query may have types that cannot be written, such as row(x, y)."""
        odd = next((column for column in columns if self._type_name(column.type) is None), columns[0])
        return SqlError("binder", f'Column "{odd.name}" is a {odd.type}, which a table cannot hold')

    def check(self, sql: str) -> SqlError | None:
        """Bind a query, with ``$_etlc_now`` standing for some moment, and keep nothing but its view.

        A view, because making one binds and does no more: CREATE TABLE AS ... WITH NO DATA computes aggregates.
        """
        head = f"CREATE OR REPLACE VIEW {_VIEW} AS "
        text = f"{head}{sql.replace('$_etlc_now', _SOME_MOMENT)}\n"
        try:
            self._con.execute(text)
        except (duckdb.Error, RuntimeError) as error:
            return read_error(error, text, len(head))
        return None

    def evaluate(self, sql: str) -> SqlError | None:
        """Compute a query of literals alone, which reads nothing and is over at once."""
        try:
            self._con.execute(sql).fetchall()
        except (duckdb.Error, RuntimeError) as error:
            return read_error(error, sql)
        return None

    def type_name(self, text: str) -> str | None:
        """The canonical name of a type: ``decimal(12, 2)`` is ``DECIMAL(12,2)``."""
        if text not in self._types:
            self._types[text] = self._type_name(text)
        return self._types[text]

    def _type_name(self, text: str) -> str | None:
        if len(text) > _LONGEST_TYPE:
            return None
        found = self.parse(f"SELECT CAST(NULL AS {text}\n)")
        plain = self.parse("SELECT CAST(NULL AS INTEGER\n)")
        try:
            if _without_type(found) != _without_type(plain):
                return None
        except RecursionError:  # a list of lists of lists, hundreds of levels deep
            return None
        try:
            rows = self._con.execute(f"SELECT typeof(CAST(NULL AS {text}\n))").fetchall()
            self._con.execute(f"CREATE OR REPLACE TEMP TABLE _etlc_type (value {rows[0][0]})")
        except (duckdb.Error, RuntimeError):
            return None
        return str(rows[0][0])

    def volatile_functions(self) -> frozenset[str]:
        """By DuckDB's own catalogue of stabilities."""
        rows = self._con.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions()"
            " WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
        ).fetchall()
        return frozenset(row[0] for row in rows)


def _loaded(text: str) -> dict[str, Any]:
    """A tree from its JSON. DuckDB allows expressions 1,000 levels deep, more than Python's stack does by default."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        found: dict[str, Any] = json.loads(text)
        return found
    finally:
        sys.setrecursionlimit(limit)


def _without_type(tree: object) -> object:
    """The tree of ``SELECT CAST(NULL AS ...)`` without the type and without places: the same for every type."""
    if isinstance(tree, list):
        return [_without_type(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "type_expr" in tree and not _is_type(tree["type_expr"]):
        return None
    dropped = ("cast_type", "type_expr", "query_location", "query_location_length")
    return {key: _without_type(value) for key, value in tree.items() if key not in dropped}


def _is_type(tree: object) -> bool:
    """Whether a type's tree, as DuckDB 2.0 has it, is of types and constants only."""
    if isinstance(tree, list):
        return all(_is_type(item) for item in tree)
    if not isinstance(tree, dict):
        return True
    return tree.get("class", "TYPE") in ("TYPE", "CONSTANT") and all(_is_type(value) for value in tree.values())
