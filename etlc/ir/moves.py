"""How the files of a source moved, over one step or several."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from etlc.ir.decision import Change
from etlc.ir.record import Delta, Image, SourceState


def moved_files(before: SourceState, now: SourceState, images: Mapping[str, Image]) -> Delta:
    """What came and went in a source's files, without a name and a number; ``images`` are those that are kept, by path."""
    old, new = ({part.path: part for part in state.parts} for state in (before, now))
    fresh = tuple(path for path, part in new.items() if path not in old or old[path].token != part.token)
    gone = tuple(path for path, part in old.items() if path not in new or new[path].token != part.token)
    kept = tuple(
        replace(images[path], layout=old[path].layout)
        for path in gone
        if path in images and images[path].token == old[path].token
    )
    return Delta("", 0, before.version, now.version, -1 if fresh else 0, -1 if gone else 0, fresh, gone, kept)


def files_came(chain: Sequence[Delta]) -> list[str]:
    """The files whose rows came and stayed."""
    fresh: dict[str, None] = {}
    for delta in chain:
        for path in delta.gone:
            fresh.pop(path, None)
        fresh.update(dict.fromkeys(delta.fresh))
    return list(fresh)


def files_before(chain: Sequence[Delta]) -> list[tuple[Delta, list[str]]]:
    """With each delta the files that went and stood before the chain: not those that came and went within it."""
    came: set[str] = set()
    found = []
    for delta in chain:
        found.append((delta, [path for path in delta.gone if path not in came]))
        came.update(delta.fresh)
    return found


def images_before(chain: Sequence[Delta], there: Collection[str]) -> list[Image] | None:
    """The images of :func:`files_before`; None where one of them is not ``there``."""
    found = []
    for delta, paths in files_before(chain):
        images = {image.path: image for image in delta.images if image.name in there}
        if not images.keys() >= set(paths):
            return None
        found += [images[path] for path in paths]
    return found


def file_change(now: SourceState, chain: Sequence[Delta], there: Collection[str]) -> Change:
    """How a source that is read where it lies differs: known where an image is ``there`` for every file that went."""
    images = images_before(chain, there)
    if images is None:
        return Change("unknown")
    fresh = set(files_came(chain))
    if not images:
        return Change("delta", None if fresh else 0, 0)
    plus = sum(part.size for part in now.parts if part.path in fresh)
    return Change("delta", plus, sum(image.size for image in images), sum(part.size for part in now.parts))
