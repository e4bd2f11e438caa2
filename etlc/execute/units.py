"""Runs unit tests: one session in memory, in which what each test reads stands under its bare name."""

from __future__ import annotations

import time
from collections.abc import Sequence

from etlc.engines.base import EngineError, Session
from etlc.execute.compare import compare
from etlc.ir.binding import Column
from etlc.ir.unit import Relation, Row, RowPair, UnitResult, UnitTest
from etlc.sql.quote import ident

# What Python would round, or want another package for.
_AS_TEXT = ("TIME ZONE", "TIMESTAMP_NS", "TIME_NS", "INTERVAL")


class Bench:
    """A session that runs one test after the other, and makes a view anew only where its SQL is another."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._standing: dict[str, Relation] = {}

    def run(self, test: UnitTest) -> UnitResult:
        """What came of a test. Raises EngineInterrupted."""
        began = time.monotonic()
        place = "its SQL"
        try:
            for relation in test.relations:
                place = (
                    f'model "{relation.name}"' if relation.model else f'the rows that are given for "{relation.name}"'
                )
                self._stand(relation)
            place = "what it expects"
            expected = self._rows(test.expected, test.columns)
            place = f'model "{test.model}"'
            actual = self._rows(test.actual, test.columns)
        except EngineError as error:
            message = f"{place} could not be computed: {_first_line(error)}"
            return UnitResult(str(test.name), test.model, "error", time.monotonic() - began, test.name.span, message)
        pairs, missing, extra = compare(expected, actual, test.key, test.ordered)
        fine = all(pair.same for pair in pairs)
        return UnitResult(
            str(test.name), test.model, "pass" if fine else "fail", time.monotonic() - began, test.name.span,
            "" if fine else _told(pairs, test.columns, not missing and not extra), test.columns,
            () if fine else pairs, missing, extra,
        )  # fmt: skip

    def _stand(self, relation: Relation) -> None:
        """Make a relation. What is stored holds the rows of one test, so it is made for each."""
        key = relation.name.lower()
        standing = self._standing.pop(key, None)
        if standing != relation or relation.stored:
            if standing is not None and standing.stored != relation.stored:
                self._session.execute(f"DROP {_kind(standing)} {ident(standing.name)}")
            create = f"CREATE OR REPLACE TEMP {_kind(relation)}"
            self._session.execute(f"{create} {ident(relation.name)} AS\n{relation.sql}")
        self._standing[key] = relation

    def _rows(self, sql: str, columns: Sequence[Column]) -> list[Row]:
        if any(_fetched(column) != ident(column.name) for column in columns):
            sql = f"SELECT {', '.join(map(_fetched, columns))} FROM (\n{sql}\n) AS _etlc_rows"
        return self._session.rows(sql)


def _kind(relation: Relation) -> str:
    return "TABLE" if relation.stored else "VIEW"


def _fetched(column: Column) -> str:
    name = ident(column.name)
    if column.type == "JSON":  # without its blanks, which mean nothing
        return f"json({name}) AS {name}"
    return f"CAST({name} AS VARCHAR) AS {name}" if any(word in column.type for word in _AS_TEXT) else name


def _first_line(error: EngineError) -> str:
    lines = [line.strip() for line in error.error.message.split("\n") if line.strip()]
    return f"{lines[0].rstrip('.!')}." if lines else "DuckDB does not say why."


def _told(pairs: Sequence[RowPair], columns: Sequence[Column], same_rows: bool) -> str:
    """What is wrong, in a sentence."""
    if same_rows:
        return "the rows are right, but they come in another order."
    off = [pair for pair in pairs if pair.differs]
    named = [column.name for place, column in enumerate(columns) if any(place in pair.differs for pair in off)]
    missing = sum(pair.actual is None for pair in pairs)
    extra = sum(pair.expected is None for pair in pairs)
    parts = [
        f"{_counted(len(off))} {'differs' if len(off) == 1 else 'differ'} in {', '.join(named)}" if off else "",
        f"{_counted(missing)} {'is' if missing == 1 else 'are'} missing" if missing else "",
        f"{_counted(extra)} {'is' if extra == 1 else 'are'} too many" if extra else "",
    ]
    return ", ".join(part for part in parts if part) + "."


def _counted(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
