"""The cores of a query (``etlc.ir.upkeep``) as queries of their own, and the query over some of their rows.

DuckDB's own tree is edited and printed by DuckDB. What it prints is read again, and must be the tree that was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from etlc.sql.reader import select_nodes
from etlc.sql.tree import without_places

Node = dict[str, Any]
Read = Callable[[str], Node | None]  # a text's tree
Show = Callable[[Node], str]  # a tree's text

KEY = "_etlc_k"


class Unprintable(Exception):
    """A tree that DuckDB does not print as it is."""


def core_query(
    text: str, select: int, inner: int, kept: Sequence[int], keys: Sequence[str], types: Sequence[str], read: Read, show: Show
) -> str:  # fmt: skip
    """The joined rows of a SELECT, by its number in a text: those that meet the ``kept`` ones of its conditions, with one
    join (by number, if not -1) made ``inner``. It gives ``keys`` as ``_etlc_k0``, ... of these types, or where there are
    none a 1. Raises Unprintable."""
    tree = parsed(text, read)
    node = select_nodes(tree)[select]
    chosen = ", ".join(
        f"CAST({key} AS {kind}) AS {KEY}{n}" for n, (key, kind) in enumerate(zip(keys, types, strict=True))
    )
    made = parsed(f"SELECT {chosen or f'1 AS {KEY}0'}", read)
    own = made["statements"][0]["node"]
    if inner >= 0:
        list(_joins(node["from_table"]))[inner]["join_type"] = "INNER"
    conditions = list(conjuncts(node.get("where_clause")))
    own["from_table"] = node["from_table"]
    own["where_clause"] = all_of([conditions[number] for number in kept])
    own["cte_map"] = {"map": ctes_before(tree["statements"][0]["node"], node)}
    return shown(made, read, show)


def restricted_query(
    text: str, keys: Mapping[int, Sequence[Sequence[str]]], types: Sequence[str], touched: str, read: Read, show: Show
) -> str:  # fmt: skip
    """A query over those rows of SELECTs of its own (by number) of which some keys are in a table ``touched``.
    Raises Unprintable."""
    tree = parsed(text, read)
    nodes = select_nodes(tree)
    for select, places in keys.items():
        any_of = " OR ".join(_among(one, types, touched) for one in places)
        (condition,) = _conjuncts_of(parsed(f"SELECT 1 WHERE ({any_of})", read))
        nodes[select]["where_clause"] = all_of([*conjuncts(nodes[select].get("where_clause")), condition])
    return shown(tree, read, show)


def _joins(node: Node) -> Iterator[Node]:
    """The joins of a FROM in the order of ``etlc.sql.syntax``: each before those on its left, and on its right."""
    if node.get("type") == "JOIN":
        yield node
        yield from _joins(node["left"])
        yield from _joins(node["right"])


def _among(keys: Sequence[str], types: Sequence[str], touched: str) -> str:
    same = " AND ".join(
        f"_etlc_t.{KEY}{n} IS NOT DISTINCT FROM CAST({key} AS {kind})"
        for n, (key, kind) in enumerate(zip(keys, types, strict=True))
    )
    return f"EXISTS (SELECT 1 FROM {touched} AS _etlc_t WHERE {same})"


def parsed(text: str, read: Read) -> Node:
    """The tree of one statement, to be edited. Raises Unprintable."""
    tree = read(text)
    if tree is None or len(tree.get("statements", [])) != 1:
        raise Unprintable
    return deepcopy(tree)


def shown(tree: Node, read: Read, show: Show) -> str:
    """The text of a tree, which read again is that tree. Raises Unprintable."""
    text = show(tree)
    if _filled(without_places(read(text))) != _filled(without_places(tree)):
        raise Unprintable
    return text


def _filled(tree: object) -> object:
    """A tree without what is empty: it is written now as nothing, now as an empty list."""
    if isinstance(tree, list):
        return [_filled(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: _filled(value) for key, value in tree.items() if value is not None and value != []}


def _conjuncts_of(tree: Node) -> list[Node]:
    return [tree["statements"][0]["node"]["where_clause"]]


def conjuncts(condition: Node | None) -> Iterator[Node]:
    """What AND takes a condition apart to."""
    if condition is None:
        return
    if condition.get("type") == "CONJUNCTION_AND":
        for child in condition["children"]:
            yield from conjuncts(child)
    else:
        yield condition


def all_of(conditions: Sequence[Node]) -> Node | None:
    """The condition that all of these hold."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return {**_AND, "children": list(conditions)}


_AND = {"class": "CONJUNCTION", "type": "CONJUNCTION_AND", "alias": ""}


def ctes_before(root: Node, target: Node) -> list[Node]:
    """The entries of WITH that a SELECT may name, those further out first. Raises Unprintable where one hides another."""
    found = _path(root, target, [])
    names = [str(entry["key"]).lower() for entry in found or []]
    if found is None or len(set(names)) < len(names):
        raise Unprintable
    return found


def _path(node: object, target: Node, seen: list[Node]) -> list[Node] | None:
    if isinstance(node, list):
        return next((found for item in node if (found := _path(item, target, seen)) is not None), None)
    if not isinstance(node, dict):
        return None
    for entry in (node.get("cte_map") or {}).get("map", []):
        found = _path(entry["value"], target, seen)
        if found is not None:
            return found
        seen = [*seen, entry]
    if node is target:
        return seen
    inner = (value for key, value in node.items() if key != "cte_map")
    return next((found for value in inner if (found := _path(value, target, seen)) is not None), None)
