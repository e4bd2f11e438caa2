"""Partial aggregates of a SELECT as a query of their own, and the query over them (``etlc.ir.upkeep.Partial``).

As in ``etlc.sql.cores``, DuckDB's own tree is edited and printed by DuckDB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from etlc.sql.cores import Node, Read, Show, all_of, conjuncts, ctes_before, parsed, shown
from etlc.sql.pieces import words
from etlc.sql.quote import ident
from etlc.sql.reader import select_nodes
from etlc.sql.tree import function_name, without_places

COUNTS = words("count count_star count_if countif")
MEANS = words("avg mean")
WAYS = COUNTS | MEANS | words("sum min max bool_and bool_or bit_and bit_or bit_xor")
COLUMN, VALUE, COUNT, ROWS = "_etlc_k", "_etlc_p", "_etlc_c", "_etlc_n"
_EXACT = 2**53  # whole numbers up to this are doubles
_STATE = "_etlc_state"


@dataclass(frozen=True, slots=True)
class Kept:
    """The partial aggregates of a SELECT, in a table (quoted): its columns by name with their types, in order."""

    table: str
    columns: Sequence[tuple[str, ...]]
    names: Sequence[str]
    types: Mapping[str, str]


def partial_query(
    text: str, select: int, columns: Sequence[tuple[str, ...]], read: Read, show: Show
) -> tuple[str, tuple[str, ...]]:
    """The query of the partial aggregates of a SELECT (by its number in a text), one row for each value of ``columns``,
    and the function of each aggregate. Raises Unprintable.

    It gives ``_etlc_k0``, ... for the columns, ``_etlc_p0``, ... for the aggregates, beside a sum ``_etlc_c0`` for how many
    values it has, and ``_etlc_n`` for the rows.
    """
    tree = parsed(text, read)
    node = select_nodes(tree)[select]
    found = _aggregates(node)
    made = parsed(f"SELECT count(*) AS {ROWS} HAVING count(*) > 0", read)
    own = made["statements"][0]["node"]
    keys = [f"{'.'.join(map(ident, path))} AS {COLUMN}{at}" for at, path in enumerate(columns)]
    chosen = parsed(f"SELECT {', '.join(keys) or '1'}", read)["statements"][0]["node"]["select_list"] if keys else []
    for number, one in enumerate(found.values()):
        name = function_name(one)
        chosen.append({**_named(one, "sum" if name in MEANS else name), "alias": f"{VALUE}{number}"})
        if name in MEANS or name == "sum":
            chosen.append({**_named(one, "count"), "alias": f"{COUNT}{number}"})
    own["select_list"] = [*chosen, *own["select_list"]]
    if keys:
        own["aggregate_handling"] = "FORCE_AGGREGATES"
    own["from_table"] = node["from_table"]
    own["where_clause"] = all_of(list(conjuncts(node.get("where_clause"))))
    own["cte_map"] = {"map": ctes_before(tree["statements"][0]["node"], node)}
    return shown(made, read, show), tuple(function_name(one) for one in found.values())


def over_partials(text: str, kept: Mapping[int, Kept], rounds_once: bool, read: Read, show: Show) -> str:
    """A query over partial aggregates in place of the joined rows of some of its SELECTs (by number). ``rounds_once``:
    DuckDB works out the average of decimals in one division, as its 1.x did. Raises Unprintable."""
    tree = parsed(text, read)
    nodes = select_nodes(tree)
    for select, one in kept.items():
        _Over(nodes[select], one, rounds_once, read).edit()
    return shown(tree, read, show)


def state_columns(functions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The columns that a table of partial aggregates has behind its first ones, each with how two of its values are made
    one: the name of an aggregate."""
    for number, name in enumerate(functions):
        yield f"{VALUE}{number}", name if name not in COUNTS | MEANS else "sum"
        if name in MEANS or name == "sum":
            yield f"{COUNT}{number}", "sum"
    yield ROWS, "sum"


def adds_back(functions: Sequence[str]) -> bool:
    """Whether rows that go can be taken out of aggregates by these functions."""
    return all(name in COUNTS | MEANS or name == "sum" for name in functions)


