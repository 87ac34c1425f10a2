"""The servers that are measured: the product as users run it, and the peers of `bench/peers`."""

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from app.db import asyncpg_arguments
from app.sealing import Sealer
from app.settings import Settings
from app.signing_keys import load_keys
from bench.dataset import DATA, FOLDER
from bench.processes import processes, tree

PROJECT = FOLDER.parent
PEERS = FOLDER / "peers"
PRODUCT = "product"
UNKEPT = "unkept"
"""The product, of which every answer is read anew."""
OURS = (PRODUCT, UNKEPT)
LOG = DATA / "servers.log"
START_SECONDS = 90


@dataclass(frozen=True)
class Server:
    """A running server. `start_cpu`: what each of its processes used until it was ready, in CPU seconds."""

    name: str
    title: str
    port: int
    pid: int
    start_cpu: tuple[float, ...]

    @property
    def is_product(self) -> bool:
        """Whether it is asked with authorisation."""
        return self.name in OURS

    @property
    def speaks_graphql(self) -> bool:
        """Whether requests are translated for it."""
        return self.name == "postgraphile"

    @property
    def language(self) -> str:
        """Servers of one language get the same bytes."""
        return PRODUCT if self.is_product else self.name if self.speaks_graphql else "peer"

    def ask(self, request: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Send one written request; status, headers and body of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, response.headers, response.read()


def peer_names() -> list[str]:
    """The peers that are there."""
    return sorted(path.parent.name for path in PEERS.glob("*/peer.json"))


def product_settings() -> Settings:
    """The settings under which the product runs and its tokens are signed; the keys are kept beside the data."""
    DATA.mkdir(exist_ok=True)
    made = Settings(data_dir=DATA, signing_key_file=None, data_key_file=None, environment="development")
    load_keys(made)
    Sealer.load(made)
    return Settings(
        environment="production",
        signing_key_file=DATA / "signing-key.pem",
        data_key_file=DATA / "data-key.txt",
        data_dir=DATA,
        token_issuer="https://bench.example.vn",
        public_url="https://bench.example.vn",
    )


def install(name: str) -> None:
    """Run the peer's own installation where what it is made from has changed."""
    folder = PEERS / name
    description = json.loads((folder / "peer.json").read_text())
    sources = [folder / file for file in ("peer.json", "requirements.txt", "package-lock.json")]
    stamp = json.dumps([file.read_text() for file in sources if file.exists()])
    mark = folder / ".env" / ".installed"
    if mark.exists() and mark.read_text() == stamp:
        return
    for command in description["install"]:
        print(f"Cài đối thủ {name}: {command}", file=sys.stderr, flush=True)
        subprocess.run(shlex.split(command.replace("{python}", shlex.quote(sys.executable))), cwd=folder, check=True)
    mark.parent.mkdir(exist_ok=True)
    mark.write_text(stamp)


@contextmanager
def running(name: str, dsn: str, workers: int) -> Iterator[Server]:
    """Start a server, wait until it answers, stop it at the end."""
    port = _free_port()
    if name in OURS:
        settings = product_settings()
        title, ready, folder = "The product, authorisation on", "/readyz", PROJECT
        command = [sys.executable, "-m", *(("app", "run") if name == PRODUCT else ("bench.unkept", "run"))]
        environment = {
            "DATABASE_URL": dsn,
            "ENVIRONMENT": settings.environment,
            "SIGNING_KEY_FILE": str(settings.signing_key_file),
            "DATA_KEY_FILE": str(settings.data_key_file),
            "TOKEN_ISSUER": settings.token_issuer,
            "PUBLIC_URL": settings.base_url,
            "DATA_DIR": str(DATA),
            "PORT": str(port),
            "WORKERS": str(workers),
        }
    else:
        folder = PEERS / name
        description = json.loads((folder / "peer.json").read_text())
        title, ready = description["title"], description["ready"]
        values = {"python": shlex.quote(sys.executable), "port": str(port), "workers": str(workers)}
        text = description["start"]
        for key, value in values.items():
            text = text.replace("{" + key + "}", value)
        command = shlex.split(text)
        environment = {"PORT": str(port), "WORKERS": str(workers), "PYTHONPATH": str(PROJECT), **_libpq(dsn)}
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, name, port, ready)
        found = processes()
        cpu = tuple(round(found[number].cpu, 2) for number in tree(found, process.pid))
        yield Server(name, title, port, process.pid, cpu)
    finally:
        _stop(process)


def _libpq(dsn: str) -> dict[str, str]:
    arguments = asyncpg_arguments(dsn)
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "database", "PGPASSWORD": "password"}
    return {"BENCH_DSN": dsn} | {key: str(arguments[name]) for key, name in names.items() if name in arguments}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: "subprocess.Popen[bytes]", name: str, port: int, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    tail = LOG.read_text(errors="replace")[-2000:]
    raise SystemExit(f"Lỗi: máy chủ {name} không khởi động được (xem {LOG}):\n{tail}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
