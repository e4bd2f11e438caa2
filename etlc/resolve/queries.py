"""Reading one query: is it a single SELECT, what does it read, may it do so."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from etlc.diagnostics import Diagnostics, Span, SqlText
from etlc.ir.binding import Binder, SqlError, Tree
from etlc.ir.graph import Query
from etlc.resolve.hints import hint, token_length, unplaced
from etlc.resolve.safety import check_safety, looks_like_file
from etlc.sql.fallback import read_query
from etlc.sql.limits import Excess, beyond, statements
from etlc.sql.params import BoundSql, bind_params, find_params, without_end
from etlc.sql.tokens import reference_at, tokens_of
from etlc.sql.tree import Facts


@dataclass(frozen=True, slots=True)
class Silent:
    """What is not reported again: ``params`` (lower case) that are broken, and unknown ``names`` of relations where
    a file that might declare them is broken."""

    params: frozenset[str] = frozenset()
    names: bool = False


class QueryReader:
    """Resolves queries against the names of a project: ``names`` maps lower case to the name as declared."""

    def __init__(
        self,
        binder: Binder,
        names: Mapping[str, str],
        params: Mapping[str, str],
        diagnostics: Diagnostics,
        silent: Silent = Silent(),
    ) -> None:
        self.binder = binder
        self.names = names
        self.params = params
        self.diagnostics = diagnostics
        self.silent = silent
        self._limits: dict[str, Excess | None] = {}

    def expect(self, texts: Iterable[SqlText]) -> None:
        """Tell the binder which texts will be read, as far as they look like queries."""
        bound = (bind_params(without_end(text.text), self.params).text for text in texts)
        self.binder.expect([text for text in bound if text.strip() and "\0" not in text and self._excess(text) is None])

    def read(self, text: SqlText, what: str, this: bool = False) -> Query | None:
        """The query resolved; None where it is unusable, which is then reported. ``this`` may name the checked model."""
        if not self._params_known(text):
            return None
        bound = bind_params(without_end(text.text), self.params)
        parsed = self._parsed(text, bound, what)
        if parsed is None:
            return None
        facts, tree = parsed
        fine = check_safety(facts, text, bound, what, self.diagnostics)
        reads = self._reads(facts, text, bound, what, this)
        return Query(text, bound, facts, reads, tree) if fine and reads is not None else None

    def expression(self, text: SqlText, what: str) -> Query | None:
        """An expression over the row of the checked relation; None where it is not one, which is then reported."""
        if not self._params_known(text):
            return None
        bound = bind_params(text.text, self.params)
        head = "SELECT (\n"
        whole = BoundSql(f"{head}{bound.text}\n)", bound.used, ((0, 0, len(head)), *bound.edits))
        if self._beyond(text, whole):
            return None
        parsed = self.binder.read(whole.text)
        if isinstance(parsed, SqlError):
            place = text.span if parsed.offset is None else text.at(whole.written(parsed.offset), parsed.length)
            self.diagnostics.add("E205", place, f"{what} is not a valid expression.", hint(bound.text, None))
            return None
        if not self.binder.is_expression(bound.text):
            self.diagnostics.add("E302", text.span, f"{what} must be a single expression over the row.")
            return None
        facts = parsed.facts
        if not check_safety(facts, text, whole, what, self.diagnostics):
            return None
        reads = self._reads(facts, text, whole, what, this=True)
        return None if reads is None else Query(text, bound, facts, reads)

    def _params_known(self, text: SqlText) -> bool:
        fine = True
        for name, start, length in find_params(text.text):
            if name.lower() not in self.params:
                fine = False
                if name.lower() in self.silent.params:
                    continue
                close = difflib.get_close_matches(name.lower()[:_LONGEST_NAME], self.params, 1)
                self.diagnostics.add(
                    "E115", text.at(start, length), f"There is no param ${name}.",
                    f"Did you mean ${close[0]}?" if close else "Declare it under `params:` in etlc.yaml.",
                )  # fmt: skip
        return fine

    def _parsed(self, text: SqlText, bound: BoundSql, what: str) -> tuple[Facts, Tree | None] | None:
        if not bound.text.strip():
            self.diagnostics.add("E205", text.span, f"The SQL of {what} is empty.")
            return None
        if "\0" in bound.text:
            self.diagnostics.add(
                "E205", text.at(bound.text.index("\0")), f"The SQL of {what} has a NUL character in it."
            )
            return None
        if self._beyond(text, bound):
            return None
        if (second := statements(bound.text)) is not None:
            message = f"{what} has many statements; it must be one SELECT."
            self.diagnostics.add("E206", text.at(bound.written(second)), message, _ONE_SELECT)
            return None
        parsed = self.binder.read(bound.text)
        if isinstance(parsed, SqlError):
            found = self._without_tree(parsed, text, bound, what)
            return None if found is None else (found, None)
        count = parsed.statements
        if count == 1 and not parsed.facts.refused:
            return parsed.facts, parsed.tree
        message = f"{what} has {count} statements; it must be one SELECT." if count > 1 else f"{what} is not a SELECT."
        if count == 0:
            message = f"The SQL of {what} is empty."
        place = _second_statement(bound.text) if count > 1 else _first_word(bound.text)
        self.diagnostics.add("E206", text.at(bound.written(place)), message, _ONE_SELECT)
        return None

    def _beyond(self, text: SqlText, bound: BoundSql) -> bool:
        """Whether a text breaks a limit, which is then reported."""
        excess = self._excess(bound.text)
        if excess is not None:
            self.diagnostics.add("E106", text.at(bound.written(excess.offset)), excess.message, excess.help)
        return excess is not None

    def _excess(self, text: str) -> Excess | None:
        if text not in self._limits:
            self._limits[text] = beyond(text)
        return self._limits[text]

    def _without_tree(self, error: SqlError, text: SqlText, bound: BoundSql, what: str) -> Facts | None:
        if error.kind == "parser":
            if error.offset is None:
                error = replace(error, offset=unplaced(error.message, bound.text))
            if error.offset is not None:  # the end is behind the last word, not on the line below
                error = replace(error, offset=min(error.offset, len(bound.text.rstrip())))
            place = (
                text.span
                if error.offset is None
                else text.at(bound.written(error.offset), token_length(bound.text, error.offset))
            )
            sentence = _sentence(error.message)
            if "depth limit" in sentence or "memory exhausted" in sentence.lower():
                self.diagnostics.add("E106", place, "This is nested too deeply for DuckDB.", _FLATTER)
                return None
            if sentence.lower().startswith("unterminated"):
                sentence = "A quote that opens here is not closed"
            self.diagnostics.add(
                "E205", place, f"{sentence[:1].upper()}{sentence[1:]}.", hint(bound.text, error.offset)
            )
            return None
        facts = read_query(bound.text, self.binder.parse)
        if facts is None:
            self.diagnostics.add("E206", text.at(_first_word(bound.text)), f"{what} is not one SELECT.", _ONE_SELECT)
        return facts

    def _reads(self, facts: Facts, text: SqlText, bound: BoundSql, what: str, this: bool) -> tuple[str, ...] | None:
        """The declared names that are read, each once; None where one of them is not declared."""
        reads: dict[str, None] = {}
        fine = True
        for table in facts.tables:
            known = self.names.get(table.name.lower())
            if not table.prefix and this and table.name.lower() == "this":
                continue
            if not table.prefix and known is not None:
                reads[known] = None
                continue
            fine = False
            place = text.span if table.offset is None else text.at(bound.written(table.offset), len(table.name))
            if table.prefix:
                place = (
                    text.span
                    if table.offset is None
                    else text.at(bound.written(table.offset), _dotted(bound.text, table.offset))
                )
                self._report_prefix(table.prefix, table.name, place, what)
            elif looks_like_file(table.name):
                self.diagnostics.add(
                    "E207", place, f"{what} reads the file '{table.name}'; a model reads declared sources only.",
                    f"Declare a source with `path: {table.name}` under `sources:`, and select from its name.",
                )  # fmt: skip
            else:
                self.report_unknown(table.name, place, this)
        return tuple(reads) if fine else None

    def _report_prefix(self, prefix: str, name: str, place: Span, what: str) -> None:
        if name.lower() in self.names and prefix.lower() not in ("information_schema", "pg_catalog"):
            self.diagnostics.add(
                "E211", place, f"{prefix}.{name} is written with a schema; models and sources are named bare.",
                f"Write {self.names[name.lower()]}.",
            )  # fmt: skip
        else:
            self.diagnostics.add(
                "E207", place, f"{what} reads {prefix}.{name}, which is no source or model of this project.",
                "A model reads declared sources and models only, by their bare names.",
            )  # fmt: skip

    def report_unknown(self, name: str, place: Span, this: bool = False) -> None:
        """Report a name that is neither a source nor a model, with the nearest one that is."""
        if self.silent.names:
            return
        known = {**self.names, "this": "this"} if this else self.names
        close = difflib.get_close_matches(name.lower()[:_LONGEST_NAME], list(known), 1, 0.6)
        help = f'Did you mean "{known[close[0]]}"?' if close else "Declare it as a source, or add a model of that name."
        self.diagnostics.add("E202", place, f'There is no source or model "{name}".', help)


_LONGEST_NAME = 100  # of a longer one nothing is guessed: it would take seconds
_FLATTER = "Compute the inner parts in models of their own, and select from those."
_ONE_SELECT = "A model is one SELECT; etlc makes the table from it."


def _sentence(message: str) -> str:
    """The first line of an engine's message, without its full stop."""
    return message.split("\n", 1)[0].strip().rstrip(".!")


def _first_word(text: str) -> int:
    return len(text) - len(text.lstrip())


def _dotted(text: str, offset: int) -> int:
    """The length of the dotted name at an offset."""
    found = reference_at(tokens_of(text), offset)
    return found[1].end - found[0].start if found else 1


def _second_statement(text: str) -> int:
    """The offset of the second statement; that of the first where the text cannot be told apart."""
    tokens = tokens_of(text)
    ends = [i for i, token in enumerate(tokens[:-1]) if token.text == ";"]
    return tokens[ends[0] + 1].start if ends else _first_word(text)
