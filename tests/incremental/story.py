"""One random life of a project: steps of edits and arrivals, runs after each, and the judge after every run."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from typer.main import get_command

from etlc.cli.app import app
from tests.incremental import files as _files
from tests.incremental import world as _world
from tests.incremental.files import Files
from tests.incremental.forcing import FORCED, Gone, watched
from tests.incremental.judge import HIDDEN, Standing, Table, Truth, difference, output, standing, truth
from tests.incremental.judge import unpaired as unpaired_rows
from tests.incremental.world import World

_COMMAND = get_command(app)  # made once: it takes as long as a small run
_ROOT = Path(__file__).parents[2]
_RUNS = {"all": 10, "some": 4, "refresh one": 1, "refresh all": 0.5}
_RUNS_FORCED = {"all": 10, "some": 10, "refresh all": 0.3}


@dataclass(frozen=True)
class Switches:
    """What every run of a story is given: ``--no-opt`` names, and variables of the environment."""

    no_opt: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> list[str]:
        """As the command line has them."""
        return [word for name in self.no_opt for word in ("--no-opt", name)]


@dataclass(frozen=True)
class Case:
    """A story, drawn from its seed. ``without`` are events that are left out, ``lacking`` models of the beginning.
    ``force`` names a strategy of FORCED, for a life in which mostly files change, of sources that have more of them."""

    seed: int
    steps: int = 5
    force: str = ""
    switches: Switches = field(default_factory=Switches)
    kills: float = 0  # how often, beside ten runs that go through, one is killed
    without: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    most_rows: int = 8


@dataclass
class Seen:
    """What stories have been through, to see that nothing is left out."""

    refreshes: int = 0
    kills: int = 0
    failures: int = 0
    events: Counter[str] = field(default_factory=Counter)
    strategies: Counter[str] = field(default_factory=Counter)  # as plan and run tell them
    gone: Gone = field(default_factory=Gone)
    shapes: dict[str, Counter[str]] = field(default_factory=dict)


class Wrong(AssertionError):
    """Something is not as it should be: of a ``kind``, after a ``step``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.step = kind, -1


