"""How a model is kept up, as comments above its SQL."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from etlc.ir.decision import Decision, Kept
from etlc.ir.upkeep import Partial
from etlc.report.blockers import told
from etlc.report.text import Line, Piece, clean, cut, line, listed

_WIDTH = 96
_CLAUSE = 60


def render(step: Decision, kept: Kept) -> list[Line]:
    """The lines on a model, its name first."""
    made = [line(Piece(f"-- {clean(step.model)}", "place"), Piece(clean(_head(step, kept)), "dim"))]
    width = max((len(name) for name in kept.any), default=0)
    for name in kept.any:
        made.append(line(Piece("--   ", "place"), f"{clean(name):<{width}}  {clean(_taken_up(name, kept))}"))
    for partial in kept.partials:
        made.append(line(Piece("--   ", "place"), clean(_partial(partial))))
    for one in kept.blockers:
        message, help = told(one)
        clause = cut(clean(one.clause), _CLAUSE)
        made.append([])
        made.append(
            line(Piece("-- ", "place"), f"{clean(one.file)}:{one.line}:{one.column}", Piece(f"  {clause}", "bold"))
        )
        made.extend(line(Piece("--   ", "place"), text) for text in textwrap.wrap(message, _WIDTH))
        first, *more = textwrap.wrap(help, _WIDTH - 6)
        made.append(line(Piece("--   ", "place"), Piece("help", "bold"), f": {first}"))
        made.extend(line(Piece("--         ", "place"), text) for text in more)
    return made


def _partial(partial: Partial) -> str:
    """What is kept beside the rows."""
    of = f" of {partial.model}" if partial.model else ""
    by = f" by {', '.join('.'.join(path) for path in partial.columns)}" if partial.columns else ""
    return f"keeps {', '.join(partial.functions) or 'its rows'}{of}{by}"


def _head(step: Decision, kept: Kept) -> str:
    """The strategy, and of a rebuild that need not have been one, why it is."""
    if step.strategy in ("view", "inline", "noop"):
        return ""
    return f": {step.strategy}" + "".join(f", {why}" for why in _instead(step, kept))


def _instead(step: Decision, kept: Kept) -> Iterator[str]:
    if step.strategy == "refresh":
        yield f"by {step.grain}"
    elif step.strategy == "cheap full":
        yield "since that takes no longer than to find out what changed"
    elif step.strategy == "diff-apply":
        yield "and compared, so that its readers get only the difference"
    elif step.strategy == "full" and step.differences:
        yield from _unknown(step, kept)


def _unknown(step: Decision, kept: Kept) -> Iterator[str]:
    names = [one.relation for one in step.differences if not one.known and kept.any.get(one.relation)]
    if names:
        yield f"since the rows of {listed(names)} that came or went are not at hand"
    elif len(step.differences) > 1 and all(kept.any.get(one.relation) for one in step.differences):
        yield "since all of these changed at once"


def _taken_up(name: str, kept: Kept) -> str:
    """By what a change of a relation is taken up: first where rows only come."""
    new, any_ = (_first(ways, name, kept) for ways in (kept.new, kept.any))
    return new if new == any_ else f"{new}; if rows change or go, {any_}"


def _first(ways: Mapping[str, Sequence[str]], name: str, kept: Kept) -> str:
    found = next(iter(ways.get(name, ())), "rebuild")
    if found != "refresh":
        return found
    grain = kept.grains[name]
    keys = [key for key in grain.inputs[name] if key.lower() != f'"{grain.column}"'.lower()]
    return f"refresh by {grain.column}" + (f", here {listed(keys)}" if keys else "")
