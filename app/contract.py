"""The OpenAPI document: what FastAPI generates, made true and complete.

Errors are problem documents, headers a caller must send are marked required, and every operation lists
the refusals it can give. The file `openapi/openapi.json` is this document, compared byte by byte in tests.
"""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.answers import LONGEST_CONDITION
from app.contract_examples import add_examples
from app.contract_links import add_links
from app.problems import MERGE_PATCH_MEDIA_TYPE, PLACE_CODES, PROBLEM_MEDIA_TYPE, REGISTRY
from app.reading_purpose import PURPOSE_HEADER
from app.refusals import INPUT_CODES
from app.vocabularies import Permission, Purpose

API_VERSION = "1.1.0"

DESCRIPTION = """
API cho công tác **thi đua, khen thưởng**: phong trào từ trung ương đến khu phố, hồ sơ đề nghị khen thưởng,
quyết định, sổ vàng và số liệu qua các lần sáp nhập đơn vị hành chính.

* Mọi lỗi có một dạng (RFC 9457) với `code` ổn định; danh mục tại `/problems`.
* Danh sách trả về `items` và `next_cursor`; gửi lại `cursor` để lấy trang sau.
* Thao tác ghi cần `Idempotency-Key`; thay đổi bản đã có cần `If-Match` với `ETag` đã đọc.
* `allowed_actions` cho biết người gọi được làm gì tiếp theo.
* Tham số hoặc trường không có trong hợp đồng bị từ chối (422), không bị bỏ qua.
* Câu trả lời luôn là JSON (lỗi: `application/problem+json`), dù `Accept` ghi gì. Mỗi GET trả lời cả HEAD.
"""

TAGS = [
    ("public", "Thông tin công khai, không cần đăng nhập: phong trào theo mã, xác minh khen thưởng."),
    ("bot", "Câu trả lời ngắn bằng tiếng Việt cho bot Zalo OA, không cần đăng nhập."),
    ("auth", "Đăng nhập, gia hạn, đăng xuất, nhận lời mời; khóa công khai (JWKS)."),
    ("me", "Người gọi là ai, được làm gì, ở đâu."),
    ("reference", "Danh mục: từ vựng, đơn vị hành chính, loại khen thưởng."),
    ("authorities", "Cơ quan, tổ chức, đơn vị theo địa bàn và theo hệ thống."),
    ("legal-documents", "Văn bản và quan hệ viện dẫn."),
    ("campaigns", "Phong trào thi đua và việc triển khai của các đơn vị."),
    ("candidates", "Cá nhân, tập thể, hộ gia đình được đề nghị."),
    ("nominations", "Hồ sơ và đề nghị khen thưởng."),
    ("decisions", "Quyết định khen thưởng và sổ vàng."),
    ("statistics", "Số liệu từ sổ vàng và từ các báo cáo trước đây."),
    ("users", "Tài khoản, lời mời, phân quyền; ai được làm gì ở đâu."),
    ("signers", "Ai được ký văn bản của cơ quan: TM., KT., TL., TUQ. (Nghị định 30/2020/NĐ-CP, Điều 13)."),
    ("audit", "Nhật ký: ai đã làm gì, lúc nào, theo phân quyền nào; xem hoặc xuất dữ liệu để làm gì."),
    ("operation", "Tình trạng hệ thống."),
]

# every operation refuses query parameters it does not know
_ALWAYS = (422, 500, 503)
_TITLES = {
    400: "Yêu cầu không đọc được hoặc thiếu Idempotency-Key",
    401: "Chưa đăng nhập",
    403: "Không đủ quyền",
    404: "Không tìm thấy, hoặc ngoài phạm vi được giao",
    409: "Trạng thái hiện tại không cho phép",
    412: "Bản ghi đã thay đổi",
    413: "Nội dung quá lớn",
    415: "Kiểu nội dung không được hỗ trợ",
    422: "Dữ liệu không hợp lệ",
    428: "Thiếu If-Match",
    429: "Quá nhiều yêu cầu",
    500: "Lỗi hệ thống",
    503: "Tạm thời chưa phục vụ được",
}

