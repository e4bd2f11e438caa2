"""What a run will do, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etlc.ir.upkeep import Blocker, Grain, Partial


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: the selected models (None: all), and whether to build everything anew."""

    selected: frozenset[str] | None = None
    full_refresh: bool = False
    off: frozenset[str] = frozenset()  # strategies and rules that are not to be used


@dataclass(frozen=True, slots=True)
class Reason:
    """Why. ``kind`` is a word; ``names`` are what it concerns; ``detail`` is a number or text. Worded in ``report``."""

    kind: str
    names: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """How a stored relation differs from what a model has taken up of it.

    ``kind`` is ``same``, ``delta`` (the rows that came and went are known) or ``unknown``. ``plus`` and ``minus`` rows
    came and went, of ``rows`` that it has now; None where nobody has counted them yet. Of files that are read where they
    lie they are bytes.
    """

    kind: str
    plus: int | None = None
    minus: int | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What is foreseen to have changed of a stored relation since a model took it up: of a source, how many files are
    new, changed and gone; of a model, about how many rows come and go (``exact``: they are counted). None: nobody
    knows. ``known``: a run will have the rows that came and went at hand."""

    relation: str
    known: bool = False
    files_new: int | None = None
    files_changed: int | None = None
    files_gone: int | None = None
    rows: int | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A way to bring a model's rows up to date. ``action`` is what plan and run call it, ``strategy`` the finer word:
    ``skip`` is open where nothing reaches the query, which turns out when it is asked.

    ``changed`` are the stored relations that it takes changes of; ``grain`` is the one of a refresh.
    """

    action: str
    strategy: str
    changed: tuple[str, ...] = ()
    grain: Grain | None = None

    @property
    def key(self) -> str:
        """Under what a model's history tells how long it took."""
        return " ".join(("asked" if self.action == "skip" else self.strategy, *sorted(self.changed)))


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done to a model.

    ``checks`` maps the name of each check to run to the token that is remembered when it passes; ``version`` names
    the rows that the model will have, ``placement`` how and where they are kept. ``rewritten``: the query is written
    in another way, and means the same. ``share`` is what it is expected to cost, as a part of a full refresh, and
    ``differences`` are what calls for it, where nothing but the inputs changed. ``changed`` are the stored relations
    whose changes are taken up, and ``grain`` is the column that a refresh goes by. ``seen``, ``tokens`` and ``state``
    are those of the record.
    """

    model: str
    action: str
    strategy: str
    reason: Reason
    checks: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    placement: str = ""
    rewritten: bool = False
    share: float | None = None
    differences: tuple[Difference, ...] = ()
    changed: tuple[str, ...] = ()
    grain: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=dict)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do or to remember."""
        return self.action == "skip" and not self.checks and not self.rewritten


def takes_changes(decision: Decision) -> bool:
    """Whether only what the model reads has changed."""
    return decision.reason.kind in ("input", "files")


@dataclass(frozen=True, slots=True)
class Kept:
    """How a model is kept up, whatever a run finds.

    For each relation that it stands on, ``new`` are the strategies that are open where rows only come, ``any`` those
    where rows go or change as well, the best first; none: it is rebuilt. ``grain`` is the column that a refresh goes by
    now or most of the time, ``grains`` are by relation those of a refresh for a change of it alone. ``partials`` are the
    partial aggregates that may be kept. ``blockers`` say why there is no better way.
    """

    new: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    any: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grain: str = ""
    grains: Mapping[str, Grain] = field(default_factory=dict)
    blockers: tuple[Blocker, ...] = ()
    partials: tuple[Partial, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDecision:
    """What is done to a source: ``action`` is ``skip``, ``read`` or ``land``.

    ``fresh`` and ``gone`` are the files to land and to take out; ``anew`` lands all of them. ``columns`` are those that
    the landed rows will have.
    """

    source: str
    action: str
    version: str
    fresh: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    anew: bool = False
    columns: tuple[str, ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutputDecision:
    """What is done to an output: ``write`` or ``skip``."""

    output: str
    model: str
    action: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decisions:
    """All of it, models in running order, dropped ones last. ``selected`` are the models that were asked for."""

    sources: Mapping[str, SourceDecision]
    models: Mapping[str, Decision]
    outputs: tuple[OutputDecision, ...]
    selected: frozenset[str]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return (
            all(d.idle for d in self.models.values())
            and all(d.action == "skip" and not d.checks for d in self.sources.values())
            and all(d.action == "skip" for d in self.outputs)
        )
