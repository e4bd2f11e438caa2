"""What keeps a model's rows up, of stored relations: what it says of models that are stored nowhere is said of what they read.

It is worked on in its packed form (``etlc.ir.codec``): of a thousand models nearly all stay as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any

from etlc.ir.codec import encode
from etlc.ir.graph import BoundGraph
from etlc.ir.upkeep import Latest, Merge, Obstacle, Upkeep, Uses
from etlc.sql.tokens import tokens_of

_CHOICES = {"unsteady", "choice"}
_UNSTEADY = {*_CHOICES, "volatile", "opaque", "dynamic"}
_UPKEEP = {field.name: number for number, field in enumerate(fields(Upkeep))}
_INPUTS = [field.name for field in fields(Merge)].index("inputs")
_RELATION = [field.name for field in fields(Latest)].index("relation")

_Inputs = Mapping[str, list[str]]  # as in Grain
_Linear = Mapping[str, list[str]]  # as in Upkeep


class _Unstored:
    """A model that is worked out where it is read. Only what is asked for is composed: most of its columns never are.

    ``under`` tells how often each stored relation is under it; ``known`` are the models that it reads and that are
    stored nowhere either.
    """

    def __init__(self, name: str, text: str, under: Counter[str], known: Mapping[str, _Unstored]) -> None:
        self.name, self.under, self.known = name, under, known
        self.data: list[Any] = json.loads(text)
        self._own: dict[str, _Inputs] = {column.lower(): inputs for column, inputs in self.data[_UPKEEP["grains"]]}
        self._grains: dict[str, _Inputs] = {}

    def odd(self) -> list[str]:
        """Why it may be another one each time it is read."""
        own = [kind for kind, _ in self.data[_UPKEEP["obstacles"]] if kind in _UNSTEADY]
        return [*own, *(kind for model in self.known.values() for kind in model.odd())]

    def linear(self) -> _Linear:
        """The stored relations that it is linear in."""
        return _linear(self.data[_UPKEEP["linear"]], self.under, self.known)

    def cores(self) -> list[Any] | None:
        """Its cores, packed, of stored relations."""
        return _cores(self.data[_UPKEEP["cores"]], self.name, self.under, self.known)

    def partials(self) -> list[Any] | None:
        """Its partial aggregates, packed, of stored relations."""
        return _partials(self.data[_UPKEEP["partials"]], self.name, self.under, self.known)

    def grain(self, column: str) -> _Inputs:
        """The keys, by stored relation, that tell a column (lower case)."""
        if column not in self._grains:
            self._grains[column] = _inputs(self._own.get(column, {}), self.known)
        return self._grains[column]


def composed(bound: BoundGraph, unstored: Collection[str]) -> dict[str, str]:
    """The upkeep, as JSON, of each model that reads one of those that are not stored. These have none of their own."""
    found: dict[str, str] = {}
    known: dict[str, _Unstored] = {}
    for name, model in bound.models.items():
        text = bound.upkeep.get(name, "")
        through = {need: known[need] for need in model.model.reads if need in known}
        if not text or (name not in unstored and not through):
            continue
        under = Counter[str]()
        for need in model.model.reads:
            under.update(known[need].under if need in known else (need,))
        if name in unstored:
            known[name], found[name] = _Unstored(name, text, under, through), ""
        else:
            found[name] = json.dumps(_through(json.loads(text), under, through), separators=(",", ":"))
    return found


def _through(own: list[Any], under: Mapping[str, int], known: Mapping[str, _Unstored]) -> list[Any]:
    """A model's upkeep through the models that it reads and that are stored nowhere."""
    odd = dict.fromkeys(kind for model in known.values() for kind in model.odd())
    obstacles = own[_UPKEEP["obstacles"]]
    obstacles += [one for one in (encode(Obstacle(kind)) for kind in odd) if one not in obstacles]
    if odd.keys() - _CHOICES:
        nothing: list[Any] = encode(Upkeep(Uses({})))
        nothing[_UPKEEP["uses"]], nothing[_UPKEEP["obstacles"]] = own[_UPKEEP["uses"]], obstacles
        return nothing
    own[_UPKEEP["linear"]] = _linear(own[_UPKEEP["linear"]], under, known) if not odd else {}
    choices = [model.under.keys() for model in known.values() if "choice" in model.odd()]
    grains = [[column, _inputs(inputs, known)] for column, inputs in own[_UPKEEP["grains"]]]
    own[_UPKEEP["grains"]] = [grain for grain in grains if any(grain[1].values()) and _one_answer(grain[1], choices)]
    merge, latest = own[_UPKEEP["merge"]], own[_UPKEEP["latest"]]
    if merge is not None:
        merge[_INPUTS] = _linear(merge[_INPUTS], under, known) if not odd else {}
        own[_UPKEEP["merge"]] = merge if merge[_INPUTS] else None
    if latest is not None and latest[_RELATION] in known:
        own[_UPKEEP["latest"]] = None
    cores = _cores(own[_UPKEEP["cores"]], "", under, known)
    if cores is not None and odd:  # what is worked out again must be what it was
        cores = [[], _keyless(cores[1]), cores[2]]
    own[_UPKEEP["cores"]] = cores
    own[_UPKEEP["partials"]] = _partials(own[_UPKEEP["partials"]], "", under, known)
    return own


