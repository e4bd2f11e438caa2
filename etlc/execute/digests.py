"""Digests of bags of rows: the number of rows, and the sum of a hash of each.

A sum, so that copies count (XOR would cancel them), of whole rows, so that values that change places are seen. The
digest of what came and went adds up: a table's is kept up without reading it.
"""

from __future__ import annotations

from etlc.execute.desk import Desk
from etlc.execute.work import CAME, WENT, Work
from etlc.ir.plan import PlanModel
from etlc.ir.statements import stored_rows
from etlc.sql.quote import idents


def rows_digest(desk: Desk, model: PlanModel) -> str:
    """The digest of a model's stored rows, with its columns and the engine whose hash it is."""
    count, total = _sums(desk, model, stored_rows(model))
    return f"{_head(desk, model)} {count} {total}"


def moved_digest(work: Work, before: str) -> str:
    """The digest after the rows of a strategy came and went; "" where there was none."""
    head, _, sums = before.rpartition(" ") if before else ("", "", "")
    head, _, count = head.rpartition(" ")
    if not before or head != _head(work.desk, work.model):
        return ""
    came, went = (_sums(work.desk, work.model, table) for table in (CAME, WENT))
    return f"{head} {int(count) + came[0] - went[0]} {int(sums) + came[1] - went[1]}"


def _sums(desk: Desk, model: PlanModel, table: str) -> tuple[int, int]:
    columns = idents(column.name for column in model.columns)
    found = desk.session.rows(f"SELECT count(*), coalesce(sum(hash({columns})), 0) FROM {table}")
    return int(found[0][0]), int(found[0][1])


def _head(desk: Desk, model: PlanModel) -> str:
    columns = ",".join(f"{column.name}:{column.type}" for column in model.columns).replace(" ", "_")
    return f"{desk.tools.engine.version} {columns}"
