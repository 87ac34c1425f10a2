"""Whether memory grows: the product under load for some minutes, resident memory of each of its processes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.harness import Bench, note
from bench.load import start_wrk
from bench.processes import processes, tree
from bench.servers import Server

SAMPLE_SECONDS = 2.0
# a token lives 15 minutes; a turn of load is shorter, and the next one has new ones
TURN_SECONDS = 30


@dataclass(frozen=True)
class Growth:
    """One process: its median resident memory in the first minute and in the last, in MB."""

    process: str
    first_minute: float
    last_minute: float


def watch(bench: Bench, minutes: int) -> list[Growth]:
    """Load the product with every kind in turn, and watch its processes."""
    server = next(server for server in bench.servers if server.is_product)
    samples: dict[int, list[tuple[float, float]]] = {}
    began, turn = time.monotonic(), 0
    while time.monotonic() - began < minutes * 60:
        kind = bench.kinds[turn % len(bench.kinds)]
        load = start_wrk(server.port, bench.request_file(kind, server), TURN_SECONDS, bench.plan.connections)
        while load.poll() is None:
            _sample(server, samples, time.monotonic() - began)
            time.sleep(SAMPLE_SECONDS)
        turn += 1
        note(f"{time.monotonic() - began:6.0f} s  {kind.name:18} {_now(samples)}")
    return [_growth(number, found) for number, found in sorted(samples.items())]


def _sample(server: Server, samples: dict[int, list[tuple[float, float]]], at: float) -> None:
    found = processes()
    for number in tree(found, server.pid):
        samples.setdefault(number, []).append((at, found[number].memory / 1e6))


def _now(samples: dict[int, list[tuple[float, float]]]) -> str:
    return ", ".join(f"{found[-1][1]:.0f} MB" for _, found in sorted(samples.items()))


def _growth(number: int, samples: Sequence[tuple[float, float]]) -> Growth:
    end = samples[-1][0]
    return Growth(
        process=f"process {number}",
        first_minute=median(memory for at, memory in samples if at <= samples[0][0] + 60),
        last_minute=median(memory for at, memory in samples if at >= end - 60),
    )


def as_markdown(rows: Sequence[Growth]) -> str:
    """The table that people read."""
    lines = ["| process of the product | first minute MB | last minute MB |", "|---|---:|---:|"]
    lines += [f"| {row.process} | {row.first_minute:.1f} | {row.last_minute:.1f} |" for row in rows]
    return "\n".join(lines) + "\n"
