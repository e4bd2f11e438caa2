"""From DuckDB's own tree (``json_serialize_sql``) to :mod:`etlc.sql.syntax`. Its shape differs from 1.5 to 2.0."""

from __future__ import annotations

from typing import Any

from etlc.sql.syntax import (
    Combined,
    Computed,
    Cte,
    Derived,
    Expr,
    From,
    Join,
    Opaque,
    Order,
    Over,
    Query,
    Recursion,
    Rows,
    Select,
    Table,
    Tail,
)

Node = dict[str, Any]
_NO_PLACE = 2**63
_COMPARES = {
    "COMPARE_EQUAL": "=", "COMPARE_NOTEQUAL": "<>", "COMPARE_LESSTHAN": "<", "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=", "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_DISTINCT_FROM": "is distinct from", "COMPARE_NOT_DISTINCT_FROM": "is not distinct from",
}  # fmt: skip
_OPERATORS = {
    "OPERATOR_NOT": "not", "OPERATOR_IS_NULL": "is_null", "OPERATOR_IS_NOT_NULL": "is_not_null", "COMPARE_IN": "in",
}  # fmt: skip
_LITERALS = {"STRING": "VARCHAR", "NULL_LITERAL": "NULL"}


class Unreadable(Exception):
    """The tree holds something that this module does not know."""


def read_syntax(tree: Node, text: str) -> Query | None:
    """The query of a parsed text (what the binder's ``parse`` gave for it); None where it cannot be read."""
    try:
        return _Reader(text).query(tree["statements"][0]["node"])
    except (Unreadable, KeyError, IndexError, TypeError, ValueError, RecursionError):
        return None


def select_nodes(tree: Node) -> list[Node]:
    """The nodes of all SELECTs of a query that :func:`read_syntax` can read, each at its number."""
    reader = _Reader("")
    reader.query(tree["statements"][0]["node"])
    return reader.selects


