"""What every kind of check offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from etlc.diagnostics import Located


@dataclass(frozen=True, slots=True)
class CheckScope:
    """What a check is compiled against.

    ``relation`` is the quoted relation that is checked; ``types`` its columns (lower-case name to DuckDB type);
    ``relations`` finds the quoted relation of another source or model by its lower-case name.
    """

    relation: str
    types: Mapping[str, str]
    relations: Mapping[str, str]


class CheckKind(Protocol):
    """A kind of check: pure, a frozen dataclass whose fields are what the user writes."""

    KEY: ClassVar[str]

    def columns(self) -> tuple[Located, ...]:
        """The columns of the checked relation that the check names."""
        ...

    def others(self) -> tuple[tuple[Located, Located], ...]:
        """Columns of other relations that the check reads, as (relation, column)."""
        ...

    def failing(self, scope: CheckScope) -> str:
        """A SELECT whose rows are the failures. NULL passes, except for ``not_null``.

        ``$_etlc_now`` in it stands for the time of the run, a TIMESTAMP in UTC.
        """
        ...


def default_name(check: CheckKind) -> str:
    """``kind_column_column``."""
    return "_".join((check.KEY, *check.columns()))


def utc(now: dt.datetime) -> str:
    """``now`` as it is bound to ``$_etlc_now``."""
    return now.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ")
