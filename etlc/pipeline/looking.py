"""A first look at sources, and how long what it found is good for: until one of their files changes."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from etlc.execute.observe import RACY_NS
from etlc.execute.paths import PathProblem, Paths
from etlc.ir.plan import Plan
from etlc.kinds.addresses import is_address


def listing(patterns: Sequence[str], paths: Paths) -> str:
    """What tells whether the files of a source are the ones that were looked at: their names, sizes and times.

    "" where that cannot be told for sure: files at addresses, files written a moment ago, paths that may not be used.
    """
    found = []
    newest = time.time_ns() - RACY_NS
    try:
        if any(is_address(paths.real(pattern)) for pattern in patterns):
            return ""
        for path in paths.find(patterns):
            real = paths.real(path)
            stat = os.stat(real)
            found.append((real, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))
            if max(stat.st_mtime_ns, stat.st_ctime_ns) > newest:
                return ""
    except (PathProblem, OSError):
        return ""
    return hashlib.blake2b(json.dumps(found).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def listings(plan: Plan, names: Iterable[str], root: Path) -> dict[str, str]:
    """The listing of each of these sources; empty where one of them cannot be told."""
    patterns = [path for source in plan.sources.values() for path in source.paths]
    try:
        paths = Paths.of(root, plan.allow, os.environ, patterns)
    except PathProblem:
        return {}
    found = {name: listing(plan.sources[name].paths, paths) for name in names}
    return found if all(found.values()) else {}
