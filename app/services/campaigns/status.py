"""What the public sees of a campaign, derived from its state, its dates and its reviews. No I/O, no clock.

Dates may be known only to the month or the year; then the whole span counts. The order of the rules:

0. Of a campaign whose launcher the papers do not name and that has no date at all, nobody can say how it stands.
1. Drafts, plans under review and cancelled campaigns are not public: no status.
2. Suspended, concluded and archived come from the state alone, whatever the dates say.
3. Before the first day on which it may start a launched campaign is upcoming.
4. The final review is the closing stage. It begins on its own first day, yet not before the first day on which the
   campaign may end, where its span reaches that far, and at the latest on the day after the end. It lasts until its
   span is over and the campaign has ended; where the end is open or bound to an event, until the body concludes it.
   (Review 2030 of a campaign until 2030: running until 31/12/2029, final review in 2030, ended from 1/1/2031.)
5. After the last day on which it may end it has ended, concluded or not.
6. Within the span of an interim review it is under interim review, also where two phases share the year (R29).
7. Else it is running. An open end, or one bound to an event (N14), never ends by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from app.shapes import PartialDate
from app.vocabularies import CampaignState, DatePrecision, PublicStatus, ReviewKind

NOT_PUBLIC = (CampaignState.DRAFT, CampaignState.IN_REVIEW, CampaignState.CANCELLED)
_BY_STATE = {
    CampaignState.SUSPENDED: PublicStatus.SUSPENDED,
    CampaignState.CONCLUDED: PublicStatus.ENDED,
    CampaignState.ARCHIVED: PublicStatus.ENDED,
}


@dataclass(frozen=True, slots=True)
class Review:
    """A dated review of a phase."""

    kind: ReviewKind
    on: PartialDate


@lru_cache(maxsize=10_000)
def partial_date(day: date | None, precision: str | None) -> PartialDate | None:
    """The stored day and how exactly it is known, as one value."""
    if day is None or precision is None:
        return None
    known = DatePrecision(precision)
    length = {DatePrecision.YEAR: 4, DatePrecision.MONTH: 7, DatePrecision.DAY: 10}[known]
    return PartialDate.model_construct(value=day.isoformat()[:length], precision=known)


def reviews_of(stored: Iterable[Mapping[str, Any]]) -> list[Review]:
    """The dated reviews as they are stored beside the plan (`campaign.reviews`)."""
    return [Review(ReviewKind(review["kind"]), _stored(**review["on"])) for review in stored]


@lru_cache(maxsize=10_000)
def _stored(value: str, precision: str) -> PartialDate:
    """A date of a stored plan: it was validated before it was stored."""
    return PartialDate.model_construct(value=value, precision=DatePrecision(precision))


def public_status(
    state: CampaignState,
    starts: PartialDate | None,
    ends: PartialDate | None,
    reviews: Iterable[Mapping[str, Any]],
    today: date,
    *,
    launcher_known: bool = True,
) -> PublicStatus | None:
    """The public status on a day; None where the campaign is not public. The rules stand at the head of this file."""
    if state in NOT_PUBLIC:
        return None
    if state in _BY_STATE:
        return _BY_STATE[state]
    if not launcher_known and starts is None and ends is None:
        return PublicStatus.UNKNOWN
    if starts is not None and today < starts.first_day():
        return PublicStatus.UPCOMING
    dated = reviews_of(reviews)
    for review in dated:
        if review.kind == ReviewKind.FINAL and _in_final_review(review.on, ends, today):
            return PublicStatus.FINAL_REVIEW
    if ends is not None and today > ends.last_day():
        return PublicStatus.ENDED
    for review in dated:
        if review.kind == ReviewKind.INTERIM and review.on.first_day() <= today <= review.on.last_day():
            return PublicStatus.INTERIM_REVIEW
    return PublicStatus.RUNNING


def _in_final_review(on: PartialDate, ends: PartialDate | None, today: date) -> bool:
    first, last = on.first_day(), on.last_day()
    if ends is None:
        return today >= first
    if last >= ends.first_day():
        first = max(first, ends.first_day())
    first = min(first, ends.last_day() + timedelta(days=1))
    return first <= today <= max(last, ends.last_day())


def next_review(reviews: Iterable[Mapping[str, Any]], today: date) -> Review | None:
    """The review that comes next or is under way."""
    ahead = [review for review in reviews_of(reviews) if review.on.last_day() >= today]
    return min(ahead, key=lambda review: (review.on.last_day(), review.on.first_day()), default=None)
