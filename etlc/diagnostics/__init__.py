"""Places, codes and findings. Layer 0: everything may import it, it imports nothing."""

from etlc.diagnostics.codes import CODES, Code
from etlc.diagnostics.diagnostic import Diagnostic, Diagnostics
from etlc.diagnostics.span import Located, Span, SqlText, lines_of, position, span_of

__all__ = [
    "CODES",
    "Code",
    "Diagnostic",
    "Diagnostics",
    "Located",
    "Span",
    "SqlText",
    "lines_of",
    "position",
    "span_of",
]
