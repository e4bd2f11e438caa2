"""The selection language: ``name``, ``+name``, ``name+2``, ``tag:x``, ``pipeline:x``, ``owner:x``, ``path:glob``, ``changed``.

A comma means "and", a repeated ``-s`` means "or".
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Iterable, Sequence

from etlc.ir.plan import Plan, PlanModel

Changed = Callable[[str], frozenset[str]]


class SelectionError(Exception):
    """A selection that cannot be understood or names nothing; the message is a sentence, ``help`` what to do."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


def select(plan: Plan, wanted: Sequence[str], excluded: Sequence[str], changed: Changed) -> frozenset[str] | None:
    """The selected models; None for all of them. ``changed`` finds the models that differ from a git revision.

    Raises SelectionError.
    """
    if not wanted and not excluded:
        return None
    graph = _Graph(plan, changed)
    chosen = _union(graph, wanted) if wanted else set(plan.models)
    return frozenset(chosen - _union(graph, excluded))


def _union(graph: _Graph, texts: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        parts = [graph.part(part.strip()) for part in text.split(",")]
        found |= set.intersection(*parts)
    return found


class _Graph:
    def __init__(self, plan: Plan, changed: Changed) -> None:
        self.plan = plan
        self.changed = changed
        self.above = {
            name: [need for need in model.reads if need in plan.models] for name, model in plan.models.items()
        }
        self.below: dict[str, list[str]] = {name: [] for name in (*plan.sources, *plan.models)}
        for name, model in plan.models.items():
            for need in model.reads:
                self.below[need].append(name)

    def part(self, text: str) -> set[str]:
        """One term, with its pluses."""
        before, body, after = _pluses(text)
        seeds = self.seeds(body, text)
        found = {name for name in seeds if name in self.plan.models}
        if before is not None:
            found |= self._walk(found, self.above, before)
        if after is not None:
            found |= {name for name in self._walk(seeds, self.below, after) if name in self.plan.models}
        return found

    def seeds(self, body: str, text: str) -> set[str]:
        """What a term without pluses names. Raises SelectionError where that is nothing."""
        method, colon, value = body.partition(":")
        if body == "changed" or (colon and method == "changed"):
            return set(self.changed(value or "HEAD"))
        tests: dict[str, Callable[[PlanModel], bool]] = {
            "tag": lambda m: value in m.tags,
            "pipeline": lambda m: m.pipeline == value,
            "owner": lambda m: m.owner == value,
            "path": lambda m: any(
                fnmatch.fnmatch(p, value) or p.startswith(value.rstrip("/") + "/") for p in (m.path, m.file)
            ),
        }
        if colon and method in tests:
            found = {name for name, model in self.plan.models.items() if tests[method](model)}
            if not found:
                raise SelectionError(f'No model matches "{text}".')
            return found
        if colon:
            raise SelectionError(
                f'"{method}:" is no way to select.', "Ways to select: name, tag:, pipeline:, owner:, path:, changed."
            )
        return self._named(body, text)

    def _named(self, body: str, text: str) -> set[str]:
        known = {name.lower(): name for name in (*self.plan.models, *self.plan.sources)}
        if any(mark in body for mark in "*?["):
            found = {known[lower] for lower in known if fnmatch.fnmatch(lower, body.lower())}
            if found:
                return found
        elif body.lower() in known:
            return {known[body.lower()]}
        close = difflib.get_close_matches(body.lower(), known, 1)
        raise SelectionError(
            f'There is no model "{body or text}".', f'Did you mean "{known[close[0]]}"?' if close else ""
        )

    def _walk(self, start: Iterable[str], edges: dict[str, list[str]], depth: int) -> set[str]:
        found: set[str] = set()
        layer = set(start)
        while layer and depth != 0:
            layer = {need for name in layer for need in edges.get(name, ())} - found
            found |= layer
            depth -= 1
        return found


def _pluses(text: str) -> tuple[int | None, str, int | None]:
    """``2+name+`` as (2, "name", -1): how far up and down, -1 for all the way, None for not at all."""
    before: int | None = None
    after: int | None = None
    head, plus, tail = text.partition("+")
    if plus and (not head or head.isdigit()):
        before, text = (int(head) if head else -1), tail
    body, plus, tail = text.rpartition("+")
    if plus and (not tail or tail.isdigit()):
        after, text = (int(tail) if tail else -1), body
    return before, text, after