class _Over:
    """A SELECT that is made to read partial aggregates."""

    def __init__(self, node: Node, kept: Kept, rounds_once: bool, read: Read) -> None:
        self.node, self.kept, self.rounds_once, self.read = node, kept, rounds_once, read
        self.numbers = {key: number for number, key in enumerate(_aggregates(node))}
        self.places = {path: number for number, path in enumerate(kept.columns)}

    def edit(self) -> None:
        own = parsed(f"SELECT 1 FROM {self.kept.table} AS {_STATE}", self.read)["statements"][0]["node"]
        for part, key in list(_clauses(self.node)):
            part[key] = self._made(part[key])
        for item, name in zip(self.node["select_list"], self.kept.names, strict=True):
            item["alias"] = item.get("alias") or name
        self.node["from_table"], self.node["where_clause"] = own["from_table"], None

    def _made(self, part: object) -> object:
        if isinstance(part, list):
            return [self._made(one) for one in part]
        if not isinstance(part, dict):
            return part
        if _adds(part):
            return self._expression(self._combined(self.numbers[_key(part)], function_name(part)), part)
        if part.get("class") == "COLUMN_REF":
            number = self.places.get(tuple(str(name).lower() for name in part["column_names"]))
            return part if number is None else self._expression(f"{_STATE}.{COLUMN}{number}", part)
        return {key: value if key == "subquery" else self._made(value) for key, value in part.items()}

    def _expression(self, text: str, instead_of: Node) -> Node:
        made: Node = parsed(f"SELECT {text}", self.read)["statements"][0]["node"]["select_list"][0]
        return {**made, "alias": instead_of.get("alias") or ""}

    def _combined(self, number: int, name: str) -> str:
        """An aggregate from its partial ones."""
        value, count = f"{_STATE}.{VALUE}{number}", f"sum({_STATE}.{COUNT}{number})"
        kind = self.kept.types[f"{VALUE}{number}"]
        if name in COUNTS:
            return f"CAST(coalesce(sum({value}), 0) AS {kind})"
        if name == "sum":
            return f"CASE WHEN {count} > 0 THEN CAST(sum({value}) AS {kind}) END"
        if name not in MEANS:
            return f"{name}({value})"
        digits = int(kind.rstrip(")").rpartition(",")[2]) if kind.startswith("DECIMAL") else 0
        whole = f"CAST(replace(CAST(sum({value}) AS VARCHAR), '.', '') AS HUGEINT)"
        mean = f"CAST(sum({value}) AS DOUBLE) / {count}"
        if digits and self.rounds_once:
            mean = f"CAST({whole} AS DOUBLE) / ({count} * {10**digits})"
        # Beyond that, the last digit is DuckDB's own affair: then the rows themselves are asked.
        return (
            f"CASE WHEN coalesce({count}, 0) = 0 THEN NULL WHEN abs({whole}) >= {_EXACT}"
            f" THEN CAST(error('a sum is too large for its average') AS DOUBLE) ELSE {mean} END"
        )


def _clauses(node: Node) -> Iterator[tuple[Node, str]]:
    """Where a SELECT has its expressions, but for FROM and WHERE."""
    for key in ("select_list", "group_expressions", "having", "qualify", "modifiers"):
        if node.get(key):
            yield node, key


def _aggregates(node: Node) -> dict[str, Node]:
    """The aggregates of a SELECT that are kept in parts, each once, by what is written."""
    found: dict[str, Node] = {}

    def visit(part: object) -> None:
        if isinstance(part, list):
            for one in part:
                visit(one)
        elif isinstance(part, dict):
            if _adds(part):
                found.setdefault(_key(part), part)
                return
            for key, value in part.items():
                if key != "subquery":
                    visit(value)

    for owner, key in _clauses(node):
        visit(owner[key])
    return found


def _adds(part: Node) -> bool:
    return part.get("class") == "FUNCTION" and not part.get("distinct") and function_name(part) in WAYS


def _key(part: Node) -> str:
    return json.dumps({**_plain(part), "alias": ""}, sort_keys=True)


def _plain(part: Node) -> Node:
    found = without_places(part)
    assert isinstance(found, dict)
    return found


def _named(call: Node, name: str) -> Node:
    """A call of another function."""
    made = {**call}
    if made.get("qualified_name"):
        path = made["qualified_name"]["path"]
        made["qualified_name"] = {**made["qualified_name"], "path": [*path[:-1], name]}
    else:
        made["function_name"] = name
    return made
