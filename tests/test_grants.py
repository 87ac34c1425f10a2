"""Grants over the API: nobody gives more than they were given, in role, place, reach or time."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app import clock
from app.access import GIVEABLE_ROLES, Actor, Grant
from app.models.authorities import Authority
from app.models.users import MOST_GRANTS, RoleGrant
from app.services.administration import givers_arguments, givers_sql
from app.vocabularies import Permission, Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Make
from tests.people import REASON, do, etag, give, opened
from tests.story import PROVINCIAL_WOMENS_UNION, SCHOOL, WOMENS_UNION, ok, refused

TODAY = clock.today


def day(offset: int) -> str:
    """So many days from today."""
    return (TODAY() + timedelta(days=offset)).isoformat()


# ------------------------------------------------------------ which role, where, how far


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("giver", GIVEABLE_ROLES)
async def test_a_role_is_given_by_who_may_give_it(make: Make, giver: Role, role: Role) -> None:
    admin = await make.caller((giver, WARD, Reach.TERRITORY))
    user = await make.caller(home=WARD)
    answer = await give(make, admin, user.user_id, role)
    administrators = {Role.SYSTEM_ADMIN, Role.AUTHORITY_ADMIN}
    if role in administrators if giver == Role.SYSTEM_ADMIN else role != Role.SYSTEM_ADMIN:
        found = ok(answer, 201)
        assert answer.headers["Location"] == f"/v1/grants/{found['id']}"
        assert (found["role"], found["state"], found["valid_from"]) == (role, "in_force", day(0))
        assert found["allowed_actions"] == ["suspend", "end"]
    else:
        refused(answer, 403, "beyond_your_grant")


def test_who_sees_awards_is_made_by_nobody_who_runs_the_system() -> None:
    content = {Permission.NOMINATION_READ, Permission.DECISION_READ, Permission.AWARD_READ}
    for role in GIVEABLE_ROLES[Role.SYSTEM_ADMIN]:
        assert not content & Grant(uuid.uuid4(), role, uuid.uuid4(), "/1/", "/1/", Reach.SELF).permissions


# the administrator's own reach, the grant they give → whether they may
WIDTHS: dict[str, tuple[tuple[str, Reach], tuple[str, Reach], str | None]] = {
    "the same": ((WARD, Reach.TERRITORY), (WARD, Reach.TERRITORY), None),
    "narrower": ((WARD, Reach.TERRITORY), (SCHOOL, Reach.SELF), None),
    "below, as wide as that goes": ((WARD, Reach.TERRITORY), (SCHOOL, Reach.TERRITORY), None),
    "a line that stays in the territory": ((WARD, Reach.TERRITORY), (WOMENS_UNION, Reach.LINE), None),
    "wider than oneself": ((WARD, Reach.SELF), (WARD, Reach.TERRITORY), "beyond_your_grant"),
    "a line that leaves the line": ((PROVINCIAL_WOMENS_UNION, Reach.LINE), (WOMENS_UNION, Reach.LINE), None),
    "above": ((WARD, Reach.TERRITORY), (PROVINCE, Reach.SELF), "unknown_reference"),
    "beside": ((WARD, Reach.TERRITORY), (OTHER_WARD, Reach.SELF), "unknown_reference"),
}


@pytest.mark.parametrize(("own", "given_", "refusal"), WIDTHS.values(), ids=WIDTHS.keys())
async def test_a_grant_is_no_wider_than_ones_own(
    make: Make, own: tuple[str, Reach], given_: tuple[str, Reach], refusal: str | None
) -> None:
    admin = await make.caller((Role.AUTHORITY_ADMIN, *own))
    user = await make.caller(home=own[0])
    answer = await give(make, admin, user.user_id, "viewer", *given_)
    if refusal is None:
        ok(answer, 201)
    else:
        refused(answer, {"beyond_your_grant": 403, "unknown_reference": 422}[refusal], refusal)


async def test_a_territory_that_leaves_the_line_is_too_wide(make: Make) -> None:
    """The ward's committee stands in the province's line; its territory holds schools and unions of other lines."""
    admin = await make.caller((Role.AUTHORITY_ADMIN, PROVINCE, Reach.LINE))
    user = await make.caller(home=PROVINCE)
    ward = await make.authority(WARD)
    province = await make.authority(PROVINCE)
    assert ward.line_path.startswith(province.line_path), "else this says nothing"
    ok(await give(make, admin, user.user_id, "viewer", WARD, "self"), 201)
    refused(await give(make, admin, user.user_id, "viewer", WARD, "territory"), 403, "beyond_your_grant")


async def test_within_is_exact_for_any_two_grants(make: Make) -> None:
    """Against every body of the shipped data, one by one."""
    bodies = list((await make.db.exec(select(Authority).order_by(col(Authority.key)))).all())
    named = [body for body in bodies if body.level != "commune"] + [
        body for body in bodies if "uong-bi" in body.key or "vang-danh" in body.key
    ]
    grants = st.tuples(st.integers(0, len(named) - 1), st.sampled_from(Reach))
    raw: Any = (await make.connection.get_raw_connection()).driver_connection
    statement = f"select {givers_sql('b', '$2::text', 3)} from authority b where b.id = $1"
    seen = {True: 0, False: 0}

    def grant(number: int, reach: Reach) -> Grant:
        body = named[number]
        return Grant(uuid.uuid4(), Role.AUTHORITY_ADMIN, body.id, body.territory_path, body.line_path, reach)

    pairs: list[tuple[tuple[int, Reach], tuple[int, Reach]]] = []

    @settings(max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(grants, grants)
    def collect(own: tuple[int, Reach], new: tuple[int, Reach]) -> None:
        pairs.append((own, new))

    collect()
    # those that matter most: the same body, and bodies one above the other
    ward = next(number for number, body in enumerate(named) if body.key == WARD)
    province = next(number for number, body in enumerate(named) if body.key == PROVINCE)
    near = [ward, province, *(number for number, body in enumerate(named) if body.parent_id == named[ward].id)]
    pairs += [((a, r), (b, s)) for a in near[:5] for b in near[:5] for r in Reach for s in Reach]
    for own, new in pairs:
        mine, theirs = grant(*own), grant(*new)
        places = [(b.id, b.territory_path, b.line_path) for b in bodies]
        within = all(_covers(mine, place) for place in places if _covers(theirs, place))
        actor = Actor(uuid.uuid4(), uuid.uuid4(), "", (mine,))
        row = await raw.fetchrow(statement, theirs.authority_id, theirs.reach, *givers_arguments(actor))
        told = (row["by_system"], row["by_authority"])
        assert told == (False, within), (named[own[0]].key, own[1], named[new[0]].key, new[1])
        seen[within] += 1
    assert min(seen.values()) > 20, seen


def _covers(grant: Grant, place: tuple[uuid.UUID, str, str]) -> bool:
    identifier, territory, line = place
    return (
        identifier == grant.authority_id
        or (grant.reach == Reach.TERRITORY and territory.startswith(grant.territory_path))
        or (grant.reach == Reach.LINE and line.startswith(grant.line_path))
    )


async def test_a_grant_of_somebody_who_moved_away_is_taken_back_where_it_lies(make: Make) -> None:
    admin, theirs = await make.admin(), await make.admin(OTHER_WARD)
    user = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), home=OTHER_WARD)
    refused(await admin.get(f"/v1/users/{user.user_id}/grants"), 404, "not_found")
    (seen,) = ok(await theirs.get(f"/v1/users/{user.user_id}/grants"))["items"]
    assert seen["allowed_actions"] == []
    refused(await do(theirs, seen, "suspend", "grants"), 403, "forbidden")
    found = ok(await admin.get(f"/v1/grants/{seen['id']}"))
    assert found["allowed_actions"] == ["suspend", "end"]
    assert ok(await do(admin, found, "suspend", "grants"))["state"] == "suspended"
    outsider = await make.admin("ubnd-phuong-cam-pha")
    refused(await outsider.get(f"/v1/grants/{seen['id']}"), 404, "not_found")
    refused(await do(outsider, found, "resume", "grants"), 404, "not_found")


# ------------------------------------------------------------ how long


async def test_a_grant_has_days_and_states(make: Make) -> None:
    admin = await make.admin()
    user = await make.caller(home=WARD)
    later = ok(await give(make, admin, user.user_id, valid_from=day(10), valid_to=day(20)), 201)
    assert (later["state"], later["allowed_actions"]) == ("not_yet_valid", ["suspend"])
    refused(await do(admin, later, "end", "grants", valid_to=day(15)), 409, "transition_refused")
    now = ok(await give(make, admin, user.user_id, "finance", valid_to=day(30)), 201)
    for wrong, code in ((day(-1), "in_the_past"), (day(31), "later_than_its_end")):
        problem = refused(await do(admin, now, "end", "grants", valid_to=wrong), 422, "invalid_input")
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/valid_to", code)]
    suspended = ok(await do(admin, now, "suspend", "grants"))
    assert (suspended["state"], suspended["allowed_actions"]) == ("suspended", ["resume", "end"])
    refused(await do(admin, suspended, "suspend", "grants"), 409, "transition_refused")
    ended = ok(await do(admin, ok(await do(admin, suspended, "resume", "grants")), "end", "grants"))
    assert (ended["valid_to"], ended["state"]) == (day(0), "in_force")
    row = (await make.db.exec(select(RoleGrant).where(RoleGrant.id == uuid.UUID(ended["id"])))).one()
    row.valid_from, row.valid_to = TODAY() - timedelta(days=9), TODAY() - timedelta(days=1)
    await make.db.commit()
    expired = ok(await admin.get(f"/v1/grants/{ended['id']}"))
    assert (expired["state"], expired["allowed_actions"]) == ("expired", [])
    for verb in ("suspend", "resume", "end"):
        refused(await do(admin, expired, verb, "grants"), 409, "transition_refused")


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"valid_from": day(-1)}, "/valid_from", "in_the_past"),
        ({"valid_from": day(5), "valid_to": day(4)}, "/valid_to", "end_before_start"),
        ({"valid_to": day(-1)}, "/valid_to", "end_before_start"),
        ({"role": "chairman"}, "/role", "unknown_value"),
    ],
)
async def test_days_that_cannot_be_are_refused(make: Make, fields: dict[str, Any], pointer: str, code: str) -> None:
    admin, user = await make.admin(), await make.caller(home=WARD)
    problem = refused(await give(make, admin, user.user_id, **fields), 422, "invalid_input")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]


async def test_the_same_grant_is_not_given_twice_in_one_time(make: Make) -> None:
    admin, user = await make.admin(), await make.caller(home=WARD)
    first = ok(await give(make, admin, user.user_id, valid_to=day(10)), 201)
    refused(await give(make, admin, user.user_id), 409, "grant_exists")
    refused(await give(make, admin, user.user_id, valid_from=day(10)), 409, "grant_exists")
    after = ok(await give(make, admin, user.user_id, valid_from=day(11)), 201)
    ok(await give(make, admin, user.user_id, reach="territory"), 201)
    listed = ok(await admin.get(f"/v1/users/{user.user_id}/grants", params={"limit": 2}))
    assert len(listed["items"]) == 2 and listed["next_cursor"]
    rest = ok(await admin.get(f"/v1/users/{user.user_id}/grants", params={"cursor": listed["next_cursor"]}))
    assert {item["id"] for item in listed["items"] + rest["items"]} >= {first["id"], after["id"]}


async def test_a_user_holds_no_more_grants_than_me_can_tell(make: Make) -> None:
    admin, user = await make.admin(), await make.caller(home=WARD)
    ward = await make.authority(WARD)
    for number in range(MOST_GRANTS):
        make.db.add(
            RoleGrant(
                user_id=user.user_id,
                role=Role.VIEWER,
                authority_id=ward.id,
                reach=Reach.SELF,
                valid_from=TODAY() - timedelta(days=number),
            )
        )
    await make.db.commit()
    assert len(ok(await user.get("/v1/me"))["grants"]) == MOST_GRANTS
    refused(await give(make, admin, user.user_id, "finance"), 409, "too_many_grants")


async def test_a_user_without_grants_has_an_empty_page(make: Make) -> None:
    admin = await make.admin()
    found = await opened(make, admin)
    assert ok(await admin.get(f"/v1/users/{found['id']}/grants")) == {"items": [], "next_cursor": None}


# ------------------------------------------------------------ at the same time


async def test_of_two_who_give_the_same_at_the_same_time_one_does(committed: Make) -> None:
    one, other = await committed.admin(), await committed.admin()
    found = await opened(committed, one)
    answers = await asyncio.gather(
        give(committed, one, found["id"]), give(committed, other, found["id"]), return_exceptions=False
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_of_two_who_suspend_at_the_same_time_one_has_read_an_old_version(committed: Make) -> None:
    one, other = await committed.admin(), await committed.admin()
    found = await opened(committed, one)
    grant = ok(await give(committed, one, found["id"]), 201)
    path = f"/v1/grants/{grant['id']}/suspend"
    answers = await asyncio.gather(*(caller.post(path, REASON, etag=etag(grant)) for caller in (one, other)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
