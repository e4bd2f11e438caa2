"""One file of a project laid out: YAML by the schema, SQL by its tokens, the header of a SQL file as YAML."""

from __future__ import annotations

import re
from collections.abc import Callable

from etlc.load.arrange import Odd, Sql, arranged
from etlc.load.files import PROJECT_FILE
from etlc.load.sqlfile import header_place

_MARK = "\ufeff"


def tidied(path: str, text: str, sql: Sql, note: Callable[[str], None]) -> str:
    """The text of a spec file, laid out; its line ends and its byte order mark stay.

    ``sql`` lays out a query, or gives None. ``note`` is told why something stays as it is.
    """
    mark = _MARK if text.startswith(_MARK) else ""
    body = text.removeprefix(_MARK)
    ends = "\r\n" if "\r\n" in body else "\n"
    body = body.replace("\r\n", "\n")
    if "\r" in body or "\0" in body:
        note("its line ends are unusual")
        return text
    if not body.strip():
        return text
    try:
        made = _sql_file(body, sql, note) if path.endswith(".sql") else _yaml_file(path, body, sql)
    except Odd as reason:
        note(str(reason))
        return text
    return mark + made.replace("\n", ends)


def _yaml_file(path: str, text: str, sql: Sql) -> str:
    return arranged(text, "project" if path == PROJECT_FILE else "pipeline", sql)


def _sql_file(text: str, sql: Sql, note: Callable[[str], None]) -> str:
    place = header_place(text)
    if place is not None:
        start, end = place
        opening, line, inner = text[start:end].partition("\n")
        if line and not opening.strip() and inner.strip():
            try:
                text = f"{text[:start]}\n{arranged(inner, 'header', sql)}{text[end:]}"
            except Odd as reason:
                note(f"in the header, {reason}")
    laid = sql(text)
    return re.sub(r"\s*\Z", "\n", text) if laid is None else laid