_PATH_PARAMETERS = {
    "authority_id": "Mã định danh của cơ quan, đơn vị",
    "award_id": "Mã định danh của khen thưởng trong sổ vàng",
    "campaign_id": "Mã định danh của phong trào",
    "candidate_id": "Mã định danh của đối tượng được đề nghị",
    "decision_id": "Mã định danh của quyết định",
    "deployment_id": "Mã định danh của việc triển khai",
    "document_id": "Mã định danh của văn bản",
    "dossier_id": "Mã định danh của hồ sơ",
    "figure_id": "Mã định danh của số liệu",
    "grant_id": "Mã định danh của phân quyền",
    "nomination_id": "Mã định danh của đề nghị",
    "session_id": "Mã định danh của phiên đăng nhập",
    "signer_id": "Mã định danh của việc giao ký",
    "number": "Số của sự kiện trong nhật ký",
    "unit_id": "Mã định danh của đơn vị hành chính",
    "user_id": "Mã định danh của người dùng",
}
_ALWAYS_HEADERS = ("X-Request-ID", "API-Version")
# name → description, whether it always comes, schema, example
_HEADERS: dict[str, tuple[str, bool, dict[str, Any], str | int]] = {
    "ETag": (
        "Phiên bản của bản ghi",
        True,
        {"type": "string", "pattern": '^"[^"]+"$', "maxLength": 100},
        '"1.5d3f0a9be2c4"',
    ),
    "Location": (
        "Địa chỉ của bản ghi mới",
        True,
        {"type": "string", "pattern": "^/v1/", "maxLength": 300},
        "/v1/candidates/01a1f677-aa80-7000-8000-000000000043",
    ),
    "X-Request-ID": (
        "Mã yêu cầu",
        True,
        {"type": "string", "minLength": 8, "maxLength": 100},
        "01a1f677-aa80-7000-8000-000000000001",
    ),
    "API-Version": (
        "Phiên bản API",
        True,
        {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$", "maxLength": 20},
        API_VERSION,
    ),
    "Idempotency-Replayed": (
        "true: kết quả của lần gửi trước được trả lại",
        False,
        {"type": "string", "enum": ["true"]},
        "true",
    ),
    "WWW-Authenticate": ("Cách đăng nhập", True, {"type": "string", "enum": ["Bearer"]}, "Bearer"),
    "Retry-After": ("Số giây nên chờ", True, {"type": "integer", "minimum": 0, "maximum": 86_400}, 2),
}

_PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Lời từ chối theo RFC 9457. `code` ổn định, `detail` hiển thị được cho người dùng.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "maxLength": 300},
        "title": {"type": "string", "maxLength": 200},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "maxLength": 4000},
        "instance": {"type": "string", "maxLength": 200},
        "code": {"type": "string", "enum": sorted(REGISTRY)},
        "errors": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "maxLength": 300,
                        "description": "Con trỏ JSON vào phần thân, hoặc ?tên cho tham số.",
                    },
                    "code": {"type": "string", "enum": sorted(INPUT_CODES | {*PLACE_CODES, *REGISTRY})},
                    "detail": {"type": "string", "maxLength": 1000},
                },
                "additionalProperties": False,
            },
        },
        "allowed_actions": {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 40}},
    },
    "additionalProperties": True,
}


def operation(
    permission: Permission | None,
    *,
    conditional: bool = False,
    personal: bool = False,
    refusals: Sequence[int] = (),
) -> dict[str, Any]:
    """What an operation says of itself in the contract (`openapi_extra`).

    `permission` is what the caller must hold, None where it is public by name; `conditional` answers
    If-None-Match; `personal` says that the read is logged, with the header Access-Purpose; `refusals` are statuses that do not follow from its parameters.
    """
    extra: dict[str, Any] = {"x-refusals": list(refusals)}
    if permission is None:
        extra["security"] = []
    else:
        extra["x-permission"] = permission.value
    if conditional:
        extra["x-conditional"] = True
    if personal:
        extra["x-personal"] = True
    return extra


