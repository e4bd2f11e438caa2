"""The state of a relation: a version of its row set, and one of each column's values in it.

A reader wakes where the rows of an input or the values of a column that it uses are others: a column that nobody reads
wakes nobody, through any number of models. Versions are made of what is written and of the versions below; they say
nothing of the values, so equal ones promise equal rows and different ones nothing. (In the terms of Mokhov, Mitchell and
Peyton Jones, Build Systems a la Carte, 2018: verifying traces.)
"""

from __future__ import annotations

import json

from etlc.decide.versions import digest
from etlc.ir.codec import decode
from etlc.ir.plan import PlanModel
from etlc.ir.record import ROWS, ModelRecord, Standing, State
from etlc.ir.upkeep import Uses


def uses_of(model: PlanModel) -> Uses | None:
    """What a model uses of its inputs; None where everything of them counts."""
    if not model.dependence or model.volatile or model.dynamic:
        return None
    found: Uses = decode(Uses, json.loads(model.dependence))
    return found


def seen(model: PlanModel, standing: Standing) -> dict[str, str]:
    """For each relation that a model reads, what it sees of its state."""
    uses = uses_of(model)
    if uses is None:
        return {need: standing.versions.get(need, "") for need in model.reads}
    found = {}
    for need in model.reads:
        columns = set(uses.rows.get(need, ()))
        columns.update(column for by_need in uses.values.values() for column in by_need.get(need, ()))
        found[need] = digest(standing.states.get(need, {}).get(ROWS, ""), _columns(need, columns, standing))
    return found


def _columns(need: str, columns: object, standing: Standing) -> list[tuple[str, str]]:
    state = standing.states.get(need, {})
    assert isinstance(columns, tuple | set)
    return sorted((column.lower(), state.get(column.lower(), "")) for column in columns)


def planned_state(model: PlanModel, tokens: State, standing: Standing, nonce: str) -> dict[str, str]:
    """The state that a model's rows will have when they are made of its inputs as they stand. ``tokens`` name what is
    written: of the row set, and of each column."""
    uses = uses_of(model)
    if uses is None:
        whole = {need: standing.versions.get(need, "") for need in model.reads}
        state = {ROWS: digest(tokens[ROWS], whole, nonce if model.volatile else "")}
        return {**state, **{c.name.lower(): digest(tokens.get(c.name.lower(), ""), c.type) for c in model.columns}}
    rows = {
        need: [standing.states.get(need, {}).get(ROWS, ""), _columns(need, columns, standing)]
        for need, columns in uses.rows.items()
    }
    state = {ROWS: digest(tokens[ROWS], rows)}
    for column in model.columns:
        read = {need: _columns(need, found, standing) for need, found in uses.values.get(column.name, {}).items()}
        state[column.name.lower()] = digest(tokens.get(column.name.lower(), ""), column.type, read)
    return state


def fresh_tokens(model: PlanModel) -> dict[str, str]:
    """What is written, where nothing is known of what was written before."""
    return dict.fromkeys([ROWS, *(column.name.lower() for column in model.columns)], model.fingerprint)


def tokens_after(model: PlanModel, record: ModelRecord, rows: bool, columns: frozenset[str]) -> dict[str, str]:
    """The tokens after an edit that may change the ``rows``, or else the values of ``columns`` (lower case) alone."""
    fresh = fresh_tokens(model)
    if rows or ROWS not in record.tokens:
        return fresh
    return {
        name: record.tokens[name] if name not in columns and name in record.tokens else token
        for name, token in fresh.items()
    }
