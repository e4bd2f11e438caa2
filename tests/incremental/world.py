"""A random project: its sources, its models and how they are written at the moment, and edits of them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli import to_yaml as as_yaml
from tests.cli import write_project
from tests.incremental.files import Source
from tests.incremental.shapes import SHAPES, Draw
from tests.tpc.projects import relaid

DEEPEST = 5
_ROWS, _KEYS, _MOST = 50, 8, 2500  # rows of a source, groups by key, and rows of a model, at a guess

# What can be edited, and how likely it is. QUIET: nothing changes in meaning.
EDITS = {
    "remark": 1, "layout": 1, "alias": 1, "added": 3, "columns": 3, "filter": 3, "form": 1, "shape": 2, "rewire": 1,
    "incremental": 1, "materialize": 2, "publish": 2, "check": 3, "uncheck": 2, "param": 2, "add": 2, "remove": 2,
    "rename": 1, "describe": 1,
}  # fmt: skip
QUIET = ("remark", "layout", "describe")


@dataclass
class Model:
    """A model as it is written now. ``versions`` counts the edits of each aspect of its query."""

    key: str
    seed: str
    shape: str
    reads: tuple[str, str]
    versions: dict[str, int] = field(default_factory=dict)
    remark: int = 0
    laid_out: bool = False
    materialize: str = ""
    publish: bool | None = None
    incremental: str = ""
    limit: int | None = None
    name: str = ""
    described: int = 0


@dataclass
class World:
    """The project. ``models`` stand in running order, by a key that a change of their name leaves."""

    root: Path
    seed: str
    sources: dict[str, Source]
    models: dict[str, Model] = field(default_factory=dict)
    low: int = 3
    output: str = ""
    made: int = 0
    favoured: tuple[str, ...] = ()

    @classmethod
    def begin(cls, root: Path, seed: str, favoured: tuple[str, ...] = ()) -> World:
        """The project as it is at first. Of ``favoured`` shapes, if there are any, most models are: two over two
        sources and one over both of them for certain, kept up if they can be, and mostly stored."""
        r = random.Random(f"{seed}/project")
        kinds = [r.choice(("csv", "parquet", "ndjson")) for _ in range(r.randint(2, 3))]
        sources = {f"s{n}": Source(f"s{n}", kind, r.random() < 0.25) for n, kind in enumerate(kinds, 1)}
        world = cls(root, seed, sources, favoured=favoured)
        for among in (list(sources), list(sources), ["m1", "m2"]) if favoured else ():
            world.add(r, among)
        for _ in range(r.randint(0, 2) if favoured else r.randint(1, 6)):
            world.add(r)
        world.output = r.choice(list(world.models)) if r.random() < 0.3 else ""
        return world

    def add(self, r: random.Random, among: list[str] | None = None) -> Model | None:
        """A new model, upon what stands; None where everything would grow too big. Upon two ``among`` these: of a favoured
        shape for certain, and kept up if it can be."""
        self.made += 1
        for _ in range(20):
            shape = r.choice(self.favoured if among or (self.favoured and r.random() < 0.8) else list(SHAPES))
            first, second = r.sample(among, 2) if among else self._inputs(r, list(self.models))
            model = Model(f"m{self.made}", f"{self.seed}/{self.made}", shape, (first, second))
            model.name = model.key
            often = ["table"] * 12 if among else ["table"] * 6 if self.favoured else []
            model.materialize = r.choice(("", "", "", "", "table", "view", *often))
            model.publish = r.choice((None, None, None, True, False))
            model.incremental = "full" if r.random() < 0.1 and not among else ""
            self.models[model.key] = model
            if self.sound():
                return model
            del self.models[model.key]
        return None

    def _inputs(self, r: random.Random, above: list[str]) -> tuple[str, str]:
        """Two relations to read: often the last model, often sources, at times the same twice."""
        first = (
            above[-1] if above and r.random() < (0.3 if self.favoured else 0.6) else r.choice([*self.sources, *above])
        )
        second = first if r.random() < 0.15 else r.choice([*self.sources, *self.sources, *above])
        return first, second

    def sound(self) -> bool:
        """Whether no chain is too deep and no model too big, at a guess."""
        rows: dict[str, int] = dict.fromkeys(self.sources, _ROWS)
        depth: dict[str, int] = dict.fromkeys(self.sources, 0)
        for key, model in self.models.items():
            a, b = (rows[name] for name in model.reads)
            grows = SHAPES[model.shape][0]
            rows[key] = (_KEYS, a, a * b // _KEYS + a + b, 3 * a + b)[grows]
            depth[key] = 1 + max(depth[name] for name in self.needs(model))
            if rows[key] > _MOST or depth[key] > DEEPEST:
                return False
        return True

    def needs(self, model: Model) -> list[str]:
        """The keys and sources that a model's text reads."""
        text = SHAPES[model.shape][1](Draw(model.seed, model.versions), "_first_", "_second_")
        return [name for mark, name in zip(("_first_", "_second_"), model.reads, strict=True) if mark in text]

    def readers(self, key: str) -> list[str]:
        """The models that read one."""
        return [other.key for other in self.models.values() if key in self.needs(other)]

    def below(self, keys: Iterable[str]) -> set[str]:
        """These models and all that read them."""
        found = set(keys)
        for model in self.models.values():
            if found.intersection(self.needs(model)):
                found.add(model.key)
        return found

    def above(self, keys: Iterable[str]) -> set[str]:
        """These models and all that they need."""
        found = set(keys)
        for model in reversed(self.models.values()):
            if model.key in found:
                found.update(name for name in self.needs(model) if name in self.models)
        return found

    # -- how it is written

    def sql(self, model: Model, bare: bool = False) -> str:
        """The model's text; ``bare``: without remarks, and with the param's value in it."""
        names = [self.models[name].name if name in self.models else name for name in model.reads]
        text = SHAPES[model.shape][1](Draw(model.seed, model.versions), *names)
        if bare:
            return text.replace("$low", str(self.low))
        text = relaid(model.key, text) if model.laid_out else text
        return f"/* {model.remark} */ {text}" if model.remark else text

    def published(self, model: Model) -> bool:
        """Whether it stands in the schema main: by the contract, where it does not say so itself."""
        wanted = model.publish
        return wanted if wanted is not None else self.output == model.key or not self.readers(model.key)

    def write(self) -> None:
        """Write all texts."""
        models = {model.name: self._declared(model) for model in self.models.values()}
        spec: dict[str, Any] = {
            "pipeline": "p", "sources": {name: source.declared() for name, source in self.sources.items()}, "models": models,
        }  # fmt: skip
        if self.output in self.models:
            spec["outputs"] = {"out": {"model": self.models[self.output].name, "path": "out/it.parquet"}}
        write_project(self.root, {"project": "trial", "params": {"low": self.low}}, {"pipelines/p.yaml": as_yaml(spec)})

    def _declared(self, model: Model) -> dict[str, Any]:
        said: dict[str, Any] = {"sql": self.sql(model)}
        if model.described:
            said["description"] = f"Version {model.described}."
        if model.materialize:
            said["materialize"] = model.materialize
        if model.publish is not None:
            said["publish"] = model.publish
        if model.incremental:
            said["incremental"] = model.incremental
        if model.limit is not None:
            said["checks"] = [
                {"expression": f"x is null or x < {model.limit}"},
                {"row_count": {"min": 0}, "severity": "warn"},
            ]
        return said

    # -- edits

    def edit(self, what: str, r: random.Random) -> str:
        """Change one thing in the texts; what was done, in words."""
        if what == "param":
            self.low = r.choice([0, 2, 5])
            return f"param low = {self.low}"
        if what == "add" or not self.models:
            added = self.add(r)
            return f"add {added.key}: {added.shape}" if added else "add nothing"
        model = self.models[r.choice(list(self.models))]
        if what == "remove":
            return self._remove(model)
        before = (model.shape, model.reads, dict(model.versions))
        self._change(model, what, r)
        if not self.sound():
            model.shape, model.reads, model.versions = before
            return f"{what} of {model.key} refused: too big"
        return f"{what} of {model.key}"

    def _remove(self, model: Model) -> str:
        if self.readers(model.key) or len(self.models) == 1:
            return f"remove of {model.key} refused"
        self.take_out(model.key)
        return f"remove {model.key}"

    def take_out(self, key: str) -> None:
        """Remove a model that nobody reads."""
        del self.models[key]
        for other in self.models.values():  # one that its text does not read may be named there
            first, second = (next(iter(self.sources)) if name == key else name for name in other.reads)
            other.reads = (first, second)
        self.output = "" if self.output == key else self.output

    def _change(self, model: Model, what: str, r: random.Random) -> None:
        if what == "shape":
            model.shape = r.choice(list(SHAPES))
        elif what == "rewire":
            keys = list(self.models)
            model.reads = self._inputs(r, keys[: keys.index(model.key)])
        elif what == "remark":
            model.remark += 1
        elif what == "layout":
            model.laid_out = not model.laid_out
        elif what == "describe":
            model.described += 1
        elif what == "incremental":
            model.incremental = "" if model.incremental else "full"
        elif what == "materialize":
            model.materialize = r.choice(("", "table", "view"))
        elif what == "publish":
            model.publish = r.choice((None, True, False))
        elif what == "check":
            model.limit = r.choice((2, 8, 1000))
        elif what == "uncheck":
            for other in self.models.values():
                other.limit = None
        elif what == "rename":
            model.name = f"{model.key}_{r.choice('ab')}" if r.random() < 0.7 else model.key.upper()
        else:
            model.versions[what] = model.versions.get(what, 0) + 1
