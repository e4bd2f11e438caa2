"""Layout of SQL: it never means anything else, and laying out twice is laying out once."""

from __future__ import annotations

import json
import re
from collections import Counter

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etlc.sql.layout import WIDTH, differences, laid_out
from tests.format.corpus import EXAMPLES, corpus

# Strings, quoted names and comments by a grammar of the test's own; everything else a character at a time or a word.
PIECE = re.compile(
    r"e'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/|\s+|\w+|.", re.DOTALL
)
KEYWORDS = frozenset(
    "select from where group order having union join left on and or not case when then else end".split()
)
GAPS = (" ", "\n", "\n\n\n", "\t ", "  /* note */ ", " -- note\n", "\n  -- own line\n  ", " -- etlc: ignore W301\n")


def tree(sql: str) -> object:
    """DuckDB's own tree of a text, without places."""
    (text,) = duckdb.connect().execute("select json_serialize_sql(?::varchar)", [sql]).fetchone() or ("",)
    found = json.loads(re.sub(r'"query_location(?:_length)?":\s*\d+,?', "", text).replace(",}", "}"))
    assert not found["error"], (found, sql)
    return found


def comments(sql: str) -> Counter[str]:
    """All comments of a text."""
    found = (piece.group() for piece in PIECE.finditer(sql))
    return Counter(piece.rstrip() for piece in found if piece.startswith(("--", "/*")))


def relaid(sql: str, gaps: list[str], loud: bool) -> str:
    """The text with other white space and comments in its gaps, and loud keywords."""
    out: list[str] = []
    pieces = [piece.group() for piece in PIECE.finditer(sql)]
    for index, piece in enumerate(pieces):
        around = "".join(pieces[max(0, index - 1) : index + 2]).strip()
        if piece.isspace() and "'" not in around and "$" not in around:
            before_line = index and pieces[index - 1].startswith("--")
            out.append(("\n" if before_line else "") + gaps[index % len(gaps)])
        elif loud and piece in KEYWORDS and (not index or pieces[index - 1] not in ('"', ".")):
            out.append(piece.upper())
        else:
            out.append(piece)
    return "".join(out)


def sound(sql: str) -> str:
    """The text laid out, with all that is promised of it looked at."""
    made = laid_out(sql)
    assert made is not None
    assert tree(made) == tree(sql)
    assert comments(made) == comments(sql)
    assert laid_out(made) == made
    assert not any(line != line.rstrip() for line in made.split("\n") if "'" not in line)
    return made


@pytest.mark.duckdb
@pytest.mark.parametrize("number", range(len(corpus())))
def test_the_corpus(number: int) -> None:
    """Each query as it is written."""
    sound(corpus()[number])


def test_what_is_ignored_stays_on_its_line() -> None:
    """A comment that speaks of its line keeps all that it spoke of, however long the line is."""
    names = ", ".join(f"a_rather_long_name_{n}" for n in range(9))
    made = sound(f"select a, coalesce({names}), sum(x) from t where x = 1.5 -- etlc: ignore W307\ngroup by all")
    (line,) = (line for line in made.split("\n") if "ignore" in line)
    assert line.startswith("select a, coalesce(") and "x = 1.5 -- etlc" in line
    made = sound(f"select\n  a,\n  coalesce({names}) as b, -- etlc: ignore W307\n  sum(x) from t")
    (line,) = (line for line in made.split("\n") if "ignore" in line)
    assert line.startswith("  coalesce(a_rather") and line.endswith(" as b, -- etlc: ignore W307")


@pytest.mark.duckdb
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(corpus()), st.lists(st.sampled_from(GAPS), min_size=1, max_size=7), st.booleans())
def test_any_layout(sql: str, gaps: list[str], loud: bool) -> None:
    """However a query was laid out before."""
    sound(relaid(sql, gaps, loud))


def test_the_layout_forgets_the_one_before() -> None:
    """Where nobody broke a line on purpose and no comments stand, all layouts become one."""
    sql = "select a, b, sum(c) as c from t where a > 1 and b in (select x from u) group by a, b order by a limit 3"
    made = laid_out(sql)
    assert made is not None
    for gap in (" ", "  ", " \t "):
        for text in (sql, sql.upper().replace("SUM", "sum")):
            assert (laid_out(text.replace(" ", gap)) or "").lower() == made


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.sql")), ids=lambda path: path.stem)
def test_lines_are_short(path: object) -> None:
    """A query on one line is broken until it fits."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", "", str(getattr(path, "read_text")()), flags=re.DOTALL)  # noqa: B009
    made = laid_out(" ".join(text.split())) or ""
    assert made.strip() and max(map(len, made.split("\n"))) <= WIDTH


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("select a from t", "select b from t"),
        ("select a -- x\nfrom t", "select a from t"),
        ("select 'a'\n'b'", "select 'a' 'b'"),
        ("select a from t", 'select "a" from t'),
        ("select a as X from t", "select a as x from t"),
    ],
)
def test_differences_are_seen(before: str, after: str) -> None:
    """The proof fails for what is no mere layout."""
    assert differences(before, after) or tree(before) != tree(after)
