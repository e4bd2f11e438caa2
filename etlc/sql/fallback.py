"""PIVOT whose columns come from the data: DuckDB runs it, but shows no tree of it.

It shows one as soon as each ON column has an IN list. So each gets one, ``(column) IN (NULL)``, and what the query
reads and calls is found in that tree. Only facts come from it; what is run is the text as written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from etlc.sql.params import BoundSql
from etlc.sql.tokens import Token, depths, tokens_of
from etlc.sql.tree import Facts, read_tree

_SEGMENT_ENDS = frozenset({"pivot", "pivot_wider", "union", "intersect", "except", ";"})
_QUERY_STARTS = frozenset({"select", "with", "from", "values", "table", "pivot", "unpivot", "("})
_LIST_ENDS = frozenset({"using", "group", "order", "limit", "offset"})


def read_query(text: str, parse: Callable[[str], object]) -> Facts | None:
    """The facts of a query with PIVOT; None where it is no such query. ``parse`` is the binder's: a tree or an error."""
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
    """The text with an IN list for each column of each PIVOT statement. A query within IN goes before ON, as a join."""
    tokens = tokens_of(text)
    levels = depths(tokens)
    edits: list[tuple[int, int, str]] = []
    for on in _pivots(tokens, levels):
        for first, last in _items(tokens, levels, on):
            within = _query_within(tokens, levels, first, last)
            end = tokens[last if within is None else within - 2].end
            edits += [(tokens[first].start, 0, "("), (end, tokens[last].end - end, ") IN (NULL)")]
            if within is not None:
                query = text[tokens[within].start : tokens[last].end]
                edits.append((tokens[on].start, 0, f"CROSS JOIN {query} AS _etlc_values "))
    pieces, lengths, done = [], [], 0
    for start, old, new in sorted(edits):
        pieces += [text[done:start], new]
        lengths.append((start, old, len(new)))
        done = start + old
    return BoundSql("".join([*pieces, text[done:]]), edits=tuple(lengths))


def _pivots(tokens: list[Token], levels: list[int]) -> Iterator[int]:
    """The ON of each PIVOT statement. ``FROM t PIVOT (...)`` has its values always."""
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
            yield on


def _items(tokens: list[Token], levels: list[int], on: int) -> Iterator[tuple[int, int]]:
    """The first and the last token of each item of the list behind ON."""
    first = on + 1
    for place in range(on + 1, len(tokens) + 1):
        inside = place < len(tokens) and levels[place] >= levels[on]
        same = inside and levels[place] == levels[on]
        over = not inside or (same and tokens[place].name in _LIST_ENDS | _SEGMENT_ENDS)
        if over or (same and tokens[place].text == ","):
            if first < place:
                yield first, place - 1
            first = place + 1
        if over:
            return


def _query_within(tokens: list[Token], levels: list[int], first: int, last: int) -> int | None:
    """The bracket that opens ``(SELECT ...)`` behind the IN of an item."""
    for place in range(first + 1, last - 1):
        opens = tokens[place].name == "in" and levels[place] == levels[first] and tokens[place + 1].text == "("
        if opens and tokens[place + 2].name in _QUERY_STARTS:
            return place + 1
    return None
