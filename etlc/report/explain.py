"""The page of a code, and the list of codes."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterable
from importlib.resources import files
from itertools import groupby

from etlc.diagnostics import CODES, GROUPS, Code
from etlc.report.grid import GridColumn, grid
from etlc.report.text import Line, Piece, clean, line

_COMMENTS = re.compile(r"(?:^<!--.*?-->\n)+\n?", re.MULTILINE)  # what the tests of the examples read
_WIDTH = 96
_MORE = "etlc explain CODE says more of each; etlc explain incremental says how results are kept up to date."


def facts(code: Code) -> dict[str, object]:
    """A code as JSON."""
    return {"code": code.code, "severity": code.severity, "title": code.title}


def page(code: Code) -> str:
    """What there is to say of a code, as Markdown."""
    found = files("etlc.diagnostics").joinpath("docs", f"{code.code}.md")
    if found.is_file():
        return _COMMENTS.sub("", found.read_text(encoding="utf-8"))
    return f"# {code.code}: {code.title}\n"


TOPICS = ("incremental",)


def topic(name: str) -> str | None:
    """The page of a topic, as Markdown; None where there is none of that name."""
    if name.strip().lower() not in TOPICS:
        return None
    return files("etlc.diagnostics").joinpath("topics", f"{name.strip().lower()}.md").read_text(encoding="utf-8")


def styled(text: str) -> list[Line]:
    """Markdown for a terminal: headings stand out, fenced code is indented, below the name of its file."""
    made: list[Line] = []
    fenced = False
    for one in text.rstrip().split("\n"):
        if one.startswith("```"):
            fenced = not fenced
            name = one.partition(" ")[2] if fenced else ""
            made.extend([line(Piece(f"  {clean(name)}", "dim"))] if name else [])
        elif fenced:
            made.append(line(Piece(f"    {clean(one)}", "place")))
        elif one.startswith("#"):
            made.append(line(Piece(clean(one.lstrip("#").strip()), "bold")))
        else:
            made.extend(line(clean(part)) for part in textwrap.wrap(one, _WIDTH) or [""])
    return made


def codes(all_codes: Iterable[Code]) -> list[Line]:
    """Codes with their titles, by hundreds."""
    made: list[Line] = []
    for key, group in groupby(all_codes, key=lambda code: code.code[:2]):
        rows = [[Piece(f"  {code.code}", code.severity), Piece(code.title)] for code in group]
        made += [
            line(Piece(f"{key}xx: {GROUPS[key]}", "bold")),
            *grid((GridColumn(""), GridColumn("")), rows, None),
            [],
        ]
    return [*made, line(Piece(_MORE, "dim"))]


def beginning_with(text: str) -> list[Code]:
    """The codes that begin so: those of ``W`` or of ``e2``."""
    prefix = text.strip().upper()
    return [code for code in CODES.values() if prefix and code.code.startswith(prefix)]


def suggestion(text: str) -> str:
    """Codes that were probably meant; empty where there are none."""
    near = difflib.get_close_matches(text.strip().upper(), CODES, 3, 0.6)
    return f" Did you mean {' or '.join(near)}?" if near else " `etlc explain` lists them all."
