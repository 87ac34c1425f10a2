"""The time of the product: moments in UTC, days as they are counted in Vietnam."""

from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """This day in Vietnam (no daylight saving time since 1975)."""
    return datetime.now(VIETNAM).date()