class _Reader:
    def __init__(self, text: str) -> None:
        self.selects: list[Node] = []
        self._bytes = None if text.isascii() else text.encode()

    def place(self, node: Node) -> int | None:
        """Where a node is written, in characters."""
        place = node.get("query_location", _NO_PLACE)
        if not isinstance(place, int) or place >= _NO_PLACE:
            return None
        return place if self._bytes is None else len(self._bytes[:place].decode(errors="ignore"))

    def query(self, node: Node) -> Query:
        kind = node["type"]
        if kind == "SELECT_NODE":
            return self._select(node)
        if kind == "SET_OPERATION_NODE":
            operation, _, named = str(node["setop_type"]).lower().partition("_")
            arms = node.get("children") or [node["left"], node["right"]]
            return Combined(
                operation, bool(node.get("setop_all", True)), named == "by_name", tuple(map(self.query, arms)), self._tail(node)
            )  # fmt: skip
        if kind == "RECURSIVE_CTE_NODE":
            keyed = bool(node.get("key_targets"))
            return Recursion(
                self.query(node["left"]), self.query(node["right"]), bool(node.get("union_all")), self._tail(node), keyed
            )  # fmt: skip
        if kind == "CTE_NODE":
            return self.query(node["child"])
        raise Unreadable(kind)

    def _select(self, node: Node) -> Select:
        number = len(self.selects)
        self.selects.append(node)
        tail = self._tail(node)
        sets = node.get("group_sets") or []
        source = node.get("from_table") or {"type": "EMPTY"}
        return Select(
            tuple(map(self.expr, node["select_list"])),
            None if source["type"] == "EMPTY" else self._from(source),
            tail,
            self._maybe(node.get("where_clause")),
            tuple(map(self.expr, node.get("group_expressions") or [])),
            node.get("aggregate_handling") == "FORCE_AGGREGATES",
            len(sets) > 1,
            self._maybe(node.get("having")),
            self._maybe(node.get("qualify")),
            bool(node.get("sample")),
            tuple(tuple(map(int, one)) for one in sets),
            number,
        )

    def _tail(self, node: Node) -> Tail:
        ctes = tuple(self._cte(entry) for entry in (node.get("cte_map") or {}).get("map") or [])
        found: dict[str, Any] = {"ctes": ctes}
        for modifier in node.get("modifiers") or []:
            kind = modifier["type"]
            if kind == "DISTINCT_MODIFIER":
                targets = tuple(map(self.expr, modifier.get("distinct_on_targets") or []))
                found["distinct_on" if targets else "distinct"] = targets or True
            elif kind == "ORDER_MODIFIER":
                found["order"] = tuple(map(self._order, modifier.get("orders") or []))
                found["order_all"] = any(
                    order["expression"]["class"] == "STAR" and not order["expression"].get("expr")
                    for order in modifier.get("orders") or []
                )
            elif kind in ("LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER"):
                found |= self._limit(modifier, kind)
        return Tail(**found)

    def _limit(self, modifier: Node, kind: str) -> dict[str, Any]:
        counts = tuple(self.expr(modifier[key]) for key in ("limit", "offset") if modifier.get(key))
        if not modifier.get("limit"):
            return {"limit": -1, "limit_start": self.place(modifier.get("offset") or {}), "counts": counts}
        limit = counts[0]
        plain = kind == "LIMIT_MODIFIER" and limit.kind == "literal" and limit.name.isdecimal()
        return {"limit": int(limit.name) if plain else -1, "limit_start": limit.start, "counts": counts}

    def _cte(self, entry: Node) -> Cte:
        value = entry["value"]
        inner = value.get("query_node") or value["query"]["node"]
        recursive = inner["type"] == "RECURSIVE_CTE_NODE"
        return Cte(str(entry["key"]), tuple(value.get("aliases") or ()), self.query(inner), recursive)

    def _from(self, node: Node) -> From:
        kind = node["type"]
        alias, columns = str(node.get("alias") or ""), tuple(node.get("column_name_alias") or ())
        if kind == "BASE_TABLE":
            if node.get("schema_name") or node.get("catalog_name") or node.get("at_clause"):
                raise Unreadable("a qualified table")
            return Table(str(node["table_name"]), alias, columns, self.place(node))
        if kind == "SUBQUERY":
            return Derived(self.query(_node_of(node["subquery"])), alias, columns, self.place(node))
        if kind == "TABLE_FUNCTION":
            return Computed(self.expr(node["function"]), alias, columns, self.place(node))
        if kind == "EXPRESSION_LIST":
            rows = tuple(tuple(map(self.expr, row)) for row in node["values"])
            return Rows(rows, alias, columns)
        if kind == "PIVOT":
            return Opaque(self._from(node["source"]) if node.get("source") else None, alias, _pivot_groups(node))
        if kind == "JOIN":
            return self._join(node)
        raise Unreadable(kind)

    def _join(self, node: Node) -> Join:
        form = str(node["ref_type"]).lower()
        if form == "cross" and node.get("is_implicit", self.place(node) is None):
            form = "comma"
        if form not in ("regular", "natural", "asof", "positional", "cross", "comma"):
            raise Unreadable(form)
        return Join(
            self._from(node["left"]), self._from(node["right"]), str(node.get("join_type", "INNER")).lower().replace("outer", "full"),
            form, self._maybe(node.get("condition")), tuple(map(str, node.get("using_columns") or ())), self.place(node),
        )  # fmt: skip

    def _maybe(self, node: Node | None) -> Expr | None:
        return self.expr(node) if node else None

    def _order(self, node: Node) -> Order:
        return Order(self.expr(node["expression"]), node.get("type") == "DESCENDING")

    def expr(self, node: Node) -> Expr:
        """An expression."""
        make = _MAKERS.get(str(node["class"]))
        found = make(self, node) if make else self._other(node)
        alias = str(node.get("alias") or "")
        return _with(found, alias, self._start(node, found))

    def _start(self, node: Node, found: Expr) -> int | None:
        """The first character: of an operator, DuckDB 1.5 gives its sign's place, and not its left side's."""
        places = [place for place in (self.place(node), *(part.start for part in found.args)) if place is not None]
        return min(places, default=None)

    def _column(self, node: Node) -> Expr:
        return Expr("column", path=tuple(map(str, node["column_names"])))

    def _constant(self, node: Node) -> Expr:
        if "literal" in node:
            literal = node["literal"]
            kind, text = str(literal.get("kind")), str(literal.get("text", ""))
            if kind in ("INTEGER", "NUMERIC"):
                return Expr("literal", text, type=_integer_type(text) if kind == "INTEGER" else _number_type(text))
            return Expr("literal", text, type=_LITERALS.get(kind, kind))
        value = node["value"]
        if value.get("is_null"):
            return Expr("literal", "", type="NULL")
        text, found = str(value.get("value")), _literal_type(value["type"])
        if found.startswith("DECIMAL"):
            scale = int(value["type"]["type_info"]["scale"])
            digits = text.lstrip("-").rjust(scale + 1, "0")
            text = text[: text.startswith("-")] + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)
        return Expr("literal", text, type=found)

    def _call(self, node: Node) -> Expr:
        name = str((node.get("qualified_name") or {}).get("path", [node.get("function_name")])[-1]).lower()
        order = tuple(map(self._order, (node.get("order_bys") or {}).get("orders") or []))
        return Expr(
            "call", name, self._arguments(node), order=order,
            filter=self._maybe(node.get("filter")), distinct=bool(node.get("distinct")),
        )  # fmt: skip

    def _arguments(self, node: Node) -> tuple[Expr, ...]:
        children = node.get("children") or [one["expression"] for one in node.get("arguments") or []]
        return tuple(map(self.expr, children))

    def _window(self, node: Node) -> Expr:
        call = self._call(node)
        over = Over(
            tuple(map(self.expr, node.get("partitions") or [])),
            tuple(map(self._order, node.get("orders") or [])),
            "ROWS" in f"{node.get('start')}{node.get('end')}",
            tuple(self.expr(node[key]) for key in ("start_expr", "end_expr") if node.get(key)),
        )
        arguments = tuple(self.expr(node[key]) for key in ("offset_expr", "default_expr") if node.get(key))
        return Expr(
            "window", call.name, call.args + arguments, order=tuple(map(self._order, node.get("arg_orders") or [])),
            filter=self._maybe(node.get("filter_expr") or node.get("filter")), distinct=call.distinct, over=over,
        )  # fmt: skip

    def _cast(self, node: Node) -> Expr:
        target = _written_type(node["type_expr"]) if "type_expr" in node else _literal_type(node["cast_type"])
        child = self.expr(node["child"])
        if target == "BOOLEAN" and child.kind == "literal" and child.name in ("t", "f"):
            return Expr("literal", "true" if child.name == "t" else "false", type=target)  # how 1.5 reads TRUE
        return Expr("cast", "try_cast" if node.get("try_cast") else "cast", (child,), type=target)

    def _compare(self, node: Node) -> Expr:
        return Expr("compare", _COMPARES[node["type"]], (self.expr(node["left"]), self.expr(node["right"])))

    def _conjunction(self, node: Node) -> Expr:
        return Expr("and" if node["type"] == "CONJUNCTION_AND" else "or", args=self._arguments(node))

    def _between(self, node: Node) -> Expr:
        return Expr("between", args=tuple(self.expr(node[key]) for key in ("input", "lower", "upper")))

    def _operator(self, node: Node) -> Expr:
        kind, args = str(node["type"]), self._arguments(node)
        if kind == "COMPARE_NOT_IN":
            return Expr("not", args=(Expr("in", args=args, start=args[0].start),))
        if kind in _OPERATORS:
            return Expr(_OPERATORS[kind], args=args)
        return Expr("call", kind.removeprefix("OPERATOR_").lower(), args)

    def _case(self, node: Node) -> Expr:
        args = [self.expr(check[key]) for check in node["case_checks"] for key in ("when_expr", "then_expr")]
        return Expr("case", args=(*args, self.expr(node["else_expr"])))

    def _subquery(self, node: Node) -> Expr:
        kind = str(node["subquery_type"])
        query = self.query(_node_of(node["subquery"]))
        if kind in ("EXISTS", "NOT_EXISTS"):
            found = Expr("exists", query=query, start=self.place(node))
            return found if kind == "EXISTS" else Expr("not", args=(found,))
        if kind == "ANY" and node.get("child"):
            name = _COMPARES.get(str(node.get("comparison_type")), "")
            return Expr("in_query", name, (self.expr(node["child"]),), query=query)
        return Expr("scalar", query=query)

    def _star(self, node: Node) -> Expr:
        named = any(one["key"].get("table") for one in node.get("rename_list") or ())
        if node.get("columns") or node.get("expr") or node.get("qualified_exclude_list") or named:
            return Expr("other", "columns")
        excluded = tuple(str(name) for name in node.get("exclude_list") or ())
        replaced = tuple((str(one["key"]), self.expr(one["value"])) for one in node.get("replace_list") or ())
        renamed = tuple((str(one["key"]["column"]), str(one["value"])) for one in node.get("rename_list") or ())
        return Expr("star", str(node.get("relation_name") or ""), excluded=excluded, replaced=replaced, renamed=renamed)

    def _lambda(self, node: Node) -> Expr:
        return Expr("lambda", args=(self.expr(node["lhs"]), self.expr(node["expr"])))

    def _other(self, node: Node) -> Expr:
        """Anything else: what is written within is kept."""
        inside: list[Expr] = []
        for value in node.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict) and "class" in item:
                    inside.append(self.expr(item))
        kinds = {"POSITIONAL_REFERENCE": "position", "PARAMETER": "param"}
        return Expr(kinds.get(str(node["class"]), "other"), str(node["type"]).lower(), tuple(inside))


