"""Retiring an operation: clients are told in the contract and in every answer, until the day it goes.

A router says so in one line, around what the operation already says of itself:

    openapi_extra=retiring(operation(None), since=date(2027, 1, 1), sunset=date(2027, 7, 1), guide="https://…")

`deprecated` and `x-sunset` stand in the contract, where the check of breaking changes reads them: an operation may
be removed after its sunset, not before. The headers are those of RFC 9745 and RFC 8594.
"""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import cache
from typing import Any

from starlette.types import Scope

from app.clock import VIETNAM


def retiring(extra: dict[str, Any], *, since: date, sunset: date, guide: str) -> dict[str, Any]:
    """`extra` of an operation that is deprecated since one day and may be gone after another; `guide` says what to do."""
    if sunset < since:
        raise ValueError(f"sunset {sunset} lies before deprecation {since} (RFC 9745 §4)")
    dates = {"x-deprecated-since": since.isoformat(), "x-sunset": sunset.isoformat()}
    return {**extra, "deprecated": True, **dates, "x-deprecation-guide": guide}


def retirement_headers(scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer of a retiring operation carries, a refusal as well; nothing for all others."""
    extra = getattr(scope.get("route"), "openapi_extra", None)
    if not extra or "x-sunset" not in extra:
        return ()
    return _headers(extra["x-deprecated-since"], extra["x-sunset"], extra["x-deprecation-guide"])


@cache
def _headers(since: str, sunset: str, guide: str) -> tuple[tuple[bytes, bytes], ...]:
    begins = datetime.combine(date.fromisoformat(since), time.min, VIETNAM)
    # the last second of that day: it is still served then
    ends = datetime.combine(date.fromisoformat(sunset), time(23, 59, 59), VIETNAM)
    return (
        (b"deprecation", f"@{int(begins.timestamp())}".encode()),
        (b"sunset", format_datetime(ends.astimezone(UTC), usegmt=True).encode()),
        (b"link", f'<{guide}>; rel="deprecation", <{guide}>; rel="sunset"'.encode()),
    )
