"""How requests arrive at a real socket: late ones, endless ones, broken ones."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app import arrival
from app.arrival import LARGEST_HEAD, Arrival
from app.contract import API_VERSION
from app.db import Database
from tests.hostile import refused

SECONDS = 0.6


@pytest.fixture
async def address(app: FastAPI, database: Database) -> AsyncIterator[tuple[str, int]]:
    """The application behind a real socket, in this process."""
    config = uvicorn.Config(
        app, http=Arrival, ws="none", lifespan="off", log_config=None, proxy_headers=False, server_header=False
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield listening.getsockname()[:2]
    server.should_exit = True
    await serving


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request must arrive sooner than elsewhere."""
    monkeypatch.setattr(arrival, "ARRIVAL_SECONDS", SECONDS)


@asynccontextmanager
async def _connected(address: tuple[str, int]) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _drip(writer: asyncio.StreamWriter, data: bytes, pause: float = 0.02) -> None:
    """A byte at a time, until the other side has had enough."""
    try:
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause)
    except OSError:
        pass


def _problem(answer: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), json.loads(body), headers


async def _refusal(reader: asyncio.StreamReader, status: int, code: str) -> None:
    """The problem, whole, and the end of the connection."""
    found, problem, headers = _problem(await asyncio.wait_for(reader.read(), 5))
    assert (found, problem["status"], problem["code"]) == (status, status, code)
    assert headers["content-type"] == "application/problem+json" and headers["connection"] == "close"
    assert headers["api-version"] == API_VERSION and headers["x-content-type-options"] == "nosniff"
    assert problem["instance"] == f"urn:request:{headers['x-request-id']}" and headers["cache-control"] == "no-store"
    assert problem["type"].endswith(f"/problems/{code}") and "server" not in headers


REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


class TestLate:
    """A request must arrive whole in time."""

    @pytest.mark.parametrize(
        "data",
        [
            b"GET /" + b"a" * 200,
            REQUEST + b"X-Filler: " + b"a" * 200,
            REQUEST + b"X-A: 1\r\n" * 50,
            POST + b"Content-Length: 500\r\n\r\n" + b'{"username": "' + b"a" * 400,
            POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 100,
        ],
        ids=["request line", "one header", "many headers", "body", "chunks"],
    )
    async def test_a_byte_at_a_time_is_cut_off(self, address: tuple[str, int], impatient: None, data: bytes) -> None:
        async with _connected(address) as (reader, writer):
            with refused("payload"):
                began = time.monotonic()
                dripping = asyncio.create_task(_drip(writer, data))
                await _refusal(reader, 408, "request_too_slow")
                assert SECONDS * 0.9 < time.monotonic() - began < SECONDS + 1
                await dripping

    async def test_a_connection_that_says_nothing_is_closed(self, address: tuple[str, int], impatient: None) -> None:
        async with _connected(address) as (reader, _):
            assert await asyncio.wait_for(reader.read(), SECONDS + 1) == b""

    async def test_the_second_request_of_a_connection_has_a_clock_of_its_own(
        self, address: tuple[str, int], impatient: None
    ) -> None:
        async with _connected(address) as (reader, writer):
            for _ in range(3):
                writer.write(REQUEST + b"\r\n")
                assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
                await asyncio.sleep(SECONDS * 0.7)
            dripping = asyncio.create_task(_drip(writer, REQUEST + b"X-Filler: " + b"a" * 200))
            await _refusal(reader, 408, "request_too_slow")
            await dripping

    async def test_others_are_served_meanwhile(self, address: tuple[str, int], impatient: None) -> None:
        slow = [await asyncio.open_connection(*address) for _ in range(200)]
        for number, (_, writer) in enumerate(slow):
            writer.write((REQUEST, POST + b"Content-Length: 9\r\n\r\n{", b"")[number % 3])
        async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}") as client:
            for _ in range(20):
                assert (await client.get("/healthz")).status_code == 200
        answers = await asyncio.gather(*(asyncio.wait_for(reader.read(), SECONDS + 3) for reader, _ in slow))
        assert [answer[9:12] for answer in answers] == [(b"408", b"408", b"")[n % 3] for n in range(200)]
        for _, writer in slow:
            writer.close()


class TestTooLarge:
    """A head has a size, whatever it is made of and however it comes."""

    @pytest.mark.parametrize(
        "data",
        [
            b"GET /" + b"a" * LARGEST_HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /v1/public/campaigns?" + b"a=1&" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            REQUEST + b"X-Filler: " + b"a" * LARGEST_HEAD + b"\r\n\r\n",
            REQUEST + b"Cookie: a=b\r\n" * 5_000 + b"\r\n",
            REQUEST + b"Authorization: Bearer " + b"a" * 1_000_000 + b"\r\n\r\n",
            REQUEST + b"X-Endless: " + b"a" * 3_000_000,
            b"GET /" + b"a" * 3_000_000,
            POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: " + b"a" * 3_000_000,
        ],
        ids=["path", "parameters", "header", "headers", "token", "endless header", "endless path", "trailer"],
    )
    async def test_is_refused(self, address: tuple[str, int], data: bytes) -> None:
        async with _connected(address) as (reader, writer):
            with refused("payload"):
                asyncio.get_running_loop().call_soon(writer.write, data)
                try:
                    await _refusal(reader, 431, "header_too_large")
                except ConnectionResetError:
                    pass  # it was cut off while we were still sending

    async def test_what_is_below_is_served(self, address: tuple[str, int]) -> None:
        async with _connected(address) as (reader, writer):
            writer.write(REQUEST + b"X-Filler: " + b"a" * (LARGEST_HEAD - 100) + b"\r\n\r\n")
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")

    async def test_a_large_body_is_no_head(self, address: tuple[str, int]) -> None:
        async with _connected(address) as (reader, writer):
            body = b'{"username": "x", "password": "' + b"a" * 400_000 + b'"}'
            writer.write(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 422")


NOT_HTTP = {
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a version that is none": b"GET / HTTP/9.9\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length and chunks": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length that is no number": POST + b"Content-Length: x\r\n\r\n{}",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n{}",
    "a length with a sign": POST + b"Content-Length: +2\r\n\r\n{}",
    "an unknown coding": POST + b"Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n",
    "a chunk size that is no number": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a space before the colon": REQUEST + b"X-A : 1\r\n\r\n",
    "a folded header": REQUEST + b"X-A: 1\r\n 2\r\n\r\n",
    "NUL in a header": REQUEST + b"X-A: 1\x002\r\n\r\n",
    "a bare carriage return": REQUEST + b"X-A: 1\rX-B: 2\r\n\r\n",
    "a header without a name": REQUEST + b": 1\r\n\r\n",
    "a method that is none": b"G<T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("data", NOT_HTTP.values(), ids=NOT_HTTP.keys())
async def test_what_is_no_http_is_a_problem_too(address: tuple[str, int], data: bytes) -> None:
    async with _connected(address) as (reader, writer):
        with refused("payload"):
            writer.write(data)
            await _refusal(reader, 400, "malformed_http")


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c", b"TLS/1.0"])
async def test_no_other_protocol_is_taken_up(address: tuple[str, int], protocol: bytes) -> None:
    async with _connected(address) as (reader, writer):
        key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        writer.write(REQUEST + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n" + key + b"\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"}"), 5)).startswith(b"HTTP/1.1 200")
