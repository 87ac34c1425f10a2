"""The story of `make demo` from end to end, with real commits."""

from sqlmodel import col, select

from app.demo.accounts import story_accounts
from app.demo.story import CB, SO, tell
from app.demo.storyteller import Storyteller
from app.models.decisions import Award
from app.models.records import AuditEvent, OutboxEvent
from app.models.users import UserAccount
from tests.make import WARD, Make
from tests.story import ok


async def test_the_main_job_from_launch_to_certificate(committed: Make) -> None:
    make, told = committed, list[str]()
    async with story_accounts(make.app.state.database) as accounts:
        story = Storyteller(make.client, told.append)
        await tell(story, accounts)
        for path, version in story.acknowledged.items():
            found = await story.get(SO, path, "đọc lại")
            assert found["version"] >= version, path
        ward = await make.authority(WARD)
        figures = await story.get(CB, "/v1/statistics/awards", "số liệu", authority_id=str(ward.id), group_by="level")
    counted = {item["level"]: item["awards"] for item in figures["award_register"]["items"]}
    assert counted == {"commune": 1, "province": 1}
    assert len(figures["historical"]) == 25 and figures["total"] == 2
    assert any("✓" not in line and "404" in line for line in told), "the outsider is part of the story"
    awards = (await make.db.exec(select(Award).order_by(col(Award.bonus_amount)))).all()
    assert [award.bonus_amount for award in awards] == [760_000, 3_800_000]
    audited = (await make.db.exec(select(AuditEvent))).all()
    outbox = (await make.db.exec(select(OutboxEvent))).all()
    assert len(outbox) >= len(story.acknowledged) and all(event.request_id for event in audited)
    left = (await make.db.exec(select(UserAccount).where(col(UserAccount.disabled_at).is_(None)))).all()
    assert left == [], "the accounts of the story end with it"


async def test_the_story_can_be_told_twice(committed: Make) -> None:
    for _ in range(2):
        async with story_accounts(committed.app.state.database) as accounts:
            await tell(Storyteller(committed.client, lambda _: None), accounts)
    answer = await committed.client.get("/v1/public/campaigns", params={"q": "lop hoc hanh phuc"})
    assert len(ok(answer)["items"]) == 4
