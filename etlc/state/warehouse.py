"""What is remembered between runs: in the warehouse itself, so that data and state change in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from etlc.engines.base import Session
from etlc.ir.codec import Unfit, decode, encode
from etlc.ir.plan import Meaning
from etlc.ir.record import Delta, Image, Memory, ModelRecord, OutputRecord, Part, SourceState
from etlc.sql.quote import literals, string

FORMAT = "2"
_CHUNK = 500
_Item = TypeVar("_Item")
_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS _etlc",
    "CREATE SCHEMA IF NOT EXISTS _etlc_data",
    "CREATE SCHEMA IF NOT EXISTS _etlc_land",
    "CREATE SCHEMA IF NOT EXISTS _etlc_delta",
    "CREATE SCHEMA IF NOT EXISTS _etlc_partial",
    "CREATE TABLE IF NOT EXISTS _etlc.about (key VARCHAR, value VARCHAR)",
    "CREATE TABLE IF NOT EXISTS _etlc.models (name VARCHAR, version VARCHAR, record VARCHAR, meaning VARCHAR)",
    "CREATE TABLE IF NOT EXISTS _etlc.sources (name VARCHAR, version VARCHAR, landed VARCHAR, checked VARCHAR)",
    "CREATE TABLE IF NOT EXISTS _etlc.parts (source VARCHAR, path VARCHAR, size BIGINT, mtime BIGINT, changed BIGINT,"
    " digest VARCHAR, trusted BOOLEAN, layout VARCHAR)",
    "ALTER TABLE _etlc.parts ADD COLUMN IF NOT EXISTS content VARCHAR",
    "CREATE TABLE IF NOT EXISTS _etlc.images (source VARCHAR, path VARCHAR, token VARCHAR, name VARCHAR, size BIGINT,"
    " mtime BIGINT, shared BOOLEAN)",
    "CREATE TABLE IF NOT EXISTS _etlc.outputs (name VARCHAR, record VARCHAR)",
    "CREATE TABLE IF NOT EXISTS _etlc.deltas (relation VARCHAR, step BIGINT, delta VARCHAR)",
    "CREATE TABLE IF NOT EXISTS _etlc.runs (run_id VARCHAR, started TIMESTAMP, seconds DOUBLE, status VARCHAR,"
    " etlc VARCHAR, duckdb VARCHAR)",
)
_RELATIONS = (
    "SELECT lower(schema_name || '.' || table_name), 'table' FROM duckdb_tables()"
    " WHERE database_name = current_database() AND NOT temporary"
    " UNION ALL SELECT lower(schema_name || '.' || view_name), 'view' FROM duckdb_views()"
    " WHERE database_name = current_database() AND NOT internal AND NOT temporary"
)


class StateUnreadable(Exception):
    """The state was written by a later etlc, or is damaged. The message says so."""


def prepare(session: Session) -> None:
    """Make the state's tables, once for each run. Existing ones are left as they are."""
    session.execute("BEGIN")
    for statement in _TABLES:
        session.execute(statement)
    if not session.rows("SELECT value FROM _etlc.about WHERE key = 'format'"):
        _insert(session, "_etlc.about", [("format", FORMAT)])
    session.execute("COMMIT")


def recall(session: Session) -> Memory:
    """All that past runs left; an empty memory for a new warehouse. Raises StateUnreadable."""
    relations = {str(name): str(kind) for name, kind in session.rows(_RELATIONS)}
    if "_etlc.about" not in relations:
        return Memory(relations=relations)
    found = session.rows("SELECT value FROM _etlc.about WHERE key = 'format'")
    if found and found[0][0] != FORMAT:
        raise StateUnreadable(f"its state has format {found[0][0]}, and this etlc reads format {FORMAT}")
    try:
        return _read(session, relations)
    except (ValueError, KeyError, TypeError, Unfit) as error:
        raise StateUnreadable(f"its state is damaged ({error})") from error


def _read(session: Session, relations: Mapping[str, str]) -> Memory:
    parts: dict[str, list[Part]] = {}
    layouts: dict[str | None, tuple[tuple[str, str], ...]] = {None: (), "": ()}  # few, of many files
    for source, path, size, mtime, changed, digest, trusted, layout, *more in session.rows("SELECT * FROM _etlc.parts"):
        columns = layouts.get(layout)
        if columns is None:
            columns = layouts[layout] = tuple((str(name), str(kind)) for name, kind in json.loads(layout))
        # Before there was a column for the content, its hash was the token where it was known.
        content = more[0] if more and more[0] is not None else digest or ""
        token = digest or f"{size}-{mtime}"
        parts.setdefault(source, []).append(Part(path, size, mtime, changed, token, trusted, columns, content))
    sources, checked = {}, {}
    for name, version, landed, checks in session.rows("SELECT name, version, landed, checked FROM _etlc.sources"):
        sources[name] = SourceState(
            version, tuple(sorted(parts.get(name, ()), key=lambda part: part.path)), tuple(json.loads(landed))
        )
        checked[name] = json.loads(checks)
    models = {}
    for name, text in session.rows("SELECT name, record FROM _etlc.models"):
        values = json.loads(text)
        models[name] = decode(ModelRecord, [*values, "", {}] if len(values) == _UNAIDED else values)
    outputs = {
        name: decode(OutputRecord, json.loads(text))
        for name, text in session.rows("SELECT name, record FROM _etlc.outputs")
    }
    deltas: dict[str, list[Delta]] = {}
    for relation, text in session.rows("SELECT relation, delta FROM _etlc.deltas ORDER BY step"):
        fields = json.loads(text)
        deltas.setdefault(relation, []).append(decode(Delta, [*fields, []] if len(fields) == _BARE else fields))
    images: dict[str, dict[str, Image]] = {}
    if "_etlc.images" in relations:
        for source, path, *kept in session.rows("SELECT * FROM _etlc.images"):
            images.setdefault(source, {})[path] = Image(path, *kept)
    steps = {relation: tuple(steps) for relation, steps in deltas.items()}
    return Memory(models, sources, checked, outputs, relations, deltas=steps, images=images)


