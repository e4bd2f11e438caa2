"""Runs the front end on mutants in processes of their own, so that a crash, a hang or a flood has a seed.

``python -m tests.hardness.drive spec 0 1000`` tries the seeds 0 to 999 and prints what went wrong, as JSON, one a line.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from etlc.pipeline.project import Options, Project, Stop
from tests.hardness.corpus import ROOT, Texts
from tests.hardness.mutate import QUERIES_A_SEED, spec, sql

SLOWEST = 1.0  # seconds of processor time for a mutant
FATTEST = 300  # MB above what the process had before
_DEAD = 30  # seconds after which a mutant hangs
_ROOM = 1500 * 2**20  # bytes of address space above what the process had: keeps a bomb from the machine
_KNOWN = {"spec": spec, "sql": sql}


@dataclass(frozen=True)
class Memory:
    """Files that stand in a dict."""

    texts: Texts

    def read(self, path: str) -> bytes | None:
        return self.texts.get(path)

    def walk(self, folder: str, endings: tuple[str, ...]) -> list[str]:
        prefix = f"{folder}/" if folder else ""
        return sorted(path for path in self.texts if path.startswith(prefix) and path.endswith(endings))


def complaint(texts: Texts, root: Path) -> str:
    """What is wrong with how a project is answered; empty where it is answered as it should be."""
    from etlc.ir.codec import encode
    from etlc.pipeline.front import compile_files
    from etlc.report.diagnostics import render
    from etlc.report.json import encode as as_json
    from etlc.report.json import findings

    try:
        front = compile_files(Memory(texts), Project(root), Options(), upkeep=True)
    except Stop as stop:
        return "" if stop.message.endswith(".") or stop.diagnostics.errors else f"Stop: {stop.message}"
    except BaseException:  # noqa: BLE001
        return traceback.format_exc()
    found = list(front.diagnostics)
    if front.plan is None and not front.diagnostics.errors:
        return "no plan, and no reason"
    if front.plan is not None:
        json.dumps(encode(front.plan)).encode("utf-8", "strict")
    for one in found:
        place = f"{one.code} {one.span.file}:{one.span.line}:{one.span.column} {one.message!r} {one.help!r}"
        if one.span.file not in (*texts, "etlc.yaml") or one.span.line < 1 or one.span.column < 1:
            return f"no place: {place}"
        lines = _lines(texts.get(one.span.file, b""))
        if one.span.line > len(lines) or one.span.column > len(lines[one.span.line - 1]) + 2:
            return f"outside of its file: {place}"
        if "\n" in one.message or not one.message.endswith((".", "?", ":")):
            return f"no sentence: {place}"
        if any(word in one.message for word in ("INTERNAL", "Out of Memory", "Traceback", "unordered_map", "std::")):
            return f"not for users: {place}"
    try:
        for line in render(found, lambda name: _lines(texts.get(name, b"")), 120, (1, 1)):
            "".join(piece if isinstance(piece, str) else piece.text for piece in line).encode()
        as_json(findings(front.diagnostics, 1, 1)).encode()
    except BaseException:  # noqa: BLE001
        return traceback.format_exc()
    return ""


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _status(key: str) -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key)) * 1024


def _forget_peak() -> None:
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def _try(texts: Texts, root: Path) -> tuple[str, float, float]:
    """What is wrong, the seconds of processor time, and the MB of memory that it took."""
    _forget_peak()
    before, start = _status("VmRSS"), time.process_time()
    wrong = complaint(texts, root)
    return wrong, time.process_time() - start, (_status("VmHWM") - before) / 2**20


def work(kind: str, first: int, count: int, tpcds: bool, patience: float) -> None:
    """Try seeds. The one under way is on stderr, which is a file; ``patience`` multiplies the limit of time."""
    faulthandler.enable()
    gc.set_threshold(500_000, 50, 50)  # as the command line does
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _try(spec(0), root), _try(sql(0), root)
        limit = _status("VmSize") + _ROOM
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        slowest, fattest = (0.0, -1), (0.0, -1)
        for seed in range(first, first + count):
            texts = sql(seed, tpcds) if kind == "sql" else spec(seed)
            os.pwrite(2, f"{seed}\n".ljust(16).encode(), 0)
            os.lseek(2, 16, os.SEEK_SET)  # a traceback stands behind it
            faulthandler.dump_traceback_later(_DEAD, exit=True)
            wrong, seconds, size = _try(texts, root)
            faulthandler.cancel_dump_traceback_later()
            slowest, fattest = max(slowest, (seconds, seed)), max(fattest, (size, seed))
            many = QUERIES_A_SEED if kind == "sql" else 1
            if not wrong and seconds > SLOWEST * patience * (many if patience > 1 else 1):
                wrong = f"{seconds:.2f} seconds"
            if not wrong and size > FATTEST:
                wrong = f"{size:.0f} MB"
            if wrong:
                print(json.dumps({"kind": kind, "seed": seed, "wrong": wrong}), flush=True)
        print(json.dumps({"kind": kind, "slowest": slowest, "fattest": fattest, "done": count}), flush=True)


def tried(kind: str, first: int, count: int, tpcds: bool = False, patience: float = 1) -> Iterator[dict[str, object]]:
    """What went wrong with seeds, worked on in another process; after its death in the next one."""
    end = first + count
    while first < end:
        with tempfile.TemporaryFile() as progress:
            arguments = (kind, str(first), str(end - first), "tpcds" if tpcds else "", str(patience))
            done = subprocess.run(
                [sys.executable, "-m", "tests.hardness.drive", *arguments],
                stdout=subprocess.PIPE,
                stderr=progress,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
            )
            yield from map(json.loads, done.stdout.decode().splitlines())
            if not done.returncode:
                return
            progress.seek(0)
            said = progress.read().decode("utf-8", "replace")
        seed = said[:16].strip()
        if not seed.isdigit():
            raise RuntimeError(said)
        yield {"kind": kind, "seed": int(seed), "wrong": f"died with {done.returncode}: {said[16:]}"}
        first = int(seed) + 1


if __name__ == "__main__":
    _, kind_, first_, count_, *more = sys.argv
    work(kind_, int(first_), int(count_), bool(more and more[0]), float(more[1]) if len(more) > 1 else 1)
