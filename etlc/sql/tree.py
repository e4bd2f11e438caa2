"""What a query reads and calls, from DuckDB's own syntax tree (``json_serialize_sql``).

The judge's tree, not sqlglot's, because this decides what a model may touch: what DuckDB would read is what is
found here. Names of CTEs hide relations as SQL says. Offsets count characters of the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_NO_PLACE = 2**63
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableRef:
    """A relation that a query names. ``prefix`` is its schema or catalog, where one is written."""

    name: str
    prefix: str
    offset: int | None


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function that a query calls; ``table`` where it stands in FROM."""

    name: str
    table: bool
    offset: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What one query reads and calls.

    ``names`` holds, in lower case, every name that could be a column; ``whole`` the relations (lower case) of which
    every column is used (``*``, NATURAL joins, PIVOT, whole rows, positional aliases). ``refused``: it is a
    form that is no query (DESCRIBE, SUMMARIZE, SHOW). ``sampled``: TABLESAMPLE or USING SAMPLE stands in it.
    ``dynamic``: its columns depend on the data (PIVOT without IN). ``changes``: it writes something.
    """

    tables: tuple[TableRef, ...]
    functions: tuple[FunctionRef, ...]
    names: frozenset[str]
    bare: frozenset[str]
    whole: frozenset[str]
    refused: bool = False
    sampled: bool = False
    dynamic: bool = False
    changes: bool = False


@dataclass(slots=True)
class _Found:
    text: bytes
    ascii: bool
    tables: list[TableRef] = field(default_factory=list)
    functions: list[FunctionRef] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    refused: bool = False
    changes: bool = False
    sampled: bool = False
    positions: bool = False
    aliases: list[tuple[str, str]] = field(default_factory=list)

    def offset(self, node: Node) -> int | None:
        place = node.get("query_location", _NO_PLACE)
        if not isinstance(place, int) or place >= _NO_PLACE:
            return None
        return place if self.ascii else len(self.text[:place].decode(errors="ignore"))


def without_places(tree: object) -> object:
    """A tree, or a part of one, without the places in the text: the same for texts that differ in layout only."""
    if isinstance(tree, list):
        return [without_places(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: without_places(value) for key, value in tree.items() if not key.startswith("query_location")}


def read_tree(tree: Node, text: str) -> Facts:
    """The facts of a parsed query; ``tree`` is what the binder's ``parse`` gave for ``text``."""
    found = _Found(text.encode(), text.isascii())
    for statement in tree.get("statements", []):
        _walk(statement.get("node"), frozenset(), found)
    # "#1" is the first column of what FROM gives, whichever that is.
    aliased = {table for alias, table in found.aliases if found.positions or alias in found.bare}
    return Facts(
        tuple(found.tables), tuple(found.functions), frozenset(found.names), frozenset(found.bare),
        frozenset(found.whole | aliased), found.refused, found.sampled, changes=found.changes,
    )  # fmt: skip


def _walk(node: object, ctes: frozenset[str], found: _Found) -> None:
    """Depth first, without recursion into plain lists of values; ``ctes`` are the names that hide relations here."""
    stack: list[tuple[object, frozenset[str]]] = [(node, ctes)]
    while stack:
        here, hidden = stack.pop()
        if isinstance(here, list):
            for item in reversed(here):
                if item and item.__class__ in _NESTED:
                    stack.append((item, hidden))
        elif isinstance(here, dict):
            inner = _enter(here, hidden, found, stack)
            within = _arguments(here["function"]) if here.get("type") == "TABLE_FUNCTION" else here
            # A recursive CTE reads itself in its right arm only: in the left one its name is another relation's.
            itself = inner | {str(here.get("cte_name")).lower()} if here.get("type") == "RECURSIVE_CTE_NODE" else inner
            for key, value in reversed(within.items()):
                if value and value.__class__ in _NESTED and key != "cte_map":
                    stack.append((value, itself if key == "right" else inner))


def _enter(
    node: Node, hidden: frozenset[str], found: _Found, stack: list[tuple[object, frozenset[str]]]
) -> frozenset[str]:
    """Note what ``node`` itself says; give back the names that are hidden inside it."""
    for entry in (node.get("cte_map") or {}).get("map", []):
        stack.append((entry["value"], hidden))
        hidden = hidden | {str(entry["key"]).lower()}
    kind = str(node.get("type"))
    note = _NOTES.get(kind) or _NOTES.get(str(node.get("class")))
    if note:
        note(node, hidden, found)
    if kind.endswith("_NODE") and kind not in _QUERIES:
        found.refused = found.changes = True  # DuckDB 2.0 has INSERT, UPDATE, DELETE and COPY within WITH
    if node.get("sample"):
        found.sampled = True
    return hidden


