"""One slice of load: wrk sends prepared requests, and what every party used meanwhile is read from /proc."""

import os
import re
import resource
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import cpu_of_tree, machine_busy, processes, tree

SCRIPT = Path(__file__).resolve().parent / "requests.lua"
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


class LoadError(RuntimeError):
    """A slice that measured something else than the answers it should have measured."""


@dataclass(frozen=True)
class Slice:
    """What one server did for one kind of request in one slice. Times in ms, CPU in microseconds a request."""

    requests: int
    per_second: float
    p50: float
    p99: float
    app_cpu: float
    postgres_cpu: float
    wrk_cpu: float
    foreign_share: float
    memory: tuple[int, ...]


def require_wrk() -> None:
    """Ends with a sentence where wrk is missing."""
    if shutil.which("wrk") is None:
        raise SystemExit("Lỗi: thiếu chương trình đo wrk. Trên Debian/Ubuntu: sudo apt install wrk")


def write_requests(file: Path, requests: Sequence[bytes]) -> None:
    """The requests as requests.lua reads them: each with its length before it."""
    with file.open("wb") as stream:
        for request in requests:
            stream.write(b"%d\n" % len(request) + request)


def run_slice(
    port: int,
    file: Path,
    *,
    seconds: int,
    connections: int,
    app_pid: int,
    postgres_pid: int,
    once: bool = False,
    offset: int = 0,
) -> Slice | None:
    """Load the server for some seconds. `once`: no request twice; the slice ends early where they run out. None: no answer."""
    before, busy_before, own_before, began = processes(), machine_busy(), _children_cpu(), time.monotonic()
    load = start_wrk(port, file, seconds, connections, once=once, offset=offset)
    text, errors = load.communicate()
    wall, after, busy = time.monotonic() - began, processes(), machine_busy() - busy_before
    if load.returncode != 0:
        raise LoadError(f"wrk: {text}{errors}")
    if re.search(r"^\s*0 requests in", text, re.MULTILINE):
        return None
    app = cpu_of_tree(after, app_pid) - cpu_of_tree(before, app_pid)
    postgres = cpu_of_tree(after, postgres_pid) - cpu_of_tree(before, postgres_pid)
    wrk = _children_cpu() - own_before
    requests, per_second, p50, p99 = parse_wrk(text)
    cores = os.cpu_count() or 1
    return Slice(
        requests=requests,
        per_second=per_second,
        p50=p50,
        p99=p99,
        app_cpu=app / requests * 1e6,
        postgres_cpu=postgres / requests * 1e6,
        wrk_cpu=wrk / requests * 1e6,
        foreign_share=max(0.0, busy - app - postgres - wrk) / (wall * cores),
        memory=tuple(sorted(after[number].memory for number in tree(after, app_pid))),
    )


def start_wrk(
    port: int, file: Path, seconds: int, connections: int, *, once: bool = False, offset: int = 0
) -> "subprocess.Popen[str]":
    """wrk, sending the requests of the file."""
    environment = {
        **os.environ,
        "BENCH_FILE": str(file),
        "BENCH_OFFSET": str(offset),
        "BENCH_ONCE": "1" if once else "",
    }
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-s", str(SCRIPT)]
    address = f"http://127.0.0.1:{port}"
    return subprocess.Popen(
        [*command, address], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def parse_wrk(text: str) -> tuple[int, float, float, float]:
    """Requests, requests/s, p50 and p99 in ms; LoadError where an answer was an error."""
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    socket_errors = re.search(r"Socket errors: (.*)", text)
    if bad or socket_errors:
        raise LoadError(f"{bad[0] if bad else ''} {socket_errors[0] if socket_errors else ''}".strip())
    counted = re.search(r"(\d+) requests in", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if counted is None or rate is None:
        raise LoadError(f"wrk: {text}")
    return int(counted[1]), float(rate[1]), _percentile(text, 50), _percentile(text, 99)


def _percentile(text: str, which: int) -> float:
    found = re.search(rf"\n\s+{which}%\s+([\d.]+)(us|ms|s|m)", text)
    if found is None:
        raise LoadError(f"wrk: {text}")
    return float(found[1]) * _UNITS[found[2]]


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
