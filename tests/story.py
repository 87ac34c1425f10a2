"""Steps that many tests share: a school's dossier on its way to the ward and the province."""

from typing import Any

import httpx

from tests.make import WARD, Caller, Make

SCHOOL = "truong-tieu-hoc-minh-hoa-uong-bi"
WOMENS_UNION = "hoi-lhpn-phuong-uong-bi"
PROVINCIAL_WOMENS_UNION = "hoi-lhpn-tinh-quang-ninh"


def ok(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer that must be a success."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body: dict[str, Any] = response.json()
    return body


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer that must be a refusal."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    return body


async def candidate(make: Make, caller: Caller, key: str = SCHOOL, **fields: Any) -> dict[str, Any]:
    """A stored candidate of a body."""
    authority = await make.authority(key)
    body = {"kind": "individual", "name": "Nguyễn Thị Hoa Ban", "authority_id": str(authority.id)} | fields
    return ok(await caller.post("/v1/candidates", body), 201)


async def dossier(make: Make, caller: Caller, key: str = SCHOOL, **fields: Any) -> dict[str, Any]:
    """A drafted dossier of a body, with its submission number."""
    authority = await make.authority(key)
    body = {
        "authority_id": str(authority.id),
        "category": "merit",
        "year": 2026,
        "title": "Đề nghị khen thưởng năm học 2025-2026",
        "submission_number": "12/TTr-THMH",
        "submission_date": "2026-06-01",
    } | fields
    return ok(await caller.post("/v1/dossiers", body), 201)


async def nomination(
    make: Make, caller: Caller, award_type: str = "gk_chu_tich_ubnd_xa", key: str = SCHOOL, **fields: Any
) -> dict[str, Any]:
    """A drafted nomination in a dossier of its own."""
    person = await candidate(make, caller, key, **fields)
    papers = await dossier(make, caller, key)
    body = {
        "dossier_id": papers["id"],
        "candidate_id": person["id"],
        "award_type_code": award_type,
        "achievement": "Hoàn thành xuất sắc nhiệm vụ, có sáng kiến được nhà trường công nhận.",
    }
    return ok(await caller.post("/v1/nominations", body), 201)


async def step(caller: Caller, found: dict[str, Any], action: str, body: Any = None, status: int = 200) -> Any:
    """Take one step with the version that `found` shows."""
    answer = await caller.post(f"/v1/nominations/{found['id']}/{action}", body or {}, etag=f'"{found["version"]}"')
    assert answer.status_code == status, f"{action}: {answer.status_code} {answer.text}"
    return answer.json()


async def submitted(make: Make, caller: Caller, award_type: str = "gk_chu_tich_ubnd_xa", **options: Any) -> Any:
    """A nomination that the unit has submitted with its dossier."""
    draft = await nomination(make, caller, award_type, **options)
    papers = (await caller.get(f"/v1/dossiers/{draft['dossier_id']}")).json()
    ok(await caller.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{papers["version"]}"'))
    return ok(await caller.get(f"/v1/nominations/{draft['id']}"))


async def appraised(
    make: Make, caller: Caller, officer: Caller, award_type: str = "gk_chu_tich_ubnd_xa", **options: Any
) -> Any:
    """A nomination that the ward's standing body has received and appraised."""
    found = await submitted(make, caller, award_type, **options)
    found = await step(officer, found, "receive")
    return await step(officer, found, "appraise", {"opinion": "eligible", "note": "Đủ tiêu chuẩn."})


async def decision_body(make: Make, *found: dict[str, Any], key: str = WARD, **fields: Any) -> dict[str, Any]:
    """A decision on these nominations."""
    authority = await make.authority(key)
    return {
        "authority_id": str(authority.id),
        "nomination_ids": [n["id"] for n in found],
        "title": "Về việc tặng Giấy khen cho tập thể, cá nhân có thành tích",
        "decided_on": "2026-11-20",
        "signer_name": "Lê Văn Lãnh Đạo",
        "signer_position": "Chủ tịch",
        "signing_form": "on_behalf_of_body",
    } | fields


FORWARDING = {"submission_number": "45/TTr-UBND", "submission_date": "2026-11-19"}
