"""Who may sign for a body, in which form, on which day (Nghị định 30/2020/NĐ-CP, Điều 13)."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app import clock
from app.models.records import AuditEvent
from app.vocabularies import Reach, Role, SigningForm
from tests.make import OTHER_WARD, WARD, Make
from tests.people import do, opened, sign
from tests.story import SCHOOL, ok, refused


def day(offset: int) -> str:
    """So many days from today."""
    return (clock.today() + timedelta(days=offset)).isoformat()


async def _document(make: Make) -> str:
    page = ok(await (await make.officer()).get("/v1/legal-documents", params={"limit": 1}))
    found: str = page["items"][0]["id"]
    return found


async def test_who_may_sign_here_today_and_in_which_form(make: Make) -> None:
    admin, officer = await make.admin(), await make.officer()
    ward = str((await make.authority(WARD)).id)
    people = {form: (await opened(make, admin, display_name=f"Người Ký {form.en}")) for form in SigningForm}
    document = await _document(make)
    for form, person in people.items():
        fields = {"basis_document_id": document, "valid_to": day(30)} if form == "by_authorisation" else {}
        found = ok(await sign(make, admin, person["id"], form, **fields), 201)
        assert (found["form"], found["state"], found["user"]["id"]) == (form, "in_force", person["id"])

    async def forms(on: str) -> set[str]:
        page = ok(await officer.get("/v1/signers", params={"authority_id": ward, "on": on}))
        return {item["form"] for item in page["items"]}

    assert await forms(day(0)) == set(SigningForm)
    assert await forms(day(31)) == set(SigningForm) - {"by_authorisation"}
    assert await forms(day(-1)) == set()
    mine = ok(await officer.get("/v1/signers", params={"user_id": people[SigningForm.HEAD]["id"]}))
    assert [item["form"] for item in mine["items"]] == ["head"]
    assert mine["items"][0]["allowed_actions"] == [], "an officer reads only"
    await do(admin, people[SigningForm.HEAD], "disable")
    assert await forms(day(0)) == set(SigningForm) - {"head"}, "who is locked out signs nothing"


async def test_it_is_suspended_resumed_and_ended(make: Make) -> None:
    admin = await make.admin()
    found = ok(await sign(make, admin, (await opened(make, admin))["id"]), 201)
    suspended = ok(await do(admin, found, "suspend", "signers"))
    assert (suspended["state"], suspended["allowed_actions"]) == ("suspended", ["resume", "end"])
    page = {"authority_id": found["authority"]["id"], "on": day(0)}
    assert ok(await admin.get("/v1/signers", params=page))["items"] == []
    resumed = ok(await do(admin, suspended, "resume", "signers"))
    assert [item["id"] for item in ok(await admin.get("/v1/signers", params=page))["items"]] == [found["id"]]
    ended = ok(await do(admin, resumed, "end", "signers", valid_to=day(3)))
    assert ended["valid_to"] == day(3)
    assert ok(await admin.get("/v1/signers", params=page | {"on": day(4)}))["items"] == []
    refused(await do(admin, found, "suspend", "signers"), 412, "version_mismatch")
    left = select(AuditEvent).where(AuditEvent.entity == "signer").order_by(col(AuditEvent.id))
    events = (await make.db.exec(left)).all()
    assert [event.action for event in events] == ["given", "suspended", "resumed", "ended"]
    assert [event.reason is not None for event in events] == [False, True, True, True]


async def test_authorisation_is_in_writing_and_ends(make: Make) -> None:
    admin = await make.admin()
    person = (await opened(make, admin))["id"]
    document = await _document(make)
    for fields, pointer, code in (
        ({"valid_to": day(30)}, "/basis_document_id", "authorisation_needs_document"),
        ({"basis_document_id": document}, "/valid_to", "authorisation_needs_end"),
    ):
        problem = refused(await sign(make, admin, person, "by_authorisation", **fields), 422, "invalid_input")
        assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    both = {"basis_document_id": document, "valid_to": day(30)}
    found = ok(await sign(make, admin, person, "by_authorisation", **both), 201)
    assert found["basis_document"]["id"] == document


async def test_who_may_record_it(make: Make) -> None:
    admin = await make.admin()
    person = (await opened(make, admin))["id"]
    refused(await sign(make, await make.admin(OTHER_WARD), person), 404, "not_found")
    refused(await sign(make, await make.officer(), person), 403, "forbidden")
    refused(await sign(make, await make.caller((Role.SYSTEM_ADMIN, WARD, Reach.TERRITORY)), person), 403, "forbidden")
    refused(await sign(make, admin, admin.user_id), 403, "own_account")
    stranger = await make.caller(home=OTHER_WARD)
    for unknown in (stranger.user_id, "00000000-0000-7000-8000-000000000000"):
        problem = refused(await sign(make, admin, unknown), 422, "unknown_reference")
        assert problem["errors"][0]["pointer"] == "/user_id"
    nothing = {"basis_document_id": "00000000-0000-7000-8000-000000000000"}
    refused(await sign(make, admin, person, **nothing), 422, "unknown_reference")
    found = ok(await sign(make, admin, person), 201)
    other = await make.admin(OTHER_WARD)
    refused(await other.get(f"/v1/signers/{found['id']}"), 404, "not_found")
    refused(await do(other, found, "end", "signers"), 404, "not_found")
    refused(await do(await make.officer(), found, "end", "signers"), 403, "forbidden")
    school = ok(await (await make.submitter(SCHOOL)).get("/v1/signers"))
    assert school["items"] == []


async def test_nobody_ends_what_was_given_to_themselves(make: Make) -> None:
    admin, chief = await make.admin(), await make.admin()
    found = ok(await sign(make, chief, admin.user_id), 201)
    assert ok(await admin.get(f"/v1/signers/{found['id']}"))["allowed_actions"] == []
    refused(await do(admin, found, "suspend", "signers"), 403, "own_account")


async def test_the_same_form_is_not_given_twice_in_one_time(make: Make) -> None:
    admin = await make.admin()
    person = (await opened(make, admin))["id"]
    ok(await sign(make, admin, person, valid_to=day(10)), 201)
    refused(await sign(make, admin, person), 409, "signer_exists")
    ok(await sign(make, admin, person, valid_from=day(11)), 201)
    ok(await sign(make, admin, person, "on_behalf_of_body"), 201)


async def test_of_two_who_record_the_same_at_the_same_time_one_does(committed: Make) -> None:
    one, other = await committed.admin(), await committed.admin()
    person = (await opened(committed, one))["id"]
    answers = await asyncio.gather(sign(committed, one, person), sign(committed, other, person))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize("verb", ["suspend", "resume", "end"])
async def test_a_step_needs_the_version(make: Make, verb: str) -> None:
    admin = await make.admin()
    found = ok(await sign(make, admin, (await opened(make, admin))["id"]), 201)
    body = {"reason": "Thử"}
    refused(await admin.post(f"/v1/signers/{found['id']}/{verb}", body), 428, "precondition_required")
