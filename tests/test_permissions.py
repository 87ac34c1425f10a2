"""What may this user do here: the answer agrees with what the API really does."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from app import clock
from app.access import ROLE_PERMISSIONS
from app.models.users import RoleGrant, UserAccount
from app.vocabularies import Permission, Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.operations import GUARDED, Operation, World, prepare
from tests.story import PROVINCIAL_WOMENS_UNION, SCHOOL, ok, refused

Answers = dict[str, dict[str, Any]]


async def mine(make: Make, caller: Caller, key: str) -> Answers:
    """What the caller is told of a body, by permission."""
    make.app.state.callers.forget()
    authority = str((await make.authority(key)).id)
    found = ok(await caller.get("/v1/me/permissions", params={"authority_id": authority}))
    assert found["authority"]["id"] == authority
    return {item["permission"]: item for item in found["items"]}


async def test_every_permission_is_answered_for_every_role(make: Make) -> None:
    for role in Role:
        caller = await make.caller((role, WARD, Reach.TERRITORY))
        answers = await mine(make, caller, SCHOOL)
        assert list(answers) == list(Permission)
        allowed = {permission for permission, item in answers.items() if item["allowed"]}
        assert allowed == ROLE_PERMISSIONS[role]
        for item in answers.values():
            assert (item["grant_id"] is not None, item["reason"]) == (
                (True, None) if item["allowed"] else (False, "no_grant")
            )


# what is done to the grant → the reason it then has
REASONS: dict[str, tuple[dict[str, Any], str]] = {
    "suspended": ({"suspended_at": clock.now()}, "suspended"),
    "expired": ({"valid_to": clock.today() - timedelta(days=1)}, "expired"),
    "to come": ({"valid_from": clock.today() + timedelta(days=1)}, "not_yet_valid"),
}


@pytest.mark.parametrize(("change", "reason"), REASONS.values(), ids=REASONS.keys())
async def test_a_grant_that_is_not_in_force_is_named_as_the_reason(
    make: Make, change: dict[str, Any], reason: str
) -> None:
    officer = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), (Role.VIEWER, SCHOOL, Reach.SELF))
    grants = update(RoleGrant).where(col(RoleGrant.user_id) == officer.user_id, col(RoleGrant.role) == Role.OFFICER)
    await make.db.exec(grants.values(**change))
    await make.db.commit()
    answers = await mine(make, officer, SCHOOL)
    process = answers["nomination:process"]
    assert (process["allowed"], process["reason"]) == (False, reason) and process["grant_id"]
    assert answers["campaign:read"]["allowed"], "the viewer's grant is in force"
    refused(await officer.get("/v1/nominations"), 403, "forbidden")


async def test_elsewhere_is_another_reason_than_nowhere(make: Make) -> None:
    submitter = await make.caller((Role.SUBMITTER, SCHOOL, Reach.SELF))
    answers = await mine(make, submitter, WARD)
    assert answers["nomination:write"] == {
        "permission": "nomination:write",
        "allowed": False,
        "grant_id": None,
        "reason": "not_in_reach",
    }
    assert answers["decision:write"]["reason"] == "no_grant"
    assert answers["authority:read"]["allowed"], "the body above is known"


async def test_who_has_no_grant_reads_who_they_are(make: Make) -> None:
    nobody = await make.caller()
    ok(await nobody.get("/v1/me"))
    answers = await mine(make, nobody, "bo-noi-vu")
    assert {permission for permission, item in answers.items() if item["allowed"]} == {
        Permission.SELF_READ,
        Permission.SELF_WRITE,
    }
    assert {item["grant_id"] for item in answers.values()} == {None}
    refused(await nobody.get("/v1/award-types"), 403, "forbidden")


async def test_a_body_one_may_not_know_is_not_found(make: Make) -> None:
    submitter = await make.submitter(SCHOOL)
    for key in (OTHER_WARD, "truong-tieu-hoc-minh-hoa-uong-bi"):
        authority = str((await make.authority(key)).id)
        answer = await submitter.get("/v1/me/permissions", params={"authority_id": authority})
        assert answer.status_code == (404 if key == OTHER_WARD else 200)
        read = await submitter.get(f"/v1/authorities/{authority}")
        assert read.status_code == answer.status_code
    refused(await submitter.get("/v1/me/permissions"), 422, "invalid_input")


async def test_an_administrator_asks_about_users_in_reach(make: Make) -> None:
    officer = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), home=WARD)
    admin = await make.admin()
    where = {"authority_id": str((await make.authority(SCHOOL)).id)}
    path = f"/v1/users/{officer.user_id}/permissions"
    found = ok(await admin.get(path, params=where))
    assert found["items"] == list((await mine(make, officer, SCHOOL)).values())
    refused(await (await make.admin(OTHER_WARD)).get(path, params=where), 404, "not_found")
    refused(await (await make.officer()).get(path, params=where), 403, "forbidden")
    away = {"authority_id": str((await make.authority(OTHER_WARD)).id)}
    refused(await admin.get(path, params=away), 404, "not_found")
    account = update(UserAccount).where(col(UserAccount.id) == officer.user_id)
    await make.db.exec(account.values(disabled_at=clock.now()))
    await make.db.commit()
    locked = ok(await admin.get(path, params=where))["items"]
    assert {(item["allowed"], item["reason"]) for item in locked} == {(False, "account_disabled")}


# ------------------------------------------------------------ it is what the API does

CALLERS: dict[str, tuple[Role, str, Reach]] = {
    "the school": (Role.SUBMITTER, SCHOOL, Reach.SELF),
    "the officer of the ward": (Role.OFFICER, WARD, Reach.TERRITORY),
    "the chair of the ward": (Role.LEADER, WARD, Reach.TERRITORY),
    "the administrator of the ward": (Role.AUTHORITY_ADMIN, WARD, Reach.TERRITORY),
    "a viewer of the ward": (Role.VIEWER, WARD, Reach.TERRITORY),
    "the officer of the province": (Role.OFFICER, PROVINCE, Reach.TERRITORY),
    "the officer of another ward": (Role.OFFICER, OTHER_WARD, Reach.TERRITORY),
    "the union of the province": (Role.OFFICER, PROVINCIAL_WOMENS_UNION, Reach.LINE),
}
# the things of the builders belong to the ward's committee, but what the school makes to the school
OF_THE_SCHOOL = {Permission.NOMINATION_WRITE, Permission.DEPLOYMENT_WRITE, Permission.CANDIDATE_READ}
# documents, reference data and oneself have no owner; lists show what is in reach and refuse by permission alone; who
# asks whether a user's answers agree is not a question about the body
BY_OWNER = [
    operation
    for operation in GUARDED
    if operation.permission
    not in {
        Permission.SELF_READ,
        Permission.SELF_WRITE,
        Permission.REFERENCE_READ,
        Permission.LEGAL_DOCUMENT_READ,
        Permission.LEGAL_DOCUMENT_WRITE,
    }
    and not (operation.is_list and "{" not in operation.path)
]


@pytest.mark.parametrize("operation", BY_OWNER, ids=lambda operation: operation.id)
async def test_the_answer_is_what_happens(world: World, operation: Operation) -> None:
    assert operation.permission is not None
    key = SCHOOL if operation.permission in OF_THE_SCHOOL or operation.id in _AT_THE_SCHOOL else WARD
    for name, grant in CALLERS.items():
        caller = await world.make.caller(grant)
        ward = str((await world.authority(key)).id)
        asked = await caller.get("/v1/me/permissions", params={"authority_id": ward})
        told = (
            {item["permission"]: item for item in asked.json()["items"]}[operation.permission]["allowed"]
            if asked.is_success
            else False
        )
        answer = await (await prepare(world, operation)).send(caller)
        if told:
            # at another desk, or for the own people of the body only, it is refused for that, not for want of reach
            assert answer.is_success or answer.status_code == 409 or operation.id in _ITSELF, f"{name}: {answer.text}"
        elif operation.id not in _SHOWN_BY_ITSELF:
            assert answer.status_code in (403, 404, 422), f"{name}: {answer.status_code} {answer.text[:300]}"


# not from above: who acts must belong to the body
_ITSELF = {"createDossier", "createDecision"}
# a launched campaign is shown to those it is for, a decision to those it honours, beyond what grants reach
_SHOWN_BY_ITSELF = {"listDeployments", "readCascade", "readCampaign", "readDecision"}
_AT_THE_SCHOOL = {
    "createCandidate", "readCandidate", "readDossier", "readNomination", "readDeployment", "readAward", "readAuthority",
    "readAuthorityLineage", "listAuthorityChildren",
}  # fmt: skip
