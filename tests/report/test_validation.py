"""The formats of ``etlc validate`` that other programs read, each held against the rules of its readers."""

import json
import re
import xml.etree.ElementTree as ET

import jsonschema
import pytest

from etlc.diagnostics import Diagnostic, Diagnostics, Span
from etlc.report.validation import Validation, render
from tests.report.golden import same

FORMATS = ("concise", "github", "sarif", "junit")
LINES = {
    "pipelines/a b.yaml": ["pipeline: a", "models: {m: {sql: select 1}}"],
    "s/größe,1:2.sql": ["select '😀𝒳' as x, amout, now() as t", "from t"],
    "s/odd.sql": ["select 1"],
}
FOUND = [
    Diagnostic("W201", "now() gives another answer each time.", Span("s/größe,1:2.sql", 1, 26, 1, 29), "Use a param."),
    Diagnostic("E201", 'There is no column "amout".', Span("s/größe,1:2.sql", 1, 19, 1, 24), 'Did you mean "amount"?'),
    Diagnostic("E201", 'There is no column "from".', Span("s/größe,1:2.sql", 1, 19, 2, 5)),
    Diagnostic(
        "E205", "100% wrong: a,\nb ]]> <c> & \x1b[31m\x00\ufffe\r.", Span("s/odd.sql", 9, 1, 9, 2), "One.\nTwo."
    ),
    Diagnostic("W101", "There is no W201 here to ignore.", Span("pipelines/a b.yaml", 2, 1, 2, 7)),
]
MISHAP = Diagnostic("E901", "Something unexpected happened in etlc.", Span(""), "Please report it.")


def made(found: list[Diagnostic], mishap: str = "", folder: str = "sub dir/") -> Validation:
    """A validation of 12 models and a source, sorted as the pipeline gives it."""
    collected = Diagnostics()
    for one in found:
        collected.append(one)
    return Validation(list(collected), None if mishap else (12, 1), folder, LINES.get, mishap)


