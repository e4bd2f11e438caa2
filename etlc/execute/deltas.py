"""The rows that came to a stored relation and those that went, as SELECTs; and how a model's own are kept for who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etlc.engines.base import Session
from etlc.execute.desk import Desk
from etlc.execute.images import images_folder
from etlc.execute.scan import scan_sql
from etlc.ir.moves import files_before, files_came, images_before
from etlc.ir.plan import DELTA_SCHEMA, LANDING_SCHEMA, Plan, PlanModel, PlanSource
from etlc.ir.record import Delta, Image, Memory, Part
from etlc.ir.statements import stored_rows
from etlc.kinds.sources import FILE_COLUMN
from etlc.sql.quote import idents, literals, qualified
from etlc.state.base import Store

STEP, SIGN = "_etlc_step", "_etlc_sign"
_NOTHING = "1 AS _etlc_none"


@dataclass(frozen=True, slots=True)
class Moved:
    """SELECTs of the rows that came and of those that went, each "" for none, and of the rows that stood before; with
    the images of files that they read."""

    came: str
    went: str
    before: str
    images: tuple[Image, ...] = ()


def moved(desk: Desk, relation: str, chain: Sequence[Delta]) -> Moved:
    """What a chain of deltas changed in a source or a model."""
    plan = desk.tools.plan
    if relation in plan.models:
        return _of_model(desk, plan.models[relation], chain)
    return _of_landed(desk, relation, chain) if plan.sources[relation].landed else _of_files(desk, relation, chain)


def _of_model(desk: Desk, model: PlanModel, chain: Sequence[Delta]) -> Moved:
    columns = idents(column.name for column in model.columns)
    table = qualified(DELTA_SCHEMA, model.name)
    steps = ", ".join(str(delta.step) for delta in chain)
    rows = f"SELECT {columns} FROM {table} WHERE {STEP} IN ({steps}) AND {SIGN}"
    came, went = f"{rows} = 1", f"{rows} = -1"
    if len(chain) > 1 and any(delta.minus for delta in chain):  # what came and went again is no change
        came, went = f"({came}) EXCEPT ALL ({went})", f"({went}) EXCEPT ALL ({came})"
    came = came if any(delta.plus for delta in chain) else ""
    went = went if any(delta.minus for delta in chain) else ""
    before = f"SELECT {columns} FROM {desk.stored(model)}"
    before = f"({before}) EXCEPT ALL ({came})" if came else before
    return Moved(came, went, f"({before}) UNION ALL ({went})" if went else before)


def _of_landed(desk: Desk, relation: str, chain: Sequence[Delta]) -> Moved:
    source = desk.tools.plan.sources[relation]
    columns = idents(source.used) or _NOTHING
    table, kept = qualified(LANDING_SCHEMA, relation), qualified(DELTA_SCHEMA, relation)
    fresh = files_came(chain)
    came = f"SELECT {columns} FROM {table} WHERE {FILE_COLUMN} IN ({literals(fresh)})" if fresh else ""
    # Of a file that came and went within the chain, only the rows that stood before it count.
    first = [
        f"({STEP} = {delta.step} AND {FILE_COLUMN} IN ({literals(paths)}))"
        for delta, paths in files_before(chain)
        if paths
    ]
    went = f"SELECT {columns} FROM {kept} WHERE {' OR '.join(first)}" if first else ""
    before = f"SELECT {columns} FROM {table}"
    before += f" WHERE {FILE_COLUMN} IS NULL OR {FILE_COLUMN} NOT IN ({literals(fresh)})" if fresh else ""
    return Moved(came, went, f"{before} UNION ALL {went}" if went else before)


def _of_files(desk: Desk, relation: str, chain: Sequence[Delta]) -> Moved:
    tools = desk.tools
    source, state = tools.plan.sources[relation], tools.observations.sources[relation]
    fresh = set(files_came(chain))
    new = [part for part in state.parts if part.path in fresh]
    old = [part for part in state.parts if part.path not in fresh]
    images = images_before(chain, tools.observations.images)
    assert images is not None  # else what changed is unknown
    came = scan_sql(source, new, source.used, tools.paths) if new else ""
    went = _of_images(desk, source, images)
    before = scan_sql(source, old, source.used, tools.paths)
    return Moved(came, went, f"{before} UNION ALL {went}" if went else before, tuple(images))


def _of_images(desk: Desk, source: PlanSource, images: Sequence[Image]) -> str:
    """The rows of files as they were, with the paths that they had; "" for no files."""
    paths = desk.tools.paths
    folder = images_folder(paths.root, desk.tools.plan.warehouse)
    parts = [Part(image.path, image.size, image.mtime, 0, image.token, layout=image.layout) for image in images]
    places = {image.path: str(folder / image.name) for image in images}
    return scan_sql(source, parts, source.used, paths, places=places) if parts else ""


def keep_landed(desk: Desk, source: str, step: int, rows: str) -> None:
    """Keep rows of a source that are to go: ``rows`` is the FROM that finds them. Their columns may be more than before."""
    table, landed = qualified(DELTA_SCHEMA, source), qualified(LANDING_SCHEMA, source)
    head = f"SELECT CAST(0 AS BIGINT) AS {STEP}, * FROM {landed}"
    desk.session.execute(f"CREATE TABLE IF NOT EXISTS {table} AS {head} LIMIT 0")
    desk.session.execute(f"INSERT INTO {table} BY NAME SELECT {step} AS {STEP}, * {rows}")


def keep(desk: Desk, model: PlanModel, step: int, came: str, went: str) -> None:
    """Keep what changed in a model, for those that read it: the rows of two temporary tables."""
    table, columns = qualified(DELTA_SCHEMA, model.name), idents(column.name for column in model.columns)
    # The rows are made from the model's own table, so that they have its types exactly.
    head = f"SELECT CAST(0 AS BIGINT) AS {STEP}, CAST(0 AS TINYINT) AS {SIGN}, {columns} FROM {stored_rows(model)}"
    desk.session.execute(f"CREATE TABLE IF NOT EXISTS {table} AS {head} LIMIT 0")
    for sign, rows in ((1, came), (-1, went)):
        if rows:
            desk.session.execute(f"INSERT INTO {table} SELECT {step}, {sign}, {columns} FROM {rows}")


def forget(desk: Desk, relation: str) -> None:
    """Forget what changed in a relation: it was replaced."""
    desk.session.execute(f"DROP TABLE IF EXISTS {qualified(DELTA_SCHEMA, relation)}")
    desk.tools.store.forget_deltas(desk.session, relation)


def prune(session: Session, store: Store, plan: Plan, memory: Memory) -> list[Delta]:
    """Forget the deltas that everybody who reads them has taken up, and those of what is gone. Gives those that stay."""
    readers = plan.readers()
    stay: list[Delta] = []
    for relation, deltas in memory.deltas.items():
        records = [memory.models.get(name) for name in readers.get(relation, ())]
        waiting = {record.consumed.get(relation) for record in records if record is not None}
        first = next((at for at, delta in enumerate(deltas) if delta.before in waiting), len(deltas))
        stay += deltas[first:]
        table = qualified(DELTA_SCHEMA, relation)
        if first == len(deltas):
            session.execute(f"DROP TABLE IF EXISTS {table}")
            store.forget_deltas(session, relation)
        elif first:
            until = deltas[first - 1].step
            if f"{DELTA_SCHEMA}.{relation}".lower() in memory.relations:
                session.execute(f"DELETE FROM {table} WHERE {STEP} <= {until}")
            store.forget_deltas(session, relation, until)
    return stay
