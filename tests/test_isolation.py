"""Every operation of the contract × every kind of caller gives the status that the access rules say.

The operations come from the OpenAPI document; each names its permission there, in `security`. An
operation that this test cannot call yet fails it: nothing is exempt but what is public by name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.access import ROLE_PERMISSIONS
from app.contract import build_openapi
from app.main import create_app
from app.models.authorities import Authority
from app.settings import Settings
from app.vocabularies import Permission, Reach, Role
from tests.make import OTHER_WARD, WARD, Caller, Make
from tests.story import (
    FORWARDING,
    PROVINCIAL_WOMENS_UNION,
    SCHOOL,
    appraised,
    candidate,
    decision_body,
    dossier,
    nomination,
    ok,
    step,
    submitted,
)

OTHER_PROVINCE = "ubnd-thanh-pho-hai-phong"
SCHOOL_NAME = "Trường Tiểu học Minh Họa Uông Bí"
PUBLIC = {
    "login", "refresh", "readPublicKeys", "listVocabularies", "verifyAward",
    "readPublicCampaign", "listPublicCampaigns", "readCampaignForBot", "findCampaignsForBot",
    "readHealth", "readReadiness", "readProblem",
}  # fmt: skip
# any caller who is logged in may read these: they say nothing of anybody's work
FOR_EVERYONE = {Permission.SELF_READ, Permission.REFERENCE_READ, Permission.LEGAL_DOCUMENT_READ}


def _document() -> dict[str, Any]:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return build_openapi(create_app(Settings(database_url="postgresql://nowhere/none", data_dir=Path(folder))))


@dataclass(frozen=True)
class Operation:
    """One operation of the contract."""

    method: str
    path: str
    id: str
    permission: Permission | None
    is_list: bool


def _operations() -> list[Operation]:
    found = []
    document = _document()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            schema = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
            name = (schema or {}).get("$ref", "").rsplit("/", 1)[-1]
            found.append(
                Operation(
                    method.upper(),
                    path,
                    operation["operationId"],
                    Permission(operation["security"][0]["HTTPBearer"][0]) if operation["security"] else None,
                    name.endswith("Page"),
                )
            )
    return found


OPERATIONS = _operations()
GUARDED = [operation for operation in OPERATIONS if operation.id not in PUBLIC]


def test_only_what_is_public_by_name_has_no_permission() -> None:
    assert {operation.id for operation in OPERATIONS if operation.permission is None} == PUBLIC


# ------------------------------------------------------------ the world: one thing of every kind, owned in the ward


@dataclass
class World:
    """The things of ward Uông Bí, and whom they belong to."""

    make: Make
    school: Caller
    officer: Caller
    leader: Caller
    ids: dict[str, str] = field(default_factory=dict)

    async def authority(self, key: str) -> Authority:
        """A body by its key."""
        return await self.make.authority(key)


Build = Callable[[World], Awaitable[tuple[dict[str, str], Any, str | None]]]
_BUILDERS: dict[str, Build] = {}


def call(*operation_ids: str) -> Callable[[Build], Build]:
    """How operations are called: path parameters, body, and the ETag for If-Match."""

    def remember(build: Build) -> Build:
        for name in operation_ids:
            _BUILDERS[name] = build
        return build

    return remember


def _etag(found: dict[str, Any]) -> str:
    return f'"{found["version"]}"'


@call("listCandidates", "listDossiers", "listNominations", "listDecisions", "listAwards", "listAuthorities",
      "listCampaigns", "listAdministrativeUnits", "listAwardTypes", "listLegalDocuments", "readMe")  # fmt: skip
async def _no_arguments(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, None, None


@call("readAwardStatistics", "listHistoricalFigures")
async def _of_the_ward(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"?authority_id": str((await world.authority(WARD)).id)}, None, None


@call("readHistoricalFigure")
async def _figure(world: World) -> tuple[dict[str, str], Any, str | None]:
    ward = str((await world.authority(WARD)).id)
    page = ok(await world.officer.get("/v1/statistics/historical-figures", params={"authority_id": ward, "limit": 1}))
    return {"figure_id": page["items"][0]["id"]}, None, None


@call("readCandidate")
async def _candidate(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"candidate_id": (await candidate(world.make, world.school))["id"]}, None, None


@call("createCandidate")
async def _new_candidate(world: World) -> tuple[dict[str, str], Any, str | None]:
    school = await world.authority(SCHOOL)
    return {}, {"kind": "individual", "name": "Tạ Thị Thu", "authority_id": str(school.id)}, None


@call("readDossier")
async def _dossier(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"dossier_id": (await dossier(world.make, world.school))["id"]}, None, None


@call("createDossier")
async def _new_dossier(world: World) -> tuple[dict[str, str], Any, str | None]:
    school = await world.authority(SCHOOL)
    return {}, {"authority_id": str(school.id), "category": "merit", "year": 2026, "title": "Hồ sơ"}, None


@call("updateDossier")
async def _dossier_to_change(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await dossier(world.make, world.school)
    return {"dossier_id": found["id"]}, {"title": "Tên khác"}, _etag(found)


@call("submitDossier")
async def _dossier_to_submit(world: World) -> tuple[dict[str, str], Any, str | None]:
    draft = await nomination(world.make, world.school, name="Chu Văn Quyết")
    found = ok(await world.school.get(f"/v1/dossiers/{draft['dossier_id']}"))
    return {"dossier_id": found["id"]}, {}, _etag(found)


@call("submitNomination")
async def _returned(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await submitted(world.make, world.school, name="Đào Thị Hạ")
    found = await step(await world.make.officer(), found, "return", {"reason": "Thiếu ảnh"})
    return {"nomination_id": found["id"]}, {}, _etag(found)


@call("readNomination", "updateNomination", "withdrawNomination")
async def _draft(world: World) -> tuple[dict[str, str], Any, str | None]:
    draft = await nomination(world.make, world.school, name="Đào Thị Xuân")
    return {"nomination_id": draft["id"]}, {"reason": "Rút"}, _etag(draft)


@call("createNomination")
async def _new_nomination(world: World) -> tuple[dict[str, str], Any, str | None]:
    person, papers = await candidate(world.make, world.school), await dossier(world.make, world.school)
    body = {
        "dossier_id": papers["id"],
        "candidate_id": person["id"],
        "award_type_code": "gk_chu_tich_ubnd_xa",
        "achievement": "Thành tích",
    }
    return {}, body, None


@call("receiveNomination")
async def _to_receive(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await submitted(world.make, world.school)
    return {"nomination_id": found["id"]}, {}, _etag(found)


@call("returnNomination")
async def _to_return(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await submitted(world.make, world.school)
    return {"nomination_id": found["id"]}, {"reason": "Thiếu"}, _etag(found)


@call("appraiseNomination")
async def _to_appraise(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await step(world.officer, await submitted(world.make, world.school), "receive")
    return {"nomination_id": found["id"]}, {"opinion": "eligible"}, _etag(found)


@call("rejectNomination")
async def _to_reject(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await appraised(world.make, world.school, world.officer)
    return {"nomination_id": found["id"]}, {"reason": "Không đạt"}, _etag(found)


@call("forwardNomination")
async def _to_forward(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await appraised(world.make, world.school, world.officer, "bk_chu_tich_ubnd_tinh")
    return {"nomination_id": found["id"]}, FORWARDING, _etag(found)


@call("createDecision")
async def _new_decision(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await appraised(world.make, world.school, world.officer)
    return {}, await decision_body(world.make, found), None


async def _decided(world: World) -> dict[str, Any]:
    found = await appraised(world.make, world.school, world.officer)
    return ok(await world.leader.post("/v1/decisions", await decision_body(world.make, found)), 201)


@call("readDecision")
async def _decision(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"decision_id": (await _decided(world))["id"]}, None, None


@call("readAward")
async def _award(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"award_id": (await _decided(world))["awards"][0]["id"]}, None, None


@call("readAuthority", "readAuthorityLineage", "listAuthorityChildren")
async def _authority(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"authority_id": str((await world.authority(SCHOOL)).id)}, None, None


@call("readAdministrativeUnit", "readAdministrativeUnitLineage")
async def _unit(world: World) -> tuple[dict[str, str], Any, str | None]:
    page = ok(await world.officer.get("/v1/administrative-units", params={"q": "uong bi", "limit": "1"}))
    return {"unit_id": page["items"][0]["id"]}, None, None


@call("readAwardType")
async def _award_type(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"code": "gk_chu_tich_ubnd_xa"}, None, None


@call("readLegalDocument", "readLegalDocumentCitations")
async def _document_of_the_papers(world: World) -> tuple[dict[str, str], Any, str | None]:
    page = ok(await world.officer.get("/v1/legal-documents", params={"limit": "1"}))
    return {"document_id": page["items"][0]["id"]}, None, None


@call("createLegalDocument")
async def _new_document(world: World) -> tuple[dict[str, str], Any, str | None]:
    ward = await world.authority(WARD)
    return (
        {},
        {"issuer_id": str(ward.id), "type": "plan", "title": "Kế hoạch thử", "number_symbol": "999/KH-UBND"},
        None,
    )


async def _campaign(world: World) -> dict[str, Any]:
    ward = await world.authority(WARD)
    paper = {"issuer_id": str(ward.id), "type": "plan", "title": "Kế hoạch", "number_symbol": "998/KH-UBND"}
    document = ok(await world.officer.post("/v1/legal-documents", paper), 201)
    body = {
        "authority_id": str(ward.id),
        "launch_document_id": document["id"],
        "title": "Phong trào thử",
        "method": "thematic",
        "scope": "sector_local",
    }
    return ok(await world.officer.post("/v1/campaigns", body), 201)


async def _launched(world: World) -> dict[str, Any]:
    found = await _campaign(world)
    return ok(await world.leader.post(f"/v1/campaigns/{found['id']}/launch", {}, etag=_etag(found)))


@call("createCampaign")
async def _new_campaign(world: World) -> tuple[dict[str, str], Any, str | None]:
    ward = await world.authority(WARD)
    body = {"authority_id": str(ward.id), "title": "Phong trào", "method": "regular", "scope": "unit"}
    return {}, body, None


@call("readCampaign", "updateCampaign", "launchCampaign")
async def _drafted_campaign(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _campaign(world)
    return {"campaign_id": found["id"]}, {}, _etag(found)


@call("cancelCampaign", "concludeCampaign")
async def _running_campaign(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _launched(world)
    return {"campaign_id": found["id"]}, {"reason": "Hoàn thành"}, _etag(found)


@call("listDeployments", "readCascade")
async def _deployed_campaign(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"campaign_id": (await _launched(world))["id"]}, None, None


@call("createDeployment")
async def _new_deployment(world: World) -> tuple[dict[str, str], Any, str | None]:
    school = await world.authority(SCHOOL)
    return {"campaign_id": (await _launched(world))["id"]}, {"authority_id": str(school.id)}, None


async def _deployment(world: World) -> dict[str, Any]:
    school, campaign = await world.authority(SCHOOL), await _launched(world)
    path = f"/v1/campaigns/{campaign['id']}/deployments"
    return ok(await world.school.post(path, {"authority_id": str(school.id)}), 201)


_COMMITMENT = {"commitments": [{"kind": "model", "name": "Mô hình"}]}


@call("readDeployment", "deployDeployment")
async def _acknowledged(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _deployment(world)
    return {"deployment_id": found["id"]}, _COMMITMENT, _etag(found)


@call("reportDeployment")
async def _to_report(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _deployment(world)
    deployed = await world.school.post(f"/v1/deployments/{found['id']}/deploy", _COMMITMENT, etag=_etag(found))
    return {"deployment_id": found["id"]}, {"result": "Đạt"}, _etag(ok(deployed))


@call("logout")
async def _logout(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {}, None


# ------------------------------------------------------------ the callers


@pytest.fixture
async def world(make: Make) -> World:
    """Ward Uông Bí at work."""
    return World(make, await make.submitter(SCHOOL), await make.officer(), await make.leader())


def right_role(permission: Permission) -> tuple[Role, str, Reach]:
    """Who does this work in the ward: the unit, the standing body or the chair."""
    for role, key, reach in (
        (Role.SUBMITTER, SCHOOL, Reach.SELF),
        (Role.OFFICER, WARD, Reach.TERRITORY),
        (Role.LEADER, WARD, Reach.TERRITORY),
    ):
        if permission in ROLE_PERMISSIONS[role] and (role != Role.SUBMITTER or permission.endswith(":write")):
            return role, key, reach
    raise AssertionError(f"nobody holds {permission}")


def _wrong_role(permission: Permission) -> tuple[Role, str, Reach]:
    for role in (Role.VIEWER, Role.FINANCE, Role.SYSTEM_ADMIN):
        if permission not in ROLE_PERMISSIONS[role]:
            return role, WARD, Reach.TERRITORY
    raise AssertionError(f"every role holds {permission}")


async def request_of(world: World, operation: Operation) -> tuple[str, dict[str, Any]]:
    """Path and options of one good call of an operation."""
    parameters, body, etag = await _BUILDERS[operation.id](world)
    path = operation.path
    query = {name[1:]: value for name, value in parameters.items() if name.startswith("?")}
    for name, value in parameters.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, f"{operation.id}: {path} needs more than {sorted(parameters)}"
    if operation.id == "updateNomination":
        body = {"achievement": "Đã sửa"}
    options: dict[str, Any] = {"params": query, "headers": {"If-Match": etag} if etag else {}}
    if operation.method != "GET":
        options["json"] = body
    return path, options


async def _send(world: World, operation: Operation, caller: Caller | None) -> httpx.Response:
    path, options = await request_of(world, operation)
    return await (caller or world.make.client).request(operation.method, path, **options)


OUTSIDERS = [
    pytest.param((OTHER_WARD, Reach.TERRITORY), id="other ward"),
    pytest.param((OTHER_PROVINCE, Reach.TERRITORY), id="other province"),
    pytest.param((PROVINCIAL_WOMENS_UNION, Reach.LINE), id="own line of the women's union"),
]
every_operation = pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.id)


@every_operation
async def test_the_anonymous_is_refused(world: World, operation: Operation) -> None:
    answer = await _send(world, operation, None)
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("outsider", OUTSIDERS)
@every_operation
async def test_an_outsider_is_shown_nothing(world: World, operation: Operation, outsider: tuple[str, Reach]) -> None:
    assert operation.permission is not None
    key, reach = outsider
    role = right_role(operation.permission)[0]
    caller = await world.make.caller((role, key, reach))
    answer = await _send(world, operation, caller)
    if operation.permission in FOR_EVERYONE:
        assert answer.is_success, answer.text
    elif operation.is_list and "{" not in operation.path and answer.status_code == 200:
        ward = await world.authority(WARD)
        assert ward.name not in answer.text and SCHOOL_NAME not in answer.text, "a row of the ward is shown"
    elif answer.status_code == 422:
        # a body outside reach that a request only refers to is as unknown as one that does not exist
        assert answer.json()["code"] == "unknown_reference", answer.text
    else:
        assert answer.status_code == 404, f"{answer.status_code}: {answer.text[:400]}"


@pytest.mark.parametrize(
    "operation",
    [o for o in GUARDED if not all(o.permission in held for held in ROLE_PERMISSIONS.values())],
    ids=lambda operation: operation.id,
)
async def test_the_wrong_role_of_the_own_ward_is_refused(world: World, operation: Operation) -> None:
    assert operation.permission is not None
    caller = await world.make.caller(_wrong_role(operation.permission))
    answer = await _send(world, operation, caller)
    assert answer.status_code == 403, f"{answer.status_code}: {answer.text[:400]}"
    assert answer.json()["code"] == "forbidden"


@every_operation
async def test_the_right_role_of_the_own_ward_is_served(world: World, operation: Operation) -> None:
    assert operation.permission is not None
    caller = await world.make.caller(right_role(operation.permission))
    answer = await _send(world, operation, caller)
    assert answer.is_success, f"{answer.status_code}: {answer.text[:400]}"


def test_every_guarded_operation_is_known_here(app: FastAPI) -> None:
    unknown = {operation.id for operation in GUARDED} - set(_BUILDERS)
    assert not unknown, f"teach this test how to call {sorted(unknown)}"
