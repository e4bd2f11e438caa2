"""What the commands that write files say of it: ``init``, ``compile`` and ``lock``."""

from __future__ import annotations

from collections.abc import Sequence

from etlc.report.text import Line, Piece, clean, counted, line

_FEW = 12


def started(directory: str, files: Sequence[str]) -> list[Line]:
    """A new project, and what to do next."""
    made = [line(f"Wrote {counted(len(files), 'file')} to ", Piece(clean(directory or "this folder"), "bold"), ":"), []]
    made.extend(_listed(files, True))
    made.extend([[], line("Now try:"), []])
    commands = [f"cd {directory}"] if directory else []
    made.extend(line("  ", Piece(clean(command), "place")) for command in [*commands, "etlc run", "etlc plan"])
    return made


def written(files: Sequence[str], verbose: bool) -> list[Line]:
    """The files of a compiled project."""
    if len(files) <= _FEW or verbose:
        return [line(f"Wrote {counted(len(files), 'file')}:"), *_listed(files, True)]
    scripts = [file for file in files if file.rpartition("/")[2] in ("plan.sql", "plan.json")]
    rest = len(files) - len(scripts)
    made = [line(f"Wrote {counted(len(files), 'file')}:"), *_listed(scripts, True)]
    return [*made, line(Piece(f"  and {counted(rest, 'model')}", "dim"))]


def locked(path: str, changes: Sequence[str]) -> list[Line]:
    """What has changed in etlc.lock."""
    name = clean(path.replace("\\", "/").rpartition("/")[2])
    if not changes:
        return [line(f"{name} is up to date.")]
    return [*(line(clean(change)) for change in changes), line(f"{name} is written.")]


def _listed(files: Sequence[str], indented: bool) -> list[Line]:
    return [line("  " if indented else "", clean(file)) for file in files]