class Story:
    """A case being lived through in an empty folder."""

    def __init__(self, case: Case, root: Path, seen: Seen) -> None:
        self.case, self.seen = case, seen
        self.forced = FORCED.get(case.force)
        shapes = self.forced.shapes if self.forced else ()
        self.world = World.begin(root, str(case.seed), shapes)
        for key in reversed(list(self.world.models)):
            if key in case.lacking and not self.world.readers(key) and len(self.world.models) > 1:
                self.world.take_out(key)
        self.con = duckdb.connect(config={"threads": 1})
        self.files = Files(root, self.con, case.most_rows)
        self.told: list[str] = []
        self.used: list[str] = []  # the events that happened and could be left out
        self.settled = False
        self.stood: Standing | None = None
        no_opt = (*case.switches.no_opt, *(self.forced.no_opt if self.forced else ()))
        self.arguments = replace(case.switches, no_opt=no_opt).arguments

    def live(self) -> None:
        """All steps. Raises Wrong."""
        step = -1
        try:
            self._begin()
            for step in range(self.case.steps):
                self._step(step, last=step == self.case.steps - 1)
        except Wrong as wrong:
            wrong.step = step
            raise

    def _begin(self) -> None:
        for name, source in self.world.sources.items():
            r = random.Random(f"{self.case.seed}/{name}")
            self.told.append(self.files.first(source, r))
            for number in range(r.randint(4, 8) if self.forced else r.randint(0, 2)):
                tag = f"{name}f{number}"
                if tag not in self.case.without:
                    self.used.append(tag)
                    self.told.append(self.files.event("arrive", source, r, f"f{number}"))
        self.world.write()
        self._run_all()

    def _step(self, step: int, last: bool) -> None:
        r = random.Random(f"{self.case.seed}/{step}")
        quiet = r.random() < (0.05 if self.forced else 0.15)
        adding = self.forced is not None and r.random() < self.forced.adding
        all_quiet = True
        for number in range(r.choice((1, 1, 2, 3))):
            tag = f"{step}.{number}"
            own = random.Random(f"{self.case.seed}/{tag}")
            if tag not in self.case.without:
                self.used.append(tag)
                all_quiet &= self._event(own, f"n{step}{number}", quiet, adding)
        self.world.write()
        kinds = {**(_RUNS_FORCED if self.forced else _RUNS), **({"kill": self.case.kills} if self.case.kills else {})}
        kind = "all" if last or quiet else r.choices(list(kinds), list(kinds.values()))[0]
        if f"{step}.run" in self.case.without and not last:
            self.settled = False
            return
        self.used.append(f"{step}.run")
        if kind == "kill":
            self._kill(r)
        elif kind in ("all", "refresh all"):
            self._run_all("--full-refresh" if kind == "refresh all" else "", idle=all_quiet and self.settled)
        else:
            self._run_some(r, anew=kind == "refresh one")

    def _event(self, r: random.Random, tag: str, quiet: bool, adding: bool) -> bool:
        """Let one thing happen; whether nothing may be done for it. A file with a new time may be taken as changed.
        ``adding``: only rows come, if it is not an edit."""
        edit = r.random() < (0.1 if self.forced else 0.4)
        odds = _world.EDITS if edit else _files.ADDING if adding else _files.EVENTS
        if self.forced and self.forced.adding and not edit and not adding:
            odds = {**odds, "withdraw": 12}
        sources = [name for name in self.world.sources if self.world.readers(name)] if self.forced else []
        still = _world.QUIET if edit else _files.QUIET
        what = r.choice(still) if quiet else r.choices(list(odds), list(odds.values()))[0]
        if edit:
            self.told.append(self.world.edit(what, r))
        else:
            source = self.world.sources[r.choice(sources or list(self.world.sources))]
            self.told.append(self.files.event(what, source, r, tag))
        self.seen.events[what] += 1
        return edit and what in still

    # -- runs

    def _run_all(self, more: str = "", idle: bool = False) -> None:
        """Run everything, compare everything, and run again, which must find nothing to do."""
        right, before = self._truth(), self._standing()
        planned = {step["model"]: step for step in self._json(0, "plan", *([more] if more else []))["steps"]}
        code, ran = self._ran("run", *([more] if more else []))
        self._count(planned, ran)
        acted = _acted(ran)
        if idle and not more and acted:
            why = {name: planned.get(name, {}).get("reason") for name in acted}
            raise Wrong("needless", f"nothing changed in meaning, and yet: {acted}: {why}")
        beyond = {name: did for name, did in acted.items() if planned.get(name, {"action": "skip"})["action"] == "skip"}
        if beyond and code == 0:
            raise Wrong("unplanned", f"the run did what plan does not tell: {beyond}")
        self._compare(code, ran, right, before, set(self.world.models))
        self.settled = code == 0
        if code == 0:
            extra = {name for name in self._standing() if name.startswith("main.")}
            extra -= {
                f"main.{model.name.lower()}" for model in self.world.models.values() if self.world.published(model)
            }
            if extra:
                raise Wrong("left over", f"nobody asks for {sorted(extra)}")
            self._again("run")

    def _run_some(self, r: random.Random, anew: bool) -> None:
        """Run one or two models: what they need is right after it, and the rest is as it was."""
        keys = r.sample(list(self.world.models), min(len(self.world.models), 1 if anew else r.choice((1, 2))))
        names = [self.world.models[key].name for key in keys]
        arguments = [word for name in names for word in ("-s", name)]
        right, before = self._truth(), self._standing()
        code, ran = self._ran("run", *arguments, *(["--full-refresh"] if anew else []))
        scope = self.world.above(keys)
        self._compare(code, ran, right, before, scope)
        self.settled = False
        after = self._standing()
        mine = {self.world.models[key].name.lower() for key in scope}
        for name, kept in before.items():
            if name.partition(".")[2] not in mine and "view" not in (
                kept.kind,
                after[name].kind if name in after else "",
            ):
                self._same(name, after.get(name), kept, "was not selected, and changed")
        if code == 0:
            self._again("run", *arguments)

    def _kill(self, r: random.Random) -> None:
        """Kill a run of another process at some moment: each table is as it was, or as it should be."""
        right, before = self._truth(), self._standing()
        command = [
            sys.executable,
            "-m",
            "etlc",
            "--project",
            str(self.world.root),
            "run",
            "-q",
            *self.arguments,
        ]
        env = {**os.environ, **self.case.switches.env, "PYTHONPATH": str(_ROOT)}
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        try:
            process.wait(r.uniform(0.1, 0.6))
            self.told.append("run that was to be killed")
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.seen.kills += 1
            self.told.append("run, killed")
        self.settled, self.stood = False, None
        places = {
            place: right.tables[key] for key, model in self.world.models.items() for place in self._places(model.name)
        }
        for name, found in self._standing().items():
            fits = (
                difference(found, table, partly=True) == "" for table in (before.get(name), places.get(name)) if table
            )
            if found.kind != "view" and not any(fits):
                raise Wrong("torn", f"{name} is neither as before nor as it should be: {found.rows[:5]}")

    def _again(self, *arguments: str) -> None:
        stood = self.stood
        again = self._json(0, *arguments)
        self.stood = stood  # if it is not so, the next comparison tells
        if acted := _acted(again):
            raise Wrong("twice", f"the same run again was not idle: {acted}")
        if written := [one["output"] for one in again["outputs"] if one["action"] != "skip"]:
            raise Wrong("twice", f"the same run again wrote {written}")

    # -- what it came to

    def _standing(self) -> dict[str, Table]:
        """What stands since the last run that may have changed something."""
        if self.stood is None:
            self.stood = standing(self.world.root)
        return self.stood.tables

    def _truth(self) -> Truth:
        try:
            return truth(self.world, self.files, self.con)
        except duckdb.Error as error:
            raise Wrong("generator", str(error)) from error

    def _compare(self, code: int, ran: Any, right: Truth, before: Mapping[str, Table], scope: Collection[str]) -> None:
        """Everything in scope is right, or a check has failed: then what failed and what is blocked is as it was."""
        self.seen.refreshes += 1
        failing = right.failing & set(scope)
        if code != (3 if failing else 0):
            raise Wrong("status", f"exit status {code}, failing checks: {sorted(failing)}: {ran['diagnostics']}")
        self.seen.failures += bool(failing)
        after = self._standing()
        status = {model["model"].lower(): model["status"] for model in ran["models"]}
        for key in scope:
            model = self.world.models[key]
            if status.get(model.name.lower()) in ("failed", "blocked"):
                for place in self._places(model.name):
                    if place in before and "view" not in (
                        before[place].kind,
                        after[place].kind if place in after else "",
                    ):
                        self._same(place, after.get(place), before[place], "failed or is blocked, and changed")
                continue
            if key in right.failing:
                raise Wrong("status", f"{model.name} passed, and its check does not hold")
            published = self.world.published(model)
            found = after.get(f"main.{model.name.lower()}" if published else f"{HIDDEN}.{model.name.lower()}")
            if found is None and not published:
                continue  # inlined
            self._same(model.name, found, right.tables[key], f"({self.told_of(key)}) is wrong", partly=not published)
        if self.stood is not None and self.stood.unsettled:
            raise Wrong("unsettled", f"rows came and went in one step: {self.stood.unsettled}")
        if not failing and self.world.output in scope:
            table = right.tables[self.world.output]
            if any(unpaired_rows(output(self.world.root), table.rows, list(range(len(table.columns))))):
                raise Wrong(
                    "output", f"of {self.world.output}: {output(self.world.root)[:5]} instead of {table.rows[:5]}"
                )

    def told_of(self, key: str) -> str:
        """A model's shape."""
        return self.world.models[key].shape

    def _same(self, name: str, found: Table | None, right: Table, words: str, partly: bool = False) -> None:
        wrong = "it is not there" if found is None else difference(found, right, partly)
        if wrong:
            raise Wrong("rows", f"{name} {words}: {wrong}")

    def _places(self, name: str) -> tuple[str, str]:
        return f"main.{name.lower()}", f"{HIDDEN}.{name.lower()}"

    def _count(self, planned: Mapping[str, Any], ran: Any) -> None:
        shapes = {model.name: model.shape for model in self.world.models.values()}
        for model in ran["models"]:
            step = planned.get(model["model"], {})
            if model["action"] != "skip" and model["model"] in shapes:
                strategy = f"{model['action']}/{model.get('strategy', step.get('strategy', ''))}"
                self.seen.strategies[strategy] += 1
                self.seen.shapes.setdefault(shapes[model["model"]], Counter())[strategy] += 1

    def _json(self, code: int, *arguments: str) -> Any:
        given, said = self._ran(*arguments)
        if given != code:
            raise Wrong("status", f"etlc {' '.join(arguments)}: exit status {given}: {said['diagnostics']}")
        return said

    def _ran(self, *arguments: str) -> tuple[int, Any]:
        """The exit status and the JSON of a command, called in this process."""
        if arguments[0] == "run":
            self.told.append(" ".join(arguments))
            self.stood = None
        words = ["--project", str(self.world.root), *arguments, "--json", *self.arguments]
        told = io.StringIO(), io.StringIO()
        code: object = None
        env = patch.dict(os.environ, {"NO_COLOR": "1", **self.case.switches.env})
        with watched(self.seen.gone), env, redirect_stdout(told[0]), redirect_stderr(told[1]):
            try:
                _COMMAND.main(words, "etlc")
            except SystemExit as end:
                code = end.code or 0
            except Exception as error:  # noqa: BLE001
                code = error
        out, err = (one.getvalue() for one in told)
        if not isinstance(code, int) or "E901" in out + err:
            raise Wrong("crash", f"etlc {' '.join(arguments)}: {code!r} {out[-2000:]} {err[-2000:]}")
        try:
            return code, json.loads(out)
        except ValueError:
            raise Wrong("crash", f"etlc {' '.join(arguments)} gave no JSON: {out} {err}") from None

    def report(self) -> dict[str, object]:
        """All that one needs to see what was wrong: the steps, the texts, the rows of all files."""
        found = {}
        for source in self.world.sources.values():
            for file in self.files.of(source):
                found[file.relative_to(self.world.root).as_posix()] = [
                    repr(row) for row in self.files.rows(file, source)
                ]
        return {"steps": self.told, "texts": (self.world.root / "pipelines/p.yaml").read_text(), "files": found}


def _acted(ran: Any) -> dict[str, str]:
    return {model["model"]: model["action"] for model in ran["models"] if model["action"] != "skip"}