CASES = {
    "findings": made(FOUND),
    "none": made([]),
    "warnings": made([FOUND[0], FOUND[4]]),
    "crash": made([MISHAP]),
    "mishap": made([], "There is no etlc.yaml in /x or above it."),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", FORMATS)
def test_looks(form: str, name: str) -> None:
    text = render(form, CASES[name])
    if form == "sarif":  # without the pages, which are edited more often than this
        log = json.loads(text)
        for rule in log["runs"][0]["tool"]["driver"]["rules"]:
            assert rule.pop("help") and rule.pop("fullDescription")
        text = json.dumps(log, indent=1, ensure_ascii=False) + "\n"
    same(f"validation_{form}_{name}", text)


# -- github


def unescaped(text: str) -> str:
    """What the runner of GitHub's workflows does with a value."""
    for sign, escape in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(escape, sign)
    return text


def test_github_reads_back_what_was_said() -> None:
    *commands, summary = render("github", CASES["findings"]).rstrip("\n").split("\n")
    assert summary == "3 errors, 2 warnings in 12 models and 1 source."
    kinds = [command.split(" ")[0] for command in commands]
    assert kinds == ["::error"] * 3 + ["::warning"] * 2
    for command in commands:
        kind, properties, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", command).groups()  # type: ignore[union-attr]
        facts = {name: unescaped(value) for name, _, value in (p.partition("=") for p in properties.split(","))}
        (one,) = [one for one in FOUND if one.message.split("\n")[0] == unescaped(message).split("\n")[0]]
        assert kind == one.severity and message.isprintable()
        if one.message.isprintable():
            assert unescaped(message) == f"{one.message}\n{one.help}".rstrip("\n")
        assert facts["file"] == f"sub dir/{one.span.file}"
        assert (facts["line"], facts["endLine"]) == (str(one.span.line), str(one.span.end_line))
        assert ("col" in facts) == ("endColumn" in facts) == (one.span.line == one.span.end_line)
        assert facts["title"].startswith(one.code)


# -- junit


@pytest.mark.parametrize("name", CASES)
def test_junit_is_xml_whose_counts_are_right(name: str) -> None:
    suites = ET.fromstring(render("junit", CASES[name]).encode())
    (suite,) = suites
    cases = suite.findall("testcase")
    assert suites.tag == "testsuites" and suite.tag == "testsuite" and cases
    for counted in (suites, suite):
        assert int(counted.attrib["tests"]) == len(cases)
        assert int(counted.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert int(counted.attrib["errors"]) == sum(case.find("error") is not None for case in cases)
    failing = {case.get("file") for case in cases if case.find("failure") is not None}
    assert failing == {f"sub dir/{one.span.file}" for one in CASES[name].found if one.code.startswith("E2")}
    assert all(len(case.findall("failure")) <= 1 for case in cases)


def test_junit_keeps_every_finding_and_no_control_character() -> None:
    text = render("junit", CASES["findings"])
    assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text) is None
    told = "".join(ET.fromstring(text.encode()).itertext())
    for one in FOUND:
        assert f"[{one.code}]" in told
    assert "]]> <c> & \\x1b[31m" in told


# -- sarif: the parts of the specification that etlc uses, with nothing else allowed


def _object(required: dict[str, object], **optional: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": "string", "minLength": 1}
_MESSAGE = _object({"text": _TEXT})
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_INDEX = {"type": "integer", "minimum": 0}
_COUNT = {"type": "integer", "minimum": 1}
_RULE = _object(
    {
        "id": _TEXT,
        "shortDescription": _MESSAGE,
        "fullDescription": _MESSAGE,
        "help": _object({"text": _TEXT, "markdown": _TEXT}),
        "defaultConfiguration": _object({"level": _LEVEL}),
    }
)
_PLACE = _object(
    {
        "artifactLocation": _object(
            {
                "uri": {"type": "string", "pattern": r"^(?:[A-Za-z0-9\-._~!$&'()*+,;=@/]|%[0-9A-F]{2})+$"},
                "uriBaseId": {"const": "%SRCROOT%"},
            }
        ),
        "region": _object({"startLine": _COUNT, "startColumn": _COUNT, "endLine": _COUNT, "endColumn": _COUNT}),
    }
)
_RESULT = _object(
    {
        "ruleId": _TEXT,
        "ruleIndex": _INDEX,
        "level": _LEVEL,
        "message": _MESSAGE,
        "locations": {
            "type": "array",
            "items": _object({"physicalLocation": _PLACE}),
            "minItems": 1,
            "maxItems": 1,
        },
        "partialFingerprints": {
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{16}:[1-9][0-9]*$"},
        },
    }
)
_NOTE = _object({"level": _LEVEL, "message": _MESSAGE}, descriptor=_object({"id": _TEXT, "index": _INDEX}))
_INVOCATION = _object(
    {"executionSuccessful": {"type": "boolean"}},
    toolExecutionNotifications={"type": "array", "items": _NOTE, "minItems": 1},
)
_DRIVER = _object(
    {
        "name": _TEXT,
        "version": _TEXT,
        "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$"},
        "rules": {"type": "array", "items": _RULE, "uniqueItems": True},
    }
)
_RUN = _object(
    {
        "tool": _object({"driver": _DRIVER}),
        "invocations": {"type": "array", "items": _INVOCATION, "minItems": 1, "maxItems": 1},
        "originalUriBaseIds": _object({"%SRCROOT%": _object({"description": _MESSAGE})}),
        "columnKind": {"const": "utf16CodeUnits"},
        "results": {"type": "array", "items": _RESULT, "uniqueItems": True},
    }
)
SARIF = _object(
    {
        "$schema": _TEXT,
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": _RUN, "minItems": 1, "maxItems": 1},
    }
)


@pytest.mark.parametrize("name", CASES)
def test_sarif_follows_the_specification(name: str) -> None:
    log = json.loads(render("sarif", CASES[name]))
    jsonschema.Draft7Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["defaultConfiguration"]["level"] == result["level"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] == (name not in ("crash", "mishap"))
    assert ("toolExecutionNotifications" in invocation) == (name in ("crash", "mishap"))
    prints = [one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]]
    keys = [(one["ruleId"], *one["locations"][0]["physicalLocation"]["artifactLocation"].values(), p)
            for one, p in zip(run["results"], prints, strict=True)]  # fmt: skip
    assert len(set(keys)) == len(keys) == sum(bool(one.span.file) for one in CASES[name].found)


def test_sarif_counts_columns_as_utf16() -> None:
    log = json.loads(render("sarif", CASES["findings"]))
    (warning,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == "W201"]
    place = warning["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "sub%20dir/s/gr%C3%B6%C3%9Fe%2C1%3A2.sql"
    units = LINES["s/größe,1:2.sql"][0].encode("utf-16-le")
    region = place["region"]
    assert units[2 * (region["startColumn"] - 1) : 2 * (region["endColumn"] - 1)].decode("utf-16-le") == "now"


def test_sarif_fingerprints_stay_when_lines_above_come() -> None:
    def prints(lines: list[str], row: int) -> str:
        found = [Diagnostic("W201", "now().", Span("a.sql", row, 8, row, 11))]
        log = json.loads(render("sarif", Validation(found, (1, 0), "", {"a.sql": lines}.get)))
        hashed: str = log["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"]
        return hashed

    before = prints(["select now() as t"], 1)
    assert prints(["-- above", "  select now() as t"], 2) == before
    assert prints(["select now() as u"], 1) != before
