"""test --update: what came of a test is written into it, where loading and running it again shows that it is right."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from etlc.diagnostics import Diagnostics
from etlc.ir.spec import Spec
from etlc.ir.unit import UnitResult, UnitTest
from etlc.load import Files, load, rewrite_expect
from etlc.pipeline.compiling import replace_file
from etlc.pipeline.project import Project

_BOM = "\ufeff"
Changed = dict[str, str]


@dataclass(frozen=True, slots=True)
class Update:
    """A test whose expected rows were rewritten in ``file``; or were not, and ``problem`` says why."""

    test: str
    file: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Overlay:
    """Files of a project, some of them with another text."""

    below: Files
    texts: Mapping[str, str]

    def read(self, path: str) -> bytes | None:
        """The content of a file."""
        return self.texts[path].encode("utf-8") if path in self.texts else self.below.read(path)

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        """All files below a folder."""
        return self.below.walk(folder, endings)


def update_expectations(
    project: Project,
    files: Files,
    failed: Sequence[tuple[UnitTest, UnitResult]],
    passing: Callable[[Files], frozenset[str]],
) -> list[Update]:
    """Rewrite what failed tests expect. ``passing`` tells which of them pass with other texts."""
    before = load(files, Diagnostics())
    if before is None:
        return []
    chosen = list(failed)
    problems: dict[str, str] = {}
    while True:
        texts, refused = _rewritten(files, before, chosen)
        problems |= refused
        chosen = [(test, result) for test, result in chosen if str(test.name) not in refused]
        wrong = {str(test.name) for test, _ in chosen} - (passing(_Overlay(files, texts)) if texts else frozenset())
        if not wrong:
            break
        problems |= dict.fromkeys(wrong, "what came cannot be written so that it reads as the same again")
        chosen = [(test, result) for test, result in chosen if str(test.name) not in wrong]
    for path, text in texts.items():
        # What is a link stays one; it leads to a file of the project, or it would not have been read.
        real = os.path.realpath(project.root / path)
        replace_file(project, os.path.relpath(real, project.root), text)
    return [Update(str(t.name), t.name.span.file, problems.get(str(t.name), "")) for t, _ in failed]


def _rewritten(
    files: Files, before: Spec, chosen: Sequence[tuple[UnitTest, UnitResult]]
) -> tuple[Changed, dict[str, str]]:
    """The texts of the files with all rewritten tests, and why others were not rewritten."""
    texts: Changed = {}
    refused: dict[str, str] = {}
    done: set[str] = set()
    for test, result in chosen:
        name, path = str(test.name), test.name.span.file
        if test.form == "sql":
            refused[name] = "it expects the result of a query, which is yours to change"
            continue
        text = texts.get(path) or (files.read(path) or b"").decode("utf-8")
        bom, bare = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
        made = rewrite_expect(bare, path, name, [column.name for column in result.columns], result.pairs)
        after = None if made is None else load(_Overlay(files, {**texts, path: bom + made}), Diagnostics())
        if made is None or after is None or not _only(before, after, done | {name}):
            refused[name] = "its rows stand where others read them too (an alias), or in a form that is not known"
            continue
        texts[path] = bom + made
        done.add(name)
    return texts, refused


def _only(before: Spec, after: Spec, names: set[str]) -> bool:
    """Whether two specs are the same but for what these tests expect."""

    def rest(spec: Spec) -> object:
        tests = tuple(t if str(t.name) not in names else (t.name, t.model, t.given, t.params) for t in spec.tests)
        return replace(spec, tests=()), tests

    return rest(before) == rest(after)
