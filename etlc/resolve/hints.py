"""What to do about SQL that DuckDB's parser refuses: the usual slips, recognised by the text around the place."""

from __future__ import annotations

import difflib
import re

from etlc.sql.tokens import tokens_of

_CLAUSES = ("from", "where", "group", "having", "qualify", "order", "limit", "window")
_KEYWORDS = (*_CLAUSES, "select", "join", "union", "with")
_RESERVED = frozenset(
    [
        "all",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "default",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "in",
        "initially",
        "intersect",
        "into",
        "lateral",
        "leading",
        "limit",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "primary",
        "references",
        "returning",
        "select",
        "some",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "using",
        "when",
        "where",
        "window",
        "with",
    ]
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_TWO_NAMES = re.compile(r"(\w+)\s+(\w+)$")
_NOISE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)


def token_length(text: str, offset: int) -> int:
    """How long the word or the sign at an offset is."""
    found = re.compile(r"\w+|.").match(text, offset)
    return len(found.group()) if found else 1


def hint(text: str, offset: int | None) -> str:
    """The help for a syntax error at an offset; empty where nothing comes to mind."""
    if "{{" in text or "{%" in text:
        return "This looks like Jinja; etlc takes plain SQL. Name models bare, and use $name for params."
    if any(mark in text for mark in "\u2018\u2019\u201c\u201d"):
        return "There are curly quotes in this SQL; SQL wants straight ones: ' for text, \" for names."
    if re.fullmatch(r"\s*[\w./-]+\.sql\s*", text):
        return "`sql:` holds the query itself. For a file, leave `sql:` out and give the file the model's name."
    bare = _NOISE.sub(lambda found: "_" * len(found.group()), text)
    if bare.count("'") % 2:
        return "Add the closing quote; a quote within a text is written twice: 'it''s'."
    at = len(text) if offset is None else offset
    return _at(bare, at) or _counted(bare)


def _at(text: str, offset: int) -> str:
    before = text[:offset].rstrip()
    word = text[offset : offset + token_length(text, offset)].strip().lower()
    last = _WORD.findall(before)[-1].lower() if _WORD.search(before) else ""
    if "&&" in text or "||" in text[offset : offset + 2]:
        return "Conditions are joined by AND and OR."
    if re.match(r":[A-Za-z_]", text[offset:]):
        return "Params are written $name, and declared under `params:` in etlc.yaml."
    if last == "top" and word.isdigit():
        return f"There is no TOP; write LIMIT {word} at the end."
    if text.count("(") != text.count(")"):
        return _counted(text)
    if slip := _slip(before, word, last, text[offset - 1 : offset + 2]):
        return slip
    if word == ":" and (found := _TWO_NAMES.search(before)) and found[1].lower() not in _RESERVED:
        return f"Is there a comma missing before {found[2]}?"  # a::date behind an alias
    if word == ",":
        return "There is a comma too many, or something is missing before it."
    if re.search(r"\b(from|join)\s+\w+$", before, re.IGNORECASE):
        last = ""  # a table: its name is no misspelt keyword
    for token in (word, last):
        close = difflib.get_close_matches(token[:100], _KEYWORDS, 1, 0.7)
        if close and token not in _KEYWORDS and (token == last or not before):
            return f"Did you mean {close[0].upper()}?"
    if last in ("from", "join", "as", "table") and word in _RESERVED:
        return f'{word.upper()} is a word of SQL; as a name it stands in double quotes: "{word}".'
    if len(re.findall(r"\bcase\b", text, re.IGNORECASE)) > len(re.findall(r"\bend\b", text, re.IGNORECASE)):
        return "A CASE is closed by END."
    if word in _CLAUSES:
        return "Each clause stands once, in this order: FROM, WHERE, GROUP BY, HAVING, QUALIFY, ORDER BY, LIMIT."
    if (
        _WORD.fullmatch(word or "")
        and re.search(r"[\w)\"]$", before)
        and last not in _RESERVED | {"is", "like", "by", "between"}
    ):
        return f"Is there a comma missing before {text[offset : offset + len(word)]}?"
    return ""


_ENDS = (
    (r"\bjoin\s+\w+(\s+(as\s+)?\w+)?$", "A JOIN needs its condition: ON a.id = b.id, or USING (id)."),
    (r"\bbetween\s*\([^()]*\)$", "Write BETWEEN 1 AND 10, without brackets."),
    (r"^\s*with\b.*\)$", "Behind the CTEs of WITH stands the query itself: SELECT ... FROM ..."),
)
_OPERATORS = ("like", "ilike", "between")


def _slip(before: str, word: str, last: str, around: str) -> str:
    """Slips that the words on both sides of the place give away. ``around``: the signs before, at and behind it."""
    if not word:
        return next((help for form, help in _ENDS if re.search(form, before, re.IGNORECASE | re.DOTALL)), "")
    if last in ("group", "order") and word != "by":
        return f"Write {last.upper()} BY."
    if last == "in" and not word.strip("_"):  # a text, blanked out
        return "The values of IN stand in brackets: IN ('a', 'b')."
    if word == "in" and last == "is":
        return "Write IN (...) without IS."
    if word == "#":
        return "Comments begin with --."
    if around[:1] == "[" and _WORD.match(word):
        return "Names that hold blanks or are words of SQL stand in double quotes, not in [ ]."
    if around[:2] == "${":
        return "Params are written $name, without { }."
    if before.endswith(",") and word in ("select", "from"):
        return f"There is a comma too many before {word.upper()}."
    if word == "max" and re.search(r"char\s*\($", before, re.IGNORECASE):
        return "Write VARCHAR: texts may have any length."
    if re.search(r"\bsafe_cast\s*\(", before, re.IGNORECASE):
        return "Did you mean TRY_CAST()?"
    if word == "on" and re.search(r"\bfrom\s+\w+$", before, re.IGNORECASE):
        return "Write JOIN and the second table before ON."
    if not before and word in ("if", "declare", "begin", "while", "for"):
        return "A model is one SELECT; there are no variables and no steps in it. Use CASE, and params ($name)."
    if close := difflib.get_close_matches(word, _OPERATORS, 1, 0.7):
        return f"Did you mean {close[0].upper()}?" if close[0] != word else ""
    return ""


def _counted(text: str) -> str:
    left, right = text.count("("), text.count(")")
    if left > right:
        return "A ( is not closed."
    return "There is a ) too many." if right > left else ""


def unplaced(message: str, text: str) -> int | None:
    """Where a mistake stands that DuckDB 2.0 names without its place; None where that cannot be told."""
    tokens = tokens_of(text)
    for index, token in enumerate(tokens[:-1]):
        if message.startswith("Chained comparisons") and token.text == tokens[index + 1].text == "&":
            return token.start
        typed = index > 1 and token.text == "(" and tokens[index - 2].name in ("as", ":")
        if "type modifier" in message and typed and tokens[index + 1].kind == "word":
            return tokens[index + 1].start
    return None
