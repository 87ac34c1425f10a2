"""The public status of a campaign on the days where it changes."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.campaigns import Campaign
from app.services.campaigns.participation import percent
from app.services.campaigns.status import next_review, public_status
from app.shapes import PartialDate
from app.vocabularies import CampaignState, DatePrecision, PublicStatus

LAUNCHED = CampaignState.LAUNCHED
_PRECISION = {4: DatePrecision.YEAR, 7: DatePrecision.MONTH, 10: DatePrecision.DAY}


def partial(text: str | None) -> PartialDate | None:
    return PartialDate(value=text, precision=_PRECISION[len(text)]) if text else None


def reviews(**days: str) -> list[dict[str, Any]]:
    return [
        {"kind": kind.rstrip("0123456789"), "on": {"value": on, "precision": _PRECISION[len(on)]}}
        for kind, on in days.items()
    ]


def status(day: str, starts: str | None, ends: str | None, **days: str) -> PublicStatus | None:
    return public_status(LAUNCHED, partial(starts), partial(ends), reviews(**days), date.fromisoformat(day))


# phường Uông Bí, 53/KH-UBND: 2025-2030, two phases that share 2027, interim review 2027, final review 2030 (R29, T03)
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-12-31", PublicStatus.UPCOMING),
        ("2025-01-01", PublicStatus.RUNNING),
        ("2026-12-31", PublicStatus.RUNNING),
        ("2027-01-01", PublicStatus.INTERIM_REVIEW),
        ("2027-12-31", PublicStatus.INTERIM_REVIEW),
        ("2028-01-01", PublicStatus.RUNNING),
        ("2029-12-31", PublicStatus.RUNNING),
        ("2030-01-01", PublicStatus.FINAL_REVIEW),
        ("2030-12-31", PublicStatus.FINAL_REVIEW),
        ("2031-01-01", PublicStatus.ENDED),
    ],
)
def test_a_campaign_of_years_with_phases_that_share_one(day: str, expected: PublicStatus) -> None:
    assert status(day, "2025", "2030", interim="2027", final="2030") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-12-30", PublicStatus.UPCOMING),
        ("2024-12-31", PublicStatus.RUNNING),
        ("2025-12-31", PublicStatus.RUNNING),
        ("2026-01-01", PublicStatus.ENDED),
    ],
)
def test_a_campaign_of_days_without_reviews(day: str, expected: PublicStatus) -> None:
    assert status(day, "2024-12-31", "2025-12-31") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-11-29", PublicStatus.RUNNING),
        ("2025-11-30", PublicStatus.FINAL_REVIEW),
        ("2025-12-31", PublicStatus.FINAL_REVIEW),
        ("2026-01-01", PublicStatus.ENDED),
    ],
)
def test_a_final_review_known_only_to_the_year_waits_for_the_known_end(day: str, expected: PublicStatus) -> None:
    assert status(day, "2025", "2025-11-30", final="2025") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2030-10-31", PublicStatus.RUNNING),
        ("2030-11-01", PublicStatus.FINAL_REVIEW),
        ("2030-12-31", PublicStatus.FINAL_REVIEW),
        ("2031-01-01", PublicStatus.ENDED),
    ],
)
def test_a_final_review_before_the_end_lasts_until_the_end(day: str, expected: PublicStatus) -> None:
    assert status(day, "2025", "2030", final="2030-11") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-12-31", PublicStatus.RUNNING),
        ("2026-01-01", PublicStatus.FINAL_REVIEW),
        ("2026-03-31", PublicStatus.FINAL_REVIEW),
        ("2026-04-01", PublicStatus.ENDED),
    ],
)
def test_between_the_end_and_a_later_final_review_it_is_under_final_review(day: str, expected: PublicStatus) -> None:
    assert status(day, "2021", "2025-12", final="2026-03") == expected


# huyện An Lão: "until the city's congress", so the end has no date (T02)
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-10-10", PublicStatus.UPCOMING),
        ("2024-10-11", PublicStatus.RUNNING),
        ("2099-12-31", PublicStatus.RUNNING),
    ],
)
def test_an_end_bound_to_an_event_never_comes_by_itself(day: str, expected: PublicStatus) -> None:
    assert status(day, "2024-10-11", None) == expected


def test_with_an_open_end_the_final_review_lasts_until_the_body_concludes_it() -> None:
    assert status("2025-05-31", "2024", None, final="2025-06") == PublicStatus.RUNNING
    assert status("2025-06-01", "2024", None, final="2025-06") == PublicStatus.FINAL_REVIEW
    assert status("2040-01-01", "2024", None, final="2025-06") == PublicStatus.FINAL_REVIEW


def test_without_any_date_a_launched_campaign_is_running() -> None:
    assert status("2026-11-21", None, None) == PublicStatus.RUNNING


def test_a_start_known_to_the_month_or_year_begins_with_its_first_day() -> None:
    assert status("2025-02-28", "2025-03", None) == PublicStatus.UPCOMING
    assert status("2025-03-01", "2025-03", None) == PublicStatus.RUNNING


def test_the_last_day_of_february_belongs_to_the_month() -> None:
    assert status("2028-02-29", "2027", "2028-02") == PublicStatus.RUNNING
    assert status("2028-03-01", "2027", "2028-02") == PublicStatus.ENDED


def test_a_review_before_the_start_or_after_the_end_does_not_count() -> None:
    assert status("2024-06-01", "2025", "2026", interim="2024") == PublicStatus.UPCOMING
    assert status("2027-06-01", "2025", "2026", interim="2027") == PublicStatus.ENDED


def test_two_interim_reviews_each_count() -> None:
    found = [status(f"{year}-06-01", "2025", "2035", interim1="2027", interim2="2030") for year in (2027, 2028, 2030)]
    assert found == [PublicStatus.INTERIM_REVIEW, PublicStatus.RUNNING, PublicStatus.INTERIM_REVIEW]


async def test_only_reviews_with_a_date_are_kept_beside_the_plan(db: AsyncSession) -> None:
    campaign = (await db.exec(select(Campaign).limit(1))).one()
    dated = {"kind": "interim", "on": {"value": "2027", "precision": "year"}}
    reviews: list[dict[str, Any] | None] = [None, {"kind": "final", "on": None}, dated]
    campaign.plan = campaign.plan | {"phases": [{"number": n, "review": review} for n, review in enumerate(reviews)]}
    db.add(campaign)
    await db.flush()
    await db.refresh(campaign)
    assert campaign.reviews == [dated]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (CampaignState.DRAFT, None),
        (CampaignState.IN_REVIEW, None),
        (CampaignState.CANCELLED, None),
        (CampaignState.SUSPENDED, PublicStatus.SUSPENDED),
        (CampaignState.CONCLUDED, PublicStatus.ENDED),
        (CampaignState.ARCHIVED, PublicStatus.ENDED),
    ],
)
def test_every_other_state_decides_alone(state: CampaignState, expected: PublicStatus | None) -> None:
    days = [date(2024, 1, 1), date(2027, 1, 1), date(2031, 1, 1)]
    plan = reviews(interim="2027", final="2030")
    assert {public_status(state, partial("2025"), partial("2030"), plan, day) for day in days} == {expected}


def test_every_day_has_one_status_in_a_lawful_order() -> None:
    plan, day = reviews(interim="2027", final="2030"), date(2024, 12, 1)
    seen: list[PublicStatus | None] = []
    while day < date(2031, 2, 1):
        found = public_status(LAUNCHED, partial("2025"), partial("2030"), plan, day)
        if not seen or seen[-1] != found:
            seen.append(found)
        day += timedelta(days=1)
    assert seen == ["upcoming", "running", "interim_review", "running", "final_review", "ended"]


def test_the_next_review_is_the_one_under_way_or_the_nearest_ahead() -> None:
    plan = reviews(interim="2027", final="2030")

    def on(day: str) -> str | None:
        review = next_review(plan, date.fromisoformat(day))
        return review.on.value if review else None

    assert [on(d) for d in ("2025-01-01", "2027-12-31", "2028-01-01", "2030-12-31", "2031-01-01")] == [
        "2027", "2027", "2030", "2030", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, "0.0"), (0, 3, "0.0"), (1, 3, "33.3"), (2, 3, "66.7"), (1, 8, "12.5"), (1, 16, "6.3"), (3, 3, "100.0"),
     (1, 3000, "0.0"), (2999, 3000, "100.0")],
)  # fmt: skip
def test_participation_has_one_decimal(part: int, whole: int, expected: str) -> None:
    assert percent(part, whole) == expected
