"""Whether a tree has the structure that its schema asks for. ``jsonschema`` finds; the sentences are ours."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any

from etlc.diagnostics import Diagnostics, Span
from etlc.load.grammar import LATER
from etlc.load.nodes import Document, Map, Node, Scalar, Seq
from etlc.load.schema import schema
from etlc.load.sound import SoundTexts
from etlc.load.syntax import quoted
from etlc.load.wording import NAME_PATTERNS, advice, close, expected, found, keys_of, name_fault, thing

MOST_ERRORS = 1_000


def conforming(document: Document, kind: str, diagnostics: Diagnostics, sound: SoundTexts | None = None) -> Map | None:
    """Report what is wrong with the structure; the tree without its wrong parts.

    None where it is no map at all, or where there are too many mistakes to look for them all. ``sound`` keeps which
    texts were found to have no mistakes.
    """
    root = document.root
    title = _title(document, kind) if sound is not None else ""
    if sound is not None and isinstance(root, Map) and sound.get(title):
        return root
    if root is None or (isinstance(root, Scalar) and root.is_null):
        root = Map((), Span.whole(document.file))
    findings = _Findings(root, diagnostics, set())
    errors = list(islice(_validator(kind).iter_errors(_instance(root)), MOST_ERRORS))
    for error in sorted(errors, key=_place):
        findings.report(error)
    if not isinstance(root, Map) or len(errors) == MOST_ERRORS:
        return None
    if sound is not None and not errors:
        sound.put(title, True)
    kept = _pruned(root, findings.broken) if findings.broken else root
    assert isinstance(kept, Map)
    return kept


def _title(document: Document, kind: str) -> str:
    text = "\n".join((kind, *document.lines))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@cache
def _validator(kind: str) -> Any:
    import jsonschema

    whole = schema(kind)
    return jsonschema.Draft7Validator(_inlined(whole, whole.get("definitions", {})))


def _inlined(part: Any, definitions: Any) -> Any:
    """The same schema without references, and without rules that everything fulfils: both cost time for every row."""
    if isinstance(part, list):
        return [_inlined(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    kept = {key: value for key, value in part.items() if not (key == "additionalProperties" and value == {})}
    return {key: _inlined(value, definitions) for key, value in kept.items() if key != "definitions"}


def _place(error: Any) -> tuple[str, ...]:
    return tuple(str(step).zfill(9) for step in error.absolute_path)


def _instance(node: Node) -> Any:
    """A node as jsonschema knows values: dates are text, decimals are numbers."""
    if isinstance(node, Map):
        return {key.text: _instance(value) for key, value in node.pairs}
    if isinstance(node, Seq):
        return [_instance(item) for item in node.items]
    value = node.value
    if isinstance(value, dt.date):
        return node.text
    return float(value) if isinstance(value, Decimal) else value


def _pruned(node: Node, broken: set[int]) -> Node:
    if isinstance(node, Map):
        pairs = ((key, value) for key, value in node.pairs if id(value) not in broken)
        return Map(tuple((key, _pruned(value, broken)) for key, value in pairs), node.span)
    if isinstance(node, Seq):
        return Seq(tuple(_pruned(item, broken) for item in node.items if id(item) not in broken), node.span)
    return node


@dataclass(frozen=True, slots=True)
class _Findings:
    """Turns errors of jsonschema into findings, and collects the nodes that are of no use."""

    root: Node
    diagnostics: Diagnostics
    broken: set[int]

    def report(self, error: Any) -> None:
        node, key, name = self._find(error.absolute_path)
        if "propertyNames" in error.relative_schema_path:
            self._bad_name(node, str(error.instance))
        elif error.validator == "additionalProperties":
            self._unknown_keys(node, error.schema)
        elif error.validator == "required":
            self._missing(node, key, error)
        elif error.validator in ("oneOf", "anyOf"):
            self._alternatives(node, key, error)
        else:
            self._wrong_value(node, key, name, error)

    def _find(self, path: Iterable[str | int]) -> tuple[Node, Scalar | None, str]:
        """The node at a path, the key that it is the value of, and what to call it."""
        node, key, name = self.root, None, ""
        for step in path:
            if isinstance(node, Map):
                key = node.key(str(step))
                node = node.get(str(step)) or node
                name = quoted(str(step))
            elif isinstance(node, Seq):
                node, key = node.items[int(step)], None
                name = f"Item {int(step) + 1} of {name}" if not name.startswith("Item") else name
        return node, key, name

    def _bad_name(self, node: Node, text: str) -> None:
        key = node.key(text) if isinstance(node, Map) else None
        self.diagnostics.add("E107", key.span if key else node.span, *name_fault(text))

    def _unknown_keys(self, node: Node, found_schema: Any) -> None:
        title, known = str(found_schema.get("title", "")), list(found_schema.get("properties", {}))
        unknown = (
            (key, value) for key, value in (node.pairs if isinstance(node, Map) else ()) if key.text not in known
        )
        for key, value in islice(unknown, MOST_ERRORS):
            later = LATER.get(title, {})
            if key.text in later:
                message = f"{quoted(key.text)} is not supported yet in {thing(title)}."
                self.diagnostics.add("E108", key.span, message, later[key.text] or "Remove it.")
                continue
            message = f"{quoted(key.text)} is not a key of {thing(title)}."
            if title == "header" and key.text == "sql":
                self.diagnostics.add(
                    "E110",
                    key.span,
                    "The SQL of this model stands below this comment already.",
                    "Remove the key `sql`.",
                )
                continue
            self.diagnostics.add("E102", key.span, message, self._key_help(key, value, known))

    @staticmethod
    def _key_help(key: Scalar, value: Node, known: list[str]) -> str:
        if " " in key.text and isinstance(value, Scalar) and not value.text:
            return "Within { }, text that contains a comma stands in quotes."
        if key.text in ("severity", "tolerate", "name") and "severity" not in known:
            return f"`{key.text}` stands beside the kind of the check, not within it."
        guess = close(key.text, known)
        return f"Did you mean `{guess}`?" if guess else keys_of(known)

    def _missing(self, node: Node, key: Scalar | None, error: Any) -> None:
        title, known = str(error.schema.get("title", "")), error.schema.get("properties", {})
        written = [name.text for name, _ in node.pairs] if isinstance(node, Map) else []
        unknown = [name for name in written if name not in known][:MOST_ERRORS]
        for name in error.validator_value:
            meant = any(close(other, [name]) or other in LATER.get(title, {}) for other in unknown)
            if name not in written and not meant:
                doc = known.get(name, {}).get("description", "")
                self.diagnostics.add(
                    "E104",
                    self._of(node, key),
                    f"The key `{name}` is missing in {thing(title)}.",
                    f"Add `{name}:`. {doc}".rstrip(),
                )

    def _alternatives(self, node: Node, key: Scalar | None, error: Any) -> None:
        if not isinstance(node, Map):
            return  # its wrong type is an error of its own
        title, known = str(error.schema.get("title", "")), error.schema.get("properties", {})
        choices = [option["required"][0] for option in error.validator_value]
        given = [name for name, _ in node.pairs if name.text in choices]
        if given:
            message = f"{quoted(given[1].text)} cannot stand beside {quoted(given[0].text)} in {thing(title)}."
            help = "Write two checks, each with a `-` of its own." if title == "check" else "Keep one of the two."
            self.diagnostics.add("E103", given[1].span, message, help)
            self.broken.add(id(node))
        elif all(name.text in known for name, _ in node.pairs):  # an unknown key is what was meant, and is reported
            names = ", ".join(f"`{name}`" for name in choices)
            amount = "One" if error.validator == "oneOf" else "At least one"
            message = f"{amount} of {names} is missing in {thing(title)}."
            self.diagnostics.add("E104", self._of(node, key), message)

    def _wrong_value(self, node: Node, key: Scalar | None, name: str, error: Any) -> None:
        self.broken.add(id(node))
        empty = isinstance(node, Scalar) and node.is_null and not node.text
        span = key.span if key and empty else node.span
        if key and empty and re.fullmatch(r"[^(]*\)", key.text):
            return  # the rest of a type with a comma, such as `DECIMAL(12,2)` without quotes: its beginning is reported
        record = thing(str(error.schema.get("title", "")))
        subject = name or record[:1].upper() + record[1:]
        pattern = str(error.validator_value) if error.validator == "pattern" else ""
        if pattern in NAME_PATTERNS and isinstance(node, Scalar):
            self.diagnostics.add("E107", span, *name_fault(node.text, pattern))
            return
        message = f"{subject} must be {expected(error)}, but it is {found(node)}."
        self.diagnostics.add("E103", span, message, advice(error, node))

    @staticmethod
    def _of(node: Node, key: Scalar | None) -> Span:
        """Where to say that something is missing in a map: at its own key, or at its first one."""
        if key is not None:
            return key.span
        if isinstance(node, Map) and node.pairs:
            return node.pairs[0][0].span
        return node.span
