"""Params: ``$name`` in SQL becomes a typed literal, at the places where the tokenizer sees one, never as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from etlc.sql.quote import literal
from etlc.sql.tokens import tokens_of


@dataclass(frozen=True, slots=True)
class BoundSql:
    """A text with its params bound. ``edits`` are (offset in the written text, length there, length here)."""

    text: str
    used: tuple[str, ...] = ()
    edits: tuple[tuple[int, int, int], ...] = ()

    def written(self, offset: int) -> int:
        """The offset in the written text for an offset in this one."""
        shift = 0
        for start, old, new in self.edits:
            here = start + shift
            if offset < here:
                break
            if offset < here + new:
                return start
            shift += new - old
        return offset - shift


def find_params(text: str) -> list[tuple[str, int, int]]:
    """Every ``$name`` of a text, as (name, offset, length). None in strings, comments or dollar quotes."""
    if "$" not in text:
        return []
    return [(token.text[1:], token.start, len(token.text)) for token in tokens_of(text) if token.kind == "param"]


def typed_literal(value: object, type_name: str | None) -> str:
    """``value`` as a literal, of type ``type_name`` where one is declared."""
    text = literal(value)
    if type_name is not None:
        return f"CAST({text} AS {type_name})"
    return f"({text})" if text.startswith("-") else text


def bind_params(text: str, values: Mapping[str, str]) -> BoundSql:
    """Put the literal of each param into its place. ``values`` maps a lower-case name to the SQL of its literal."""
    pieces, edits, used, last = [], [], [], 0
    for name, start, length in find_params(text):
        value = values.get(name.lower())
        if value is None:
            continue
        pieces += [text[last:start], value]
        edits.append((start, length, len(value)))
        used.append(name.lower())
        last = start + length
    return BoundSql("".join([*pieces, text[last:]]), tuple(dict.fromkeys(used)), tuple(edits))


def without_end(text: str) -> str:
    """The text up to the semicolon that ends it; what stands behind that (comments) is cut off with it."""
    if ";" not in text:
        return text
    end = len(text)
    for token in reversed(tokens_of(text)):
        if token.text != ";":
            break
        end = token.start
    return text[:end]
