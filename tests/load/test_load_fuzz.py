"""Mutated projects give findings, never exceptions. ETLC_FUZZ sets how many are tried."""

from __future__ import annotations

import os
import random

from load_support import CASES, FINDINGS, MemoryFiles, loaded, sections

PIECES = (
    "\n",
    "  ",
    "\t",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "|",
    ">",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "#",
    "? ",
    "\0",
    "\ufeff",
    "null",
    "1e999",
    "0x",
    "9" * 5000,
    "2024-99-99",
    "_etlc",
    "..",
    "${env:X}",
    "/* etlc",
    "*/",
    "%",
    "@",
    "\\",
    "é",
    "\u2028",
    "---\n",
    "models:",
    "sql: |\n",
    "key:",
    "rows:",
    "use: x",
    "<<<<<<< x\n",
)


def mutated(text: str, random_: random.Random) -> str:
    for _ in range(random_.randint(1, 4)):
        at, to = sorted((random_.randint(0, len(text)), random_.randint(0, len(text))))
        to = min(to, at + 40)
        match random_.randint(0, 3):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + random_.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + text[at:to] * 2 + text[to:]
            case _:
                text = text[:at] + random_.choice(PIECES) + text[to:]
    return text


def test_mutants() -> None:
    random_ = random.Random(20240102)
    cases = [sections(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.txt"))]
    cases = [{"etlc.yaml": "project: shop\n"} | case for case in cases for _ in (case.pop(FINDINGS),)]
    for _ in range(int(os.environ.get("ETLC_FUZZ", "1500"))):
        case = dict(random_.choice(cases))
        victim = random_.choice(sorted(case))
        case[victim] = mutated(case[victim], random_)
        data = {path: text.encode("utf-8", "replace") for path, text in case.items()}
        if not random_.randint(0, 20):
            data[victim] = data[victim][: random_.randint(0, len(data[victim]))] + bytes([random_.randint(0, 255)])
        spec, found = loaded(MemoryFiles(data))
        assert spec is not None or found
        for finding in found:
            assert finding.span.file in data or finding.span.file == "etlc.lock", finding
            assert finding.span.line >= 1 and finding.span.column >= 1 and finding.message.endswith("."), finding
            assert "\n" not in finding.message, finding
