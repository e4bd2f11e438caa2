"""Images of files: copies of what sources read where it lies, so that the rows of a changed or removed file are at hand.

They lie in ``.etlc/parts/``, by warehouse and source, under names that are never used again. A copy that is lost or was
altered, or that could not be made, only means that nobody knows what changed, and who read the file is rebuilt. Nothing
is an image of what a model has read unless

- the file had the same size and times when it was observed, while it was copied, and after the model had read it
  (``build``): so it was not written in between. What was written within a clock's tick of being observed is
  told by its content, and its image is forgotten before it is read again (:func:`firm_images`);
- the copy is on disk before the warehouse says that there is one, and it is removed after the warehouse has forgotten
  it. A run that dies in between leaves a file that nobody knows, which the next one clears away;
- the copy has the size and the time that it was left with, before it is read and after.

Hard links would be no images: who writes into a file in place writes into all of its links.
"""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from etlc.engines.base import Session
from etlc.execute.observe import content_hash
from etlc.execute.paths import PathProblem, Paths, variables
from etlc.ir.plan import Plan
from etlc.ir.record import Delta, Image, Memory, Observations, Part, SourceState
from etlc.kinds.addresses import is_address
from etlc.kinds.sources import hive_keys
from etlc.state.base import Store

MOST = 4_000_000_000  # bytes of copies for a source
FREE = 10  # or so many parts of what is free on the disk: one of them
_CLONE = 0x40049409  # FICLONE: two files share their blocks until one is written to
_BLOCK = 1 << 22


def images_folder(root: Path, warehouse: str) -> Path:
    """Where the images lie that a warehouse knows of."""
    return root / ".etlc" / "parts" / quote(warehouse, safe="")


def holds(folder: Path, image: Image) -> bool:
    """Whether an image is as it was left."""
    try:
        found = os.lstat(folder / image.name)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and (found.st_size, found.st_mtime_ns) == (image.size, image.mtime)


def holding(folder: Path, memory: Memory, sources: Mapping[str, SourceState]) -> frozenset[str]:
    """The names of the images that hold, of all that may be needed: those of files that are now others than they were."""
    images = [image for deltas in memory.deltas.values() for delta in deltas for image in delta.images]
    for name, kept in memory.images.items():
        now = {part.path: part.token for part in sources[name].parts} if name in sources else {}
        images += [image for path, image in kept.items() if now.get(path) != image.token]
    return frozenset(image.name for image in images if holds(folder, image))


def firm_images(images: Mapping[str, Image], before: SourceState | None, now: SourceState) -> list[Image]:
    """The images that are still what will be read: not those of files that changed, or may change unseen."""
    old = {part.path: part.changed for part in before.parts} if before else {}
    firm = [part for part in now.parts if part.trusted and part.path in images and old.get(part.path) == part.changed]
    return [images[part.path] for part in firm if images[part.path].token == part.token]


def as_observed(parts: Iterable[Part], paths: Paths) -> bool:
    """Whether files have the sizes and times that they were observed with; addresses are not looked at."""
    for part in parts:
        real = paths.real(part.path)
        try:
            if not is_address(real) and not _same(os.stat(real), part):
                return False
        except OSError:
            return False
    return True


def _same(found: os.stat_result, part: Part) -> bool:
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns) == (part.size, part.mtime, part.changed)


