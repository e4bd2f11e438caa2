"""The order of the stages, and what the commands ask of them. Light to import: each function brings what it needs.

load -> resolve -> bind -> lower -> Plan;  Plan + Memory + Observations -> decide -> execute
"""

from __future__ import annotations

from typing import Any

_HOMES = {
    "Interrupted": "project", "Options": "project", "Project": "project", "Stop": "project",
    "parts_of": "project", "format_files": "formatting", "Formatted": "formatting", "validate_files": "validating",
    "validate": "validating", "Validated": "validating",
    "plan": "running", "run": "running", "check": "running", "Planned": "running", "Ran": "running", "Checked": "running",
    "run_unit_tests": "testing", "Tested": "testing",
    "verify": "verifying", "Verifying": "verifying",
    "diff": "differing", "Differing": "differing",
    "show": "reading", "query": "querying", "lineage": "reading", "Table": "reading", "Lineage": "reading",
    "LineageColumn": "reading", "Locked": "writing", "Compiled": "writing", "lock": "writing", "check_lock": "locking",
    "init_project": "writing", "interrupt": "stopping",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "compile_project":
        from etlc.pipeline.writing import compile_to_files

        return compile_to_files
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(name)
    import importlib

    return getattr(importlib.import_module(f"etlc.pipeline.{home}"), name)
