"""W311: the columns of a published model follow those of what it reads."""

from __future__ import annotations

from collections.abc import Iterator

from etlc.analyze.subject import Finding, Subject
from etlc.sql.syntax import Combined, Derived, Expr, From, Join, Query, Recursion, Select, Table


def find(subject: Subject) -> Iterator[Finding]:
    """``select *`` in a published model that reaches, through CTEs and subqueries, a source or another model."""
    model = subject.model.model
    promised = {name.lower() for name in model.spec.columns}
    query = model.query.syntax
    if not model.published or query is None or promised.issuperset(c.name.lower() for c in subject.model.columns):
        return
    for star, relation in _stars(query, {}):
        yield Finding(
            "W311", star.start, f'This * takes whatever columns "{relation}" has: a new one there changes what "{subject.name}" publishes.',
            "Name the columns that are meant, or list them all under `columns:`.",
        )  # fmt: skip


def _stars(query: Query, ctes: dict[str, Query | None]) -> Iterator[tuple[Expr, str]]:
    """The stars of a query's select list that end at a declared relation, with its name."""
    inner = {**ctes, **{cte.name.lower(): cte.query for cte in query.tail.ctes}}
    if isinstance(query, Combined):
        for arm in query.arms:
            yield from _stars(arm, inner)
    elif isinstance(query, Recursion):
        yield from _stars(query.start, inner)
    elif isinstance(query, Select) and query.source is not None:
        for item in query.items:
            if item.kind == "star":
                for name in _reached(query.source, item.name.lower(), inner):
                    yield item, name
                    break


def _reached(node: From, wanted: str, ctes: dict[str, Query | None]) -> Iterator[str]:
    if isinstance(node, Join):
        yield from _reached(node.left, wanted, ctes)
        if node.kind not in ("semi", "anti"):
            yield from _reached(node.right, wanted, ctes)
    elif isinstance(node, Table) and wanted in ("", (node.alias or node.name).lower()):
        name = node.name.lower()
        if name not in ctes:
            yield node.name
        else:
            inside = ctes[name]
            # A name within its own query is the relation outside of it.
            others = {key: value for key, value in ctes.items() if key != name}
            yield from (found for _, found in _stars(inside, others)) if inside is not None else ()
    elif isinstance(node, Derived) and wanted in ("", node.alias.lower()):
        yield from (found for _, found in _stars(node.query, ctes))
