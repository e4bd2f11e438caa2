"""The report of an unexpected exception: a traceback without values, in a file."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from etlc import __version__

_SHORTEST_SECRET = 6
_NO_SECRETS = ("HOME", "OLDPWD", "PATH", "PWD", "PYTHONPATH", "VIRTUAL_ENV")


def write_report(error: BaseException, root: Path | None) -> Path | None:
    """Write the report into the project's ``.etlc/reports``, else the folder for temporary files."""
    text = _hide(_report(error))
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    folders = [] if root is None else [root / ".etlc" / "reports"]
    for folder in (*folders, Path(tempfile.gettempdir()) / "etlc-reports"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with open(folder / name, "x", encoding="utf-8", opener=_private) as file:
                file.write(text)
        except OSError:
            continue
        return folder / name
    return None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _report(error: BaseException) -> str:
    versions = [f"etlc {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for module in ("duckdb", "sqlglot"):
        if module in sys.modules:
            versions.append(f"{module} {getattr(sys.modules[module], '__version__', '?')}")
    return "\n".join([*versions, "", *traceback.format_exception(error)])


def _hide(text: str) -> str:
    """Values of environment variables, which may be secrets that the specs refer to, are replaced by their names."""
    for name, value in sorted(os.environ.items(), key=lambda item: -len(item[1])):
        if len(value) >= _SHORTEST_SECRET and name not in _NO_SECRETS:
            text = text.replace(value, f"${{env:{name}}}")
    return text
