"""A worker's desk: one session, in which every source and model that is read stands under its bare name.

So the user's own text runs as it is. What is stored in ``main`` stands there already; the rest are temporary views,
which shadow whatever the warehouse may hold under the same name.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from etlc.engines.base import EngineError, Session
from etlc.execute.scan import scan_sql
from etlc.execute.tools import Tools
from etlc.ir.event import CheckResult
from etlc.ir.plan import HIDDEN_SCHEMA, PlanCheck, PlanModel
from etlc.ir.statements import exact_query, landed_select, stored_rows
from etlc.sql.cores import Node
from etlc.sql.quote import ident, qualified, string

SAMPLE = 5
_UNKNOWN = ""  # what a view shows that may have been rolled back


class Desk:
    """One session of a run. Not shared between threads. ``history`` tells how long the ways took that were tried for the
    model that is being built (``etlc.ir.record.ModelRecord``)."""

    def __init__(self, tools: Tools, session: Session) -> None:
        self.tools = tools
        self.session = session
        self.history: dict[str, float] = {}
        self._views: dict[str, str] = {}
        self._catalog = ""

    def lay_out(self, names: tuple[str, ...]) -> None:
        """Make sure that each of these sources and models can be read under its bare name, and shows its own rows."""
        for name in names:
            definition = self._definition(name)
            if definition:
                self._view(name, definition)
            elif name in self._views:  # what stands in main is read where it stands
                self.session.execute(f"DROP VIEW IF EXISTS temp.{ident(name)}")
                self._views.pop(name)

    def _definition(self, name: str) -> str:
        plan = self.tools.plan
        if name in plan.models:
            model = plan.models[name]
            if model.storage == "inline":
                self.lay_out(model.reads)
                return exact_query(model)
            return f"SELECT * FROM {qualified(model.schema, name)}" if model.schema == HIDDEN_SCHEMA else ""
        source = plan.sources[name]
        if source.landed:
            return landed_select(name, source.used)
        state = self.tools.observations.sources[name]
        return scan_sql(source, state.parts, source.used, self.tools.paths)

    @contextmanager
    def shadowed(self, model: PlanModel, shown: Mapping[str, str]) -> Iterator[None]:
        """Within the block, relations show other rows under their bare names to a model: each those of a SELECT.

        The views of the warehouse that it reads are made anew over these: they name their tables by where they stand.
        After an EngineError, what shows what is to be told by :meth:`lay_out` again.
        """
        views = self._views_below(model)
        for name in views:
            self.lay_out(self.tools.plan.models[name].reads)
        every = {**{name: exact_query(self.tools.plan.models[name]) for name in views}, **shown}
        for name, definition in every.items():
            self._view(name, definition)
        try:
            yield
        finally:
            with suppress(EngineError):  # as when the time is over
                self.lay_out(tuple(every))

    def _views_below(self, model: PlanModel) -> list[str]:
        """The views of the warehouse without rows of their own that a model reads, those first that others read."""
        found: dict[str, None] = {}
        for need in model.reads:
            below = self.tools.plan.models.get(need)
            if below is not None and not below.stored:
                found.update(dict.fromkeys(self._views_below(below)))
                found.update({need: None} if below.storage == "view" else {})
        return list(found)

    def _view(self, name: str, definition: str) -> None:
        if self._views.get(name) != definition:
            self.session.execute(f"CREATE OR REPLACE TEMP VIEW {ident(name)} AS {definition}")
            self._views[name] = definition

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction around a block: committed at its end, rolled back by an exception."""
        self.session.execute("BEGIN")
        try:
            yield
            self.session.execute("COMMIT")
        except BaseException:
            self.session.rollback()
            self._views = dict.fromkeys(self._views, _UNKNOWN)  # those that were made in it are gone
            raise

    def rows(self, name: str) -> str:
        """A SELECT of all rows of a stored model or a source, whatever is shown under its name."""
        return self._definition(name) or f"SELECT * FROM {self.stored(self.tools.plan.models[name])}"

    def stored(self, model: PlanModel) -> str:
        """The table that holds a model's rows, by a name that no temporary view can take: temp has a schema main too."""
        if not self._catalog:
            self._catalog = str(self.session.rows("SELECT current_database()")[0][0])
        return f"{ident(self._catalog)}.{stored_rows(model)}"

    def read(self, text: str) -> Node | None:
        """DuckDB's own tree of a text; None where it has none."""
        tree: Node = json.loads(self.session.rows(f"SELECT json_serialize_sql({string(text)})")[0][0])
        return None if tree.get("error") else tree

    def show(self, tree: Node) -> str:
        """The text that DuckDB prints for a tree."""
        text = string(json.dumps(tree))
        return str(self.session.rows(f"SELECT json_deserialize_sql(CAST({text} AS JSON))")[0][0])

    def relation(self, name: str) -> str:
        """The quoted relation that holds a source's or a model's rows, laid out if need be."""
        plan = self.tools.plan
        if name in plan.models and plan.models[name].storage != "inline":
            return qualified(plan.models[name].schema, name)
        self.lay_out((name,))
        return ident(name)

    def check(self, owner: str, checks: Sequence[PlanCheck]) -> list[CheckResult]:
        """Run checks of one relation on what stands, counted in one statement. Raises EngineError."""
        plan = self.tools.plan
        others = [plan.declared(other) for check in checks for other in check.others if other.lower() != owner.lower()]
        try:
            self.lay_out(tuple(others))
            self.session.execute(f"CREATE OR REPLACE TEMP VIEW this AS SELECT * FROM {self.relation(owner)}")
            counts = [f"SELECT count(*) FROM (\n{check.sql}\n) AS _etlc_failures" for check in checks]
            counted = " UNION ALL ".join(f"SELECT {n} AS n, (\n{text}\n) AS failures" for n, text in enumerate(counts))
            failures = dict(self.session.rows(counted, self._moment(counted)))
            return [self._judged(owner, check, int(failures[n])) for n, check in enumerate(checks)]
        finally:
            # Not to be found by who reads a model or a source of that name. In an aborted transaction it is gone anyway.
            with suppress(EngineError):
                self.session.execute("DROP VIEW IF EXISTS temp.this")
            self._views.pop("this", None)

    def _moment(self, sql: str) -> dict[str, object] | None:
        """The time of the run, for a text that asks for it."""
        now = self.tools.now.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ")
        return {"_etlc_now": now} if "$_etlc_now" in sql else None

    def _judged(self, owner: str, check: PlanCheck, failures: int) -> CheckResult:
        """The verdict on a number of failures, with some of the rows where there are too many."""
        limit = check.tolerate
        if failures and check.share:
            limit = check.tolerate * int(self.session.rows("SELECT count(*) FROM this")[0][0])
        if failures <= limit:
            return CheckResult(owner, check.name, "pass", failures)
        names, _, rows = self.session.table(check.sql, self._moment(check.sql), SAMPLE)
        status = "fail" if check.severity == "error" else "warn"
        return CheckResult(owner, check.name, status, failures, tuple(names), tuple(tuple(row) for row in rows))
