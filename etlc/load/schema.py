"""The JSON Schemas of the spec files: made from the grammar, written for editors, found again at run time.

``python -m etlc.load.schema`` rewrites ``schemas/*.json``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from etlc.load import grammar
from etlc.load.shapes import Schema, Shape

_HERE = Path(__file__).resolve().parent.parent
_FOLDERS = (_HERE / "schemas", _HERE.parent / "schemas")  # in a wheel; in a checkout
_DEFINITIONS: dict[str, Shape] = {
    "check": grammar.CHECK,
    "column": grammar.COLUMN,
    "model": grammar.MODEL,
    "output": grammar.OUTPUT,
    "param": grammar.PARAM,
    "row": grammar.ROW,
    "source": grammar.SOURCE,
    "table": grammar.TABLE,
    "test": grammar.TEST,
}
_ABOUT = {
    "check": "A check: one of the kinds as the key; severity, tolerate and name may stand beside it.",
    "column": "A column: its type, or a map with more.",
    "model": "A model: one SELECT, and what is promised of it.",
    "output": "A file that a model is written to.",
    "param": "A parameter: its value, or its type and its default.",
    "row": "A row: column: value.",
    "source": "A source: files, or rows written here.",
    "table": "Rows of a test: a list of maps, CSV, or a query.",
    "test": "Given these rows, the model gives those.",
}
_ROOTS: dict[str, tuple[Shape, str]] = {
    "project": (grammar.PROJECT, "The project: etlc.yaml."),
    "pipeline": (grammar.PIPELINE, "A pipeline: sources, models, outputs and tests."),
    "header": (grammar.HEADER, "The properties of a model, at the top of its SQL file."),
    "lock": (grammar.LOCK, "etlc.lock"),
}
PUBLISHED = ("project", "pipeline")


@cache
def schema(name: str) -> Schema:
    """The JSON Schema of a kind of file: project, pipeline, header or lock."""
    shape, doc = _ROOTS[name]
    document: Schema = {"$schema": "http://json-schema.org/draft-07/schema#", "description": doc, **shape.schema}
    used = sorted(_used(shape.schema, set()))
    if used:
        document["definitions"] = {key: {"description": _ABOUT[key], **_DEFINITIONS[key].schema} for key in used}
    return document


def _used(part: Any, found: set[str]) -> set[str]:
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found.add(name)
            _used(_DEFINITIONS[name].schema, found)
        for value in part.values():
            _used(value, found)
    return found


def render(name: str) -> str:
    """The text of a schema file."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def schema_text(name: str) -> str:
    """The text of a published schema: ``project`` or ``pipeline``. FileNotFoundError for any other name."""
    if name in PUBLISHED:
        for folder in _FOLDERS:
            path = folder / f"{name}.schema.json"
            if path.is_file():
                return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"there is no schema {name}")


def main() -> None:
    """Write the published schemas of this checkout."""
    for name in PUBLISHED:
        path = _FOLDERS[-1] / f"{name}.schema.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(render(name), encoding="utf-8")


if __name__ == "__main__":
    main()
