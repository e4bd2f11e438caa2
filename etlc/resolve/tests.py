"""Unit tests resolved: their model and what it reads, their params, the queries that they hold."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace

from etlc.diagnostics import Diagnostics, Located
from etlc.ir.binding import Binder
from etlc.ir.graph import Graph, GraphTest, Query
from etlc.ir.spec import TestRows, UnitTestSpec
from etlc.resolve.params import param_literal
from etlc.resolve.queries import QueryReader, Silent
from etlc.sql.params import bind_params, without_end


def resolve_tests(
    graph: Graph, params: Mapping[str, str], binder: Binder, diagnostics: Diagnostics
) -> tuple[GraphTest, ...]:
    """The tests of models that are sound; ``params`` are the literals of a run. Mistakes in a test are reported."""
    names = {name.lower(): name for name in (*graph.spec.sources, *graph.spec.models)}
    made = (_Resolving(graph, test, names, binder, diagnostics).test(params) for test in graph.spec.tests)
    return tuple(test for test in made if test is not None)


class _Resolving:
    """One test."""

    def __init__(
        self, graph: Graph, test: UnitTestSpec, names: Mapping[str, str], binder: Binder, diagnostics: Diagnostics
    ) -> None:
        self.graph, self.spec, self.names = graph, test, names
        self.binder, self.diagnostics = binder, diagnostics
        self.fine = True

    def test(self, params: Mapping[str, str]) -> GraphTest | None:
        """The test resolved; None where it is unusable, which is then reported."""
        test, graph = self.spec, self.graph
        model = self.names.get(test.model.lower(), "")
        given = {self.names.get(name.lower(), name): name for name in test.given}
        if model not in graph.models:
            self._unknown_model(model)
            self._check_names(given)
            return None
        needs = self._needs([model], frozenset(given))
        self._check_given(model, given)
        changed = self._params()
        literals = {**params, **changed}
        texts = {declared: self._given_query(test.given[name], name, literals) for declared, name in given.items()}
        expected = self._expected(literals)
        if expected is not None:
            needs = self._needs([model, *expected.reads], frozenset(given))
        if not self.fine or any(need in graph.broken for need in needs):
            return None
        queries = {need: self._rebound(need, literals, changed) for need in needs if need in graph.models}
        return GraphTest(
            test, model, {declared: str(name) for declared, name in given.items()}, needs,
            {need: query for need, query in queries.items() if query is not None},
            {declared: query for declared, query in texts.items() if query is not None}, expected,
        )  # fmt: skip

    def _report(self, place: Located, message: str, help: str = "") -> None:
        self.fine = False
        self.diagnostics.add("E305", place.span, f'Test "{self.spec.name}" {message}', help)

    def _unknown_model(self, model: str) -> None:
        test, spec = self.spec, self.graph.spec
        if model in spec.models or spec.incomplete:
            return  # it is broken, which is reported where it stands
        models = {name.lower(): name for name in spec.models}
        self._report(test.model, f'is of "{test.model}", which is no model.', _nearest(test.model, models))

    def _needs(self, wanted: list[str], given: frozenset[str]) -> tuple[str, ...]:
        """All that must be there to compute these: sources first, models in running order."""
        found: dict[str, None] = {}
        queue = list(wanted)
        for here in queue:
            if here in found:
                continue
            found[here] = None
            if here in self.graph.models and here not in given:
                queue += self.graph.models[here].reads
        sources = [name for name in found if name not in self.graph.models]
        return (*sources, *(name for name in self.graph.models if name in found))

    def _check_names(self, given: Mapping[str, Located]) -> None:
        for name in given.values():
            if name.lower() not in self.names and not self.graph.spec.incomplete:
                self._report(name, f'gives rows of "{name}", which is no source or model.', _nearest(name, self.names))

    def _check_given(self, model: str, given: Mapping[str, Located]) -> None:
        self._check_names(given)
        above = set(self._needs([model], frozenset())) - {model}
        known = {name.lower(): name for name in above}
        for declared, name in given.items():
            if declared == model:
                self._report(name, "gives rows of the model that it tests.", "Name what the model reads.")
            elif declared.lower() in self.names and declared not in above:
                help = _nearest(name, known) or f"It reads: {', '.join(self.graph.models[model].reads) or 'nothing'}."
                self._report(name, f'gives rows of "{declared}", which "{model}" does not read.', help)

    def _params(self) -> dict[str, str]:
        """The literals of the params that the test sets, by lower-case name."""
        known = {name.lower(): name for name in self.graph.spec.params}
        found = {}
        for name, cell in self.spec.params.items():
            if name.lower() not in known:
                close = difflib.get_close_matches(name.lower(), known, 1)
                help = f'Did you mean "{known[close[0]]}"?' if close else "Params are declared in etlc.yaml."
                self.diagnostics.add("E115", name.span, f'There is no param "{name}".', help)
                self.fine = False
                continue
            declared = known[name.lower()]
            spec = replace(self.graph.spec.params[declared], span=cell.span)
            text = None if cell.value is None else cell.text
            if text is None:
                spec = replace(spec, default=None)
            literal = param_literal(declared, spec, text, self.binder, self.diagnostics)
            if literal is None:
                self.fine = False
            else:
                found[name.lower()] = literal
        return found

    def _reader(self, literals: Mapping[str, str]) -> QueryReader:
        declared = frozenset(name.lower() for name in self.graph.spec.params)
        silent = Silent(declared - set(literals), self.graph.spec.incomplete)
        return QueryReader(self.binder, self.names, literals, self.diagnostics, silent)

    def _given_query(self, rows: TestRows, name: Located, literals: Mapping[str, str]) -> Query | None:
        """The query of given rows: it reads nothing, for it stands in place of what is read."""
        if rows.sql is None:
            return None
        query = self._reader(literals).read(rows.sql, f'The query for "{name}"')
        if query is None:
            self.fine = False
        elif query.reads:
            self.fine = False
            table = next((t for t in query.facts.tables if t.offset is not None), None)
            place = rows.sql.span
            if table is not None and table.offset is not None:
                place = rows.sql.at(query.bound.written(table.offset), len(table.name))
            self.diagnostics.add(
                "E305", place, f'The rows that are given for "{name}" read "{query.reads[0]}"; given rows read nothing.',
                "Write the rows out, e.g. select * from (values (1, 'a'), (2, 'b')) as t(id, name).",
            )  # fmt: skip
        return query

    def _expected(self, literals: Mapping[str, str]) -> Query | None:
        text = self.spec.expect.sql
        if text is None:
            return None
        query = self._reader(literals).read(text, f'What test "{self.spec.name}" expects')
        self.fine &= query is not None
        return query

    def _rebound(self, name: str, literals: Mapping[str, str], changed: Mapping[str, str]) -> Query | None:
        """The model's query with the params of the test; None where none of them stands in it."""
        query = self.graph.models[name].query
        if not changed.keys() & set(query.bound.used):
            return None
        return replace(query, bound=bind_params(without_end(query.text.text), literals))


def _nearest(name: str, known: Mapping[str, str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(known), 1)
    return f'Did you mean "{known[close[0]]}"?' if close else ""
