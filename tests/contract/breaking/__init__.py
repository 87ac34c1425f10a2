"""Tells changes of the contract that break a client from those that do not.

    python -m tests.contract.breaking openapi/released.json openapi/openapi.json

BREAKING changes are forbidden inside /v1. A NOTICE is allowed with a line in openapi/CHANGELOG.md: an enum value
that an answer gained (an exhaustive switch misses it), a ceiling of an answer that rose (a column is too narrow), a
refusal that is no longer given, an operation that became deprecated or went after its sunset. All else is harmless
and not reported. What cannot be decided is reported as breaking and says so.
"""

from tests.contract.breaking.documents import compare
from tests.contract.breaking.findings import Change, Difference, Severity, grouped

__all__ = ["Change", "Difference", "Severity", "compare", "grouped"]
