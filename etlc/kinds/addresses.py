"""Addresses: paths of files that lie on a server (``https://``, ``http://``) or in a bucket (``s3://``).

What a server or a client might read in two ways is refused, so that what lies under an allowed address by its text
lies there in fact.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_QUERY = re.compile(r"(\b(?:https?|s3)://[^\s?'\"]*)\?(?!\.{3})[^\s'\"]*", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{env:[^}]*\}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:[0-9]+)?", re.ASCII)


def is_address(path: str) -> bool:
    """Whether a path is an address, of whatever scheme."""
    return _SCHEME.match(path) is not None


def on_server(path: str) -> bool:
    """Whether a path is an address of a web server: such a one gives files, but no list of them, and takes none."""
    return path.lower().startswith(("http://", "https://"))


def in_bucket(path: str) -> bool:
    """Whether a path is an address in a bucket."""
    return path.lower().startswith("s3://")


def normal(address: str) -> str:
    """The address with its scheme and its server's name in lower case. The name of a bucket has a case."""
    scheme, _, rest = address.partition("://")
    host, slash, tail = rest.partition("/")
    return f"{scheme.lower()}://{host.lower() if on_server(address) else host}{slash}{tail}"


def fault(address: str) -> tuple[str, str] | None:
    """Why an address cannot be used, whatever is allowed, as the end of a sentence, and what to do; None if it can."""
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    if not (on_server(address) or in_bucket(address)):
        return f"is a {scheme}:// address", "Files are read at https://, http:// and s3://, and written at s3://."
    if "@" in host:
        return (
            "has a user name or a password in it",
            "Write it without; a token goes into the query: `?token=${env:NAME}`.",
        )
    if not _HOST.fullmatch(host):
        return (
            "does not name a server or a bucket",
            "Write it whole, e.g. https://example.com/a.csv or s3://bucket/a.csv.",
        )
    if "#" in path and on_server(address):
        return "has a `#`, behind which a server sees nothing", "Write it without, or as %23."
    if "?" in path and in_bucket(address):
        return "has a `?`, which DuckDB does not read in a bucket", "Name the files in another way, e.g. with `*`."
    if re.search(r"[*\[]", path) and on_server(address):
        return "has a wildcard, but a web server gives no list of its files", "Name each file: `path: [.., ..]`."
    if _climbs(path):
        return "goes up with `..` behind a wildcard, a variable or a server", "Write it without `..`."
    return None


def unfilled(address: str) -> str:
    """An address as it is written, with a letter for each ``${env:NAME}``: what can be judged before it is filled in."""
    return _VARIABLE.sub("x", address)


def _climbs(path: str) -> bool:
    """Whether a part of the path is ``.`` or ``..``, however often it is encoded."""
    path = path.split("?", 1)[0]
    while (plain := unquote(path)) != path:
        path = plain
    return any(part.strip() in (".", "..") for part in re.split(r"[/\\]", path))


def below(address: str, entry: str) -> bool:
    """Whether an address is an allowed one or lies under it, part by part."""
    mine, stem = normal(address), normal(entry).rstrip("/")
    return mine == stem or mine.startswith(f"{stem}/")


def place(address: str) -> str:
    """The server or bucket: ``s3://bucket/`` of ``s3://bucket/a/b``."""
    return "/".join(address.split("/", 3)[:3]) + "/"


def without_query(text: str) -> str:
    """A text in which the addresses show nothing of their queries, where tokens may stand."""
    return _QUERY.sub(r"\1?...", text)
