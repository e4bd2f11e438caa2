"""Unit tests bound: their columns are there, their values have the types of the columns, and all of it is SQL."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from etlc.bind.errors import Refusal
from etlc.bind.masks import has_masks, mask_columns
from etlc.bind.misfits import too_exact, what_to_write
from etlc.bind.sources import rows_sql
from etlc.diagnostics import Diagnostics, span_of
from etlc.ir.binding import Binder, Column, SqlError
from etlc.ir.graph import Graph, GraphTest, Query
from etlc.ir.spec import Cell, TestRows
from etlc.ir.statements import UNTYPED, exactly, typed
from etlc.ir.unit import Relation, UnitTest
from etlc.sql.cells import cell_sql, surely_fits
from etlc.sql.quote import ident, idents

_AT_ONCE = 200
_PROBE = "_etlc_test_probe"


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A value of which only the engine knows whether it has the type."""

    cell: Cell
    column: Column
    sql: str
    test: str


@dataclass(slots=True)
class TestBinder:
    """Binds the tests of a project against ``relations``: the columns of each source and model that is sound."""

    graph: Graph
    relations: Mapping[str, Sequence[Column]]
    binder: Binder
    diagnostics: Diagnostics
    doubts: list[_Doubt] = field(default_factory=list)

    def bind(self) -> tuple[UnitTest, ...]:
        """All tests that are sound. The mistakes of the others are reported; those of broken models are left out."""
        found = []
        for test in self.graph.tests:
            if all(name in self.relations for name in (test.model, *test.needs)):
                with self._with_params(test) as columns:
                    bound = self._test(test, columns) if columns is not None else None
                if bound is not None:
                    found.append(bound)
        self._settle()
        return tuple(found)

    @contextmanager
    def _with_params(self, test: GraphTest) -> Iterator[Mapping[str, Sequence[Column]] | None]:
        """The columns of what the test reads: those of a run, unless a param of its own changes a type."""
        changed: dict[str, Sequence[Column]] = {}
        fine = True
        for name in test.needs if test.queries else ():
            query = test.queries.get(name, self.graph.models[name].query if name in self.graph.models else None)
            if query is None or name in test.names or query.facts.dynamic:
                continue
            columns: Sequence[Column] | SqlError = self.binder.bind(name, query.bound.text)
            if isinstance(columns, SqlError):
                fine = False
                message = f'With the params of test "{test.spec.name}", model "{name}" is not valid: {_first(columns)}.'
                self.diagnostics.add("E307", test.spec.span, message)
                break
            masked = mask_columns(replace(self.graph.models[name], query=query), columns, self.binder, self.diagnostics)
            fine = fine and masked is not None
            changed[name] = masked.columns if masked is not None else columns
        yield {**self.relations, **changed} if fine else None
        for name in changed:
            self.binder.declare(name, self.relations[name])

    def _test(self, test: GraphTest, columns: Mapping[str, Sequence[Column]]) -> UnitTest | None:
        read = {need for name in test.needs for need in self._reads(test, name)}
        read |= set(test.expect.reads if test.expect else ())
        relations = [self._relation(test, n, columns[n]) for n in test.needs if n != test.model or n in read]
        compared, expected = self._expected(test, columns[test.model])
        if compared is None or any(relation is None for relation in relations):
            return None
        model = self.graph.models[test.model]
        query = test.queries.get(test.model, model.query)
        text = self._sql(test, test.model, columns[test.model])
        whole = text if query.facts.dynamic else exactly(text, columns[test.model])
        actual = f"SELECT {idents(c.name for c in compared)} FROM (\n{whole}\n) AS _etlc_actual"
        places = {column.name.lower(): place for place, column in enumerate(compared)}
        key = [places.get(name.lower(), -1) for name in model.spec.key]
        return UnitTest(
            test.spec.name, test.model, tuple(r for r in relations if r is not None), compared,
            actual, expected, test.spec.expect.form,
            () if -1 in key else tuple(key), test.spec.ordered,
        )  # fmt: skip

    def _relation(self, test: GraphTest, name: str, columns: Sequence[Column]) -> Relation | None:
        if name in test.names:
            rows = next(rows for given, rows in test.spec.given.items() if given == test.names[name])
            sql = self._rows(test, rows, columns, test.given.get(name), f'"{name}"')
            return None if sql is None else Relation(name, sql)
        if name in self.graph.models:
            return self._model(test, name, columns)
        source = self.graph.sources[name].spec
        if source.rows is not None:
            return Relation(name, rows_sql(source, {column.name.lower(): column.type for column in columns}))
        return Relation(name, _nothing(columns))

    def _reads(self, test: GraphTest, name: str) -> tuple[str, ...]:
        """What is read to compute this in a test."""
        return self.graph.models[name].reads if name in self.graph.models and name not in test.names else ()

    def _model(self, test: GraphTest, name: str, columns: Sequence[Column]) -> Relation:
        query = test.queries.get(name, self.graph.models[name].query)
        text = self._sql(test, name, columns)
        readers = sum(name in self._reads(test, other) for other in test.needs)
        stored = readers > 1 or query.facts.dynamic
        return Relation(name, text if query.facts.dynamic else exactly(text, columns), stored, model=True)

    def _sql(self, test: GraphTest, name: str, columns: Sequence[Column]) -> str:
        """A model's query as the test has it, with its masks, which follow the types beneath them."""
        model = self.graph.models[name]
        model = replace(model, query=test.queries.get(name, model.query))
        if has_masks(model):
            text = model.query.bound.text
            inner = columns if model.query.facts.dynamic else self.binder.bind(_PROBE, text)
            masked = None if isinstance(inner, SqlError) else mask_columns(model, inner, self.binder, self.diagnostics)
            if masked is not None:
                return masked.sql.strip()
        return model.query.bound.text.strip()

    def _expected(self, test: GraphTest, columns: Sequence[Column]) -> tuple[tuple[Column, ...] | None, str]:
        """The columns that are compared, and the query of the expected rows. None: there is a finding."""
        rows, what = test.spec.expect, f'Model "{test.model}"'
        named: Sequence[str] = rows.columns
        if test.expect is not None:
            given = self._query_columns(test.expect)
            if given is None:
                return None, ""
            named = [column.name for column in given]
        compared = self._known(test, named, columns, rows, what)
        if compared is None:
            return None, ""
        if not compared:
            return tuple(columns), _nothing(columns)
        sql = self._rows(test, rows, compared, test.expect, what)
        return (None, "") if sql is None else (tuple(compared), sql)

    def _rows(
        self, test: GraphTest, rows: TestRows, columns: Sequence[Column], query: Query | None, what: str
    ) -> str | None:
        """A SELECT of all ``columns`` from rows of a test; those that it does not name are NULL."""
        if query is not None:
            given = self._query_columns(query)
            if given is None or self._known(test, [c.name for c in given], columns, rows, what) is None:
                return None
            named = {column.name.lower(): column.name for column in given}
            inner = f"(\n{query.bound.text.strip()}\n) AS _etlc_rows"
        else:
            known = self._known(test, rows.columns, columns, rows, what)
            if known is None:
                return None
            lines = [self._line(test, row, known) for row in rows.rows]
            if None in lines:
                return None
            named = {column.name.lower(): column.name for column in known}
            if not lines or not named:
                return _nothing(columns)
            inner = f"(VALUES {', '.join(line for line in lines if line)}) AS _etlc_rows({idents(named.values())})"
        chosen = (typed(ident(named[c.name.lower()]) if c.name.lower() in named else "NULL", c) for c in columns)
        return f"SELECT {', '.join(chosen)} FROM {inner}"

    def _line(self, test: GraphTest, row: Mapping[str, Cell], columns: Sequence[Column]) -> str | None:
        values = []
        for column in columns:
            cell = row.get(column.name.lower())
            if cell is None or cell.value is None:
                values.append("NULL")
                continue
            try:
                values.append(cell_sql(cell.value, cell.text, column.type))
            except ValueError as reason:
                self._does_not_fit(test.spec.name, cell, column, str(reason))
                return None
            if not surely_fits(cell.value, column.type):
                sql = f"CAST({values[-1]} AS {column.type}) IS NULL" if column.type != UNTYPED else "error('no type')"
                self.doubts.append(_Doubt(cell, column, sql, test.spec.name))
        return f"({', '.join(values)})"

    def _known(
        self, test: GraphTest, names: Sequence[str], columns: Sequence[Column], rows: TestRows, what: str
    ) -> list[Column] | None:
        """The columns of these names; None where one of them is not there, which is reported."""
        lower = {column.name.lower(): column for column in columns}
        missing = [name for name in names if name.lower() not in lower]
        for name in missing:
            close = difflib.get_close_matches(name.lower(), list(lower), 1)
            there = f"Columns there: {', '.join([c.name for c in columns][:12])}{', ...' if len(columns) > 12 else ''}."
            help = f'Did you mean "{lower[close[0]].name}"? {there}' if close else there
            self.diagnostics.add(
                "E306", span_of(name, rows.sql.at(0) if rows.sql else rows.span),
                f'{what} has no column "{name}", which test "{test.spec.name}" names.', help,
            )  # fmt: skip
        return None if missing else [lower[name.lower()] for name in names]

    def _query_columns(self, query: Query) -> Sequence[Column] | None:
        found = self.binder.bind(_PROBE, query.bound.text)
        if not isinstance(found, SqlError):
            return found
        inputs = [column.name for need in query.reads for column in self.relations.get(need, ())]
        Refusal(query.text, query.bound, inputs, self.diagnostics).report(found, self.binder.check)
        return None

    def _settle(self) -> None:
        """Try the casts that may fail: many in one statement, and one by one only where that fails."""
        for start in range(0, len(self.doubts), _AT_ONCE):
            some = self.doubts[start : start + _AT_ONCE]
            if self.binder.evaluate(f"SELECT {', '.join(doubt.sql for doubt in some)}") is None:
                continue
            for doubt in some:
                error = self.binder.evaluate(f"SELECT {doubt.sql}")
                if error is not None:
                    self._does_not_fit(doubt.test, doubt.cell, doubt.column, "")

    def _does_not_fit(self, test: str, cell: Cell, column: Column, reason: str) -> None:
        exact = (
            too_exact(cell.text, column) if cell.text is not None and not isinstance(cell.value, list | dict) else None
        )
        if exact is not None:
            self.diagnostics.add("E307", cell.span, f'In test "{test}", {exact[0]}', exact[1])
            return
        written = "this" if cell.text is None else f"`{cell.text if len(cell.text) <= 40 else cell.text[:39] + '…'}`"
        message = f'In test "{test}", {written} is no value for "{column.name}", which is {_article(column.type)}'
        help = what_to_write(cell.text, column.type)
        self.diagnostics.add("E307", cell.span, f"{message}{f': {reason}' if reason else ''}.", help)


def _article(type_name: str) -> str:
    return f"{'an' if type_name[:1] in 'AEIO' else 'a'} {type_name}"


def _nothing(columns: Sequence[Column]) -> str:
    """A SELECT without rows."""
    return f"SELECT {', '.join(typed('NULL', column) for column in columns)} WHERE false"


def _first(error: SqlError) -> str:
    return error.message.split("\n")[0].rstrip(".")
