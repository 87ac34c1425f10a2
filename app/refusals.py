"""From an exception to the problem document: our own problems, input errors, paths and methods that do not exist."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.problems import MERGE_PATCH_MEDIA_TYPE, PROBLEM_MEDIA_TYPE, Problem, preferred_language

# type of a pydantic error → our code, Vietnamese and English sentence over its context
_INPUT_ERRORS: dict[str, tuple[str, str, str]] = {
    "missing": ("required", "Thiếu giá trị bắt buộc.", "A required value is missing."),
    "extra_forbidden": (
        "unknown_field",
        "Trường này không có trong API; hãy bỏ đi hoặc kiểm tra chính tả.",
        "This field is not part of the API; remove it or check its spelling.",
    ),
    "repeated_parameter": (
        "repeated_parameter",
        "Tham số này chỉ nhận một giá trị; hãy gửi một lần.",
        "This parameter takes one value; send it once.",
    ),
    "string_too_short": ("too_short", "Cần ít nhất {min_length} ký tự.", "At least {min_length} characters."),
    "string_too_long": ("too_long", "Tối đa {max_length} ký tự.", "At most {max_length} characters."),
    "string_pattern_mismatch": ("wrong_format", "Không đúng định dạng {pattern}.", "Does not match {pattern}."),
    "string_type": ("wrong_type", "Phải là chuỗi ký tự.", "Must be text."),
    "string_unicode": ("wrong_type", "Phải là chuỗi Unicode hợp lệ.", "Must be valid Unicode."),
    "int_type": ("wrong_type", "Phải là số nguyên.", "Must be an integer."),
    "int_parsing": ("wrong_type", "Phải là số nguyên.", "Must be an integer."),
    "int_from_float": ("wrong_type", "Phải là số nguyên.", "Must be an integer."),
    "bool_type": ("wrong_type", "Phải là true hoặc false.", "Must be true or false."),
    "bool_parsing": ("wrong_type", "Phải là true hoặc false.", "Must be true or false."),
    "list_type": ("wrong_type", "Phải là danh sách.", "Must be a list."),
    "dict_type": ("wrong_type", "Phải là đối tượng.", "Must be an object."),
    "model_type": ("wrong_type", "Phải là đối tượng.", "Must be an object."),
    "model_attributes_type": ("wrong_type", "Phải là đối tượng JSON.", "Must be a JSON object."),
    "too_short": ("too_few_items", "Cần ít nhất {min_length} mục.", "At least {min_length} items."),
    "too_long": ("too_many_items", "Tối đa {max_length} mục.", "At most {max_length} items."),
    "greater_than_equal": ("too_small", "Phải từ {ge} trở lên.", "Must be {ge} or more."),
    "less_than_equal": ("too_large", "Không được quá {le}.", "Must be {le} or less."),
    "enum": ("unknown_value", "Phải là một trong: {expected}.", "Must be one of: {expected}."),
    "literal_error": ("unknown_value", "Phải là một trong: {expected}.", "Must be one of: {expected}."),
    "text_not_nfc": (
        "text_not_nfc",
        "Văn bản phải ở dạng Unicode dựng sẵn (NFC). Hãy chuẩn hóa rồi gửi lại.",
        "Text must be in Unicode form NFC. Normalise it and send it again.",
    ),
    "control_character": (
        "control_character",
        "Văn bản chứa ký tự điều khiển không hiển thị được; hãy bỏ đi.",
        "The text holds a control character; remove it.",
    ),
    "date_precision_mismatch": (
        "date_precision_mismatch",
        "Giá trị ngày không khớp precision: day là NNNN-TT-NN, month là NNNN-TT, year là NNNN.",
        "The value does not fit its precision: day is YYYY-MM-DD, month is YYYY-MM, year is YYYY.",
    ),
    "date_not_in_calendar": ("date_not_in_calendar", "Không có ngày này trong lịch.", "No such day."),
    "not_a_person": (
        "not_a_person",
        "Giới tính, dân tộc và nhóm đối tượng chỉ ghi cho cá nhân.",
        "Sex, ethnicity and recipient class belong to individuals only.",
    ),
    "end_before_start": (
        "end_before_start",
        "Thời điểm kết thúc phải sau thời điểm bắt đầu.",
        "The end must not be before the start.",
    ),
    "duplicate_key": ("duplicate_key", "Khóa “{key}” bị lặp.", "Key “{key}” occurs twice."),
    "null_not_allowed": ("null_not_allowed", "Giá trị này không thể để trống.", "This value cannot be cleared."),
}
_OTHER_INPUT_ERROR = ("invalid", "Giá trị không hợp lệ.", "Invalid value.")
_BY_PREFIX = (
    ("uuid_", ("wrong_format", "Phải là mã UUID.", "Must be a UUID.")),
    ("date_", ("wrong_format", "Phải là ngày dạng NNNN-TT-NN.", "Must be a date, YYYY-MM-DD.")),
    ("datetime_", ("wrong_format", "Phải là thời điểm dạng ISO 8601.", "Must be an ISO 8601 moment.")),
)

UNKNOWN_PARAMETER = "unknown_parameter"
INPUT_CODES = frozenset(
    {code for code, _, _ in _INPUT_ERRORS.values()}
    | {code for _, (code, _, _) in _BY_PREFIX}
    | {_OTHER_INPUT_ERROR[0], UNKNOWN_PARAMETER}
)
"""Every code of a place that a shape refuses."""

LONGEST_POINTER = 300
"""Characters; the contract says so too."""


def _explain(error: Mapping[str, Any]) -> tuple[str, str, str]:
    kind = str(error["type"])
    found = _INPUT_ERRORS.get(kind)
    if found is None:
        found = next((entry for prefix, entry in _BY_PREFIX if kind.startswith(prefix)), _OTHER_INPUT_ERROR)
    code, vi, en = found
    context = error.get("ctx") or {}
    listed = context if "expected" not in context else {"expected": str(context["expected"]).replace(" or ", " hoặc ")}
    return code, vi.format(**context | listed), en.format(**context)


def _pointer(location: Sequence[object]) -> str:
    where, *rest = location
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in rest]
    if where == "body":
        pointer = "".join(f"/{step}" for step in steps)
    elif where == "query":
        pointer = "?" + "/".join(steps)
    else:
        pointer = f"{where}:" + "/".join(steps)
    # a field name of the caller can be as long as the body
    return pointer[:LONGEST_POINTER]


def input_problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """One problem that names every invalid place, at most fifty of them."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem("malformed_json")
    entries = []
    for error in errors[:50]:
        code, vi, en = _explain(error)
        location = error["loc"]
        if code == "unknown_field" and location[0] == "query":
            code, vi, en = (
                UNKNOWN_PARAMETER,
                "Tham số này không có trong API; hãy bỏ đi hoặc kiểm tra chính tả.",
                "This parameter is not part of the API; remove it or check its spelling.",
            )
        entries.append({"pointer": _pointer(location), "code": code, "detail": vi, "detail_en": en})
    return Problem("invalid_input", errors=entries, count=len(errors))


