"""Every code a user can meet. Its page (``docs/CODE.md``) says what it means, with a fault and its mend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: ``E...`` is an error, ``W...`` a warning. ``title`` is a few words.

    ``late``: only what reads the data finds it, ``validate`` never does.
    """

    code: str
    title: str
    late: bool = False

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""
        return "error" if self.code.startswith("E") else "warning"


_ALL = (
    # 1xx: the files and their structure
    Code("E101", "not valid YAML"),
    Code("E102", "unknown key"),
    Code("E103", "wrong kind of value"),
    Code("E104", "missing key"),
    Code("E105", "duplicate key"),
    Code("E106", "beyond the limits"),
    Code("E107", "invalid name"),
    Code("E108", "not supported yet"),
    Code("E109", "name used twice"),
    Code("E110", "property given twice"),
    Code("E111", "SQL file without a pipeline"),
    Code("E112", "model without SQL"),
    Code("E113", "path outside the project"),
    Code("E114", "file cannot be read"),
    Code("E115", "unknown or mistyped parameter"),
    Code("E116", "damaged lock file"),
    Code("E117", "code that cannot be ignored"),
    # 2xx: names, types and SQL
    Code("E201", "unknown column"),
    Code("E202", "unknown table"),
    Code("E203", "unknown function"),
    Code("E204", "wrong types"),
    Code("E205", "invalid SQL"),
    Code("E206", "not one SELECT"),
    Code("E207", "reads what is not declared"),
    Code("E208", "function not allowed in a model"),
    Code("E209", "cycle"),
    Code("E210", "broken contract"),
    Code("E211", "qualified table name"),
    Code("E212", "PIVOT without IN needs columns"),
    Code("E213", "unknown type"),
    Code("E214", "SQL that DuckDB cannot bind"),
    # 3xx: checks, outputs, tests
    Code("E301", "check on a column that is not there"),
    Code("E302", "unusable check"),
    Code("E303", "output of an unknown model"),
    Code("E304", "unusable output"),
    Code("E305", "test of an unknown model or source"),
    Code("E306", "test of an unknown column"),
    Code("E307", "test value that does not fit"),
    Code("E308", "personal data published without saying so"),
    Code("E309", "mask that cannot be applied"),
    # 4xx: sources
    Code("E401", "source without a schema"),
    Code("E402", "source that cannot be read"),
    Code("E403", "used column is gone"),
    Code("E404", "value that does not cast"),
    Code("E405", "no file matches"),
    Code("E406", "etlc.lock is stale"),
    Code("E407", "extension of DuckDB not installed"),
    Code("E408", "file of an append-only source changed or gone"),
    # 5xx: running
    Code("E501", "model failed"),
    Code("E502", "check failed"),
    Code("E503", "table not made by etlc"),
    Code("E504", "warehouse in use"),
    Code("E505", "warehouse that cannot be opened"),
    Code("E506", "output could not be written"),
    Code("E507", "selection that names nothing"),
    Code("E508", "query refused"),
    Code("E509", "unit test failed"),
    Code("E510", "breaking change without a new version"),
    Code("E511", "stored rows are not those of a full refresh"),
    Code("E901", "unexpected error"),
    # warnings
    Code("W101", "ignore that ignores nothing"),
    Code("W201", "volatile function"),
    Code("W301", "join multiplies rows before they are added up"),
    Code("W302", "relations that nothing connects"),
    Code("W303", "join on different types"),
    Code("W304", "NOT IN over NULLs"),
    Code("W305", "outer join undone by WHERE"),
    Code("W306", "order left open"),
    Code("W307", "equality of floating-point numbers"),
    Code("W308", "whole-number division by mistake"),
    Code("W309", "aggregate of an average"),
    Code("W310", "time with and without a zone"),
    Code("W311", "star in a published model"),
    Code("W312", "UNION with names in another order"),
    Code("W313", "alias hidden by a column"),
    Code("W314", "adding up a key"),
    Code("W315", "column that nobody reads"),
    Code("W316", "source that nobody reads"),
    Code("W317", "key that the query cannot keep"),
    Code("W318", "published without owner, description, key or check"),
    Code("W319", "text that is no such value"),
    Code("W401", "new column in a source", late=True),
    Code("W402", "column of another type", late=True),
    Code("W403", "source without files", late=True),
)

GROUPS = {
    "E1": "the files and their structure",
    "E2": "names, types and SQL",
    "E3": "checks, outputs, tests",
    "E4": "sources",
    "E5": "running",
    "E9": "etlc itself",
    "W1": "the files",
    "W2": "models that are rebuilt",
    "W3": "SQL that may not do what was meant",
    "W4": "sources",
}  # what the codes of a hundred are about

CODES: dict[str, Code] = {code.code: code for code in _ALL}
