"""SARIF 2.1.0, which GitHub code scanning and editors read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from etlc import __version__
from etlc.diagnostics import CODES, Code, Diagnostic, Span
from etlc.report.explain import page
from etlc.report.json import encode
from etlc.report.validation import Validation

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"

Object = dict[str, object]


def render(validation: Validation) -> str:
    """A log with one run. What concerns no file is a notification of the run, since a result has a place."""
    placed = [one for one in validation.found if one.span.file]
    codes = sorted({one.code for one in validation.found})
    results = _Results(validation, codes)
    notes = [_notification(one, codes) for one in validation.found if not one.span.file]
    if validation.mishap:
        notes.append({"level": "error", "message": {"text": validation.mishap}})
    invocation: Object = {"executionSuccessful": not any(note["level"] == "error" for note in notes)}
    if notes:
        invocation["toolExecutionNotifications"] = notes
    driver = {
        "name": "etlc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(CODES[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top folder of the repository."}}},
        "columnKind": "utf16CodeUnits",
        "results": [results.of(one) for one in placed],
    }
    return encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _rule(code: Code) -> Object:
    markdown = page(code)
    paragraphs = [part for part in markdown.split("\n\n") if part.strip() and not part.startswith(("#", "```"))]
    return {
        "id": code.code,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": " ".join(paragraphs[0].split()) if paragraphs else code.title},
        "help": {"text": markdown, "markdown": markdown},
        "defaultConfiguration": {"level": code.severity},
    }


def _notification(found: Diagnostic, codes: Sequence[str]) -> Object:
    return {
        "descriptor": {"id": found.code, "index": codes.index(found.code)},
        "level": found.severity,
        "message": {"text": _text(found)},
    }


def _text(found: Diagnostic) -> str:
    return f"{found.message}\n{found.help}" if found.help else found.message


class _Results:
    """Makes results; it knows which fingerprints were given, so that each is given once."""

    def __init__(self, validation: Validation, codes: Sequence[str]) -> None:
        self.validation = validation
        self.codes = codes
        self.files: dict[str, Sequence[str]] = {}
        self.given: Counter[tuple[str, str, str]] = Counter()

    def of(self, found: Diagnostic) -> Object:
        """A finding as a result."""
        place = {
            "artifactLocation": {"uri": quote(self.validation.folder + found.span.file), "uriBaseId": _ROOT},
            "region": self._region(found.span),
        }
        return {
            "ruleId": found.code,
            "ruleIndex": self.codes.index(found.code),
            "level": found.severity,
            "message": {"text": _text(found)},
            "locations": [{"physicalLocation": place}],
            "partialFingerprints": {"primaryLocationLineHash": self._fingerprint(found)},
        }

    def _line(self, file: str, number: int) -> str:
        if file not in self.files:
            self.files[file] = self.validation.lines(file) or ()
        lines = self.files[file]
        return lines[number - 1] if number <= len(lines) else ""

    def _region(self, span: Span) -> Object:
        return {
            "startLine": span.line,
            "startColumn": self._column(span.file, span.line, span.column),
            "endLine": span.end_line,
            "endColumn": self._column(span.file, span.end_line, span.end_column),
        }

    def _column(self, file: str, number: int, column: int) -> int:
        """A column in UTF-16 code units: what lies beyond the first plane takes two of them."""
        return column + sum(char > "\uffff" for char in self._line(file, number)[: column - 1])

    def _fingerprint(self, found: Diagnostic) -> str:
        """What stays the same when lines above come and go: the text of the line, and which of its findings it is."""
        text = "".join(self._line(found.span.file, found.span.line).split())
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
        key = (found.code, found.span.file, digest)
        self.given[key] += 1
        return f"{digest}:{self.given[key]}"
