"""Outputs: whole, or not at all.

A file is written beside its place under a hidden name, flushed to disk and renamed over it; a partitioned folder is
written beside and exchanged with the one that stands, in one system call where the system has one. DuckDB's COPY does
neither: it writes in place, and never calls fsync. What goes into a bucket is written to a file first, and uploaded.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path

from etlc.engines.base import Session
from etlc.execute.paths import PathProblem, Paths
from etlc.execute.remote import Remote
from etlc.ir.plan import PlanOutput
from etlc.kinds.addresses import in_bucket, is_address
from etlc.kinds.sinks import sink_kind
from etlc.sql.quote import idents, string

_MARK = ".etlc-"
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_AT_FDCWD = -100


def write_output(output: PlanOutput, relation: str, session: Session, paths: Paths, run_id: str) -> dict[str, str]:
    """Write an output; gives each file's size and time. Raises EngineError, OSError, PathProblem."""
    real = paths.real(output.path)
    if not paths.inside(real):
        raise PathProblem(paths.outside(output.path))
    if is_address(real):
        return _write_object(output, relation, session, paths)
    target = Path(real)
    target.parent.mkdir(parents=True, exist_ok=True)
    hidden = target.parent / f".{target.name}{_MARK}{run_id}"
    try:
        if output.partition_by:
            _write_folder(output, relation, session, target, hidden)
        else:
            _write_file(output, relation, session, target, hidden)
    finally:
        _remove(hidden)
    return output_files(output.path, paths)


def _write_object(output: PlanOutput, relation: str, session: Session, paths: Paths) -> dict[str, str]:
    real = paths.real(output.path)
    kind = sink_kind(output.format, output.path)
    if not in_bucket(real) or output.partition_by or kind is None:
        raise PathProblem(f"{output.path} is an address; an output there is one file in a bucket, s3://")
    hidden = paths.root / ".etlc" / "tmp" / f"{output.name}{_MARK}upload"  # what a killed run left is written over
    hidden.parent.mkdir(parents=True, exist_ok=True)
    remote = Remote(session)
    try:
        session.execute(f"COPY (SELECT * FROM {relation}) TO {string(str(hidden))} ({kind.copy_options(output.path)})")
        remote.put(hidden, real, output.path)
    finally:
        _remove(hidden)
    return output_files(output.path, paths, remote)


def output_files(path: str, paths: Paths, remote: Remote | None = None) -> dict[str, str]:
    """Size and time of each file of an output as it stands, empty where there is none.

    A folder is in it too, by its name alone: an output without rows is an empty one. ``remote`` sees what lies in
    buckets. Raises PathProblem where that cannot be seen.
    """
    real = paths.real(path)
    if is_address(real):
        if remote is None or not paths.inside(real):
            raise PathProblem(paths.outside(path))
        return {path: "-".join(map(str, remote.stat(real, path)))}
    target = Path(real)
    if not target.is_dir():
        return {path: _token(target)} if target.is_file() else {}
    found = {f"{path.rstrip('/')}/": "folder"}
    for folder, _, names in os.walk(target):
        for name in names:
            file = Path(folder) / name
            if not name.startswith((".", "_")) and file.is_file():
                found[f"{path.rstrip('/')}/{file.relative_to(target).as_posix()}"] = _token(file)
    return found


def _write_file(output: PlanOutput, relation: str, session: Session, target: Path, hidden: Path) -> None:
    if target.is_dir():
        raise PathProblem(f"{output.path} is a folder; an output without partition_by is one file")
    kind = sink_kind(output.format, output.path)
    assert kind is not None
    session.execute(f"COPY (SELECT * FROM {relation}) TO {string(str(hidden))} ({kind.copy_options(output.path)})")
    _flush(hidden)
    os.replace(hidden, target)
    _flush(target.parent)


def _write_folder(output: PlanOutput, relation: str, session: Session, target: Path, hidden: Path) -> None:
    if target.exists() and not target.is_dir():
        raise PathProblem(f"{output.path} is a file; an output with partition_by is a folder")
    kind = sink_kind(output.format, output.path)
    assert kind is not None
    hidden.mkdir()
    # The files of one partition are written by one thread each: their names, and so the folder, are the same each time.
    options = f"{kind.copy_options('')}, PARTITION_BY ({idents(output.partition_by)}), OVERWRITE_OR_IGNORE true"
    session.execute(f"COPY (SELECT * FROM {relation}) TO {string(str(hidden))} ({options})")
    for folder, _, names in os.walk(hidden):
        for name in names:
            _flush(Path(folder) / name)
        _flush(Path(folder))
    _put_in_place(hidden, target)
    _flush(target.parent)


def _put_in_place(hidden: Path, target: Path) -> None:
    """Exchange the two folders at once; where the system cannot, move the old one away first."""
    if not target.exists():
        os.rename(hidden, target)
    elif not _exchange(hidden, target):
        aside = hidden.with_name(hidden.name + "-old")
        os.rename(target, aside)
        os.rename(hidden, target)
        _remove(aside)


def _exchange(left: Path, right: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(left), _AT_FDCWD, os.fsencode(right), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(right))


def sweep(path: str, paths: Paths) -> None:
    """Remove what a killed run left beside an output. Raises OSError, PathProblem."""
    real = paths.real(path)
    target = Path(real)
    if is_address(real) or not target.parent.is_dir() or not paths.inside(str(target)):
        return
    mark = f".{target.name}{_MARK}"
    for entry in sorted(target.parent.iterdir(), reverse=True):
        if not entry.name.startswith(mark):
            continue
        if entry.name.endswith("-old") and not target.exists():
            os.rename(entry, target)  # killed between the two renames: the old folder goes back to its place
        else:
            _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _token(file: Path) -> str:
    stat = file.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"
