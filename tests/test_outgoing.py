"""Calls to servers that others name: public addresses only, the address that was checked, bounded answers."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from app.outgoing import Outgoing, OutgoingFailed, OutgoingRefused, destination, is_public
from tests.hostile import refused

NAME = "nhan.tdkt-thu.vn"
PUBLIC = "1.1.1.1"

# ------------------------------------------------------------ URLs

NOT_HTTPS = [
    "http://example.vn/",
    "ftp://example.vn/",
    "file:///etc/passwd",
    "gopher://example.vn:70/_GET",
    "dict://example.vn:11211/stats",
    "ldap://example.vn/",
    "jar:https://example.vn!/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "//example.vn/",
    "example.vn",
    "https:example.vn",
    "https:/example.vn",
    "https:///example.vn",
    "https://",
    "",
]
LOCAL = [
    "https://127.0.0.1/",
    "https://127.1.2.3/",
    "https://localhost/",
    "https://LocalHost/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://198.51.100.7/",
    "https://203.0.113.7/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
]
LOCAL_6 = [
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:169.254.169.254]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[v1.fe80::a+en1]/",
    "https://[::1",
    "https://::1/",
]
SPELLINGS = [
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0x7f.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://127.000.000.001/",
    "https://425.510.425.510/",
    "https://1.1.1.1.1/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://١٢٧.0.0.1/",
    "https://127.0.0.1./",
    "https://example.vn./",
    "https://%31%32%37.0.0.1/",
    "https://%6c%6f%63alhost/",
    "https://exa%6dple.vn/",
    "https://ⓔⓧⓐⓜⓟⓛⓔ.vn/",
    "https://exam\u00adple.vn/",
    "https://exam\u200bple.vn/",
    "https://exam\u202eple.vn/",
    "https://metadata/",
    "https://intranet:443/",
    "https://-example.vn/",
    "https://example-.vn/",
    "https://exa_mple.vn/",
    "https://example..vn/",
    "https://.example.vn/",
    f"https://{'a' * 64}.vn/",
    f"https://{'a.' * 126}vn/",
    f"https://example.vn/{'a' * 2000}",
]
TRICKS = [
    "https://user@example.vn/",
    "https://user:password@example.vn/",
    "https://example.vn@127.0.0.1/",
    "https://127.0.0.1@example.vn/",
    "https://example.vn:443@127.0.0.1/",
    "https://example.vn\\@127.0.0.1/",
    "https://127.0.0.1\\@example.vn/",
    "https://example.vn#@127.0.0.1/",
    "https://example.vn/#fragment",
    "https:\\\\127.0.0.1\\",
    "https://example.vn\\.127.0.0.1/",
    "https://example.vn\r\nHost: 127.0.0.1/",
    "https://example.vn/\r\nX: 1",
    "https://example.vn/a b",
    "https://example.vn/\x00",
    "https://exam\nple.vn/",
    "https://exam\tple.vn/",
    " https://example.vn/",
    "https://example.vn/\n",
    "https://example.vn/đường-dẫn",
    "https://example.vn,127.0.0.1/",
    "https://example.vn;127.0.0.1/",
    "https://example.vn 127.0.0.1/",
    "https://[127.0.0.1]/",
    "https://[example.vn]/",
    "https://example.vn:80/",
    "https://example.vn:22/",
    "https://example.vn:6379/",
    "https://example.vn:0/",
    "https://example.vn:65979/",
    "https://example.vn:-443/",
    "https://example.vn:443:80/",
    "https://example.vn:４４３/",
    "https://example.vn:0x1bb/",
    "https://example.vn:/",
]
HOSTILE = [*NOT_HTTPS, *LOCAL, *LOCAL_6, *SPELLINGS, *TRICKS]


@pytest.mark.parametrize("url", HOSTILE, ids=[ascii(url)[:60] for url in HOSTILE])
async def test_a_hostile_url_is_refused_before_the_network_is_asked(url: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    outgoing = Outgoing(resolve=resolve, dial=Local(9))
    with refused("url"), pytest.raises(OutgoingRefused):
        await outgoing.get(url)


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://example.vn", "example.vn", "/"),
        ("HTTPS://Example.VN/A", "example.vn", "/A"),
        ("https://example.vn:443/a?b=c%20d&e=[1]", "example.vn", "/a?b=c%20d&e=[1]"),
        ("https://example.vn?a=https://127.0.0.1/", "example.vn", "/?a=https://127.0.0.1/"),
        ("https://thiđua.vn/", "xn--thiua-7ya.vn", "/"),
        ("https://3com.example.vn/", "3com.example.vn", "/"),
        ("https://1.1.1.1/", "1.1.1.1", "/"),
        ("https://[2606:4700:4700::1111]/", "2606:4700:4700::1111", "/"),
    ],
)
def test_a_plain_https_url_leads_where_it_says(url: str, host: str, target: str) -> None:
    found = destination(url)
    assert (found.host, found.port, found.target) == (host, 443, target)


def test_a_port_is_open_only_where_it_is_listed() -> None:
    assert destination("https://example.vn:8443/", ports={443, 8443}).port == 8443
    with pytest.raises(OutgoingRefused):
        destination("https://example.vn/", ports={8443})


@given(st.text(max_size=60))
def test_whatever_is_appended_to_a_scheme_leads_to_a_public_place_or_is_refused(text: str) -> None:
    try:
        found = destination(f"https://{text}")
    except OutgoingRefused:
        return
    assert found.host.isascii() and found.host == found.host.lower() and found.port == 443
    assert found.target.startswith("/") and found.target.isascii() and found.target.isprintable()
    assert " " not in found.target and found.host not in ("localhost", "")


# ------------------------------------------------------------ addresses, against what Python's own registry says


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that is wrapped in an IPv6 address, in one of the ways known."""
    number = int(address)
    wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if wrapped is None and number >> 32 in (0, 0x0064_FF9B << 64):
        wrapped = ipaddress.IPv4Address(number & 0xFFFF_FFFF)
    return wrapped


