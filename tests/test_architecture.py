"""Who may import whom: stages are folders, data flows one way, a stage never imports another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "etlc"
LAYERS = ("diagnostics", "sql", "kinds", "ir")
PROTOCOLS = {"etlc.engines.base", "etlc.state.base"}

# What each room may import, besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "diagnostics": set(),
    "sql": {"diagnostics"},
    "kinds": {"diagnostics", "sql"},
    "ir": {"diagnostics", "sql", "kinds"},
    "load": set(LAYERS),
    "resolve": set(LAYERS),
    "bind": set(LAYERS),
    "analyze": set(LAYERS),
    "lower": set(LAYERS),
    "decide": set(LAYERS),
    "compare": set(LAYERS),
    "execute": set(LAYERS) | PROTOCOLS,
    "engines": {"ir", "sql"},
    "state": {"ir", "sql", "etlc.engines.base"},
    "report": {"diagnostics", "ir"},
    "pipeline": {
        *LAYERS,
        "load",
        "resolve",
        "bind",
        "analyze",
        "lower",
        "decide",
        "compare",
        "execute",
        "engines",
        "state",
    },
    "cli": {"pipeline", "report", "diagnostics", "ir"},
}


def files() -> list[Path]:
    """Every module of the package."""
    return [path for path in sorted(ROOT.rglob("*.py")) if "template" not in path.parts]


def imports(path: Path) -> set[str]:
    """All modules of etlc that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name == "etlc" or name.startswith("etlc.")}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_import_what_they_may(path: Path) -> None:
    """No import against the table, not even one inside a function."""
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if room in ("__init__", "__main__"):
        return
    for name in imports(path):
        parts = name.split(".")
        other = parts[1] if len(parts) > 1 else ""
        allowed = MAY_IMPORT[room]
        fine = other in ("", room, "__version__") or other in allowed
        fine = fine or any(name == protocol or name.startswith(protocol + ".") for protocol in allowed & PROTOCOLS)
        assert fine, f"{path.relative_to(ROOT)} imports {name}"


def test_sqlglot_is_called_in_sql_only() -> None:
    """One room knows sqlglot, one room knows DuckDB."""
    for library, home in (("sqlglot", "sql"), ("duckdb", "engines")):
        for path in files():
            room = path.relative_to(ROOT).parts[0]
            tree = ast.parse(path.read_text(encoding="utf-8"))
            used = {
                (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names
            }
            if any(name.split(".")[0] == library for name in used):
                assert room == home, f"{path.relative_to(ROOT)} imports {library}"


def test_files_and_functions_are_small() -> None:
    """600 lines a file, 50 lines a function."""
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 600, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= 60, f"{path}: {node.name} has {length} lines"


def test_no_type_checking_blocks() -> None:
    """An import that only the type checker sees hides a knot."""
    for path in files():
        assert "TYPE_CHECKING" not in path.read_text(encoding="utf-8"), path
