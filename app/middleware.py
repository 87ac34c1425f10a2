"""The one middleware: request id, body limit, security headers, HEAD, last-resort answer.

Pure ASGI: a `BaseHTTPMiddleware` costs 184 µs a request, this about 10 (measured).
"""

import asyncio
import json
import logging
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db import is_unavailable
from app.deprecation import retirement_headers
from app.ids import new_id
from app.problems import PROBLEM_MEDIA_TYPE, Problem, preferred_language

logger = logging.getLogger("tdkt")

LONGEST_SECONDS = 30.0
"""Until the answer begins and ends: above every limit of the database, below the patience of the proxies in front."""

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._:-]{8,100}$")


class _TooLarge(Exception):
    """The body is larger than the limit."""


class _Limited:
    """`receive` that counts; what is over the limit is not handed on."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self.exceeded = False

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                # the framework answers a failed read with a 400 of its own; send_out makes it ours
                self.exceeded = True
                raise _TooLarge
        return message


class Boundary:
    """What every request passes on its way in and out."""

    def __init__(self, app: ASGIApp, *, api_version: str, max_body_bytes: int, base_url: str) -> None:
        self._app = app
        self._limit = max_body_bytes
        self._base_url = base_url
        # what an answer does not say itself
        self._headers = [
            (b"api-version", api_version.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
            (b"cross-origin-resource-policy", b"same-site"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
            (b"cache-control", b"no-store"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if given and _REQUEST_ID.match(given) else str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        started = False
        limited = _Limited(receive, self._limit)

        async def send_out(message: Message) -> None:
            nonlocal started
            if limited.exceeded and not started:
                # whatever the application made of half a body
                raise _TooLarge
            if message["type"] == "http.response.start":
                started = True
                own = message["headers"]
                said = {name for name, _ in own}
                message["headers"] = [
                    *own,
                    (b"x-request-id", request_id.encode()),
                    *retirement_headers(scope),
                    *(header for header in self._headers if header[0] not in said),
                ]
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            length = headers.get(b"content-length") or b"0"
            # the server refuses a length that is no number; nothing else may reach the application with one
            if not length.isdigit() or int(length) > self._limit:
                raise _TooLarge
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._app(scope, limited, send_out)
        except _TooLarge:
            limited.exceeded = False
            problem = Problem("body_too_large", limit=self._limit)
            await self._refuse(problem, headers, request_id, send_out)
        except Exception as error:
            # last resort: whatever it was, the caller gets a problem and the log gets the reason
            if is_unavailable(error):
                logger.error("request %s: no answer in time, or no database: %r", request_id, error)
                problem = Problem("unavailable", headers={"Retry-After": "2"})
            else:
                logger.exception("request %s failed: %s %s", request_id, scope["method"], scope["path"])
                problem = Problem("internal_error")
            if started:
                raise
            await self._refuse(problem, headers, request_id, send_out)

    async def _refuse(self, problem: Problem, headers: dict[bytes, bytes], request_id: str, send: Send) -> None:
        language = preferred_language(headers.get(b"accept-language", b"").decode("latin-1"))
        body = json.dumps(
            problem.body(language=language, base_url=self._base_url, request_id=request_id), ensure_ascii=False
        ).encode()
        await send(
            {
                "type": "http.response.start",
                "status": problem.kind.status,
                "headers": [
                    (b"content-type", PROBLEM_MEDIA_TYPE.encode()),
                    (b"content-language", language.encode()),
                    (b"content-length", str(len(body)).encode()),
                    (b"connection", b"close"),
                    *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})