def _may_be_called(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Independent of ours: properties of the standard library, wrapped addresses by what is inside."""
    inner = _inner(address) if isinstance(address, ipaddress.IPv6Address) else None
    if inner is not None and not _may_be_called(inner):
        return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    )


@given(st.ip_addresses())
def test_an_address_that_passes_is_public_by_every_definition(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(address)):
        assert _may_be_called(address)


@given(st.ip_addresses(v=4))
def test_an_address_of_the_public_internet_is_not_refused(address: ipaddress.IPv4Address) -> None:
    special = ("192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "192.0.0.0/24")
    if _may_be_called(address) and not any(address in ipaddress.IPv4Network(network) for network in special):
        assert is_public(str(address))


@given(st.ip_addresses(v=4))
def test_no_address_passes_inside_another(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for prefix in ("::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"):
        assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | number)))
    assert not is_public(str(ipaddress.IPv6Address((0x2002 << 112) | number << 80)))
    assert not is_public(str(ipaddress.IPv6Address((0x2001 << 112) | number ^ 0xFFFF_FFFF)))


@pytest.mark.parametrize(
    "text", ["", "localhost", "1", "127.1", "0x7f.0.0.1", "1.1.1.1.", " 1.1.1.1", "2606:4700::1%e0"]
)
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


# ------------------------------------------------------------ real servers on this machine


class Local(httpcore.AnyIOBackend):
    """Dials this machine whatever the address, and remembers which address it was asked for."""

    def __init__(self, port: int, unreachable: Iterable[str] = ()) -> None:
        self._port = port
        self._unreachable = set(unreachable)
        self.dialled: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        if host in self._unreachable:
            raise httpcore.ConnectError("no route")
        return await super().connect_tcp("127.0.0.1", self._port, timeout, local_address, socket_options)


def _resolver(*answers: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    """Answers the first time with the first, the second time with the second …"""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        assert (host, port) == (NAME, 443)
        return left.pop(0)

    return resolve


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS for NAME, and the TLS of a client that trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        # its own authority, in the form that the strict check of Python 3.13 asks for
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, encipher_only=False, decipher_only=False, **usage
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(secret + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


Start = Callable[[Serve], Awaitable[int]]


@pytest.fixture
async def start(certificates: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Start]:
    """Serve TLS on a port of this machine."""
    servers: list[asyncio.Server] = []

    async def listen(serve: Serve) -> int:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await serve(reader, writer)
                await writer.drain()
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        servers.append(await asyncio.start_server(one, "127.0.0.1", 0, ssl=certificates[0]))
        port: int = servers[-1].sockets[0].getsockname()[1]
        return port

    yield listen
    for server in servers:
        server.close()


@asynccontextmanager
async def _failing(seconds: float) -> AsyncIterator[None]:
    """It fails, and no later than that."""
    async with asyncio.timeout(seconds):
        with pytest.raises(OutgoingFailed):
            yield


async def _ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nok")


class TestCalls:
    """Over real TLS, to the address that was looked at."""

    async def test_reach_a_server_and_bring_its_answer(
        self, start: Start, certificates: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        got: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.append(await reader.readexactly(11))
            await _ok(reader, writer)

        dial = Local(await start(serve))
        outgoing = Outgoing(resolve=_resolver([PUBLIC]), dial=dial, tls=certificates[1])
        answer = await outgoing.post(f"https://{NAME}/nhan", b'{"so": 345}', {"Content-Type": "application/json"})
        assert (answer.status, answer.body, answer.headers["x-a"]) == (200, b"ok", "1, 2")
        assert (got, dial.dialled) == ([b'{"so": 345}'], [PUBLIC])

    async def test_go_to_the_address_that_was_checked_whatever_the_name_says_next(
        self, start: Start, certificates: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        dial = Local(await start(_ok))
        outgoing = Outgoing(resolve=_resolver([PUBLIC], ["127.0.0.1"]), dial=dial, tls=certificates[1])
        assert (await outgoing.get(f"https://{NAME}/")).status == 200
        with refused("url"), pytest.raises(OutgoingRefused):
            await outgoing.get(f"https://{NAME}/")
        assert dial.dialled == [PUBLIC], "one look-up a call, and nothing but its answer is dialled"

    @pytest.mark.parametrize(
        "addresses",
        [
            ["127.0.0.1"],
            ["169.254.169.254"],
            ["10.1.2.3"],
            ["100.100.100.200"],
            ["::1"],
            ["::ffff:10.0.0.1"],
            ["64:ff9b::a9fe:a9fe"],
            ["fe80::1%2"],
            [PUBLIC, "192.168.0.1"],
            ["fd00::1", PUBLIC],
            ["no address"],
        ],
    )
    async def test_go_nowhere_where_any_address_of_the_name_is_not_public(self, addresses: list[str]) -> None:
        dial = Local(9)
        with refused("url"), pytest.raises(OutgoingRefused):
            await Outgoing(resolve=_resolver(addresses), dial=dial).get(f"https://{NAME}/")
        assert dial.dialled == []

    async def test_try_the_next_address_where_the_first_cannot_be_reached(
        self, start: Start, certificates: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        dial = Local(await start(_ok), unreachable=["2606:4700:4700::1111"])
        outgoing = Outgoing(resolve=_resolver(["2606:4700:4700::1111", PUBLIC]), dial=dial, tls=certificates[1])
        assert (await outgoing.get(f"https://{NAME}/")).status == 200
        assert dial.dialled == ["2606:4700:4700::1111", PUBLIC]

    async def test_fail_where_the_name_has_no_address(self) -> None:
        async with _failing(1):
            await Outgoing(resolve=_resolver([]), dial=Local(9)).get(f"https://{NAME}/")

    async def test_fail_where_the_certificate_is_for_another_name_or_of_nobody_we_trust(
        self, start: Start, certificates: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        async def resolve(host: str, port: int) -> list[str]:
            return [PUBLIC]

        dial = Local(await start(_ok))
        async with _failing(5):
            await Outgoing(resolve=resolve, dial=dial, tls=certificates[1]).get("https://khac.tdkt-thu.vn/")
        async with _failing(5):
            await Outgoing(resolve=resolve, dial=dial).get(f"https://{NAME}/")

    async def test_follow_no_redirect(self, start: Start, certificates: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")

        dial = Local(await start(serve))
        answer = await Outgoing(resolve=_resolver([PUBLIC]), dial=dial, tls=certificates[1]).get(f"https://{NAME}/")
        assert (answer.status, dial.dialled) == (302, [PUBLIC])

    async def test_use_no_proxy_of_the_environment(
        self,
        start: Start,
        certificates: tuple[ssl.SSLContext, ssl.SSLContext],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        dial = Local(await start(_ok))
        answer = await Outgoing(resolve=_resolver([PUBLIC]), dial=dial, tls=certificates[1]).get(f"https://{NAME}/")
        assert (answer.status, dial.dialled) == (200, [PUBLIC])


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _slow_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.01)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def _huge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    for _ in range(500):
        writer.write(b"x" * 100_000)
        await writer.drain()


async def _huge_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(5000):
        writer.write(b"X-Filler: " + b"a" * 1000 + b"\r\n")
        await writer.drain()


async def _interim(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 smtp.example.vn ESMTP\r\n\r\n")


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


@pytest.mark.parametrize(
    "serve",
    [_endless, _slow_headers, _silent, _huge, _huge_headers, _interim, _garbage, _hang_up],
    ids=lambda f: f.__name__,
)
async def test_a_server_that_will_not_end_costs_no_more_than_the_limits(
    start: Start, certificates: tuple[ssl.SSLContext, ssl.SSLContext], serve: Serve
) -> None:
    outgoing = Outgoing(resolve=_resolver([PUBLIC]), dial=Local(await start(serve)), tls=certificates[1], seconds=0.7)
    async with _failing(5):
        await outgoing.get(f"https://{NAME}/")


async def test_a_packed_answer_is_not_unpacked(
    start: Start, certificates: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    packed = b"\x1f\x8b\x08\x00" + b"\x00" * 100

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 104\r\n\r\n" + packed)

    dial = Local(await start(serve))
    answer = await Outgoing(resolve=_resolver([PUBLIC]), dial=dial, tls=certificates[1]).get(f"https://{NAME}/")
    assert answer.body == packed