def _arguments(function: Node) -> Node:
    """The function of a TABLE_FUNCTION without itself: what stands within its parentheses."""
    return {key: value for key, value in function.items() if key not in ("class", "type")}


def _note_select(node: Node, hidden: frozenset[str], found: _Found) -> None:
    if any(_has_star(item) for item in node.get("select_list", [])):
        found.whole.update(_direct_tables(node.get("from_table"), hidden))


def _note_table(node: Node, hidden: frozenset[str], found: _Found) -> None:
    name = str(node.get("table_name", ""))
    prefix = str(node.get("schema_name", "") or node.get("catalog_name", ""))
    if prefix.lower() == "recurring" and name.lower() in hidden:
        return  # all rows so far of a recursive CTE with USING KEY
    if prefix or name.lower() not in hidden:
        found.tables.append(TableRef(name, prefix, found.offset(node)))
        if node.get("column_name_alias"):
            found.whole.add(name.lower())
        alias = str(node.get("alias") or "").lower()
        found.aliases.append((alias or name.lower(), name.lower()))


def _note_table_function(node: Node, hidden: frozenset[str], found: _Found) -> None:
    function = node.get("function") or {}
    found.functions.append(FunctionRef(function_name(function), True, found.offset(node)))


def _note_function(node: Node, hidden: frozenset[str], found: _Found) -> None:
    found.functions.append(FunctionRef(function_name(node), False, found.offset(node)))


def function_name(node: Node) -> str:
    """The name of the function that a node calls, in lower case."""
    name = str(node.get("function_name") or "")
    path = (node.get("qualified_name") or {}).get("path") or [name]
    return str(path[-1]).lower()


def _note_column(node: Node, hidden: frozenset[str], found: _Found) -> None:
    path = [str(name).lower() for name in node.get("column_names", [])]
    found.names.update(path)
    if len(path) == 1:
        found.bare.add(path[0])


def _note_join(node: Node, hidden: frozenset[str], found: _Found) -> None:
    found.names.update(str(name).lower() for name in node.get("using_columns") or [])
    if node.get("ref_type") == "NATURAL":
        found.whole.update(_direct_tables(node, hidden))


def _note_pivot(node: Node, hidden: frozenset[str], found: _Found) -> None:
    found.whole.update(_direct_tables(node.get("source"), hidden))


def _note_position(node: Node, hidden: frozenset[str], found: _Found) -> None:
    found.positions = True


def _note_refused(node: Node, hidden: frozenset[str], found: _Found) -> None:
    found.refused = True


_NOTES = {
    "SELECT_NODE": _note_select,
    "BASE_TABLE": _note_table,
    "TABLE_FUNCTION": _note_table_function,
    "FUNCTION": _note_function,
    "WINDOW": _note_function,
    "COLUMN_REF": _note_column,
    "POSITIONAL_REFERENCE": _note_position,
    "JOIN": _note_join,
    "PIVOT": _note_pivot,
    "SHOW_REF": _note_refused,
    "COLUMN_DATA": _note_refused,
    "DELIM_GET": _note_refused,
    "BOUND_TABLE_REF": _note_refused,
}
_NESTED = (dict, list)  # what may hold more; most values of a tree are words and numbers
_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})


def _has_star(node: object) -> bool:
    """Whether a star stands in an expression, outside of its subqueries."""
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, list):
            stack.extend(here)
        elif isinstance(here, dict) and here.get("class") != "SUBQUERY":
            if here.get("class") == "STAR":
                return True
            stack.extend(value for value in here.values() if value and value.__class__ in _NESTED)
    return False


def _direct_tables(node: object, hidden: frozenset[str]) -> Iterator[str]:
    """The relations of a FROM clause, without those of its subqueries."""
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, list):
            stack.extend(here)
        elif isinstance(here, dict) and here.get("type") == "BASE_TABLE":
            if str(here.get("table_name", "")).lower() not in hidden:
                yield str(here["table_name"]).lower()
        elif isinstance(here, dict) and here.get("type") != "SUBQUERY":
            stack.extend(here.values())


def is_one_expression(tree: Node) -> bool:
    """Whether a parsed ``SELECT ...`` is of a single expression, and of nothing else."""
    statements = tree.get("statements")
    if not isinstance(statements, list) or len(statements) != 1:
        return False
    node = statements[0].get("node", {})
    plain = node.get("type") == "SELECT_NODE" and node.get("from_table", {}).get("type") == "EMPTY"
    clauses = ("where_clause", "having", "qualify", "group_expressions", "modifiers", "sample")
    return plain and len(node.get("select_list", [])) == 1 and not any(node.get(clause) for clause in clauses)