def problem_response(request: Request, problem: Problem, base_url: str) -> JSONResponse:
    """The application/problem+json answer in the caller's language."""
    language = preferred_language(request.headers.get("accept-language"))
    body = problem.body(language=language, base_url=base_url, request_id=request.state.request_id)
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return JSONResponse(body, problem.kind.status, headers | problem.headers, PROBLEM_MEDIA_TYPE)


def install_refusals(app: FastAPI, *, base_url: str) -> None:
    """Every refusal leaves as application/problem+json."""

    def render(request: Request, problem: Problem) -> JSONResponse:
        return problem_response(request, problem, base_url)

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return render(request, error)

    async def on_input(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        # PATCH means the same as JSON and as merge patch
        accepted = ["application/json"] + ([MERGE_PATCH_MEDIA_TYPE] if request.method == "PATCH" else [])
        given = request.headers.get("content-type", "").split(";")[0].strip().lower()
        has_body = request.headers.get("content-length", "0") != "0"
        if has_body and given not in accepted and any(e["loc"][:1] == ("body",) for e in error.errors()):
            return render(request, Problem("unsupported_media_type", expected=", ".join(accepted)))
        return render(request, input_problem(error.errors()))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            # what is served outside the contract are pages
            allow = ", ".join(allowed_methods(app, request.url.path) or ["GET", "HEAD"])
            return render(request, Problem("method_not_allowed", headers={"Allow": allow}, method=request.method))
        if error.status_code == 404:
            return render(request, Problem("path_not_found"))
        return render(request, Problem("malformed_json"))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_input)
    app.add_exception_handler(HTTPException, on_http)


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """All methods of a path, from the contract itself: the framework names only those of one route."""
    methods: set[str] = set()
    for template, operations in app.openapi()["paths"].items():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path):
            methods |= {name.upper() for name in operations if name in ("get", "post", "put", "patch", "delete")}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))
