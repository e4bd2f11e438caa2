"""Places, codes and findings. Layer 0: everything may import it, it imports nothing."""

from etlc.diagnostics.codes import CODES, GROUPS, Code
from etlc.diagnostics.diagnostic import Diagnostic, Diagnostics
from etlc.diagnostics.ignores import Ignore
from etlc.diagnostics.span import Located, Span, SqlText, span_of

__all__ = ["CODES", "GROUPS", "Code", "Diagnostic", "Diagnostics", "Ignore", "Located", "Span", "SqlText", "span_of"]
