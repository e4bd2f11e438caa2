"""TPC-H's published answers, and how stored rows are compared with them."""

from collections.abc import Sequence

from tests.oracle import close


def answer_rows(answer: str) -> list[list[str]]:
    """The rows of an answer below its header: fields between bars, nothing quoted, NULL is empty."""
    return [line.split("|") for line in answer.splitlines()[1:]]


def differences(expected: Sequence[Sequence[str]], rows: Sequence[Sequence[object]]) -> list[str]:
    """The places, in the order of the rows, where the answer and what was got are not the same."""
    found = [] if len(expected) == len(rows) else [f"{len(expected)} rows expected, got {len(rows)}"]
    for number, (want, have) in enumerate(zip(expected, rows, strict=False), 1):
        if len(want) != len(have) or not all(map(_same, want, have)):
            found.append(f"row {number}: {want} expected, got {have}")
    return found


def _same(want: str, have: object) -> bool:
    """Equal as text, or as numbers: 380456 is 380456.00."""
    text = "" if have is None else str(have)
    if want == text:
        return True
    try:
        return close(float(want), float(text))
    except ValueError:
        return False
