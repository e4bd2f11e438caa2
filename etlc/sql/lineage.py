"""Where the values of a query's columns come from: for people, never for deciding what is stale.

Only what flows into a value counts, not what filters or multiplies rows. Where a name may mean several columns, all
of them are given; where a query cannot be followed, all columns of all relations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from etlc.sql.aggregates import AGGREGATES
from etlc.sql.pieces import fold

KINDS = ("literal", "copy", "expression", "aggregation", "window")
_LITERAL, _COPY, _EXPRESSION, _AGGREGATION, _WINDOW = range(5)
_ROUNDS = 20
_REFUSED = frozenset(("Pivot", "Columns", "Command", "MatchRecognize", "Aliases", "PivotAlias"))
Tree = Any  # an sqlglot expression; sqlglot is never imported at the top of a module
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """The columns, as (relation, column), that an output column's values come from, and how."""

    sources: tuple[Pair, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class _Value:
    """What is known of an expression's value. ``rank`` is an index of KINDS."""

    sources: frozenset[Pair] = frozenset()
    rank: int = _LITERAL


_NOTHING = _Value()
_Row = list[tuple[str | None, _Value]]


class _Lost(Exception):
    """The query holds something that cannot be followed."""


@dataclass(slots=True)
class _From:
    """An entry of FROM. ``rest`` stands for columns whose names are not known."""

    key: str
    row: _Row
    rest: _Value | None = None
    shown: bool = True

    def get(self, name: str) -> list[_Value]:
        return [value for column, value in self.row if column is not None and fold(column) == name]


@dataclass(slots=True)
class _Frame:
    """What one SELECT can see."""

    parent: _Frame | None
    entries: list[_From] = field(default_factory=list)
    aliases: dict[str, Tree] = field(default_factory=dict)
    using: list[str] = field(default_factory=list)
    windows: Tree = None


_Ctes = dict[str, _Row]


def lineage(
    text: str, schema: Mapping[str, Sequence[tuple[str, str]]], outputs: Sequence[str]
) -> dict[str, ColumnLineage]:
    """For each output column of a query, named by ``outputs`` in the order of the select list, where it comes from."""
    import logging

    import sqlglot

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    everything = _Value(frozenset((name, column) for name, columns in schema.items() for column, _ in columns), 2)
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
        row = _Tracer(schema).query(trees[0], None, {}) if len(trees) == 1 else []
    except Exception:  # noqa: BLE001  sqlglot leaks many kinds, RecursionError too; the answer is then "everything"
        row = []
    if len(row) != len(outputs) or any(
        name is not None and fold(name) != fold(output) for (name, _), output in zip(row, outputs, strict=False)
    ):
        row = [(output, everything) for output in outputs]
    return {output: _shown(value) for (_, value), output in zip(row, outputs, strict=True)}


def _shown(value: _Value) -> ColumnLineage:
    return ColumnLineage(tuple(sorted(value.sources)), KINDS[value.rank])


def _union(values: Sequence[_Value]) -> _Value:
    """One value that may be any of these."""
    sources = frozenset[Pair]().union(*(value.sources for value in values))
    rank = max((value.rank for value in values), default=_LITERAL)
    mixed = rank == _COPY and any(value.rank == _LITERAL for value in values)
    return _Value(sources, _EXPRESSION if mixed else rank)


class _Tracer:
    """Follows one query."""

    def __init__(self, schema: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        from sqlglot import exp

        self.exp: Any = exp
        self.relations: _Ctes = {
            fold(name): [(column, _Value(frozenset({(name, column)}), _COPY)) for column, _ in columns]
            for name, columns in schema.items()
        }

    def query(self, node: Tree, parent: _Frame | None, ctes: _Ctes) -> _Row:
        """The output columns of a query."""
        ctes = self._with(node, parent, ctes)
        if isinstance(node, self.exp.Subquery):
            if node.args.get("pivots"):
                raise _Lost
            return self.query(node.this, parent, ctes)
        if isinstance(node, self.exp.SetOperation):
            return self._set_operation(node, parent, ctes)
        if isinstance(node, self.exp.Values):
            return self._values(node, _Frame(parent), ctes)
        if not isinstance(node, self.exp.Select):
            raise _Lost
        frame = _Frame(parent, windows=node.args.get("windows"))
        if node.args.get("from_") is not None:
            self._from(node.args["from_"].this, frame, ctes)
        self._joins(node, frame, ctes)
        for lateral in node.args.get("laterals") or []:
            self._from(lateral, frame, ctes)
        for item in node.expressions:
            if isinstance(item, self.exp.Alias):
                frame.aliases[fold(item.alias)] = item.this
        row: _Row = []
        for item in node.expressions:
            row.extend(self._item(item, frame, ctes))
        return row

    def _with(self, node: Tree, parent: _Frame | None, ctes: _Ctes) -> _Ctes:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        inner = dict(ctes)
        for cte in clause.expressions:
            name = fold(cte.alias)
            recursive = clause.args.get("recursive") and isinstance(cte.this, self.exp.SetOperation)
            seen = self._recursive(cte, name, parent, inner) if recursive else self.query(cte.this, parent, inner)
            inner[name] = _renamed(seen, cte.args["alias"])
        return inner

    def _recursive(self, cte: Tree, name: str, parent: _Frame | None, ctes: _Ctes) -> _Row:
        """Until a round adds nothing: the rows of one round are read by the next."""
        base = self.query(cte.this.this, parent, ctes)
        for _ in range(_ROUNDS):
            again = self.query(cte.this.expression, parent, {**ctes, name: _renamed(base, cte.args["alias"])})
            if len(again) != len(base):
                raise _Lost
            merged = [(key, _union([old, new])) for (key, old), (_, new) in zip(base, again, strict=True)]
            if merged == base:
                return base
            base = merged
        raise _Lost

    def _set_operation(self, node: Tree, parent: _Frame | None, ctes: _Ctes) -> _Row:
        left, right = self.query(node.this, parent, ctes), self.query(node.expression, parent, ctes)
        if node.args.get("by_name"):
            return _by_name(left, right)
        if len(left) != len(right):
            raise _Lost
        if isinstance(node, self.exp.Except):
            return left
        return [(name, _union([one, two])) for (name, one), (_, two) in zip(left, right, strict=True)]

    def _values(self, node: Tree, frame: _Frame, ctes: _Ctes) -> _Row:
        rows = [item.expressions if isinstance(item, self.exp.Tuple) else [item] for item in node.expressions]
        columns = zip(*rows, strict=True)
        return [(None, _union([self._value(item, frame, ctes) for item in column])) for column in columns]

    def _item(self, item: Tree, frame: _Frame, ctes: _Ctes) -> _Row:
        if isinstance(item, self.exp.Star):
            return self._star(item, [entry for entry in frame.entries if entry.shown], frame, ctes)
        if isinstance(item, self.exp.Column) and item.is_star:
            entries = [entry for entry in frame.entries if entry.key == fold(item.table)]
            if len(entries) != 1:
                raise _Lost
            return self._star(item.this, entries, _Frame(frame), ctes)
        named = isinstance(item, self.exp.Alias | self.exp.Column)
        return [(item.alias_or_name if named else None, self._value(item, frame, ctes))]

    def _star(self, star: Tree, entries: list[_From], frame: _Frame, ctes: _Ctes) -> _Row:
        """The columns that a star stands for; a USING column once, from both sides."""
        if any(entry.rest is not None and not entry.row for entry in entries):
            raise _Lost
        row: _Row = []
        for entry in entries:
            for name, value in entry.row:
                if name is not None and fold(name) in frame.using:
                    at = next((i for i, (old, _) in enumerate(row) if old and fold(old) == fold(name)), None)
                    if at is not None:
                        row[at] = (row[at][0], _union([row[at][1], value]))
                        continue
                row.append((name, value))
        without = {fold(column.name) for column in star.args.get("except_") or []}
        inner = frame if frame.entries or frame.parent is None else frame.parent
        replaced = {fold(i.alias): self._value(i.this, inner, ctes) for i in star.args.get("replace") or []}
        names = {fold(i.this.name): i.alias for i in star.args.get("rename") or []}
        kept = [(name, value) for name, value in row if name is None or fold(name) not in without]
        return [(names.get(fold(n or ""), n), replaced.get(fold(n or ""), value)) for n, value in kept]

    def _from(self, node: Tree, frame: _Frame, ctes: _Ctes) -> None:
        alias = node.args.get("alias")
        key = fold(alias.name) if alias is not None and alias.this is not None else ""
        if node.args.get("pivots"):
            raise _Lost
        if isinstance(node, self.exp.Table) and isinstance(node.this, self.exp.Identifier):
            row = None if node.args.get("db") else ctes.get(fold(node.name))
            row = self.relations.get(fold(node.name)) if row is None else row
            if row is None:
                raise _Lost
            frame.entries.append(_entry(key or fold(node.name), _renamed(row, alias)))
        elif isinstance(node, self.exp.Subquery) and isinstance(node.this, self.exp.Table):
            self._from(node.this, frame, ctes)
        elif isinstance(node, self.exp.Subquery | self.exp.Values):
            inner = self._values(node, frame, ctes) if isinstance(node, self.exp.Values) else None
            row = inner if inner is not None else self.query(node, frame, ctes)
            frame.entries.append(_entry(key, _renamed(row, alias)))
        elif isinstance(node, self.exp.Lateral) and isinstance(node.this, self.exp.Subquery):
            frame.entries.append(_entry(key, _renamed(self.query(node.this, frame, ctes), alias)))
        elif isinstance(node, self.exp.Table | self.exp.Unnest | self.exp.Lateral):
            inside = node.expressions if isinstance(node, self.exp.Unnest) else node.this
            made = _computed([self._value(inside, frame, ctes)])
            names = (alias.args.get("columns") or []) if alias is not None else []
            frame.entries.append(_From(key, [(item.name, made) for item in names], made))
        else:
            raise _Lost
        self._joins(node, frame, ctes)

    def _joins(self, node: Tree, frame: _Frame, ctes: _Ctes) -> None:
        for join in node.args.get("joins") or []:
            before = len(frame.entries)
            self._from(join.this, frame, ctes)
            new = frame.entries[before:]
            frame.using += [fold(column.name) for column in join.args.get("using") or []]
            if "NATURAL" in str(join.args.get("method") or "").upper():
                left = {fold(name) for entry in frame.entries[:before] for name, _ in entry.row if name}
                frame.using += [fold(name) for entry in new for name, _ in entry.row if name and fold(name) in left]
            if str(join.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
                for entry in new:
                    entry.shown = False

    def _value(self, node: Any, frame: _Frame, ctes: _Ctes, bound: frozenset[str] = frozenset()) -> _Value:
        """What flows into the value of an expression."""
        if isinstance(node, list):
            return _computed([self._value(item, frame, ctes, bound) for item in node])
        if not isinstance(node, self.exp.Expr) or isinstance(node, self.exp.Star | self.exp.DataType):
            return _NOTHING
        if type(node).__name__ in _REFUSED:
            raise _Lost
        if isinstance(node, self.exp.Column):
            return self._column(node, frame, ctes, bound)
        if isinstance(node, self.exp.Alias | self.exp.Paren):
            return self._value(node.this, frame, ctes, bound)
        if isinstance(node, self.exp.Exists):
            return self._whole(node.this, frame, ctes)
        if isinstance(node, self.exp.Query | self.exp.Values):
            return _union([value for _, value in self.query(node, frame, ctes)])
        if isinstance(node, self.exp.Lambda):
            bound |= {fold(parameter.name) for parameter in node.expressions}
        if isinstance(node, self.exp.Comprehension):
            parts = (node.args.get("expression"), node.args.get("position"))
            bound |= {fold(part.name) for part in parts if part is not None}
        values = [self._value(value, frame, ctes, bound) for value in node.args.values()]
        if isinstance(node, self.exp.Window):
            named = self._named_windows(frame, ctes) if node.args.get("alias") else _NOTHING
            return _computed([*values, named], _WINDOW)
        name = fold(str(node.name)) if isinstance(node, self.exp.Anonymous) else ""
        aggregate = isinstance(node, self.exp.AggFunc) or name in AGGREGATES
        return _computed(values, _AGGREGATION if aggregate else _LITERAL)

    def _named_windows(self, frame: _Frame, ctes: _Ctes) -> _Value:
        """The columns of every window that is declared here: WINDOW w AS (...)."""
        parts = [window.args.get(key) for window in frame.windows or [] for key in ("partition_by", "order", "spec")]
        return _computed([self._value(part, frame, ctes) for part in parts])

    def _whole(self, node: Tree, frame: _Frame, ctes: _Ctes) -> _Value:
        """For EXISTS: every column that stands anywhere in the subquery, in whichever of its scopes."""
        inner = _Frame(frame)
        for table in node.find_all(self.exp.Table):
            if isinstance(table.this, self.exp.Identifier):
                row = ctes.get(fold(table.name)) or self.relations.get(fold(table.name)) or []
                inner.entries.append(_From(fold(table.alias_or_name), row, _union([value for _, value in row])))
        values = [self._column(column, inner, ctes, frozenset()) for column in node.find_all(self.exp.Column)]
        return _computed([*values, _Value(rank=_EXPRESSION)])

    def _column(self, node: Tree, frame: _Frame, ctes: _Ctes, bound: frozenset[str]) -> _Value:
        names = [fold(part.name) for part in node.parts]
        if names[0] in bound:
            return _NOTHING
        found: list[_Value] = []
        here: _Frame | None = frame
        while here is not None:
            known, guesses = self._candidates(names, here, ctes, node)
            found += known or guesses
            if known:
                return _union(found)
            here = here.parent
        if not found:
            raise _Lost
        return _computed(found)

    def _candidates(self, names: list[str], here: _Frame, ctes: _Ctes, node: Tree) -> tuple[list[_Value], list[_Value]]:
        """What a name may mean in one frame: columns, fields of columns, aliases, whole rows; and mere guesses."""
        found: list[_Value] = []
        if len(names) > 1:
            for index in range(len(names) - 1):
                for entry in here.entries:
                    if entry.key == names[index]:
                        values = entry.get(names[index + 1])
                        fields = len(names) > index + 2
                        found += [_computed([value]) for value in values] if fields else values
            found += [_computed([value]) for entry in here.entries for value in entry.get(names[0])]
        else:
            found += [value for entry in here.entries if entry.shown for value in entry.get(names[0])]
            alias = here.aliases.get(names[0])
            if not found and alias is not None and not any(column is node for column in alias.find_all(type(node))):
                found.append(self._value(alias, here, ctes))
            if not found:
                rows = [entry for entry in here.entries if entry.key == names[0]]
                found += [_computed([value for _, value in e.row] + [e.rest or _NOTHING]) for e in rows]
        return found, [entry.rest for entry in here.entries if entry.rest is not None]


def _entry(key: str, row: _Row) -> _From:
    """An entry of FROM; columns without a name that is known may be meant by any name."""
    unnamed = [value for name, value in row if name is None]
    return _From(key, row, _union(unnamed) if unnamed else None)


def _computed(values: Sequence[_Value], rank: int = _LITERAL) -> _Value:
    """A value computed from others: at least an expression, if columns flow into it."""
    union = _union(values)
    least = _EXPRESSION if union.sources else _LITERAL
    return _Value(union.sources, max(union.rank if union.rank != _COPY else _EXPRESSION, least, rank))


def _renamed(row: _Row, alias: Tree) -> _Row:
    """The columns under the names of an alias, ``c(x, y)``."""
    listed = (alias.args.get("columns") or []) if alias is not None else []
    if len(listed) > len(row):
        raise _Lost
    names = [item.name for item in listed]
    return [(names[i] if i < len(names) else name, value) for i, (name, value) in enumerate(row)]


def _by_name(left: _Row, right: _Row) -> _Row:
    """UNION BY NAME: columns of one name together, those of one side only as well."""
    merged: dict[str, tuple[str | None, _Value]] = {}
    for name, value in (*left, *right):
        if name is None:
            raise _Lost
        old = merged.get(fold(name))
        merged[fold(name)] = (name, value) if old is None else (old[0], _union([old[1], value]))
    return list(merged.values())