_MAKERS = {
    "COLUMN_REF": _Reader._column, "CONSTANT": _Reader._constant, "FUNCTION": _Reader._call, "WINDOW": _Reader._window,
    "CAST": _Reader._cast, "COMPARISON": _Reader._compare, "CONJUNCTION": _Reader._conjunction,
    "BETWEEN": _Reader._between, "OPERATOR": _Reader._operator, "CASE": _Reader._case, "SUBQUERY": _Reader._subquery,
    "STAR": _Reader._star, "LAMBDA": _Reader._lambda,
}  # fmt: skip


def _with(expr: Expr, alias: str, start: int | None) -> Expr:
    object.__setattr__(expr, "alias", alias)  # it was made for this node a moment ago, and nobody else has it
    object.__setattr__(expr, "start", start)
    return expr


def _node_of(subquery: Node) -> Node:
    node: Node = subquery.get("node") or subquery.get("query_node") or subquery
    return node


def _pivot_groups(node: Node) -> tuple[str, ...]:
    """The columns of GROUP BY in a PIVOT whose values are all written out, without queries within."""
    pivots = node.get("pivots") or []
    fixed = bool(pivots) and all(one.get("entries") and not one.get("pivot_enum") for one in pivots)
    if not fixed or node.get("unpivot_names") or node.get("column_name_alias") or not node.get("aggregates"):
        return ()
    stack: list[Any] = [node["aggregates"], pivots]
    while stack:
        here = stack.pop()
        if isinstance(here, dict) and here.get("class") == "SUBQUERY":
            return ()
        stack.extend(here.values() if isinstance(here, dict) else here if isinstance(here, list) else ())
    return tuple(map(str, node.get("groups") or ()))


