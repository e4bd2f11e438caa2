"""The walk through a query's tree that shows each name to the lookup, in the scope where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etlc.sql.pieces import fold, words
from etlc.sql.scopes import (
    Entry,
    Found,
    Level,
    Lookup,
    Name,
    Outputs,
    Projection,
    Ref,
    Source,
    Tree,
    Unsure,
    parts_of,
    place_of,
)  # fmt: skip

# Forms that make columns from data or from spellings, or names that sqlglot does not keep.
_REFUSED = words(
    "Pivot Columns Command TableSample MatchRecognize Aliases PivotAlias Placeholder Parameter Historical"
    " UserDefinedFunction JSONTable XMLTable TableFromRows Hint Into Insert Update Delete Merge Create"
)
_CALLS_REFUSED = words("alias query query_table columns union_value struct_insert struct_update")
_NO_NAMES: frozenset[str] = frozenset()
_BODY = ("distinct", "expressions", "where", "group", "having", "qualify", "windows", "order", "limit", "offset")
_SELECT_ARGS = frozenset((*_BODY, "with_", "from_", "joins", "laterals", "kind", "operation_modifiers", "hint"))
_ODD_IN_FROM = ("pivots", "sample", "when", "version", "only", "partition", "ordinality")


@dataclass(frozen=True, slots=True)
class Cte:
    """A CTE in view: where it is written, its key for uses, its outputs."""

    source: Source
    outputs: Outputs


Ctes = Mapping[str, Cte]


def resolve(tree: Tree, schema: Mapping[str, Sequence[tuple[str, str]]]) -> Found:
    """All names of a query; raises Unsure where they cannot be followed."""
    walk = Walk(schema)
    outputs = walk.query(tree, None, {})
    for name in outputs.names:
        name.fixed = True
    return walk.lookup.found


class Walk:
    """One walk through one query."""

    def __init__(self, schema: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        from sqlglot import exp

        self.exp: Any = exp
        self.lookup = Lookup(schema)
        self.found = self.lookup.found

    def query(self, node: Tree, parent: Level | None, ctes: Ctes) -> Outputs:
        """A query of any form; gives its output columns."""
        ctes = self._with(node, parent, ctes)
        if isinstance(node, self.exp.Select):
            return self._select(node, parent, ctes)
        if isinstance(node, self.exp.SetOperation):
            return self._set_operation(node, parent, ctes)
        if isinstance(node, self.exp.Subquery):
            self._only(node, "this", "with_", "alias", "order", "limit", "offset")
            outputs = self.query(node.this, parent, ctes)
            self._tail(node, parent, ctes)
            return outputs
        if isinstance(node, self.exp.Values):
            self.expression(node.args.get("expressions"), Level(parent), ctes, _NO_NAMES)
            return Outputs([], known=False)
        raise Unsure

    def _only(self, node: Tree, *names: str) -> None:
        if any(value and key not in names for key, value in node.args.items()):
            raise Unsure

    def _with(self, node: Tree, parent: Level | None, ctes: Ctes) -> Ctes:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        if clause.args.get("recursive"):
            raise Unsure
        inner = dict(ctes)
        for cte in clause.expressions:
            self._only(cte, "this", "alias", "materialized")
            alias = cte.args["alias"]
            outputs = self._renamed(self.query(cte.this, parent, inner), alias)
            place = place_of(alias.this)
            source = Source(fold(alias.name), place, {})
            self.found.ctes.append((place, source))
            inner[fold(alias.name)] = Cte(source, outputs)
        return inner

    def _renamed(self, outputs: Outputs, alias: Tree) -> Outputs:
        """The outputs under the column names of an alias, ``c(x, y)``."""
        listed = (alias.args.get("columns") or []) if alias is not None else []
        if not listed:
            return outputs
        names = [Name(item.name, place_of(item)) for item in listed]
        self.found.listed.extend(zip([name.place for name in names], names, strict=True))
        known = outputs.known and len(names) == len(outputs.names)
        rest = [] if known else outputs.names[len(names) :]
        for name in rest:
            name.fixed = True
        return Outputs(names + rest, known)

    def _set_operation(self, node: Tree, parent: Level | None, ctes: Ctes) -> Outputs:
        self._only(node, "this", "expression", "with_", "distinct", "by_name", "order", "limit", "offset")
        left = self.query(node.this, parent, ctes)
        right = self.query(node.expression, parent, ctes)
        self._tail(node, parent, ctes)
        if not node.args.get("by_name"):
            return left
        for name in (*left.names, *right.names):
            name.fixed = True
        return Outputs(left.names, known=False)

    def _tail(self, node: Tree, parent: Level | None, ctes: Ctes) -> None:
        """ORDER BY behind a set operation or parentheses: its names are output columns, so they stay."""
        order = node.args.get("order")
        if order is not None:
            if order.find(self.exp.Query):
                raise Unsure
            for column in order.find_all(self.exp.Column):
                self.lookup.keep(*(part.name for part in parts_of(column)))
        for key in ("limit", "offset"):
            self.expression(node.args.get(key), Level(parent), ctes, _NO_NAMES)

    def _select(self, node: Tree, parent: Level | None, ctes: Ctes) -> Outputs:
        if any(value and key not in _SELECT_ARGS for key, value in node.args.items()):
            raise Unsure
        level = Level(parent)
        if node.args.get("from_") is not None:
            self._from(node.args["from_"].this, level, ctes)
        self._joins(node, level, ctes)
        for item in node.expressions:
            self._alias(item, level)
        for key in _BODY:
            self.expression(node.args.get(key), level, ctes, _NO_NAMES)
        return self._outputs(node, level)

    def _alias(self, item: Tree, level: Level) -> None:
        """Note the alias of an item of the select list; the name DuckDB gives an unnamed one counts where it may."""
        if isinstance(item, self.exp.Alias):
            if item.this.is_star:
                raise Unsure
            name = Name(item.args["alias"].name, place_of(item.args["alias"]))
            if fold(name.text) in level.aliases:
                self.lookup.keep(name.text)
            level.aliases[fold(name.text)] = (name, item.this)
        elif isinstance(item, self.exp.Column | self.exp.Dot) and item.output_name and len(parts_of(item)) != 1:
            plain = isinstance(item, self.exp.Column) and len(parts_of(item)) == 2
            if not plain or any(fold(item.table) in source.columns for source in level.sources):
                level.aliases.setdefault(fold(item.output_name), (Name(item.output_name, -1, True), None))

    def _outputs(self, node: Tree, level: Level) -> Outputs:
        outputs = Outputs([])
        # DuckDB names these by their text, which no identifier without quotes can be equal to.
        plain = (self.exp.Func, self.exp.Binary, self.exp.Literal, self.exp.Subquery, self.exp.Window)
        wild = False
        for item in node.expressions:
            if isinstance(item, self.exp.Alias):
                self._aliased(item, level, outputs)
            elif isinstance(item, self.exp.Star) or (isinstance(item, self.exp.Column) and item.is_star):
                self._star(item, level, outputs)
            elif isinstance(item, self.exp.Column) and (ref := self.found.refs.get(place_of(parts_of(item)[0]))):
                wild |= not self._plain(item, ref, outputs)
            else:
                outputs.known = False
                if isinstance(item, self.exp.Column):
                    outputs.names.append(Name(item.name, -1, True))
                wild |= not isinstance(item, plain) or isinstance(item, self.exp.Dot)
            wild |= item.find(self.exp.Unnest, self.exp.Explode) is not None
        wild |= any(not source.known for source in level.sources) and node.is_star
        if wild:  # there may be a column of any name, and of two columns of one name DuckDB renames the second
            self.lookup.keep(*(name.text for name in outputs.names))
        outputs.columns()
        return outputs

    def _aliased(self, item: Tree, level: Level, outputs: Outputs) -> None:
        name, _ = level.aliases[fold(item.args["alias"].name)]
        place = place_of(item.args["alias"])
        if name.place != place:
            name = Name(item.args["alias"].name, place, True)
        if item.find(self.exp.Unnest, self.exp.Explode):
            outputs.known = False
            name.fixed = True
        column = item.this if isinstance(item.this, self.exp.Column) else None
        ref = self.found.refs.get(place_of(parts_of(column)[0])) if column is not None else None
        self.found.projections.append(Projection(name, place, True, ref))
        outputs.names.append(name)

    def _plain(self, item: Tree, ref: Ref, outputs: Outputs) -> bool:
        """A plain column; False if it is a field of one."""
        fields = len(ref.places) - (2 if ref.qualified else 1)
        if ref.name is None or fields or ref.source is None:
            outputs.known = False
            return False
        name = Name(ref.name.text if ref.name.fixed else item.name, ref.places[-1])
        self.found.projections.append(Projection(name, ref.places[-1], False, ref))
        outputs.names.append(name)
        return True

    def _star(self, item: Tree, level: Level, outputs: Outputs) -> None:
        star = item.this if isinstance(item, self.exp.Column) else item
        if star.args.get("replace") or star.args.get("rename"):
            raise Unsure
        without = {fold(column.name) for column in star.args.get("except_") or []}
        self.lookup.keep(*without)
        sources = [source for source in level.sources if not source.hidden]
        if isinstance(item, self.exp.Column):
            if len(parts_of(item)) != 2:
                raise Unsure
            key = fold(item.table)
            sources = [source for source in sources if source.key == key]
            if len(sources) != 1 or any(key in source.columns for source in level.sources):
                raise Unsure
            self.found.refs[place_of(item.args["table"])] = Ref([place_of(item.args["table"])], sources[0], None, True)
        for source in sources:
            outputs.known &= source.known
            passed = [name for key, name in source.columns.items() if key not in without]
            merged = {fold(name.text) for name in outputs.names} & level.using
            outputs.names.extend(name for name in passed if fold(name.text) not in merged)

    def _from(self, node: Tree, level: Level, ctes: Ctes) -> None:
        """An entry of FROM, with the joins that stand behind it within parentheses."""
        if any(node.args.get(key) for key in _ODD_IN_FROM):
            raise Unsure
        alias = node.args.get("alias")
        if isinstance(node, self.exp.Lateral):
            self._lateral(node, alias, level, ctes)
        elif isinstance(node, self.exp.Table):
            self._table(node, alias, level, ctes)
        elif isinstance(node, self.exp.Subquery) and isinstance(node.this, self.exp.Table):
            if alias is not None:
                raise Unsure
            self._from(node.this, level, ctes)
        elif isinstance(node, self.exp.Subquery):
            outputs = self.query(node, level, ctes)
            self._entry(alias, self._renamed(outputs, alias), level)
        elif isinstance(node, self.exp.Unnest | self.exp.Values):
            self.expression(node.args.get("expressions"), level, ctes, _NO_NAMES)
            self._entry(alias, self._renamed(Outputs([], known=False), alias), level)
        else:
            raise Unsure
        if not isinstance(node, self.exp.Subquery) or isinstance(node.this, self.exp.Table):
            self._joins(node, level, ctes)
        elif node.args.get("joins"):
            raise Unsure

    def _lateral(self, node: Tree, alias: Tree, level: Level, ctes: Ctes) -> None:
        if not isinstance(node.this, self.exp.Subquery) or node.args.get("view") or node.args.get("outer"):
            raise Unsure
        self._entry(alias, self._renamed(self.query(node.this, level, ctes), alias), level)

    def _table(self, node: Tree, alias: Tree, level: Level, ctes: Ctes) -> None:
        named = node.this
        if not isinstance(named, self.exp.Identifier):
            self.expression(named, level, ctes, _NO_NAMES)
            self._entry(alias, self._renamed(Outputs([], known=False), alias), level)
            return
        place = place_of(named)
        if node.args.get("catalog") or (node.args.get("db") and fold(node.db) != "main"):
            raise Unsure
        cte = None if node.args.get("db") else ctes.get(fold(node.name))
        if cte is not None:
            self.found.cte_uses.append((place, cte.source))
            outputs = cte.outputs
        else:
            relation = self.lookup.relation(node.name, place)
            self.found.plain.add(place)
            outputs = Outputs(list(relation.columns.values()))
        outputs = self._renamed(outputs, alias)
        aliased = alias is not None and alias.this is not None
        key = fold(alias.name) if aliased else fold(node.name)
        source = Source(key, place_of(alias.this) if aliased else place, outputs.columns(), outputs.known)
        self._add(source, level)
        self.found.entries.append(Entry(source, source.place, aliased))

    def _entry(self, alias: Tree, outputs: Outputs, level: Level) -> None:
        """A derived table or a function in FROM; without an alias it has no name that could be used."""
        named = alias is not None and alias.this is not None
        place = place_of(alias.this) if named else -1
        columns = outputs.columns()
        source = Source(fold(alias.name) if named else "", place, columns, outputs.known)
        if not outputs.known:
            self.lookup.keep(*(name.text for name in outputs.names))
        self._add(source, level)
        if named:
            self.found.entries.append(Entry(source, place, True))
            if not outputs.known:
                self.lookup.keep(source.key)

    def _add(self, source: Source, level: Level) -> None:
        if source.key and any(other.key == source.key for other in level.sources):
            raise Unsure
        level.sources.append(source)

    def _joins(self, node: Tree, level: Level, ctes: Ctes) -> None:
        if node.args.get("laterals"):
            raise Unsure
        for join in node.args.get("joins") or []:
            method, kind = str(join.args.get("method") or ""), str(join.args.get("kind") or "")
            if "NATURAL" in method.upper() or join.args.get("pivots") or join.args.get("match_condition"):
                raise Unsure
            before = len(level.sources)
            self._from(join.this, level, ctes)
            for column in join.args.get("using") or []:
                self.lookup.keep(column.name)
                level.using.add(fold(column.name))
            self.expression(join.args.get("on"), level, ctes, _NO_NAMES)
            if kind.upper() in ("SEMI", "ANTI"):
                for source in level.sources[before:]:
                    source.hidden = True

    def expression(self, node: Any, level: Level, ctes: Ctes, bound: frozenset[str]) -> None:
        """All columns and subqueries below a node; ``bound`` are the parameters of the lambdas around it."""
        if isinstance(node, list):
            for item in node:
                self.expression(item, level, ctes, bound)
            return
        if not isinstance(node, self.exp.Expr):
            return
        if type(node).__name__ in _REFUSED:
            raise Unsure
        if isinstance(node, self.exp.Column):
            if not node.is_star:
                self.lookup.column(node, level, bound)
            return
        if isinstance(node, self.exp.Star):
            return
        if isinstance(node, self.exp.Query | self.exp.Values):
            if bound:
                raise Unsure
            self.query(node, level, ctes)
            return
        bound = self._bound(node, bound)
        for value in node.args.values():
            self.expression(value, level, ctes, bound)

    def _bound(self, node: Tree, bound: frozenset[str]) -> frozenset[str]:
        """Check a node of an expression; with the names that a lambda or a comprehension adds."""
        if isinstance(node, self.exp.Anonymous) and fold(str(node.name)) in _CALLS_REFUSED:
            raise Unsure
        if isinstance(node, self.exp.Struct) and not all(isinstance(i, self.exp.PropertyEQ) for i in node.expressions):
            raise Unsure
        if isinstance(node, self.exp.Lambda):
            added = [parameter.name for parameter in node.expressions]
        elif isinstance(node, self.exp.Comprehension):
            added = [part.name for key in ("expression", "position") if (part := node.args.get(key)) is not None]
        else:
            return bound
        self.lookup.keep(*added)
        return bound | {fold(name) for name in added}
