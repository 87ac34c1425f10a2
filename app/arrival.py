"""How a request arrives: whole within some seconds, with a head of bounded size; else it is refused and cut off.

uvicorn alone waits for ever for the rest of a request that has begun, or for the first byte of one, and keeps a head
of any size in memory: some hundred slow connections, or one endless header, would hold what others need. The limit of
a body is the middleware's (`app/middleware.py`), which knows how much of it the application has taken.
"""

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.contract import API_VERSION
from app.ids import new_id
from app.problems import PROBLEM_MEDIA_TYPE, Problem

ARRIVAL_SECONDS = 20.0
"""From the first byte of a request to its last, or from the connection to the first byte."""
LARGEST_HEAD = 32_768
"""Bytes of request line and headers together."""
_MOST_FRAMING = 262_144
"""Bytes around the chunks of a body, and behind it; a client that sends small chunks needs some."""
_LINGER_SECONDS = 1.0


class _HeadTooLarge(Exception):
    """The parser is told to stop."""


class Arrival(HttpToolsProtocol):
    """uvicorn's connection, with limits."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._arriving = True
        self._in_head = True
        self._too_large = self._refused = False
        self._completed = False  # in what was received last
        self._beside_body = 0  # bytes of the arriving request that are not its body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The clock runs from the beginning."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A request that comes in one piece, as most do, starts no clock of its own."""
        if self._refused:
            return
        self._completed = False
        super().data_received(data)
        if not self._arriving:
            self._stop_watching()
            return
        if self._refused:
            return
        if not self._completed:
            self._beside_body += len(data)
            if self._beside_body > (LARGEST_HEAD if self._in_head else _MOST_FRAMING):
                self._refuse(Problem("header_too_large", limit=LARGEST_HEAD))
                return
        self._watch()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._stop_watching()
        self._arriving = self._in_head = True
        self._beside_body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head that came in one piece has a size too."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._too_large = True
            raise _HeadTooLarge
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._beside_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._arriving, self._completed = False, True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What the parser refuses; uvicorn's own answer is plain text."""
        self._refuse(Problem("header_too_large", limit=LARGEST_HEAD) if self._too_large else Problem("malformed_http"))

    def _watch(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(ARRIVAL_SECONDS, self._too_slow)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._refuse(Problem("request_too_slow", seconds=int(ARRIVAL_SECONDS)))

    def _refuse(self, problem: Problem) -> None:
        """Say so, unless nobody asked anything or the answer would be taken for that of a request before; then cut off."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        cycle = self.cycle
        before = cycle is not None and not cycle.response_complete and (cycle.response_started or not cycle.more_body)
        if self.scope is None or before:
            self.transport.close()
            return
        if cycle is not None:
            # the application need not wait for the rest, and its own answer would come too late
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(self._written(problem))
        # to close at once, while more is coming, would take the answer from under the eyes of the other side
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _written(self, problem: Problem) -> bytes:
        request_id = str(new_id())
        base_url = self.config.loaded_app.state.settings.base_url
        body = json.dumps(
            problem.body(language="vi", base_url=base_url, request_id=request_id), ensure_ascii=False
        ).encode()
        headers = {
            "content-type": PROBLEM_MEDIA_TYPE,
            "content-language": "vi",
            "content-length": str(len(body)),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-request-id": request_id,
            "api-version": API_VERSION,
            "connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return STATUS_LINE[problem.kind.status] + f"{lines}\r\n".encode() + body
