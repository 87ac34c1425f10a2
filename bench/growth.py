"""How the time of a read grows with the number of nominations: one client, the same reads on data sets of several sizes.

Every answer is read: one that is kept would not grow at all.

A data set of fewer nominations has fewer communes at work, each as busy as in the large ones: what differs is how much
there is besides, not how much is answered.
"""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from typing import Any

from bench.calls import KINDS
from bench.harness import Measured, Plan, note, prepared
from bench.servers import UNKEPT

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
MOST_EXPONENT = {"one": 0.10, "list": 0.10, "statistics": 0.15}
CALLERS = 30
"""As many as there are wards at work in the smallest data set: who asks is looked up as often at every size."""
READS = tuple(name for name, kind in KINDS.items() if kind.group in MOST_EXPONENT)


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of log time over log size by least squares: 0 does not grow, 1 grows as the data do."""
    x, y = [math.log(size) for size in sizes], [math.log(time) for time in times]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)


def measure(databases: dict[int, str], plan: Plan) -> list[dict[str, Any]]:
    """One row per read: medians of p50 and of PostgreSQL's CPU at each size, slices interleaved, and the exponents."""
    alone = replace(plan, servers=[UNKEPT], connections=1, workers=1, callers=CALLERS)
    measured: dict[int, list[Measured]] = {size: [] for size in databases}
    with ExitStack() as held:
        benches = {size: held.enter_context(prepared(dsn, alone)) for size, dsn in databases.items()}
        for bench in benches.values():
            bench.compare()
        for rounds in zip(*(bench.rounds() for bench in benches.values()), strict=True):
            for size, one in zip(benches, rounds, strict=True):
                note(f"{'':9}  {size} đề nghị")
                measured[size].append(one)
    return [_row(name, measured) for name in plan.kinds]


def _row(name: str, measured: dict[int, list[Measured]]) -> dict[str, Any]:
    slices = {size: [m.slice for m in found if m.kind == name and m.round > 0] for size, found in measured.items()}
    times = {size: median(s.p50 for s in found) for size, found in slices.items()}
    cpu = {size: median(s.postgres_cpu for s in found) for size, found in slices.items()}
    return {
        "kind": name,
        "p50_ms": times,
        "postgres_cpu_us": cpu,
        "exponent": exponent([*times], [*times.values()]),
        "exponent_of_postgres_cpu": exponent([*cpu], [max(value, 1.0) for value in cpu.values()]),
        "wanted": MOST_EXPONENT[KINDS[name].group],
    }


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The table that people read."""
    sizes = [*rows[0]["p50_ms"]]
    lines = [
        "| request | "
        + " | ".join(f"{size:,} ms (PostgreSQL µs)" for size in sizes)
        + " | exponent | of PostgreSQL CPU | wanted | |",
        "|---|" + "---:|" * (len(sizes) + 3) + "---|",
    ]
    for row in rows:
        cells = " | ".join(f"{row['p50_ms'][size]:.2f} ({row['postgres_cpu_us'][size]:.0f})" for size in sizes)
        met = "met" if row["exponent"] <= row["wanted"] else "**missed**"
        lines.append(
            f"| {KINDS[row['kind']].title} | {cells} | {row['exponent']:.3f} | {row['exponent_of_postgres_cpu']:.3f} "
            f"| ≤ {row['wanted']:.2f} | {met} |"
        )
    return "\n".join(lines) + "\n"
