"""The kinds of checks. The union is the registry: a new kind is one class and one entry here."""

from __future__ import annotations

from etlc.kinds.checks.base import CheckKind, CheckScope, default_name
from etlc.kinds.checks.columns import NotNull, Unique
from etlc.kinds.checks.table import Expression, Fresh, Query, RowCount
from etlc.kinds.checks.values import AcceptedValues, Between, Matches, Relationships

Check = NotNull | Unique | AcceptedValues | Relationships | Between | Matches | RowCount | Fresh | Expression | Query

__all__ = [
    "AcceptedValues",
    "Between",
    "Check",
    "CheckKind",
    "CheckScope",
    "Expression",
    "Fresh",
    "Matches",
    "NotNull",
    "Query",
    "Relationships",
    "RowCount",
    "Unique",
    "default_name",
]
