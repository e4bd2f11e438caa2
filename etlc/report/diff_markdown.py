"""The difference of two revisions as Markdown, for the description of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from etlc.ir.difference import Change, Difference
from etlc.report.diff_words import NOTHING, details, fact, headline, summary
from etlc.report.text import clean, counted

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#|~"})


def render(difference: Difference, revision: str, commit: str, problems: int) -> str:
    """A line that sums up, the broken contracts, a table each, and the details folded away."""
    if difference.empty:
        return f"{NOTHING}\n"
    made = [f"**Since {_text(revision)} ({commit[:7]}):** {_text(summary(difference))}"]
    if difference.breaches:
        broken = [
            f"- {_code(b.model)}: {_text('; '.join(b.reasons) or 'its version goes down')}" for b in difference.breaches
        ]
        made.append("\n".join(["### Breaking without a new version", "", *broken]))
    tables = (("source", difference.sources), ("model", difference.models), ("output", difference.outputs))
    made += [_table(title, changes) for title, changes in tables if changes]
    if difference.settings:
        made.append("\n".join(f"- {_text(fact(one))}" for one in difference.settings))
    long = [block for _, changes in tables for block in map(_details, changes) if block]
    if long:
        made.append("\n\n".join(["<details><summary>Details</summary>", *long, "</details>"]))
    if difference.rebuilt:
        names = ", ".join(map(_code, difference.rebuilt))
        count = counted(len(difference.rebuilt), "model")
        made.append(f"<details><summary>A run would rebuild {count}</summary>\n\n{names}\n\n</details>")
    if difference.unknown:
        errors = f" ({counted(problems, 'error')} there)" if problems else ""
        made.append(f"Not compared{errors}: {', '.join(map(_code, difference.unknown))}")
    return "\n\n".join(made) + "\n"


def _table(title: str, changes: Sequence[Change]) -> str:
    rows = [f"| {_code(change.name)} | {change.kind} | {_text(_short(change))} |" for change in changes]
    return "\n".join([f"| {title} | change | what |", "| --- | --- | --- |", *rows])


def _short(change: Change) -> str:
    """The headline, else how many details there are."""
    words = headline(change)
    parts = [
        counted(len(change.columns), "column") if change.columns else "",
        counted(len(change.checks), "check") if change.checks else "",
        ", ".join(one.name for one in change.properties) if change.properties else "",
    ]
    return "; ".join(filter(None, [words, *parts]))


def _details(change: Change) -> str:
    found = details(change)
    if not found:
        return ""
    return "\n".join([f"**{_text(change.name)}**", "", *(f"- {_marked(sign)}{_text(said)}" for sign, said in found)])


def _marked(sign: str) -> str:
    return f"`{sign}` " if sign.strip() else ""


def _text(text: str) -> str:
    """Text that Markdown shows as it is."""
    return clean(text).translate(_SPECIAL)


def _code(name: str) -> str:
    return f"`{clean(name).replace('`', '').replace('|', chr(92) + '|')}`"
