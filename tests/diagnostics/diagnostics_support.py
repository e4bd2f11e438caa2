"""Projects written as text, and etlc called on them in this process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from etlc.cli.app import app

_CASE = re.compile(r"^#### (\w+)$", re.MULTILINE)
_PART = re.compile(r"^=== (.+)$", re.MULTILINE)
OUTPUT = "etlc validate"
OUTPUT_2 = "etlc validate, on DuckDB 2"  # only where it differs


@dataclass(frozen=True)
class Called:
    """What a command left behind."""

    code: int
    out: str
    err: str


def call(folder: Path, *args: str) -> Called:
    """Call ``etlc --project folder *args`` through its own command line. No traceback may show."""
    done = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "120"}).invoke(app, ["--project", str(folder), *args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.stdout + done.stderr
    return Called(done.exit_code, done.stdout, done.stderr)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files by their relative paths."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def parts(text: str) -> dict[str, str]:
    """The ``=== NAME`` sections of a text, each without the blank lines around it."""
    pieces = _PART.split(text)
    return {name: body.strip("\n") + "\n" for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}


@dataclass(frozen=True)
class Case:
    """A project with a mistake, and what ``etlc validate`` must print of it. ``shared`` files stand in every case."""

    file: Path
    name: str
    shared: Mapping[str, str]
    own: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def files(self) -> dict[str, str]:
        """The whole project."""
        return {**self.shared, **self.own}

    def expected(self, version: str) -> str:
        """What must be printed on a version of DuckDB."""
        first = self.outputs.get(OUTPUT, "")
        return first if version.startswith("1.") else self.outputs.get(OUTPUT_2, first)

    def updated(self, version: str, output: str) -> dict[str, str]:
        """The outputs with another one for a version of DuckDB."""
        if version.startswith("1."):
            return {**self.outputs, OUTPUT: output}
        first = {OUTPUT: self.outputs.get(OUTPUT, "")}
        return first if first[OUTPUT] == output else {**first, OUTPUT_2: output}


def cases(file: Path) -> list[Case]:
    """The cases of a golden file."""
    head, *rest = _CASE.split(file.read_text(encoding="utf-8"))
    found = []
    for name, body in zip(rest[::2], rest[1::2], strict=True):
        own = parts(body)
        outputs = {key: own.pop(key) for key in (OUTPUT, OUTPUT_2) if key in own}
        found.append(Case(file, name, parts(head), own, outputs))
    return found


def rewritten(file: Path, name: str, outputs: Mapping[str, str]) -> str:
    """The text of a golden file with other outputs of a case."""
    text = [_CASE.split(file.read_text(encoding="utf-8"))[0].rstrip("\n")]
    for case in cases(file):
        text.append(f"#### {case.name}")
        sections = {**case.own, **(outputs if case.name == name else case.outputs)}
        text += [f"=== {key}\n{body}".rstrip("\n") for key, body in sections.items()]
    return "\n\n".join(text) + "\n"
