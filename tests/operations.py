"""Every operation of the contract, and how it is called for real in ward Uông Bí: tests are generated from both."""

import itertools
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.access import ROLE_PERMISSIONS
from app.contract import build_openapi
from app.main import create_app
from app.models.authorities import Authority
from app.settings import Settings
from app.vocabularies import Permission, Reach, Role
from tests.accounts import PASSWORD, code_of
from tests.make import WARD, Caller, Make
from tests.story import (
    FORWARDING,
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

PUBLIC = {
    "login", "refresh", "acceptInvitation", "readPublicKeys", "listVocabularies", "verifyAward",
    "readPublicCampaign", "listPublicCampaigns", "readCampaignForBot", "findCampaignsForBot",
    "readHealth", "readReadiness", "readProblem", "listProblems",
}  # fmt: skip


def _contract() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return build_openapi(create_app(Settings(database_url="postgresql://nowhere/none", data_dir=Path(folder))))


DOCUMENT = _contract()


@dataclass(frozen=True)
class Operation:
    """One operation of the contract."""

    method: str
    path: str
    id: str
    permission: Permission | None
    is_list: bool
    parameters: tuple[dict[str, Any], ...]
    body: bool
    is_file: bool

    def takes(self, name: str) -> bool:
        """Whether a parameter of this name is declared."""
        return any(parameter["name"] == name for parameter in self.parameters)


def _operations() -> list[Operation]:
    found = []
    for path, methods in DOCUMENT["paths"].items():
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
                    tuple(operation.get("parameters", ())),
                    "requestBody" in operation,
                    method == "get" and "application/json" not in operation["responses"]["200"]["content"],
                )
            )
    return found


_numbers = itertools.count(1001)
OPERATIONS = _operations()
GUARDED = [operation for operation in OPERATIONS if operation.id not in PUBLIC]


# ------------------------------------------------------------ the world: one thing of every kind, owned in the ward


@dataclass
class World:
    """The things of ward Uông Bí, and whom they belong to."""

    make: Make
    school: Caller
    officer: Caller
    leader: Caller
    admin: Caller

    @classmethod
    async def at_work(cls, make: Make) -> "World":
        """With the school that nominates, the standing body, the chair, and who administers their accounts."""
        return cls(make, await make.submitter(SCHOOL), await make.officer(), await make.leader(), await make.admin())

    async def authority(self, key: str) -> Authority:
        """A body by its key."""
        return await self.make.authority(key)


Build = Callable[[World], Awaitable[tuple[dict[str, str], Any, str | None]]]
BUILDERS: dict[str, Build] = {}


def call(*operation_ids: str) -> Callable[[Build], Build]:
    """How operations are called: path parameters, body, and the ETag for If-Match."""

    def remember(build: Build) -> Build:
        for name in operation_ids:
            BUILDERS[name] = build
        return build

    return remember


def _etag(found: dict[str, Any]) -> str:
    return f'"{found["version"]}"'


@call("listCandidates", "listDossiers", "listNominations", "listDecisions", "listAwards", "listAuthorities",
      "listCampaigns", "listAdministrativeUnits", "listAwardTypes", "listLegalDocuments", "listUsers", "listSigners",
      "readMe")  # fmt: skip
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
    number = {"submission_number": "15/TTr-THMH", "submission_date": "2026-06-01"}
    return {}, {"authority_id": str(school.id), "category": "merit", "year": 2026, "title": "Hồ sơ"} | number, None


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


@call("updateNomination")
async def _draft_to_change(world: World) -> tuple[dict[str, str], Any, str | None]:
    draft = await nomination(world.make, world.school, name="Đào Thị Thu")
    return {"nomination_id": draft["id"]}, {"achievement": "Đã sửa"}, _etag(draft)


@call("readNomination", "withdrawNomination")
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


@call("listAuditEvents")
async def _log(world: World) -> tuple[dict[str, str], Any, str | None]:
    await candidate(world.make, world.school)
    return {}, None, None


@call("exportAuditLog")
async def _log_of_another_time(world: World) -> tuple[dict[str, str], Any, str | None]:
    # not of today: every export is an event of its own
    ward = str((await world.authority(WARD)).id)
    return (
        {"authority_id": ward, "?format": "csv", "?purpose": "inspection", "?until": "2020-01-01T00:00:00Z"},
        None,
        None,
    )


