"""DuckDB's errors as data. With ``errors_as_json`` their text carries kind, message, position and candidates."""

from __future__ import annotations

import json
import re

from etlc.ir.binding import SqlError

_KIND = re.compile(r"^(\w[\w ]*?) Error: ")
_NAMES = re.compile(r'"((?:[^"]|"")+)"')


def read_error(error: BaseException, sql: str = "", skip: int = 0) -> SqlError:
    """The error as data. ``skip`` characters of ``sql`` stood before the user's text: positions count from there."""
    text = str(error)
    head = _KIND.match(text)
    kind = head.group(1).lower() if head else type(error).__name__.removesuffix("Exception").lower()
    body = text[head.end() :] if head else text
    if not body.startswith("{"):
        return SqlError(kind, body.split("\n\nLINE ")[0].strip() or kind)
    try:
        found = json.loads(body)
    except ValueError:
        return SqlError(kind, body)
    offset, length = _place(found, sql)
    message = str(found.get("exception_message", "")).strip()
    return SqlError(
        kind=str(found.get("exception_type", kind)).lower(),
        message=message,
        offset=None if offset is None else max(0, offset - skip),
        length=length,
        subtype=str(found.get("error_subtype", "")),
        name=str(found.get("name", "")),
        candidates=_candidates(found, message),
    )


def _place(found: dict[str, object], sql: str) -> tuple[int | None, int]:
    """Offset and length in characters: DuckDB counts bytes of UTF-8."""
    position = found.get("position")
    if position is None or not str(position).isdigit():
        return None, 1
    data = sql.encode()
    start = len(data[: int(str(position))].decode(errors="ignore"))
    location = str(found.get("location", ""))
    if location.startswith("["):
        size = int(location.strip("[]").split(",")[1])
        return start, max(1, len(data[int(str(position)) : int(str(position)) + size].decode(errors="ignore")))
    return start, 1


def _candidates(found: dict[str, object], message: str) -> tuple[str, ...]:
    listed = str(found.get("candidates", ""))
    if listed:
        return tuple(listed.split(","))
    _, mark, tail = message.partition("Candidate bindings:")
    if not mark:
        _, mark, tail = message.partition("Did you mean")
    return tuple(name.replace('""', '"') for name in _NAMES.findall(tail)) if mark else ()