def operation_id(route: APIRoute) -> str:
    """`list_campaigns` → `listCampaigns`: stable, so that the names of generated clients never change."""
    first, *rest = route.name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application."""
    document = get_openapi(
        title="TĐKT API",
        version=API_VERSION,
        summary="API thi đua, khen thưởng",
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS],
        servers=[{"url": "/", "description": "Máy chủ này"}],
        license_info={"name": "MIT", "identifier": "MIT"},
        separate_input_output_schemas=False,
    )
    # not as an argument: the framework wants one more package to look at the address
    document["info"]["contact"] = {"name": "TĐKT API", "url": "https://tdkt.local/", "email": "hotro@tdkt.local"}
    for operations in document["paths"].values():
        for operation in operations.values():
            _complete(operation)
        if "patch" in operations:
            content = operations["patch"]["requestBody"]["content"]
            content[MERGE_PATCH_MEDIA_TYPE] = content["application/json"]
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM_SCHEMA
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["responses"] = {
        f"Problem{status}": {
            "description": title,
            "headers": _headers(*_ALWAYS_HEADERS) | _PROBLEM_HEADERS.get(status, {}),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, title in _TITLES.items()
    }
    document["components"]["headers"] = {name: _header(name) for name in _HEADERS}
    add_examples(document)
    add_links(document)
    return document


def _complete(operation: dict[str, Any]) -> None:
    parameters = operation.get("parameters", [])
    names = {parameter["name"] for parameter in parameters}
    for parameter in parameters:
        if parameter["in"] == "path" and parameter["name"] in _PATH_PARAMETERS:
            parameter.setdefault("description", _PATH_PARAMETERS[parameter["name"]])
        if parameter["name"] in ("If-Match", "Idempotency-Key"):
            parameter["required"] = True
            _only_text(parameter)
        if parameter["name"] == "Idempotency-Key":
            # what is shorter is refused with the same problem as a missing one
            parameter["schema"] |= {"minLength": 8}
    permission = operation.pop("x-permission", None)
    public = permission is None
    if permission is not None:
        # a role name of the scheme, as OpenAPI 3.1 has it: generated clients and readers see one list
        operation["security"] = [{name: [permission] for name in operation["security"][0]}]
        operation["description"] = (
            f"{operation.get('description', '').rstrip()}\n\nQuyền cần có: {Permission(permission).vi} (`{permission}`)."
        )
    statuses = {*_ALWAYS}
    if not public:
        statuses |= {401, 403}
    if not public or any(parameter["in"] == "path" for parameter in parameters):
        statuses |= {404}
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    if "Idempotency-Key" in names:
        statuses |= {400, 409}
    if "If-Match" in names:
        statuses |= {409, 412, 428}
    statuses |= set(operation.pop("x-refusals", []))
    responses = operation["responses"]
    for answer in responses.values():
        # the framework's own words
        if answer["description"] == "Successful Response":
            answer["description"] = "Thành công"
    if operation.pop("x-personal", False):
        operation.setdefault("parameters", []).append(
            {
                "name": PURPOSE_HEADER,
                "in": "header",
                "required": False,
                "description": "Xem để làm gì; việc xem được ghi vào nhật ký cùng mục đích này.",
                "schema": {"type": "string", "enum": [*Purpose]},
            }
        )
    conditional = operation.pop("x-conditional", False)
    if conditional:
        operation.setdefault("parameters", []).append(
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "description": "ETag đã có; chưa đổi thì nhận 304.",
                "schema": {"type": "string", "maxLength": LONGEST_CONDITION},
            }
        )
        responses["304"] = {"description": "Chưa thay đổi"}
    for status, response in responses.items():
        if status.startswith(("2", "3")):
            headers = [*_ALWAYS_HEADERS]
            if conditional or "If-Match" in names or "Idempotency-Key" in names:
                headers.append("ETag")
            if status == "201":
                headers.append("Location")
            if "Idempotency-Key" in names:
                headers.append("Idempotency-Replayed")
            response["headers"] = _headers(*headers)
    responses.pop("422", None)
    for status in sorted(statuses):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"] = dict(sorted(responses.items()))


def _header(name: str) -> dict[str, Any]:
    description, required, schema, example = _HEADERS[name]
    return {"description": description, "required": required, "schema": schema, "example": example}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


_PROBLEM_HEADERS = {
    401: _headers("WWW-Authenticate"),
    # only where another request works on the same record
    409: {"Retry-After": _header("Retry-After") | {"required": False}},
    429: _headers("Retry-After"),
    503: _headers("Retry-After"),
}


def _only_text(parameter: dict[str, Any]) -> None:
    """A required header is text, never null."""
    schema = parameter["schema"]
    for option in schema.pop("anyOf", []):
        if option.get("type") != "null":
            schema.update(option)


def contract_text(app: FastAPI) -> str:
    """The document as it is committed: stable order, readable, one final newline."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"
