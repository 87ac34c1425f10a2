"""Whether a flood of logins hurts others: the p99 of reads without it and with it, slice by slice in turn.

The logins come from as many addresses as there are requests (127.x.y.z), so that no limit per address helps: what must
hold is the bounded pool of hashes (`app/passwords.py`). They come at a fixed rate, many times what can be hashed.
"""

import asyncio
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from statistics import median
from typing import Any

from bench.calls import KINDS
from bench.harness import Bench, note
from bench.load import run_slice
from bench.servers import Server

PER_SECOND = 200
MOST_WAITING = 400
AFTERWARDS_SECONDS = 6.0
"""Until the passwords that wait are hashed."""
ALLOWED = 2.0
"""Times the usual p99."""


@dataclass(frozen=True)
class Effect:
    """One kind of read. p99 in ms, the median over the rounds; logins are answers by status in all flooded slices."""

    kind: str
    usual: float
    flooded: float
    logins: dict[str, int]

    @property
    def times(self) -> float:
        """How many times the usual p99."""
        return self.flooded / self.usual


def measure(bench: Bench) -> list[Effect]:
    """Every kind, each round once without the flood and once with it; round 0 warms up."""
    server = next(server for server in bench.servers if server.is_product)
    effects = []
    for name in bench.plan.kinds:
        usual, flooded, logins = [], [], Counter[str]()
        for number in range(bench.plan.rounds + 1):
            quiet = bench.slice(KINDS[name], server)
            with _flood(server, logins):
                loud = run_slice(
                    server.port,
                    bench.request_file(KINDS[name], server),
                    seconds=bench.plan.seconds,
                    connections=bench.plan.connections,
                    app_pid=server.pid,
                    postgres_pid=bench.postgres_pid,
                )
            time.sleep(AFTERWARDS_SECONDS)
            bench.settle()
            if number and loud is not None:
                usual.append(quiet.p99)
                flooded.append(loud.p99)
            told = "no answer" if loud is None else f"{loud.p99:7.2f} ms"
            note(f"{number}/{bench.plan.rounds}  {name:18} p99 {quiet.p99:7.2f} → {told}  {dict(logins)}")
        effects.append(Effect(name, median(usual), median(flooded), dict(logins)))
    return effects


@contextmanager
def _flood(server: Server, logins: "Counter[str]") -> Iterator[None]:
    """Logins from another process until the end of the block."""
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    stop = context.Event()
    process = context.Process(target=_run, args=(server.port, tell, stop), daemon=True)
    process.start()
    assert told.recv() == "ready"
    try:
        yield
    finally:
        stop.set()
        logins.update(told.recv())
        process.join(10)


def _run(port: int, tell: "Connection[Any, Any]", stop: Event) -> None:
    asyncio.run(_attack(port, tell, stop))


async def _attack(port: int, tell: "Connection[Any, Any]", stop: Event) -> None:
    statuses: Counter[str] = Counter()
    running: set[asyncio.Task[None]] = set()
    began, sent = time.monotonic(), 0
    while not stop.is_set():
        if sent == PER_SECOND // 2:
            tell.send("ready")
        if len(running) < MOST_WAITING:
            running.add(task := asyncio.create_task(_log_in(port, sent, statuses)))
            task.add_done_callback(running.discard)
        sent += 1
        await asyncio.sleep(max(0.0, began + sent / PER_SECOND - time.monotonic()))
    for task in running:
        task.cancel()
    tell.send(statuses)


async def _log_in(port: int, number: int, statuses: "Counter[str]") -> None:
    body = json.dumps({"username": f"can.bo.{number % 50}", "password": f"doan-mo-{number}"}).encode()
    source = f"127.{1 + number % 200}.{number // 200 % 250}.{1 + number // 50_000}"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        writer.write(
            b"POST /v1/auth/login HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
        statuses[(await reader.read(12))[9:].decode()] += 1
        writer.close()
    except OSError:
        statuses["no answer"] += 1


def as_markdown(effects: Sequence[Effect]) -> str:
    """The table that people read."""
    lines = [
        f"| read | usual p99 ms | with {PER_SECOND} logins/s | times | wanted | |",
        "|---|---:|---:|---:|---|---|",
        *(
            f"| {KINDS[e.kind].title} | {e.usual:.2f} | {e.flooded:.2f} | {e.times:.2f} | < {ALLOWED:g} "
            f"| {'met' if e.times < ALLOWED else 'missed'} |"
            for e in effects
        ),
    ]
    total: Counter[str] = sum((Counter(e.logins) for e in effects), Counter())
    return "\n".join([*lines, "", f"Answers to the logins: {dict(sorted(total.items()))}."]) + "\n"
