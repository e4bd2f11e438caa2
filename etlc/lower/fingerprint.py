"""Fingerprints: short names for meanings. Equal fingerprints promise equal results for equal inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from etlc.ir.binding import Column
from etlc.sql.canonical import canonical

# Part of every fingerprint: raised when the compiler itself gives another result for the same text.
RULES = 1


def digest(*parts: object) -> str:
    """A 128-bit hash of plain data, as hexadecimal text."""
    text = json.dumps([RULES, *parts], default=str, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def query_fingerprint(
    text: str, inputs: Mapping[str, Sequence[Column]], used: Mapping[str, Sequence[str]], columns: Sequence[Column]
) -> str:
    """The fingerprint of a query's meaning.

    ``inputs`` are the columns of every relation it reads, ``used`` those of each source that it may read (their types
    decide what the query computes; the types of models are covered by the models' own versions), ``columns`` are
    what it gives.
    """
    schema = {name: [(column.name, column.type) for column in given] for name, given in inputs.items()}
    typed = {
        name: [(column.name.lower(), column.type) for column in inputs[name] if column.name in set(wanted)]
        for name, wanted in used.items()
    }
    given = [(column.name, column.type) for column in columns]
    return digest("query", canonical(text, schema), sorted(inputs), typed, given)
