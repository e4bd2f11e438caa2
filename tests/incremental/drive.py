"""Lives through random stories of a project, so that a wrong row has a seed.

``python -m tests.incremental.drive SEED COUNT`` tries the seeds from SEED on, prints what went wrong as JSON, one a
line (a seed's own line, made small, with its texts, files and steps), and at the end what the stories were made of.
``--force NAME`` forces a strategy ("full": none), in lives that are made for it. ``--steps 5``, ``--kills 1`` (how
often, beside ten runs, one is killed), ``--no-opt NAME`` and ``--env NAME=VALUE`` for all their runs, ``--whole`` to
make nothing smaller.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.incremental.forcing import FORCED
from tests.incremental.story import Case, Seen, Story, Switches, Wrong

_PATIENCE = 40.0  # seconds that are spent on making a failure small


def failure(case: Case, seen: Seen) -> tuple[Wrong, Story] | None:
    """What goes wrong in a case."""
    with tempfile.TemporaryDirectory() as folder:
        story = Story(case, Path(folder), seen)
        try:
            story.live()
        except Wrong as wrong:
            wrong.add_note(json.dumps(story.report(), ensure_ascii=False, indent=1))
            return wrong, story
        finally:
            story.con.close()
    return None


def smaller(case: Case, wrong: Wrong, story: Story) -> tuple[Case, Wrong]:
    """The same kind of failure in a shorter story, with fewer models and rows."""
    end = time.monotonic() + _PATIENCE
    case = replace(case, steps=wrong.step + 1)
    improved = True
    while improved and time.monotonic() < end:
        improved = False
        tries = [replace(case, without=case.without | {tag}) for tag in reversed(story.used)]
        tries += [replace(case, lacking=case.lacking | {key}) for key in story.world.models if key not in case.lacking]
        tries += [replace(case, most_rows=most) for most in (1, 2, 4) if most < case.most_rows]
        for candidate in tries:
            if time.monotonic() > end:
                break
            found = failure(
                replace(candidate, without=candidate.without | case.without, lacking=candidate.lacking | case.lacking),
                Seen(),
            )
            if found is not None and found[0].kind == wrong.kind:
                kept = replace(
                    candidate, without=candidate.without | case.without, lacking=candidate.lacking | case.lacking
                )
                case, wrong, story = replace(kept, steps=found[0].step + 1), *found
                improved = True
    return case, wrong


def tried(first: int, count: int, case: Case, seen: Seen, whole: bool = False) -> Iterator[dict[str, object]]:
    """What goes wrong with the seeds from ``first`` on, each made as small as it gets."""
    for seed in range(first, first + count):
        own = replace(case, seed=seed)
        found = failure(own, seen)
        if found is not None:
            wrong = found[0] if whole else smaller(own, *found)[1]
            told = json.loads(wrong.__notes__[0])
            yield {"seed": seed, "step": found[0].step, "wrong": str(wrong), **told}


def readable(found: dict[str, object]) -> str:
    """A failure for people: the texts as they are, a line for each step and file."""
    lines = [f"seed {found['seed']}, step {found['step']}: {found['wrong']}", "", "steps:"]
    steps, files = found["steps"], found["files"]
    assert isinstance(steps, list) and isinstance(files, dict)
    lines += [f"  {step}" for step in steps]
    lines += ["", str(found["texts"]), "files at the end, as (k, g, x, d, t, m):"]
    for name, rows in files.items():
        lines += [f"  {name}", *(f"    {row}" for row in rows)]
    return "\n".join(lines)


def main() -> None:
    """Try seeds, print failures and what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int, metavar="SEED")
    parser.add_argument("count", type=int, metavar="COUNT")
    parser.add_argument("--force", choices=list(FORCED), default="")
    parser.add_argument("--steps", type=int, default=Case(0).steps)
    parser.add_argument("--kills", type=float, default=0)
    parser.add_argument("--no-opt", action="append", default=[])
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--readable", action="store_true")
    given = parser.parse_args()
    env = dict(pair.split("=", 1) for pair in given.env)
    case = Case(0, given.steps, given.force, Switches(tuple(given.no_opt), env), given.kills)
    seen, begun = Seen(), time.monotonic()
    for found in tried(given.first, given.count, case, seen, given.whole):
        print(readable(found) if given.readable else json.dumps(found, ensure_ascii=False), flush=True)
    done = {
        "done": given.count, "refreshes": seen.refreshes, "seconds": round(time.monotonic() - begun, 1), "kills": seen.kills,
        "failed checks": seen.failures, "events": dict(seen.events), "strategies": dict(seen.strategies),
        "gone": dict(seen.gone.ways), "moved rows": dict(seen.gone.moved),
        "shapes": {shape: dict(counts) for shape, counts in sorted(seen.shapes.items())},
    }  # fmt: skip
    print(json.dumps(done))


if __name__ == "__main__":
    main()