_UNAIDED = 15  # the fields of a record that was written before there were partial aggregates
_BARE = 8  # the fields of a delta that was written before there were images


def recall_meanings(session: Session, names: Sequence[str]) -> dict[str, Meaning]:
    """What the queries of these models meant when they were built. Raises StateUnreadable."""
    found = {}
    try:
        for some in _chunks(names):
            query = f"SELECT name, meaning FROM _etlc.models WHERE name IN ({literals(some)})"
            found.update({name: decode(Meaning, json.loads(text)) for name, text in session.rows(query)})
    except (ValueError, KeyError, TypeError, Unfit) as error:
        raise StateUnreadable(f"its state is damaged ({error})") from error
    return found


def save_model(session: Session, record: ModelRecord, meaning: Meaning) -> None:
    """Put a model's record in place of the one before. Within the transaction that changes its data."""
    text = json.dumps(encode(record))
    forget_model(session, record.name)
    _insert(session, "_etlc.models", [(record.name, record.version, text, json.dumps(encode(meaning)))])


def forget_model(session: Session, name: str) -> None:
    """Forget a model that was dropped."""
    session.execute(f"DELETE FROM _etlc.models WHERE name = {string(name)}")


def save_delta(session: Session, delta: Delta) -> None:
    """Remember how a relation came to its new version. Within the transaction that changes it."""
    _insert(session, "_etlc.deltas", [(delta.relation, delta.step, json.dumps(encode(delta)))])


def forget_deltas(session: Session, relation: str, until: int | None = None) -> None:
    """Forget the deltas of a relation, up to a step where one is given."""
    older = "" if until is None else f" AND step <= {until}"
    session.execute(f"DELETE FROM _etlc.deltas WHERE relation = {string(relation)}{older}")


def stored_version(session: Session, name: str) -> str:
    """The version that a model has in the warehouse: the marker that says whether a commit took place."""
    rows = session.rows(f"SELECT version FROM _etlc.models WHERE name = {string(name)}")
    return str(rows[0][0]) if rows else ""


def save_source(session: Session, name: str, state: SourceState, checked: Mapping[str, str]) -> None:
    """Put a source's files and version in place of those before; only the files that changed are written."""
    known = {
        row[0]: tuple(row[1:])
        for row in session.rows(
            "SELECT path, size, mtime, changed, digest, trusted, content FROM _etlc.parts"
            f" WHERE source = {string(name)}"
        )
    }
    new = {p.path: (p.size, p.mtime, p.changed, p.token, p.trusted, p.digest) for p in state.parts}
    stale = [path for path, token in known.items() if new.get(path) != token]
    for some in _chunks(stale):
        session.execute(f"DELETE FROM _etlc.parts WHERE source = {string(name)} AND path IN ({literals(some)})")
    fresh = [part for part in state.parts if known.get(part.path) != new[part.path]]
    rows = [
        (name, p.path, p.size, p.mtime, p.changed, p.token, p.trusted, json.dumps(p.layout), p.digest) for p in fresh
    ]
    _insert(session, "_etlc.parts", rows)
    session.execute(f"DELETE FROM _etlc.sources WHERE name = {string(name)}")
    row = (name, state.version, json.dumps(list(state.landed)), json.dumps(dict(checked)))
    _insert(session, "_etlc.sources", [row])


def _insert(session: Session, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows as literals: the Python client looks for pandas each time that a parameter is bound."""
    for some in _chunks(rows):
        values = ", ".join(f"({literals(row)})" for row in some)
        session.execute(f"INSERT INTO {table} VALUES {values}")


def _chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """The items, some hundreds at a time: a statement of ten thousand rows parses slowly."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def forget_sources(session: Session, names: Iterable[str]) -> None:
    """Forget sources that the specs no longer have."""
    for name in names:
        session.execute(f"DELETE FROM _etlc.sources WHERE name = {string(name)}")
        session.execute(f"DELETE FROM _etlc.parts WHERE source = {string(name)}")


def save_images(session: Session, source: str, images: Iterable[Image]) -> None:
    """Put the images of a source's files in place of those before: each has its own name."""
    known = {str(name) for (name,) in session.rows(f"SELECT name FROM _etlc.images WHERE source = {string(source)}")}
    new = {image.name: image for image in images}
    for some in _chunks([name for name in known if name not in new]):
        session.execute(f"DELETE FROM _etlc.images WHERE source = {string(source)} AND name IN ({literals(some)})")
    fresh = [image for name, image in new.items() if name not in known]
    _insert(session, "_etlc.images", [(source, i.path, i.token, i.name, i.size, i.mtime, i.shared) for i in fresh])


def save_output(session: Session, record: OutputRecord) -> None:
    """Remember what was written."""
    session.execute(f"DELETE FROM _etlc.outputs WHERE name = {string(record.name)}")
    _insert(session, "_etlc.outputs", [(record.name, json.dumps(encode(record)))])


def save_run(
    session: Session, run_id: str, started: str, seconds: float, status: str, versions: tuple[str, str]
) -> None:
    """Remember that a run took place. ``started`` is an ISO timestamp in UTC; ``versions`` are etlc's and DuckDB's."""
    _insert(session, "_etlc.runs", [(run_id, started, seconds, status, *versions)])
