"""JUnit XML as CI servers read it: a test case per file with findings, which errors fail."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import groupby

from etlc.diagnostics import Diagnostic
from etlc.report.concise import one_line
from etlc.report.text import clean, counted
from etlc.report.validation import Validation, is_mishap, sentence

_SUITE = "etlc validate"
_WHOLE = "project"


def render(validation: Validation) -> str:
    """A suite with a case per file, or with one that passes where nothing was found."""
    suite = ET.Element("testsuite")
    for file, found in groupby(validation.found, key=lambda one: one.span.file):
        _file(suite, file, list(found), validation.folder)
    if validation.mishap:
        said = clean(validation.mishap)
        ET.SubElement(_case(suite, _WHOLE), "error", type="etlc", message=said).text = said
    if not len(suite):
        _case(suite, _WHOLE)
    counts = {"name": _SUITE, "tests": str(len(suite))}
    counts |= {f"{kind}s": str(len(suite.findall(f"*/{kind}"))) for kind in ("failure", "error")}
    suite.attrib.update(counts, skipped="0")
    suites = ET.Element("testsuites", counts)
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_SUITE, name=name)


def _file(suite: ET.Element, file: str, found: Sequence[Diagnostic], folder: str) -> None:
    """The case of a file. Readers show one failure of a case, so that all errors stand in one."""
    case = _case(suite, clean(folder + file) if file else _WHOLE)
    if file:
        case.set("file", clean(folder + file))
    errors = [one for one in found if one.severity == "error"]
    for kind, mishaps in (("error", True), ("failure", False)):
        if mine := [one for one in errors if is_mishap(one) is mishaps]:
            first = clean(sentence(mine[0]))
            title = first if len(mine) == 1 else f"{counted(len(mine), 'error')}, the first: {first}"
            ET.SubElement(case, kind, type=mine[0].code, message=title).text = _text(mine, folder)
    if warnings := [one for one in found if one.severity == "warning"]:
        ET.SubElement(case, "system-out").text = _text(warnings, folder)


def _text(found: Sequence[Diagnostic], folder: str) -> str:
    lines = [line for one in found for line in (one_line(one, folder), *_help(one.help))]
    return "\n" + "\n".join(lines) + "\n"


def _help(text: str) -> list[str]:
    return [f"  {clean(line)}" for line in text.split("\n")] if text else []
