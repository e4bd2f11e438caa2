"""PIVOT whose columns come from the data: DuckDB runs it, but shows no tree of it.

It shows one as soon as each ON column has an IN list. So each gets one, ``(column) IN (NULL)``, and what the query
reads and calls is found in that tree. Only facts come from it; what is run is the text as written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from etlc.ir.binding import SqlError
from etlc.sql.params import BoundSql
from etlc.sql.tokens import Token, depths, tokens_of
from etlc.sql.tree import Facts, read_tree

_SEGMENT_ENDS = frozenset({"pivot", "pivot_wider", "union", "intersect", "except", ";"})
_LIST_ENDS = frozenset({"using", "group", "order", "limit", "offset"})


def read_query(text: str, parse: Callable[[str], dict[str, Any] | SqlError]) -> Facts | None:
    """The facts of a query with PIVOT; None where it is no such query. ``parse`` is the binder's."""
    listed = _with_lists(text)
    tree = parse(listed.text) if listed.edits else None
    if not isinstance(tree, dict) or len(tree.get("statements", [])) != 1:
        return None
    facts = read_tree(tree, listed.text)
    tables = tuple(replace(table, offset=_written(listed, table.offset)) for table in facts.tables)
    functions = tuple(replace(call, offset=_written(listed, call.offset)) for call in facts.functions)
    whole = facts.whole | {table.name.lower() for table in tables}
    return None if facts.refused else replace(facts, tables=tables, functions=functions, whole=whole, dynamic=True)


def _written(listed: BoundSql, offset: int | None) -> int | None:
    return None if offset is None else listed.written(offset)


def _with_lists(text: str) -> BoundSql:
    """The text with an IN list for each column of each PIVOT statement."""
    pieces, edits, last = [], [], 0
    for start, end in sorted(_columns(tokens_of(text))):
        pieces += [text[last:start], "(", text[start:end], ") IN (NULL)"]
        edits += [(start, 0, 1), (end, 0, len(") IN (NULL)"))]
        last = end
    return BoundSql("".join([*pieces, text[last:]]), edits=tuple(edits))


def _columns(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Where the ON columns of PIVOT statements start and end. ``FROM t PIVOT (...)`` has its values always."""
    levels = depths(tokens)
    for index, token in enumerate(tokens):
        if token.name not in ("pivot", "pivot_wider") or token.kind != "word":
            continue
        level, on = levels[index], None
        for place in range(index + 1, len(tokens)):
            name = tokens[place].name
            if levels[place] < level or (levels[place] == level and name in _SEGMENT_ENDS):
                break
            if levels[place] == level + 1 and name == "for" and tokens[index + 1].text == "(" and on is None:
                break
            if levels[place] == level and name == "on":
                on = place  # the last one: those before belong to joins
        if on is not None:
            yield from _items(tokens, levels, on)


def _items(tokens: list[Token], levels: list[int], on: int) -> Iterator[tuple[int, int]]:
    """The items of the list behind ON, which are separated by commas."""
    first: Token | None = None
    before = tokens[on]
    for place in range(on + 1, len(tokens)):
        token = tokens[place]
        same = levels[place] == levels[on]
        if levels[place] < levels[on] or (same and token.name in _LIST_ENDS | _SEGMENT_ENDS):
            break
        if same and token.text == ",":
            if first is not None:
                yield first.start, before.end
            first = None
        elif first is None:
            first = token
        before = token
    if first is not None:
        yield first.start, before.end
