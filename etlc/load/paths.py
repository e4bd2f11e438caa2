"""Paths that a spec names: inside the project, or under an entry of ``allow``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from etlc.diagnostics import Diagnostics, Located
from etlc.kinds import addresses

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL = re.compile("[\0-\x1f\x7f]")
_LONGEST = 4096
_FORWARD = "Write it with forward slashes, relative to etlc.yaml."


def check_path(path: Located, allow: Iterable[str], diagnostics: Diagnostics, help: str = "") -> bool:
    """Whether a path may be used; if not, the finding says why. ``${env:NAME}`` counts as the name of a folder."""
    fault = _fault(path, tuple(allow))
    if fault is not None:
        diagnostics.add("E113", path.span, f"The path `{shown_path(path)}` {fault[0]}.", help or fault[1])
    return fault is None


def check_allowed(entry: Located, diagnostics: Diagnostics) -> bool:
    """Whether an entry of ``allow`` is a folder or an address that paths can lie under."""
    return check_path(entry, (entry,), diagnostics)


def _fault(path: str, allow: tuple[str, ...]) -> tuple[str, str] | None:
    if len(path) > _LONGEST:
        return f"is longer than {_LONGEST:,} characters", "No file can have that name."
    if _CONTROL.search(path):
        return "contains a control character", "Remove it."
    if path and path[0] in "\u2018\u2019\u201c\u201d":
        return "begins with a curly quote", "Write straight quotes, or none."
    if "\\" in path:
        return "contains a backslash", _FORWARD
    if path.startswith("~"):
        return "begins with `~`, which is another folder for everybody", _FORWARD
    scheme = _SCHEME.match(path)
    if scheme and scheme[1].lower() == "file":
        return "is a file:// address", "Write the plain path."
    if scheme and len(scheme[1]) == 1:
        return "begins with a drive letter", _FORWARD
    if addresses.is_address(path):
        fault = addresses.fault(addresses.unfilled(path))
        if fault is not None:
            return fault
    elif _climbs(path):
        return "goes up with `..` behind a wildcard, a variable or a server", "Write it without `..`."
    if any(_below(path, entry) for entry in allow):
        return None
    if scheme:
        return "is outside the project", f"Allow it in etlc.yaml: `allow: [{shown_path(addresses.place(path))}]`."
    if posixpath.normpath(path).startswith(("/", "../")) or posixpath.normpath(path) == "..":
        folder = posixpath.dirname(posixpath.normpath(path)) or "/"
        help = f"Move it into the project, or allow its folder in etlc.yaml: `allow: [{shown_path(folder)}]`."
        return "is outside the project", help
    return None


def _climbs(path: str) -> bool:
    """Whether ``..`` stands where nobody can tell what is above: behind a wildcard or a variable."""
    parts = path.split("/")
    if ".." not in parts:
        return False
    wild = next((i for i, part in enumerate(parts) if re.search(r"[*?\[{$]", part)), len(parts))
    return ".." in parts[wild:]


def _below(path: str, entry: str) -> bool:
    if addresses.is_address(path) or addresses.is_address(entry):
        return addresses.is_address(path) and addresses.is_address(entry) and addresses.below(path, entry)
    if path.startswith("/") != entry.startswith("/"):
        return False
    folder, normal = posixpath.normpath(entry), posixpath.normpath(path)
    if normal == folder:
        return True
    prefix = folder.rstrip("/") + "/"  # below `..` lies `../x`, but not `../../x`
    return normal.startswith(prefix) and not normal.removeprefix(prefix).startswith("..")


def shown_path(path: str) -> str:
    """A path as messages show it: short, and without what it may hold of secrets."""
    path = addresses.without_query(path[:_LONGEST])
    flat = "".join(letter if letter.isprintable() else "�" for letter in path[:61])
    return flat if len(flat) <= 60 else flat[:59] + "…"
