"""What a run will do, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: the selected models (None: all), and whether to build everything anew."""

    selected: frozenset[str] | None = None
    full_refresh: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why. ``kind`` is a word; ``names`` are what it concerns; ``detail`` is a number or text. Worded in ``report``."""

    kind: str
    names: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done to a model.

    ``checks`` maps the name of each check to run to the token that is remembered when it passes; ``version`` names
    the rows that the model will have, ``placement`` how and where they are kept. ``rewritten``: the query is written
    in another way, and means the same.
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

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do or to remember."""
        return self.action == "skip" and not self.checks and not self.rewritten


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