@call("readAuditEvent")
async def _event(world: World) -> tuple[dict[str, str], Any, str | None]:
    made = await candidate(world.make, world.school)
    rows = await world.make.connection.exec_driver_sql("select id from audit_event where entity_id = $1", (made["id"],))
    return {"number": str(rows.scalar_one())}, None, None


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
    paper = {
        "issuer_id": str(ward.id),
        "type": "plan",
        "title": "Kế hoạch",
        "number_symbol": f"{next(_numbers)}/KH-UBND",
    }
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


# ------------------------------------------------------------ administration


_REASON = {"reason": "Theo quyết định phân công công tác"}


async def _user(world: World) -> dict[str, Any]:
    ward = await world.authority(WARD)
    body = {
        "username": f"Can.Bo.{next(_numbers)}",
        "display_name": "Ngô Thị Hồng Thắm",
        "authority_id": str(ward.id),
    }
    return ok(await world.admin.post("/v1/users", body), 201)


@call("createUser")
async def _new_user(world: World) -> tuple[dict[str, str], Any, str | None]:
    ward = await world.authority(WARD)
    return (
        {},
        {"username": f"hong.tham.{next(_numbers)}", "display_name": "Ngô Thị Hồng Thắm", "authority_id": str(ward.id)},
        None,
    )


