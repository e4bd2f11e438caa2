"""Fingerprints: short names for what is written. Equal ones promise equal results for equal inputs; where they differ,
:func:`alike` tells whether the meaning does. Only then is a canonical form worth its time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from etlc.ir.binding import Column
from etlc.ir.plan import Meaning

# Part of every fingerprint: raised when the compiler itself gives another result for the same text.
RULES = 1

_json = json.JSONEncoder(default=str, separators=(",", ":"), sort_keys=True).encode


def digest(*parts: object) -> str:
    """A 128-bit hash of plain data, as hexadecimal text."""
    text = _json([RULES, *parts])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def query_rest(
    inputs: Mapping[str, Sequence[Column]], read: Mapping[str, Sequence[str]], columns: Sequence[Column],
    sources: Collection[str],
) -> str:  # fmt: skip
    """A digest of what decides, besides its text, what a query computes.

    ``inputs`` are the columns of every relation it reads, ``read`` those that it may read: a new column there may take
    a name that meant another one. The types of ``sources`` count as well; those of models are covered by the models'
    own versions. ``columns`` are what it gives.
    """
    named = {}
    for name, columns_read in read.items():
        wanted = set(columns_read)
        kept = [column for column in inputs[name] if column.name in wanted]
        named[name] = [(column.name.lower(), column.type if name in sources else "") for column in kept]
    return digest("rest", named, [(column.name, column.type) for column in columns])


def alike(one: Meaning, other: Meaning) -> bool:
    """Whether two queries are certain to mean the same, however they are written."""
    from etlc.sql.canonical import canonical

    if one.rest != other.rest:
        return False
    return one.sql == other.sql or canonical(one.sql, one.schema) == canonical(other.sql, other.schema)
