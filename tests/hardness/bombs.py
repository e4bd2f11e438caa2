"""Small recipes for texts that are too much: for a parser, for its stack, for the memory, for patience."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hardness.corpus import Texts

_PROJECT = b"project: shop\n"
_SOURCE = "pipeline: p\nsources:\n  t: {path: t.csv, columns: {x: INTEGER, y: INTEGER, name: VARCHAR}}\n"
MB = 2**20


@dataclass(frozen=True)
class Bomb:
    """A project, and the codes of all that ``etlc validate`` finds in it; none where it is valid."""

    name: str
    texts: Texts
    codes: tuple[str, ...] = ()


def _yaml(name: str, text: str, *codes: str, file: str = "pipelines/p.yaml") -> Bomb:
    files = {"etlc.yaml": _PROJECT, "pipelines/p.yaml": _SOURCE.encode(), file: text.encode()}
    return Bomb(f"yaml_{name}", files, codes)


def _sql(name: str, text: str, *codes: str) -> Bomb:
    files = {"etlc.yaml": _PROJECT, "pipelines/p.yaml": _SOURCE.encode(), "pipelines/m.sql": text.encode()}
    return Bomb(f"sql_{name}", files, codes)


def _laughs(levels: int, width: int) -> str:
    lines = [f"a0: &a0 [{', '.join(['lol'] * width)}]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "pipeline: p\n" + "\n".join(lines) + "\n"


def _merges(levels: int) -> str:
    lines = ["a0: &a0 {k0: 1}"]
    lines += [f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], k{i}: 1}}" for i in range(1, levels)]
    return "pipeline: p\n" + "\n".join(lines) + "\n"


def _rows(count: int) -> str:
    body = "".join(f"      - {{a: {i}, b: text {i}}}\n" for i in range(count))
    return f"pipeline: p\nsources:\n  t:\n    rows:\n{body}models:\n  m: {{sql: select sum(a) as s from t}}\n"


def _values(count: int) -> str:
    values = ", ".join(map(str, range(count)))
    model = f"  m:\n    sql: select x from t\n    checks:\n      - accepted_values: {{column: x, values: [{values}]}}\n"
    return _SOURCE + "models:\n" + model


def _inline(sql: str) -> str:
    return _SOURCE + f"models:\n  m:\n    sql: {sql}\n"


BOMBS = (
    _yaml("alias_laughs", _laughs(9, 9), "E106"),
    _yaml("alias_laughs_wide", _laughs(3, 3000), "E106"),
    _yaml("alias_of_itself", "pipeline: p\nmodels: &m {a: *m}\n", "E106"),
    _yaml("merge_keys", _merges(25), "E101", "E106"),
    _yaml("flow_nesting", "pipeline: p\nmodels: " + "[" * 100_000, "E106"),
    _yaml("flow_nesting_closed", "pipeline: p\nmodels: " + "[" * 100_000 + "]" * 100_000, "E106"),
    _yaml("map_nesting", "pipeline: p\nmodels: " + "{a: " * 100_000 + "}" * 100_000, "E106"),
    _yaml("block_nesting", "pipeline: p\nmodels:\n" + "".join(" " * i + "a:\n" for i in range(1, 2_000)), "E106"),
    _yaml("list_nesting", "pipeline: p\nmodels:\n  " + "- " * 100_000 + "a\n", "E106"),
    _yaml("question_marks", "pipeline: p\n" + "? " * 100_000, "E106"),
    _yaml("list_of_50_000_rows", _rows(50_000)),
    _yaml("list_of_200_000_rows", _rows(200_000), "E106"),
    _yaml("list_of_1_000_000_items", "pipeline: p\ntags: [" + "a, " * 1_000_000 + "]\n", "E106"),
    _yaml("list_of_100_000_values", _values(100_000)),
    _yaml("list_of_100_000_tags", "pipeline: p\ntags: [" + "a, " * 100_000 + "]\n"),
    _yaml("list_of_100_000_wrong_items", "pipeline: p\ntags: [" + "[], " * 100_000 + "]\n", "E103"),
    _yaml("map_of_10_000_columns", "pipeline: p\nsources:\n  t:\n    path: t.csv\n    columns:\n" + "".join(f"      c{i}: INTEGER\n" for i in range(10_000))),
    _yaml("map_of_100_000_unknown_keys", "pipeline: p\n" + "".join(f"k{i}: 1\n" for i in range(100_000)), "E102"),
    _yaml("map_of_1_000_models", _SOURCE + "models:\n" + "".join(f"  m{i}: {{sql: select x from {f'm{i - 1}' if i % 50 else 't'}}}\n" for i in range(1_000))),
    _yaml("duplicate_keys", "pipeline: p\n" + "tags: a\n" * 20_000, "E105"),
    _yaml("scalar_of_10_MB", f"pipeline: p\ndescription: {'x' * 10 * MB}\n"),
    _yaml("scalar_of_10_MB_quoted", f'pipeline: p\ndescription: "{"x " * 5 * MB}"\n'),
    _yaml("scalar_of_10_MB_as_name", f"pipeline: {'x' * 10 * MB}\n"),
    _yaml("scalar_of_10_MB_as_key", f"pipeline: p\n{'x' * 1000}: 1\ntags: {'y' * 10 * MB}\n", "E102"),
    _yaml("scalar_of_10_MB_as_type", f"pipeline: p\nsources: {{t: {{path: t.csv, columns: {{a: {'x' * 10 * MB}}}}}}}\n", "E213"),
    _yaml("scalar_of_10_MB_as_path", f"pipeline: p\nsources: {{t: {{path: {'x/' * 5 * MB}.csv, columns: {{a: INTEGER}}}}}}\n", "E113"),
    _yaml("scalar_of_10_MB_as_duration", _SOURCE + f"models:\n  m: {{sql: select x from t, checks: [{{fresh: {{column: x, within: {'9' * 10 * MB}}}}}]}}\n", "E103"),
    _yaml("digits", f"pipeline: p\nsources: {{t: {{rows: [{{a: {'9' * 100_000}}}]}}}}\n"),
    _yaml("blank_lines", "pipeline: p\n" + "\n" * 5_000_000),
    _yaml("comments", "pipeline: p\n" + "# c\n" * 2_000_000),
    _yaml("documents", "pipeline: p\n" + "---\n" * 100_000, "E101"),
    _yaml("open_quote", "pipeline: p\ndescription: '" + "x\n" * 1_000_000, "E101"),
    _yaml("header", "/* etlc\n" + "# c\n" * 500_000 + "*/ select x from t", file="pipelines/m.sql"),
    _yaml("header_open", "/* etlc\n" + "tags: a\n" * 500_000, "E101", file="pipelines/m.sql"),
    _yaml("inline_sql_of_10_MB", _inline("select '" + "x" * 10 * MB + "' as a from t")),
    _sql("parentheses", "select " + "(" * 10_000 + "x" + ")" * 10_000 + " from t", "E106"),
    _sql("parentheses_open", "select " + "(" * 1_000_000, "E106"),
    _sql("parentheses_100", "select " + "(" * 100 + "x" + ")" * 100 + " as x from t"),
    _sql("brackets", "select " + "[" * 100_000 + "]" * 100_000 + " from t", "E106"),
    _sql("subqueries", "select * from (" * 5_000 + "select x from t" + ")" * 5_000, "E106"),
    _sql("subqueries_100", "select * from (" * 100 + "select x from t" + ")" * 100),
    _sql("scalar_subqueries", "select (" * 2_000 + "select x from t limit 1" + ")" * 2_000, "E106"),
    _sql("with", "".join(f"with c{i} as (" for i in range(2_000)) + "select x from t" + "".join(f") select * from c{i}" for i in reversed(range(2_000))), "E106"),
    _sql("not_900", "select " + "not " * 900 + "true as a from t"),
    _sql("minus_900", "select " + "- " * 900 + "x as a from t"),
    _sql("plus_900", "select " + " + ".join(["x"] * 900) + " as a from t"),
    _sql("case_300", "select " + "case when x = 1 then " * 300 + "1" + " end" * 300 + " as a from t"),
    _sql("and_or_900", "select x from t where " + "".join(f"x <> {i} {'and' if i % 2 else 'or'} " for i in range(900)) + "true"),
    _sql("casts_900", "select x" + "::integer" * 900 + " as a from t"),
    _sql("concat_900", "select " + " || ".join(["name"] * 900) + " as a from t"),
    _sql("functions_199", "select " + "lower(" * 199 + "name" + ")" * 199 + " as name from t"),
    _sql("functions_201", "select " + "lower(" * 201 + "name" + ")" * 201 + " as name from t", "E106"),
    _sql("subqueries_199", "select * from (" * 199 + "select x from t" + ")" * 199),
    _sql("not", "select " + "not " * 20_000 + "true as a from t", "E106"),
    _sql("minus", "select " + "- " * 20_000 + "x as a from t", "E106"),
    _sql("case", "select " + "case when x = 1 then " * 3_000 + "1" + " end" * 3_000 + " from t", "E106"),
    _sql("functions", "select " + "lower(" * 5_000 + "name" + ")" * 5_000 + " from t", "E106"),
    _sql("functions_100", "select " + "lower(" * 100 + "name" + ")" * 100 + " as name from t"),
    _sql("casts", "select x" + "::integer" * 20_000 + " from t", "E106"),
    _sql("lambdas", "select " + "list_transform([1], e -> " * 500 + "e" + ")" * 500 + " from t", "E106"),
    _sql("structs", "select " + "{'a': " * 5_000 + "1" + "}" * 5_000 + " from t", "E106"),
    _sql("types", "select cast(null as " + "struct(a " * 5_000 + "integer" + ")" * 5_000 + ") as a from t", "E106"),
    _sql("type_lists", "select cast(null as integer" + "[]" * 50_000 + ") as a from t", "E106"),
    _sql("subscripts", "select name" + "[1]" * 20_000 + " from t", "E106"),
    _sql("dots", "select " + ".".join(["a"] * 50_000) + " from t", "E106"),
    _sql("union_1_000", " union all ".join(["select x from t"] * 1_000)),
    _sql("union_10_000", " union all ".join(["select x from t"] * 10_000)),
    _sql("and_1_000", "select x from t where " + " and ".join(f"x <> {i}" for i in range(1_000))),
    _sql("and_10_000", "select x from t where " + " and ".join(f"x <> {i}" for i in range(10_000))),
    _sql("or_10_000", "select x from t where " + " or ".join(f"x = {i}" for i in range(10_000))),
    _sql("lambdas_10", "select " + "list_transform([x], lambda e: " * 10 + "e" + ")" * 10 + " as x from t"),
    _sql("lambdas_40", "select " + "list_transform([x], e -> " * 40 + "nope" + ")" * 40 + " as x from t", "E106"),
    _sql("lambdas_20_new", "select " + "list_transform([x], lambda e: " * 20 + "e" + ")" * 20 + " as x from t", "E106"),
    _sql("and_100_000", "select x from t where " + " and ".join(f"x <> {i}" for i in range(100_000)), "E106"),
    _sql("or_100_000", "select x from t where " + " or ".join(f"x = {i}" for i in range(100_000)), "E106"),
    _sql("plus_10_000", "select " + " + ".join(["x"] * 10_000) + " as a from t", "E106"),
    _sql("concat_10_000", "select " + " || ".join(["name"] * 10_000) + " as a from t", "E106"),
    _sql("joins_1_000", "select 1 as a from t" + "".join(f" join t as t{i} on t{i}.x = t.x" for i in range(1_000)), "E106"),
    _sql("in_100_000", "select x from t where x in (" + ", ".join(map(str, range(100_000))) + ")"),
    _sql("values_100_000", "select * from (values " + ", ".join(f"({i})" for i in range(100_000)) + ") v(a)"),
    _sql("columns_10_000", "select " + ", ".join(f"x as c{i}" for i in range(10_000)) + " from t"),
    _sql("columns_of_one_name", "select " + ", ".join(["[1, 2]"] * 5_000) + " from t"),
    _sql("columns_100_000", "select " + ", ".join(f"x as c{i}" for i in range(100_000)) + " from t", "E106"),
    _sql("texts_100_000", "select x from t where name in (" + ", ".join(f"'v{i}'" for i in range(100_000)) + ")"),
    _sql("case_of_100_000", "select case " + " ".join(f"when x = {i} then {i}" for i in range(100_000)) + " end as a from t", "E106"),
    _sql("union_100_000", " union all ".join(["select x from t"] * 100_000), "E106"),
    _sql("missing_columns_1_000", "select " + ", ".join(f"nope{i}" for i in range(1_000)) + " from t", "E201"),
    _sql("ctes_1_000", "with " + ", ".join(f"c{i} as (select x from {f'c{i - 1}' if i else 't'})" for i in range(1_000)) + " select x from c999", "E106"),
    _sql("literal_of_10_MB", "select '" + "x" * 10 * MB + "' as a from t"),
    _sql("comment_of_10_MB", "select x from t -- " + "x" * 10 * MB),
    _sql("comments_nested", "/*" * 1_000 + "*/" * 1_000 + " select x from t", "E106"),
    _sql("comments_nested_150", "/*" * 150 + "*/" * 150 + " select x from t"),
    _sql("comments_nested_1_000_000", "/*" * 1_000_000 + "*/" * 1_000_000 + " select x from t", "E106"),
    _sql("comments_open", "/*" * 1_000_000 + " select x from t", "E106"),
    _sql("text_of_10_MB", "select x\n" + "-- a line\n" * MB + "from t"),
    _sql("blanks_of_10_MB", "select x" + " " * 10 * MB + "from t"),
    _sql("statements", "select 1;" * 100_000, "E206"),
    _sql("semicolons", "select x from t" + ";" * 500_000),
    _sql("identifier_of_1_MB", f"select x as {'a' * MB} from t", "E106"),
    _sql("identifier_of_1_MB_unknown", f"select {'a' * MB} from t", "E106"),
    _sql("identifier_of_10_000", f"select x as {'a' * 10_000} from t"),
    _sql("identifier_of_10_000_unknown", f"select {'a' * 10_000} from t", "E201"),
    _sql("table_of_1_MB_unknown", f"select x from {'a' * MB}", "E106"),
    _sql("table_of_10_000_unknown", f"select x from {'a' * 10_000}", "E202"),
    _sql("function_of_1_MB_unknown", f"select {'a' * MB}(x) from t", "E106"),
    _sql("function_of_1_MB_quoted", f'select "{"a" * MB}"(x) from t', "E106"),
    _sql("function_of_10_000_unknown", f"select {'a' * 10_000}(x) from t", "E203"),
    _sql("type_of_1_MB_unknown", f"select x::{'a' * MB} from t", "E106"),
    _sql("param_of_1_MB_unknown", f"select ${'a' * MB} from t", "E115"),
    _sql("number_of_1_MB", f"select {'9' * MB} as a from t"),
    _sql("regex", "select regexp_matches(name, '" + "(a*" * 5_000 + ")*" * 5_000 + "') as a from t"),
    _sql("quotes", "select " + "'" * 1_000_001 + " from t", "E205"),
    _sql("dollars", "select " + "$$" * 500_001 + " from t", "E205"),
    _sql("json_path", "select '{}'::json -> '$" + ".a" * 100_000 + "' as a from t"),
    _sql("pivots", "pivot t on x" * 2_000, "E205"),
    _sql("pivot", "pivot (" * 300 + "from t" + " ) on x" * 300, "E106"),
    _sql("repeat", "select repeat('x', 1000000000000) as a, range(1000000000000) as b from t"),
    _sql("recursion", "with recursive r as (select 1 as a union all select a + 1 from r) select * from r"),
    _sql("products", "select count(*) as n from " + ", ".join(f"range(1000000000) r{i}" for i in range(20))),
)  # fmt: skip
