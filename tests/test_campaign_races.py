"""Campaigns and deployments: the same request again, and several at once with real commits on real connections."""

import asyncio

from sqlalchemy import text

from app.ids import tidy_code
from tests.campaigns import URL, acknowledged, draft, etag, launched, nothing_changes
from tests.make import PROVINCE, WARD, Make
from tests.story import SCHOOL, ok, refused


async def test_a_repeated_request_creates_once_and_answers_the_same(make: Make) -> None:
    officer = await make.officer()
    body = {"authority_id": str((await make.authority(WARD)).id), "title": "Thử", "method": "regular", "scope": "unit"}
    headers = {"Idempotency-Key": "phong-trao-0001"}
    first = await officer.post(URL, body, headers=headers)
    async with nothing_changes(make):
        second = await officer.post(URL, body, headers=headers)
        refused(await officer.post(URL, body | {"title": "Khác"}, headers=headers), 422, "idempotency_key_reused")
    assert (first.status_code, first.content, first.headers["Location"]) == (
        201,
        second.content,
        second.headers["Location"],
    )
    assert second.headers["Idempotency-Replayed"] == "true"
    async with nothing_changes(make):
        refused(await officer.post(URL, body, headers={"Idempotency-Key": "ngan"}), 400, "idempotency_key_required")


async def test_a_repeated_launch_launches_once(make: Make) -> None:
    found = await draft(make, await make.officer())
    leader, headers = await make.leader(), {"Idempotency-Key": "phat-dong-0001"}
    first = await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found), headers=headers)
    async with nothing_changes(make):
        second = await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found), headers=headers)
    assert (ok(first), first.headers["ETag"]) == (ok(second), second.headers["ETag"])


async def test_drafts_at_once_get_codes_without_a_gap_or_a_repeat(committed: Make) -> None:
    """A third is refused after its code was taken from the series: the number must come back."""
    officer = await committed.officer()
    ward = str((await committed.authority(WARD)).id)
    year = {"value": "2040", "precision": "year"}
    body = {"authority_id": ward, "title": "Thử", "method": "regular", "scope": "unit", "starts": year}
    wrong = body | {"parent_id": "01890000-0000-7000-8000-000000000000"}
    answers = await asyncio.gather(*(officer.post(URL, wrong if n % 3 == 0 else body) for n in range(18)))
    codes = sorted(answer.json()["code"] for answer in answers if answer.status_code == 201)
    assert [code.split("-")[2] for code in codes] == [f"{n:02d}" for n in range(1, 13)]
    assert all(tidy_code(code) == code for code in codes)
    assert sorted({answer.status_code for answer in answers}) == [201, 422]


async def test_the_same_draft_sent_many_times_at_once_is_made_once(committed: Make) -> None:
    officer = await committed.officer()
    ward = str((await committed.authority(WARD)).id)
    body = {"authority_id": ward, "title": "Gửi lại khi mất mạng", "method": "regular", "scope": "unit"}
    headers = {"Idempotency-Key": "mot-phong-trao"}
    answers = await asyncio.gather(*(officer.post(URL, body, headers=headers) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    found = await committed.connection.execute(
        text("select count(*) from campaign where title = 'Gửi lại khi mất mạng'")
    )
    assert found.scalar_one() == 1


async def test_of_leaders_who_launch_at_once_one_wins(committed: Make) -> None:
    found = await draft(committed, await committed.officer())
    leaders = [await committed.leader() for _ in range(5)]
    path = f"{URL}/{found['id']}/launch"
    answers = await asyncio.gather(*(leader.post(path, {}, etag=etag(found)) for leader in leaders))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    events = text("select count(*) from audit_event where entity_id = :id and action = 'launched'")
    assert (await committed.connection.execute(events, {"id": found["id"]})).scalar_one() == 1


async def test_of_requests_to_deploy_at_once_one_wins(committed: Make) -> None:
    campaign, school = await launched(committed), await committed.submitter(SCHOOL)
    body = {"authority_id": str((await committed.authority(SCHOOL)).id)}
    path = f"{URL}/{campaign['id']}/deployments"
    answers = await asyncio.gather(*(school.post(path, body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"deployment_exists"}


async def test_a_campaign_is_not_cancelled_while_a_unit_takes_it_up(committed: Make) -> None:
    """Whichever comes first, there is never a deployment of a cancelled campaign."""
    leader, school = await committed.leader(), await committed.submitter(SCHOOL)
    body = {"authority_id": str((await committed.authority(SCHOOL)).id)}
    for _ in range(6):
        campaign = await launched(committed)
        cancelled, taken_up = await asyncio.gather(
            leader.post(f"{URL}/{campaign['id']}/cancel", {"reason": "Lập trùng"}, etag=etag(campaign)),
            school.post(f"{URL}/{campaign['id']}/deployments", body),
        )
        assert sorted([cancelled.status_code, taken_up.status_code]) in ([200, 409], [201, 409], [200, 404])
        assert not (cancelled.status_code == 200 and taken_up.status_code == 201)


async def test_nothing_is_launched_below_a_campaign_that_is_being_concluded(committed: Make) -> None:
    chair, leader, officer = await committed.leader(PROVINCE), await committed.leader(), await committed.officer()
    for _ in range(4):
        above = await launched(committed, PROVINCE)
        below = await draft(committed, officer, parent_id=above["id"])
        concluded, launch = await asyncio.gather(
            chair.post(f"{URL}/{above['id']}/conclude", {"reason": "Hết hạn"}, etag=etag(above)),
            leader.post(f"{URL}/{below['id']}/launch", {}, etag=etag(below)),
        )
        assert ok(concluded)["state"] == "concluded"
        if launch.status_code == 200:
            order = text("select action from audit_event where entity_id = any(:ids) order by id")
            ids = {"ids": [above["id"], below["id"]]}
            actions = (await committed.connection.execute(order, ids)).scalars().all()
            assert actions.index("concluded") > max(n for n, action in enumerate(actions) if action == "launched")
        else:
            assert launch.json()["code"] == "parent_not_launched"


async def test_two_steps_of_a_deployment_at_once_do_not_both_count(committed: Make) -> None:
    campaign, school = await launched(committed), await committed.submitter(SCHOOL)
    found = await acknowledged(committed, school, campaign, SCHOOL)
    path, body = f"/v1/deployments/{found['id']}/deploy", {"commitments": [{"kind": "model", "name": "Đường hoa"}]}
    answers = await asyncio.gather(*(school.post(path, body, etag=etag(found)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