class Keeper:
    """Makes images and clears them away, at the end of a run. ``stopped`` cuts that short."""

    def __init__(self, paths: Paths, plan: Plan, observations: Observations, stopped: threading.Event) -> None:
        self._paths, self._observations, self._stopped = paths, observations, stopped
        self._folder = images_folder(paths.root, plan.warehouse)

    def keep(
        self, session: Session, store: Store, memory: Memory, sources: Collection[str], deltas: Iterable[Delta]
    ) -> None:
        """Keep images of the files of these sources and of those that ``deltas`` need, and no others."""
        needed = {image.name for delta in deltas for image in delta.images}
        for name in sorted({*memory.images, *sources}):
            before, now = memory.images.get(name, {}), {}
            if name in sources and name in memory.sources and self._safe():
                now = self._of_source(name, memory.sources[name], before)
            if now != before:
                store.save_images(session, name, now.values())
            needed.update(image.name for image in now.values())
        self._clear(needed)

    def _safe(self) -> bool:
        """Whether the folder lies where it seems to: a link may lead anywhere."""
        return self._paths.inside(str(self._folder))

    def _of_source(self, name: str, state: SourceState, before: Mapping[str, Image]) -> dict[str, Image]:
        seen = self._observations.sources.get(name, state)
        same = {part.path: part for part in seen.parts}
        kept = {
            part.path: image
            for part in state.parts
            if (image := before.get(part.path)) and image.token == part.token and holds(self._folder, image)
        }
        lacking = [part for part in state.parts if part.path not in kept and part.size]
        # Where there is not room for all, then for those that were written last: they are written again most often.
        for part in sorted(lacking, key=lambda part: -part.mtime):
            found = same.get(part.path)
            if found is not None and found.token == part.token and not self._stopped.is_set():
                image = self._made(name, found, self._room(kept.values()))
                kept.update({part.path: image} if image else {})
        made = [path for path, image in kept.items() if image is not before.get(path)]
        lost = _unsettled({path: self._folder / kept[path].name for path in made})
        return {path: image for path, image in kept.items() if path not in lost}

    def _room(self, kept: Iterable[Image]) -> int:
        """How many bytes there are left for copies of a source."""
        taken = sum(image.size for image in kept if not image.shared)
        with suppress(OSError):
            return min(MOST, (shutil.disk_usage(self._paths.root).free + taken) // FREE) - taken
        return 0

    def _made(self, source: str, part: Part, room: int) -> Image | None:
        """A new image of a file; None where it cannot be made, or the file is not as it was observed."""
        name = _name(source, part.path, self._folder)
        real = self._paths.real(part.path)
        if not name or is_address(real):
            return None
        target = self._folder / name
        image = None
        try:
            _ignored(self._folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            image = self._copied(real, target, part, room)
            if image is not None and not part.trusted and content_hash(str(target), name) != part.digest:
                image = None
        except (OSError, PathProblem):
            image = None
        if image is None:
            with suppress(OSError):
                target.unlink()
        return replace(image, path=part.path, name=name) if image else None

    def _copied(self, real: str, target: Path, part: Part, room: int) -> Image | None:
        with open(real, "rb") as file, open(target, "xb") as copy:
            if not _same(os.fstat(file.fileno()), part):
                return None
            shared = _cloned(file.fileno(), copy.fileno())
            if not shared and part.size > room:
                return None
            while not shared and (block := file.read(_BLOCK)):
                if self._stopped.is_set():
                    return None
                copy.write(block)
            copy.flush()
            found = os.fstat(copy.fileno())
            if found.st_size != part.size or not _same(os.fstat(file.fileno()), part):
                return None
        return Image(part.path, part.token, "", found.st_size, found.st_mtime_ns, shared)

    def _clear(self, needed: Collection[str]) -> None:
        """Remove what is no image that somebody needs."""
        if not self._folder.is_dir() or not self._safe():
            return
        units = {"/".join(name.split("/")[:2]) for name in needed}
        for folder in list(self._folder.iterdir()):
            for entry in list(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []:
                if f"{folder.name}/{entry.name}" not in units:
                    _remove(entry)
            with suppress(OSError):  # as long as something is in it
                folder.rmdir()
        for empty in (self._folder, self._folder.parent):
            with suppress(OSError):
                empty.rmdir()


def _remove(entry: Path) -> None:
    with suppress(OSError):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink()


def _name(source: str, path: str, folder: Path) -> str:
    """A new name for the image of a file. The ``key=value`` folders of the file's path are in it, so that they read as
    they do there; "" where they would not."""
    token = uuid4().hex
    keyed = [part for part in path.split("/")[:-1] if hive_keys(f"{part}/")]
    keys = {key.lower() for key in hive_keys(path)}
    if keys & {key.lower() for key in hive_keys(f"{folder}/")} or any(variables(part) for part in keyed):
        return ""
    return "/".join([source, token, *keyed, "part.parquet"]) if keyed else f"{source}/{token}.parquet"


def _unsettled(files: Mapping[str, Path]) -> set[str]:
    """Wait until files are on disk, as the warehouse's word for them will be; those that do not get there. Several at a
    time cost little more than one."""
    with ThreadPoolExecutor(8, thread_name_prefix="etlc") as pool:
        return {path for path, there in zip(files, pool.map(_on_disk, files.values()), strict=True) if not there}


def _on_disk(file: Path) -> bool:
    try:
        with open(file, "rb") as there:
            os.fsync(there.fileno())
    except OSError:
        return False
    return True


def _cloned(file: int, copy: int) -> bool:
    """Let a file share its blocks with an empty one, where the file system can."""
    try:
        import fcntl

        fcntl.ioctl(copy, _CLONE, file)
    except (ImportError, OSError):
        return False
    return True


def _ignored(folder: Path) -> None:
    """Hide the folder ``.etlc`` from git, whatever the project's own rules say."""
    rules = folder.parent.parent / ".gitignore"
    if not rules.exists():
        rules.parent.mkdir(parents=True, exist_ok=True)
        rules.write_text("*\n", encoding="utf-8")
