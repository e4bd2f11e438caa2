"""A project to attack, what lies outside of it, and a watch over what is opened there."""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

CANARY = "CANARY-5b1f0c"
HERE = Path(__file__).parent
_OPENED, _CHANGED = 0x20 | 0x1, 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200


def attacks() -> dict[str, list[str]]:
    """The corpus: attacks by the field of the spec that they stand in. ``\\n`` is a line end."""
    found: dict[str, list[str]] = {}
    for line in (HERE / "attacks.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            field = found.setdefault(line[4:], [])
        else:
            field.append(line.replace("\\n", "\n"))
    return found


def make_world(root: Path) -> Path:
    """A folder with a project in it and secrets beside it; gives the project's folder."""
    outside = root / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "secret.csv").write_text(f"id,note\n1,{CANARY}\n")
    (outside / "secret.json").write_text(json.dumps([{"id": 1, "note": CANARY}]))
    with duckdb.connect() as con:
        con.execute(f"copy (select 1 as id, '{CANARY}' as note) to '{outside}/secret.parquet'")
    inside = root / "inside"
    (inside / "data").mkdir(parents=True)
    (inside / "pipelines").mkdir()
    (inside / "etlc.yaml").write_text("project: victim\nparams: {p: 1}\nlimits: {threads: 2}\n")
    (inside / "pipelines" / "base.yaml").write_text(
        "pipeline: base\nsources: {t: {path: data/x.csv}}\nmodels: {base: {sql: 'select *, $p as p from t'}}\n"
    )
    (inside / "data" / "x.csv").write_text("x,note\n1,a\n2,b\n")
    (inside / "link_file.csv").symlink_to(outside / "secret.csv")
    (inside / "link_folder").symlink_to(outside)
    (inside / "link_chain.csv").symlink_to(inside / "link_file.csv")
    return inside


def pipeline(field: str, attack: str, number: int) -> str:
    """A pipeline file with the attack in one field. Its source and model have the number in their names."""
    quoted = json.dumps(attack)
    parts = {
        "option": "",
        "check": "",
        "type": "",
        "path": '"data/x.csv"',
        "output": f"out/{number}.csv",
        "sql": f"from s_{number}",
        "name": f"m_{number}",
    }
    if field == "model":
        parts["sql"] = attack
    elif field in ("expression", "check"):
        parts["check"] = f"checks: [{{{'expression' if field == 'expression' else 'sql'}: {quoted}}}]"
    elif field == "type":
        parts["type"] = f"columns: {{x: {{type: {quoted}}}}}"
    elif field == "option":
        parts["option"] = f"options: {{{attack}}}"
    elif field in ("path", "output", "name"):
        parts[field] = quoted
    return f"""pipeline: p_{number}
sources:
  s_{number}:
    path: {parts["path"]}
    format: csv
    {parts["option"]}
    {parts["type"]}
models:
  {parts["name"]}:
    sql: {json.dumps(parts["sql"])}
    {parts["check"]}
outputs:
  o_{number}: {{model: {parts["name"]}, path: {parts["output"]}, format: csv}}
"""


@contextmanager
def watched(folder: Path) -> Iterator[list[str]]:
    """What is opened, made, changed or removed in a folder and those below, by whoever does it (Linux)."""
    seen: list[str] = []
    if not sys.platform.startswith("linux"):
        yield seen
        return
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.inotify_init1(os.O_NONBLOCK)
    for place in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        assert libc.inotify_add_watch(handle, os.fsencode(place), _OPENED | _CHANGED) >= 0
    try:
        yield seen
        while True:
            try:
                data = os.read(handle, 1 << 16)
            except BlockingIOError:
                break
            while data:
                _, mask, _, size = struct.unpack_from("iIII", data)
                seen.append(f"{mask:x} {data[16 : 16 + size].rstrip(bytes(1)).decode(errors='replace')}")
                data = data[16 + size :]
    finally:
        os.close(handle)


def files_with(folder: Path, secret: str) -> list[str]:
    """The files below a folder that hold a text, symbolic links not followed."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if not path.is_symlink() and secret.encode() in path.read_bytes():
                found.append(str(path.relative_to(folder)))
    return found