def _cores(
    own: list[Any] | None, name: str, under: Mapping[str, int], known: Mapping[str, _Unstored]
) -> list[Any] | None:
    """A model's cores of stored relations: its own, and of the unstored models that it is not linear through theirs."""
    columns, cores, covered = own or ([], [], [])
    found = [[one[0], _linear(one[1], under, known), one[2], one[3], one[4], name] for one in cores]
    # What comes through a core of its own; not where it comes on another way too, which its name cannot tell apart.
    through = {
        need: set(known[need].linear() if need in known else [need]).intersection(
            *(mapped[1] for one, mapped in zip(cores, found, strict=True) if need in one[1])
        )
        for need in covered
    }
    whole = set(under)
    for need, model in known.items():
        below = model.cores() or [[], [], []]
        passed = through.get(need, set[str]())
        theirs = [[one[0], {r: s for r, s in one[1].items() if r not in passed}, *one[2:]] for one in below[1]]
        found += [one for one in _keyless(theirs) if one[1]]
        whole -= set(model.under) - passed - set(below[2])
    whole -= {one for one in under if _is_direct(one, under, known) and not through.get(one)}
    return [columns, [one for one in found if one[1]], sorted(whole)] if whole else None


def _partials(
    own: list[Any] | None, name: str, under: Mapping[str, int], known: Mapping[str, _Unstored]
) -> list[Any] | None:
    """A model's partial aggregates over stored relations: its own, and those of the unstored models that it reads."""
    found, lost = [], set[str]()
    partials, covered, by = own or ([], [], [])
    for select, linear, columns, functions, names, reads, _, keys in partials:
        here = Counter[str]()
        for need in reads:
            here.update(known[need].under if need in known else (need,))
        stored = _linear(linear, here, known)
        if stored:
            own_keys = [] if name else keys  # of what reads it, nobody knows the columns
            found.append([select, stored, columns, functions, names, sorted(here.elements()), name, own_keys])
        else:
            lost.update(reads)
    through = set(covered) - lost
    below = {need: model.partials() or [[], [], []] for need, model in known.items() if need not in through}
    found += [one for theirs in below.values() for one in theirs[0] if one not in found]
    whole = [
        relation
        for relation in under
        if (relation in through or not _is_direct(relation, under, known))
        and all(
            need in through or relation in below[need][1] for need, model in known.items() if relation in model.under
        )
    ]
    return [found, sorted(whole), [] if name else by] if found else None


def _is_direct(relation: str, under: Mapping[str, int], known: Mapping[str, _Unstored]) -> bool:
    """Whether a stored relation is read by the model itself, too."""
    return under[relation] > sum(model.under[relation] for model in known.values())


def _keyless(cores: Iterable[list[Any]]) -> list[list[Any]]:
    return [[one[0], one[1], one[2], [], *one[4:]] for one in cores]


def _one_answer(inputs: _Inputs, choices: Iterable[Collection[str]]) -> bool:
    """Whether what has several right answers is worked out by the same keys: else old rows would go with an old answer."""
    return all(any(inputs.get(relation) for relation in under) for under in choices)


def _linear(own: _Linear, under: Mapping[str, int], known: Mapping[str, _Unstored]) -> dict[str, list[str]]:
    """The stored relations under these, of those that are read on one way only, with those that are to be empty then."""
    found: dict[str, list[str]] = {}
    for name, beside in own.items():
        silent = [_silent(one, known) for one in beside]
        for stored, more in (known[name].linear() if name in known else {name: []}).items():
            empty = [*more, *(one for some in silent for one in some)]
            if all(silent) and all(under[one] == 1 for one in (stored, *empty)):
                found[stored] = sorted(empty)
    return dict(sorted(found.items()))


def _silent(name: str, known: Mapping[str, _Unstored]) -> list[str]:
    """Stored relations that are to be empty so that this one is; none where nobody knows any."""
    if name not in known:
        return [name]
    stored, more = min(known[name].linear().items(), default=("", []), key=lambda pair: (len(pair[1]), pair[0]))
    return [stored, *more] if stored else []


def _inputs(own: _Inputs, known: Mapping[str, _Unstored]) -> _Inputs:
    """The inputs of a grain, of stored relations. One that is static on some way is static."""
    told: dict[str, list[str]] = {}
    static: set[str] = set()
    for name, keys in own.items():
        one = known.get(name)
        for relation in one.under if one is not None else (name,):
            found = [_key(key, relation, one) for key in keys] if one is not None else [[key] for key in keys]
            told.setdefault(relation, []).extend(text for texts in found for text in texts)
            if not found or not all(found):
                static.add(relation)
    return {name: [] if name in static else list(dict.fromkeys(keys)) for name, keys in told.items()}


def _key(key: str, relation: str, model: _Unstored) -> list[str]:
    """A key over an unstored model, over a relation under it: each column in it as its own grain tells it."""
    tokens = [token for token in tokens_of(key) if token.kind == "quoted"]
    keys = [model.grain(token.name).get(relation, []) for token in tokens]
    if len(tokens) == 1 and len(tokens[0].text) == len(key):
        return keys[0]
    if not keys or any(len(one) != 1 for one in keys):
        return []
    pieces, done = [], 0
    for token, (text,) in zip(tokens, keys, strict=True):
        pieces += [key[done : token.start], text]
        done = token.end
    return ["".join([*pieces, key[done:]])]