@call("readUser", "disableUser", "inviteUser")
async def _enabled_user(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _user(world)
    return {"user_id": found["id"]}, _REASON, _etag(found)


@call("updateUser")
async def _user_to_change(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _user(world)
    return {"user_id": found["id"]}, {"display_name": "Ngô Hồng Thắm"}, _etag(found)


@call("enableUser")
async def _disabled_user(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _user(world)
    found = ok(await world.admin.post(f"/v1/users/{found['id']}/disable", _REASON, etag=_etag(found)))
    return {"user_id": found["id"]}, _REASON, _etag(found)


@call("readUserPermissions")
async def _user_at_the_ward(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"user_id": (await _user(world))["id"], "?authority_id": str((await world.authority(WARD)).id)}, None, None


@call("readMyPermissions")
async def _at_a_body_that_everybody_knows(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"?authority_id": str((await world.authority("bo-noi-vu")).id)}, None, None


async def _grant_body(world: World) -> dict[str, Any]:
    return {"role": "viewer", "authority_id": str((await world.authority(WARD)).id), "reach": "self"}


@call("listGrants", "createGrant")
async def _user_to_grant(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"user_id": (await _user(world))["id"]}, await _grant_body(world), None


async def _grant(world: World) -> dict[str, Any]:
    found = await _user(world)
    return ok(await world.admin.post(f"/v1/users/{found['id']}/grants", await _grant_body(world)), 201)


@call("readGrant", "suspendGrant", "endGrant")
async def _grant_in_force(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _grant(world)
    return {"grant_id": found["id"]}, _REASON, _etag(found)


@call("resumeGrant")
async def _suspended_grant(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = await _grant(world)
    found = ok(await world.admin.post(f"/v1/grants/{found['id']}/suspend", _REASON, etag=_etag(found)))
    return {"grant_id": found["id"]}, _REASON, _etag(found)


async def _signer_body(world: World) -> dict[str, Any]:
    ward = await world.authority(WARD)
    return {
        "authority_id": str(ward.id),
        "user_id": (await _user(world))["id"],
        "form": "for_head",
        "position": "Phó Chủ tịch",
    }


@call("createSigner")
async def _new_signer(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, await _signer_body(world), None


@call("readSigner", "suspendSigner", "endSigner")
async def _signer(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = ok(await world.admin.post("/v1/signers", await _signer_body(world)), 201)
    return {"signer_id": found["id"]}, _REASON, _etag(found)


@call("resumeSigner")
async def _suspended_signer(world: World) -> tuple[dict[str, str], Any, str | None]:
    found = ok(await world.admin.post("/v1/signers", await _signer_body(world)), 201)
    found = ok(await world.admin.post(f"/v1/signers/{found['id']}/suspend", _REASON, etag=_etag(found)))
    return {"signer_id": found["id"]}, _REASON, _etag(found)


@call("logout")
async def _logout(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {}, None


# ------------------------------------------------------------ one's own account

NEW_PASSWORD = "bảy con cò trắng bay ngang ruộng muối"


@call("listSessions", "readSecondFactor")
async def _own_account(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, None, None


@call("logOutOthers", "beginSecondFactor", "removeSecondFactor", "renewRecoveryCodes")
async def _own_change(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {}, None


@call("confirm")
async def _confirm(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {"password": PASSWORD}, None


@call("changePassword")
async def _change_password(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {"current_password": PASSWORD, "new_password": NEW_PASSWORD}, None


@call("activateSecondFactor")
async def _activate(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {"code": "000000"}, None


@call("endSession")
async def _end_session(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {"session_id": str(uuid.uuid4())}, {}, None


async def _own_session(caller: Caller) -> tuple[dict[str, str], Any]:
    page = ok(await caller.get("/v1/sessions"))
    return {"session_id": page["items"][-1]["id"]}, {}


async def _own_begun(caller: Caller) -> tuple[dict[str, str], Any]:
    begun = ok(await caller.post("/v1/auth/second-factor"))
    return {}, {"code": code_of(begun["secret"])}


async def _own_active(caller: Caller) -> tuple[dict[str, str], Any]:
    _, body = await _own_begun(caller)
    ok(await caller.post("/v1/auth/activate-second-factor", body))
    return {}, {}


# what only the caller can have made: path parameters and body
OWN: dict[str, Callable[[Caller], Awaitable[tuple[dict[str, str], Any]]]] = {
    "endSession": _own_session,
    "activateSecondFactor": _own_begun,
    "renewRecoveryCodes": _own_active,
}


# ------------------------------------------------------------ what anybody may call


@call("readPublicKeys", "listVocabularies", "listPublicCampaigns", "findCampaignsForBot", "listProblems", "readHealth",
      "readReadiness")  # fmt: skip
async def _nothing(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, None, None


@call("readPublicCampaign", "readCampaignForBot")
async def _public_campaign(world: World) -> tuple[dict[str, str], Any, str | None]:
    page = ok(await world.make.client.get("/v1/public/campaigns", params={"limit": 1}))
    return {"code": page["items"][0]["code"]}, None, None


@call("verifyAward")
async def _certificate(world: World) -> tuple[dict[str, str], Any, str | None]:
    return {"verification_code": (await _decided(world))["awards"][0]["verification_code"]}, None, None


@call("readProblem")
async def _problem(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {"code": "version_mismatch"}, None, None


@call("login")
async def _login(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {"username": "khong.co.ai", "password": "khong-phai-mat-khau"}, None


@call("refresh")
async def _refresh(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {"refresh_token": "khong-phai-ma-gia-han-nao-ca"}, None


@call("acceptInvitation")
async def _invitation(_: World) -> tuple[dict[str, str], Any, str | None]:
    return {}, {"token": "khong-phai-ma-moi-nao-ca", "password": "một mật khẩu đủ dài"}, None


# ------------------------------------------------------------ calling


@dataclass
class Prepared:
    """A request that a caller with the right role is served."""

    operation: Operation
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    async def send(self, client: httpx.AsyncClient | Caller, method: str | None = None) -> httpx.Response:
        """Send it, perhaps with another method."""
        options: dict[str, Any] = {"params": self.query, "headers": self.headers}
        if self.body is not None:
            options["json"] = self.body
        return await client.request(method or self.operation.method, self.path, **options)


async def prepare(world: World, operation: Operation, caller: Caller | None = None) -> Prepared:
    """What is needed for the request, made first; for what is the caller's very own, with the caller."""
    parameters, body, etag = await BUILDERS[operation.id](world)
    if caller is not None and operation.id in OWN:
        parameters, body = await OWN[operation.id](caller)
    path = operation.path
    query = {name[1:]: value for name, value in parameters.items() if name.startswith("?")}
    for name, value in parameters.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, f"{operation.id}: {path} needs more than {sorted(parameters)}"
    # what builds a resource for several operations may know a body that this one does not take
    sends_body = operation.method != "GET" and (operation.body or body == {})
    headers = {"If-Match": etag} if etag and operation.takes("If-Match") else {}
    return Prepared(operation, path, query, headers, body if sends_body else None)


async def served(world: World, operation: Operation) -> httpx.AsyncClient | Caller:
    """Whoever may call it: anybody where it is public, else the right role in the ward."""
    if operation.permission is None:
        return world.make.client
    return await world.make.caller(right_role(operation.permission))


def right_role(permission: Permission) -> tuple[Role, str, Reach]:
    """Who does this work in the ward: the unit, the standing body, the chair, who administers, or who inspects."""
    for role, key, reach in (
        (Role.SUBMITTER, SCHOOL, Reach.SELF),
        (Role.OFFICER, WARD, Reach.TERRITORY),
        (Role.LEADER, WARD, Reach.TERRITORY),
        (Role.AUTHORITY_ADMIN, WARD, Reach.TERRITORY),
        (Role.AUDITOR, WARD, Reach.TERRITORY),
    ):
        if permission in ROLE_PERMISSIONS[role] and (role != Role.SUBMITTER or permission.endswith(":write")):
            return role, key, reach
    raise AssertionError(f"nobody holds {permission}")