def _literal_type(node: Node) -> str:
    info = node.get("type_info") or {}
    if node["id"] == "DECIMAL":
        return f"DECIMAL({info.get('width', 18)},{info.get('scale', 3)})"
    if node["id"] == "UNBOUND":
        return _named_type(str(info.get("name") or "").upper())
    return str(node["id"]) if node["id"] not in _NESTED and not info.get("alias") else ""


def _integer_type(text: str) -> str:
    """The smallest type from INTEGER on that holds a whole number."""
    bits = int(text).bit_length()
    return "INTEGER" if bits < 32 else "BIGINT" if bits < 64 else "HUGEINT" if bits < 128 else ""


def _number_type(text: str) -> str:
    """The type of a number that is no integer, as DuckDB reads it."""
    whole, _, fraction = text.lstrip("-").partition(".")
    if not (whole + fraction).isdecimal() or len(whole + fraction) > 38:
        return "DOUBLE"
    return f"DECIMAL({len(whole) + len(fraction)},{len(fraction)})"


_NESTED = ("LIST", "STRUCT", "MAP", "ARRAY", "UNION", "ENUM")
_TYPES = frozenset(
    "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE VARCHAR BOOLEAN DATE"
    " TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS BLOB UUID INTERVAL BIT JSON".split()
) | {"TIMESTAMP WITH TIME ZONE", "TIME WITH TIME ZONE"}
_SPELLINGS = {
    "INT": "INTEGER", "INT4": "INTEGER", "INT8": "BIGINT", "LONG": "BIGINT", "INT2": "SMALLINT", "SHORT": "SMALLINT",
    "INT1": "TINYINT", "FLOAT4": "FLOAT", "REAL": "FLOAT", "FLOAT8": "DOUBLE", "NUMERIC": "DECIMAL", "STRING": "VARCHAR",
    "TEXT": "VARCHAR", "CHAR": "VARCHAR", "BPCHAR": "VARCHAR", "BOOL": "BOOLEAN", "LOGICAL": "BOOLEAN",
    "DATETIME": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "SIGNED": "INTEGER",
    "TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip


def _written_type(node: Node) -> str:
    """The type that DuckDB 2.0 keeps as it was written; nested ones are not followed."""
    name = str(node.get("type_name") or "").upper()
    children = [child.get("expression", child) for child in node.get("arguments") or node.get("children") or []]
    name = _SPELLINGS.get(name, name)
    if name == "DECIMAL":
        sizes = [str((child.get("literal") or {}).get("text", "")) for child in children]
        return f"DECIMAL({','.join(sizes)})" if sizes else "DECIMAL(18,3)"
    return "" if children and name != "VARCHAR" else _named_type(name)


def _named_type(name: str) -> str:
    """A type by its name in capitals; "" for one that somebody may have made."""
    return name if name in _TYPES else ""
