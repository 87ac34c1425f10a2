"""Answers: JSON bytes dumped once, strong ETags, 304 without a body."""

import hashlib
from dataclasses import dataclass

from fastapi import Request, Response

from app.access import Actor
from app.problems import Problem, field_problem
from app.shapes import json_bytes

PRIVATE = "private, no-cache"
PERSONAL = "no-store"
LONGEST_CONDITION = 2000
"""Characters of If-None-Match; the contract says so too."""


def etag_of(version: int, *parts: object) -> str:
    """A strong ETag: the row version, and a digest of what else the answer depends on."""
    if not parts:
        return f'"{version}"'
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()
    return f'"{version}.{digest}"'


def actor_part(actor: Actor) -> tuple[str, ...]:
    """What of the caller an answer with `allowed_actions` depends on."""
    return actor.once("etag", lambda: tuple(sorted(f"{grant.id}{grant.role}" for grant in actor.grants)))


def unchanged(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this ETag (RFC 9110 §13.1.2: weak comparison)."""
    condition = if_none_match(request)
    return condition is not None and names(condition, etag)


def if_none_match(request: Request) -> str | None:
    """The ETags that the caller has, or None."""
    condition = request.headers.get("if-none-match")
    if condition is not None and len(condition) > LONGEST_CONDITION:
        raise field_problem(
            "header:If-None-Match",
            "too_long",
            f"Tối đa {LONGEST_CONDITION} ký tự; chỉ gửi các ETag còn giữ.",
            f"At most {LONGEST_CONDITION} characters; send only the ETags still kept.",
        )
    return condition


def names(condition: str, etag: str) -> bool:
    """Whether a condition names this ETag, alone as nearly always, or among others."""
    return (
        condition == etag
        or condition.strip() == "*"
        or etag in (part.strip().removeprefix("W/") for part in condition.split(","))
    )


def expected_version(if_match: str | None) -> int:
    """The row version that If-Match names; 428 where it is missing, 412 where it names none of ours."""
    if if_match is None:
        raise Problem("precondition_required")
    text = if_match.strip().strip('"').partition(".")[0]
    # nothing but our own ETags can match: a foreign one means the caller read something else
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def check_version(expected: int, actual: int) -> None:
    """412 where the caller read another version."""
    if expected != actual:
        raise Problem("version_mismatch", etag=etag_of(actual))


class _Answer(Response):
    """Body and headers as they are sent: the framework's own constructor costs more than a page of rows."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.body, self.status_code, self.raw_headers = body, status, headers
        self.background = None


def json_answer(
    content: object,
    *,
    status: int = 200,
    etag: str | None = None,
    cache: str = PRIVATE,
    location: str | None = None,
    vary: str = "Authorization, Accept-Language",
    language: str | None = None,
) -> Response:
    """The answer to a request that succeeded."""
    body = json_bytes(content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", cache.encode()),
        (b"vary", vary.encode()),
    ]
    for name, value in ((b"etag", etag), (b"location", location), (b"content-language", language)):
        if value is not None:
            headers.append((name, value.encode()))
    return _Answer(body, status, headers)


def not_modified(etag: str, *, cache: str = PRIVATE, vary: str = "Authorization, Accept-Language") -> Response:
    """304."""
    return _Answer(b"", 304, [(b"etag", etag.encode()), (b"cache-control", cache.encode()), (b"vary", vary.encode())])


@dataclass(frozen=True, slots=True)
class TaggedBody:
    """A body and the strong ETag of its content, after the row version if there is one."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, content: object, version: int | None = None) -> "TaggedBody":
        """Dumped once."""
        body = json_bytes(content)
        digest = hashlib.blake2b(body, digest_size=12).hexdigest()
        return cls(body, f'"{digest}"' if version is None else f'"{version}.{digest}"')


def tagged_answer(
    request: Request,
    tagged: TaggedBody,
    *,
    cache: str = PRIVATE,
    vary: str = "Authorization",
    language: str | None = None,
) -> Response:
    """The answer with the ETag of its content; 304 where the caller has it."""
    if unchanged(request, tagged.etag):
        return not_modified(tagged.etag, cache=cache, vary=vary)
    return json_answer(tagged.body, etag=tagged.etag, cache=cache, vary=vary, language=language)


def content_answer(
    request: Request, content: object, *, version: int | None = None, cache: str = PRIVATE, vary: str = "Authorization"
) -> Response:
    """The same for content that is not dumped yet."""
    return tagged_answer(request, TaggedBody.of(content, version), cache=cache, vary=vary)
