"""Answers: JSON bytes dumped once, strong ETags, 304 without a body."""

import hashlib
import string
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from app.access import Actor
from app.problems import Problem, field_problem
from app.shapes import json_bytes

PRIVATE = "private, no-cache"
PERSONAL = "no-store"
_PLAIN = frozenset(string.ascii_letters + string.digits + " ._-")
_WITHOUT_STROKE = str.maketrans("đĐ", "dD")
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


def _attachment(name: str) -> str:
    """Content-Disposition of a file of that name (RFC 6266): plain letters for old clients, then the name itself."""
    plain = "".join(c for c in unicodedata.normalize("NFD", name.translate(_WITHOUT_STROKE)) if c in _PLAIN)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def not_modified(etag: str, *, cache: str = PRIVATE, vary: str = "Authorization, Accept-Language") -> Response:
    """304."""
    return _Answer(b"", 304, [(b"etag", etag.encode()), (b"cache-control", cache.encode()), (b"vary", vary.encode())])


class _File(Response):
    """A file that is sent while it is made. Broken off in the middle, it ends without its end."""

    def __init__(self, chunks: AsyncIterator[bytes], headers: list[tuple[bytes, bytes]]) -> None:
        self._chunks, self.status_code, self.raw_headers = chunks, 200, headers
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def file_answer(chunks: AsyncIterator[bytes], *, media_type: str, name: str) -> Response:
    """The answer that is a file of that name, in constant memory, for nobody but the caller."""
    return _File(
        chunks,
        [
            (b"content-type", media_type.encode()),
            (b"content-disposition", _attachment(name).encode()),
            (b"cache-control", PERSONAL.encode()),
            (b"vary", b"Authorization, Accept-Language"),
        ],
    )


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
