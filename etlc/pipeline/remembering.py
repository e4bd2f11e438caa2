"""A binder that remembers: what DuckDB once said of a text, it says again for the same text and the same relations.

So one edit in a thousand models asks DuckDB about one model, and about those whose inputs got other columns. Only what
was valid is kept; what was refused is asked again, and explained again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from etlc.ir.binding import Binder, Column, Parsed, Shelf, SqlError, Tree
from etlc.sql.reader import read_syntax
from etlc.sql.tree import Facts, FunctionRef, TableRef

_WORD = re.compile(r"\w+")


class RememberingBinder:
    """Asks ``make()``'s binder only what ``shelf`` does not know. ``version`` is DuckDB's, and part of every name."""

    def __init__(self, make: Callable[[], Binder], shelf: Shelf, version: str) -> None:
        self.version = version
        self._make, self._shelf = make, shelf
        self._judge: Binder | None = None
        self._declared: dict[str, tuple[str, Sequence[Column]]] = {}  # by lower-case name: name, columns
        self._digest: dict[str, str] = {}  # of their columns, as far as it was asked for
        self._made: dict[str, str] = {}
        self._titles: dict[str, str] = {}  # of texts that are to be read

    @property
    def judge(self) -> Binder:
        """The binder that is asked, made when it is first needed."""
        if self._judge is None:
            self._judge = self._make()
        return self._judge

    def parse(self, sql: str) -> dict[str, Any] | SqlError:
        """Always asked: trees are large, and what is made of them is kept."""
        return self.judge.parse(sql)

    def expect(self, texts: Sequence[str]) -> None:
        """Of those that are not known."""
        for text in texts:
            self._titles[text] = self._name("read", text)
        unknown = [text for text, title in self._titles.items() if self._shelf.get(title) is None]
        if unknown:
            self.judge.expect(unknown)

    def read(self, sql: str) -> Parsed | SqlError:
        """Facts are kept; the tree is read anew where it is needed."""
        name = self._titles.get(sql) or self._name("read", sql)
        known = self._shelf.get(name)
        if known is not None:
            return Parsed(known[0], _facts(known[1]), Tree(lambda: self._syntax(sql)))
        found = self.judge.read(sql)
        if isinstance(found, Parsed):
            self._shelf.put(name, [found.statements, _plain(found.facts)])
        return found

    def is_expression(self, text: str) -> bool:
        """That it is one."""
        key = self._name("expression", text)
        if self._shelf.get(key):
            return True
        found = self.judge.is_expression(text)
        if found:
            self._shelf.put(key, True)
        return found

    def _syntax(self, sql: str) -> Any:
        tree = self.judge.parse(sql)
        return None if isinstance(tree, SqlError) else read_syntax(tree, sql)

    def declare(self, name: str, columns: Sequence[Column]) -> None:
        """The relation is made when something is bound that may read it."""
        self._declared[name.lower()] = (name, columns)
        self._digest.pop(name.lower(), None)

    def bind(self, name: str, sql: str) -> tuple[Column, ...] | SqlError:
        """Names and types are kept by the text and the columns of all relations whose names stand in it."""
        words = self._words(sql)
        key = self._name("bind", sql, *self._digests(words))
        known = self._shelf.get(key)
        if known is not None:
            digest, pairs = known
            columns = tuple([Column(column, kind) for column, kind in pairs])
            self._declared[name.lower()], self._digest[name.lower()] = (name, columns), digest
            return columns
        self._declare(words)
        found = self.judge.bind(name, sql)
        if not isinstance(found, SqlError):
            self.declare(name, found)
            digest = self._made[name.lower()] = self._columns(name.lower())
            self._shelf.put(key, [digest, [[column.name, column.type] for column in found]])
        return found

    def check(self, sql: str) -> SqlError | None:
        """That a text is valid is kept as its names and types are."""
        words = self._words(sql)
        key = self._name("check", sql, *self._digests(words))
        if self._shelf.get(key):
            return None
        self._declare(words)
        found = self.judge.check(sql)
        if found is None:
            self._shelf.put(key, True)
        return found

    def evaluate(self, sql: str) -> SqlError | None:
        """That literals are what they are cast to."""
        key = self._name("evaluate", sql)
        if self._shelf.get(key):
            return None
        found = self.judge.evaluate(sql)
        if found is None:
            self._shelf.put(key, True)
        return found

    def type_name(self, text: str) -> str | None:
        """The canonical name of a type."""
        key = self._name("type", text)
        known = self._shelf.get(key)
        if known is not None:
            return str(known)
        found = self.judge.type_name(text)
        if found is not None:
            self._shelf.put(key, found)
        return found

    def volatile_functions(self) -> frozenset[str]:
        """From DuckDB's catalogue."""
        key = self._name("volatile")
        known = self._shelf.get(key)
        if known is None:
            known = sorted(self.judge.volatile_functions())
            self._shelf.put(key, known)
        return frozenset(known)

    def _words(self, sql: str) -> list[str]:
        """The declared relations that a text may read: wherever their names stand in it, in whatever meaning."""
        return sorted(self._declared.keys() & set(_WORD.findall(sql.lower())))

    def _digests(self, words: Sequence[str]) -> list[str]:
        return [f"{word} {self._columns(word)}" for word in words]

    def _columns(self, word: str) -> str:
        """A digest of the columns of a relation."""
        digest = self._digest.get(word)
        if digest is None:
            columns = self._declared[word][1]
            parts = [part for column in columns for part in (column.name, column.type)]
            digest = self._digest[word] = self._name("columns", *parts)
        return digest

    def _declare(self, words: Sequence[str]) -> None:
        for word in words:
            name, columns = self._declared[word]
            digest = self._columns(word)
            if self._made.get(word) != digest:
                self.judge.declare(name, columns)
                self._made[word] = digest

    def _name(self, *parts: str) -> str:
        text = "\0".join((self.version, *parts))
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _plain(facts: Facts) -> list[Any]:
    return [
        [[table.name, table.prefix, table.offset] for table in facts.tables],
        [[call.name, call.table, call.offset] for call in facts.functions],
        sorted(facts.names), sorted(facts.bare), sorted(facts.whole),
        [facts.refused, facts.sampled, facts.dynamic, facts.changes],
    ]  # fmt: skip


def _facts(plain: list[Any]) -> Facts:
    tables, functions, names, bare, whole, flags = plain
    return Facts(
        tuple(TableRef(*one) for one in tables), tuple(FunctionRef(*one) for one in functions),
        frozenset(names), frozenset(bare), frozenset(whole), *flags,
    )  # fmt: skip
