"""Calls to servers that others name (webhooks, identity providers): they reach public addresses only.

Whoever may enter a URL could else make this server ask its own network for them (server-side request forgery,
OWASP API7:2023). So the URL is read by one strict grammar, the name is looked up once, every address it has must be
public, and the connection goes to exactly the address that was looked at: a name that changes its address in between
(DNS rebinding) gains nothing. TLS verifies the name. Redirects are not followed, the proxies of the environment are
not used, and time and size of the answer are bounded.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpcore
import httpx

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, in the order in which they are tried."""

HTTPS = frozenset({443})
SECONDS = 15.0
MOST_BYTES = 1_000_000
_CONNECT_SECONDS = 5.0
_LONGEST_URL = 2_000

# RFC 3986, without user information, fragment, percent-encoded host, zone of an address, and what only browsers accept
_URL = re.compile(
    r"https://(?P<host>\[[0-9a-f:.]+\]|[^\x00-\x20\x7f/?#:@\[\]\\%]+)(?::(?P<port>[0-9]{1,5}))?(?P<target>[/?][!-~]*)?",
    re.IGNORECASE,
)
_NOT_IN_A_TARGET = re.compile(r'[#\\<>"^`{|}]')
# RFC 1123 §2.1 with at least two labels; the last one is no number, so no spelling of an address passes for a name
_NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63})")

# IANA IPv4 special-purpose registry (RFC 6890), multicast (RFC 5771) and class E (RFC 1112)
_NOT_PUBLIC_4 = [
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
# only this is assigned for public use (RFC 4291 §2.4): an IPv4 address wrapped as mapped, compatible or NAT64 lies
# outside, as do loopback, link-local, site-local, unique local and multicast
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
# protocol assignments with Teredo, documentation, 6to4, AS112
_NOT_PUBLIC_6 = [
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]


class OutgoingRefused(Exception):
    """The server does not call this URL, whoever asks; nothing was sent."""


class OutgoingFailed(Exception):
    """The other server could not be reached, or its answer was too late, too large or no HTTP."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a URL leads: an ASCII name or an address literal, a port, and what is asked for."""

    host: str
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other server said; header names in lower case, a repeated header joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def destination(url: str, ports: Iterable[int] = HTTPS) -> Destination:
    """Where the URL leads, without asking the network; OutgoingRefused for anything but a plain https URL."""
    found = _URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
    target = (found["target"] or "/") if found is not None else ""
    if found is None or _NOT_IN_A_TARGET.search(target):
        raise OutgoingRefused("not a plain https URL")
    port = int(found["port"] or 443)
    if port not in ports:
        raise OutgoingRefused("port not allowed")
    host = _host(found["host"].lower())
    return Destination(host, port, target if target.startswith("/") else f"/{target}")


def is_public(address: str) -> bool:
    """Whether an address literal is one of the public internet, in its own form: not one wrapped in another."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_4)
    public = parsed in _PUBLIC_6 and not any(parsed in network for network in _NOT_PUBLIC_6)
    return public and parsed.scope_id is None


async def look_up(host: str, port: int) -> list[str]:
    """The addresses that the system knows for a name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OutgoingFailed(f"{host} has no address") from error
    return [str(address[0]) for *_, address in found]


class Outgoing:
    """A caller of other servers. `resolve`, `dial` and `tls` are there for tests, and for networks with a CA of their own."""

    def __init__(
        self,
        *,
        ports: Iterable[int] = HTTPS,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
        resolve: Resolve = look_up,
        dial: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._ports = frozenset(ports)
        self._seconds = seconds
        self._most = most_bytes
        self._network = _PublicNetwork(resolve, dial or httpcore.AnyIOBackend())
        self._tls = tls or ssl.create_default_context()

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET; OutgoingRefused or OutgoingFailed."""
        return await self._call("GET", url, headers or {}, None)

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """POST; OutgoingRefused or OutgoingFailed. A call that failed may have arrived all the same."""
        return await self._call("POST", url, headers, content)

    async def _call(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        to = destination(url, self._ports)
        try:
            # one limit over everything: many small delays are as long as a large one
            async with asyncio.timeout(self._seconds):
                return await self._exchange(method, to, headers, content)
        except TimeoutError as error:
            raise OutgoingFailed(f"{to.host} did not answer within {self._seconds:g} s") from error
        except (OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise OutgoingFailed(f"{to.host} cannot be asked: {error!r}") from error

    async def _exchange(
        self, method: str, to: Destination, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        bracketed = f"[{to.host}]" if ":" in to.host else to.host
        sent: dict[bytes | str, bytes | str] = {
            "Host": bracketed if to.port == 443 else f"{bracketed}:{to.port}",
            # a small answer could unpack to a large one
            "Accept-Encoding": "identity",
            "Connection": "close",
            **({} if content is None else {"Content-Length": str(len(content))}),
        }
        sent.update(headers.items())
        url = httpcore.URL(scheme="https", host=to.host, port=to.port, target=to.target)
        # a pool for each call: no connection is used for a second name
        async with (
            httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=self._network) as pool,
            pool.stream(
                method, url, headers=sent, content=content, extensions={"timeout": {"connect": _CONNECT_SECONDS}}
            ) as response,
        ):
            body = bytearray()
            async for part in response.aiter_stream():
                body += part
                if len(body) > self._most:
                    raise OutgoingFailed(f"{to.host} answered more than {self._most} bytes")
            told: dict[str, str] = {}
            for raw_name, raw_value in response.headers:
                name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
                told[name] = f"{told[name]}, {value}" if name in told else value
            return Answer(response.status, told, bytes(body))


class _PublicNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up, and dials what it has looked at: the only place where a connection begins."""

    def __init__(self, resolve: Resolve, dial: httpcore.AsyncNetworkBackend) -> None:
        self._resolve = resolve
        self._dial = dial

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that takes one; refused where any of them is not public."""
        addresses = [host] if _is_literal(host) else list(dict.fromkeys(await self._resolve(host, port)))
        if not all(is_public(address) for address in addresses):
            raise OutgoingRefused("the address is not public")
        failure: Exception = OutgoingFailed(f"{host} has no address")
        for address in addresses:
            try:
                return await self._dial.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _host(host: str) -> str:
    """The name in ASCII, or the address literal, of which only the public ones pass."""
    if host.startswith("["):
        host = host[1:-1]
    elif not host.isascii():
        try:
            # IDNA 2008 (RFC 5891), which knows no fullwidth digits, no invisible and no enclosed letters
            host = httpx.URL(scheme="https", host=host).raw_host.decode("ascii")
        except httpx.InvalidURL as error:
            raise OutgoingRefused("not a host name") from error
    if _is_literal(host):
        if not is_public(host):
            raise OutgoingRefused("the address is not public")
    elif not _NAME.fullmatch(host):
        raise OutgoingRefused("not a host name")
    return host
