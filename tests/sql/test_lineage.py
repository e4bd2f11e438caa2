"""Lineage, against what a person would write down."""

import duckdb
import pytest

from etlc.sql.lineage import ColumnLineage, lineage
from tests.sql.corpus import QUERIES, SCHEMA, SETUP

# query | output: kind sources, ... (a source without a relation is t's)
CASES = """
select x from t | x: copy x
select x as a, y from t | a: copy x; y: copy y
select o.x from t o | x: copy x
select x + y as a from t | a: expression x y
select 1 as a from t | a: literal
select sum(y) as a, x from t group by x | a: aggregation y; x: copy x
select count(*) as a from t | a: aggregation
select sum(y) + max(x) as a from t where f > 1 | a: aggregation x y
select row_number() over (partition by x order by y) as a from t | a: window x y
select sum(y) over w as a from t window w as (partition by x) | a: window x y
select sum(sum(y)) over () as a from t | a: window y
with c as (select x as p from t) select p as q from c | q: copy x
with c as (select x + 1 as p from t) select p as q from c | q: expression x
with c as (select sum(x) as p from t) select p + 1 as q from c | q: aggregation x
with c(a, b) as (select x, y from t) select b from c | b: copy y
with t as (select z as x from u) select x from t | x: copy u.z
select q.k from (select x as k from t) q | k: copy x
select k from (select x from t) q(k) | k: copy x
select x from t union all select z from u | x: copy x u.z
select x, name from t union all by name select name, x from u | x: copy x u.x; name: copy name u.name
select x from t except select z from u | x: copy x
select x from t intersect select z from u | x: copy x u.z
select (select max(z) from u where u.x = t.x) as m from t | m: aggregation u.z
select x + 1 as a, a * 2 as b from t | a: expression x; b: expression x
select x as a, a as b from t | a: copy x; b: copy x
select * from u | x: copy u.x; z: copy u.z; name: copy u.name
select * exclude (name) from u | x: copy u.x; z: copy u.z
select * replace (x + 1 as z) from u | x: copy u.x; z: expression u.x; name: copy u.name
select * rename (x as k) from u | k: copy u.x; z: copy u.z; name: copy u.name
select o.* from u o, t | x: copy u.x; z: copy u.z; name: copy u.name
select x, z from t join u using (x) | x: copy x u.x; z: copy u.z
select t.x, z from t join u using (x) | x: copy x; z: copy u.z
select z from t join u on t.x = u.x | z: copy u.z
select s.a from t | a: expression s
select t.s.a as b from t | b: expression s
select l[1] as a from t | a: expression l
select list_transform(l, lambda e: e + x) as a from t | a: expression l x
select [e + 1 for e in l] as a from t | a: expression l
select e from t, unnest(l) as w(e) | e: expression l
select unnest(l) as e from t | e: expression l
select case when x > 1 then y else 0 end as a from t | a: expression x y
select x::varchar as a, (x) as b from t | a: expression x; b: copy x
select p from (values (1), (2)) v(p) | p: literal
select n from range(3) r(n) | n: literal
with recursive r as (select x as n from t union all select n + 1 from r where n < 5) select n from r | n: expression x
with c as (select *, count(*) over () as n from u) select z, n from c | z: copy u.z; n: window
select x in (select z from u) as a from t | a: expression x u.z
select list(x order by y) as a from t | a: aggregation x y
select sum(y) filter (where x > 1) as a from t | a: aggregation x y
select histogram(x) as a from t | a: aggregation x
select u from u | u: expression u.x u.z u.name
from u select z | z: copy u.z
select x from t a semi join u b on a.x = b.x | x: copy x
select a.z, b.z as w from u a, u b | z: copy u.z; w: copy u.z
select coalesce(a.x, b.z) as k from t a full join u b on a.x = b.x | k: expression x u.z
select 1 as a union all select x from t | a: expression x
"""


def parsed(wanted: str) -> dict[str, ColumnLineage]:
    """The expectation of one case."""
    found = {}
    for part in wanted.split(";"):
        name, _, rest = part.partition(":")
        kind, *sources = rest.split()
        pairs = sorted((tuple(s.split(".")) if "." in s else ("t", s)) for s in sources)
        found[name.strip()] = ColumnLineage(tuple((a, b) for a, b in pairs), kind)
    return found


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_lineage(case: str) -> None:
    text, _, wanted = case.partition(" | ")
    expected = parsed(wanted)
    assert lineage(text, SCHEMA, list(expected)) == expected


def everything() -> tuple[tuple[str, str], ...]:
    """All columns of all relations."""
    return tuple(sorted((name, column) for name, columns in SCHEMA.items() for column, _ in columns))


@pytest.mark.parametrize(
    "text", ["", "select (", "pivot t on x using sum(y)", "select columns('x') from t", "vacuum", "\0"]
)
def test_what_cannot_be_followed_has_every_source(text: str) -> None:
    assert lineage(text, SCHEMA, ["a"]) == {"a": ColumnLineage(everything(), "expression")}


def test_exists_reads_the_subquery() -> None:
    found = lineage("select exists (select 1 from u where u.x = t.x and z > 1) as a from t", SCHEMA, ["a"])["a"]
    assert {("u", "x"), ("u", "z"), ("t", "x")} <= set(found.sources)


@pytest.mark.parametrize("text", QUERIES)
def test_corpus_is_followed_by_name(text: str) -> None:
    """Whatever DuckDB runs, each of its columns has an answer."""
    with duckdb.connect() as con:
        con.execute(SETUP)
        try:
            names = [column[0] for column in con.execute(text).description or []]
        except duckdb.Error:
            return
    assert set(lineage(text, SCHEMA, names)) == set(names)
