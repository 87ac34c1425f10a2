"""From slices to figures: medians, ratios by round, the targets, a Markdown table and a JSON file."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.calls import KINDS
from bench.harness import Measured, Plan
from bench.servers import OURS, PRODUCT, UNKEPT, Server

# requests/s of the product over those of the peer, within one round; at least
TARGETS: Mapping[str, Mapping[str, float]] = {
    "one": {"bare": 0.60, "drf": 6.0, "postgraphile": 1.4, "textbook": 4.0},
    "list": {"bare": 0.60, "drf": 4.0, "postgraphile": 1.3, "textbook": 3.0},
    "statistics": {"bare": 0.85, "drf": 3.5, "postgraphile": 2.5, "textbook": 10.0},
    "write": {"bare": 0.25, "drf": 2.0, "postgraphile": 0.8, "textbook": 1.5},
}
_HEAD = (
    "| request | server | requests/s | low–high | p50 ms | p99 ms | app CPU µs | PostgreSQL CPU µs | RSS MB "
    "| foreign CPU | product × this |"
)
NOT_MODIFIED_OF_PING = 0.85
MOST_P99_OF_P50 = 10.0
MOST_MEMORY_OF_WORKER = 150_000_000
MOST_START_CPU = 1.5


def summary(measured: Iterable[Measured]) -> list[dict[str, Any]]:
    """One row per kind and server: medians over the rounds, the warm-up left out."""
    by_place: dict[tuple[str, str], list[Measured]] = {}
    for one in measured:
        if one.round > 0:
            by_place.setdefault((one.kind, one.server), []).append(one)
    rows = []
    for (kind, server), found in by_place.items():
        slices = [one.slice for one in found]
        rows.append(
            {
                "kind": kind,
                "server": server,
                "rounds": len(slices),
                "lowest_per_second": min(s.per_second for s in slices),
                "highest_per_second": max(s.per_second for s in slices),
                "memory": max(slices[-1].memory),
                **{
                    name: median(getattr(s, name) for s in slices)
                    for name in ("per_second", "p50", "p99", "app_cpu", "postgres_cpu", "wrk_cpu", "foreign_share")
                },
            }
        )
    return rows


def ratio(measured: Iterable[Measured], over: tuple[str, str], under: tuple[str, str]) -> float | None:
    """The median over rounds of requests/s of one (kind, server) over another's in the same round."""
    rates: dict[tuple[str, str], dict[int, float]] = {over: {}, under: {}}
    for one in measured:
        place = (one.kind, one.server)
        if one.round > 0 and place in rates:
            rates[place][one.round] = one.slice.per_second
    common = rates[over].keys() & rates[under].keys()
    return median(rates[over][n] / rates[under][n] for n in common) if common else None


def verdicts(measured: Sequence[Measured], servers: Sequence[Server]) -> list[dict[str, Any]]:
    """Every target that this run can say something about: what is wanted, what was measured, whether it is met."""
    rows = summary(measured)
    found = []

    def say(what: str, wanted: str, value: float, met: bool) -> None:
        found.append({"what": what, "wanted": wanted, "measured": round(value, 3), "met": met})

    for row in rows:
        kind = KINDS[row["kind"]]
        if row["server"] != PRODUCT:
            least = TARGETS[kind.group].get(row["server"])
            value = ratio(measured, (kind.name, PRODUCT), (kind.name, row["server"]))
            if least is not None and value is not None:
                say(f"{kind.title} vs {row['server']}", f"≥ {least:g} ×", value, value >= least)
        elif not kind.writes:
            value = row["p99"] / row["p50"]
            say(f"{kind.title}: p99 / p50", f"≤ {MOST_P99_OF_P50:g}", value, value <= MOST_P99_OF_P50)
    value = ratio(measured, ("not_modified", PRODUCT), ("ping", PRODUCT))
    if value is not None:
        say("304 of a ping", f"≥ {NOT_MODIFIED_OF_PING:g}", value, value >= NOT_MODIFIED_OF_PING)
    memory = max((row["memory"] for row in rows if row["server"] == PRODUCT), default=0)
    if memory:
        say("Memory of the largest worker, MB", "≤ 150", memory / 1e6, memory <= MOST_MEMORY_OF_WORKER)
    for server in servers:
        if server.is_product:
            slowest = max(server.start_cpu)
            say("Start-up CPU of a process, s", f"≤ {MOST_START_CPU:g}", slowest, slowest <= MOST_START_CPU)
    return found


def machine(postgres_version: str) -> dict[str, Any]:
    """What the figures were taken on."""
    processor = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgresql": postgres_version,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.strip() or "?",
    }


def as_record(
    where: Mapping[str, Any], plan: Plan, measured: Sequence[Measured], servers: Sequence[Server]
) -> dict[str, Any]:
    """Everything of a run, slice by slice."""
    return {
        "machine": where,
        "plan": asdict(plan),
        "servers": [asdict(server) for server in servers],
        "summary": summary(measured),
        "verdicts": verdicts(measured, servers),
        "slices": [{"kind": m.kind, "server": m.server, "round": m.round, **asdict(m.slice)} for m in measured],
    }


def _unkept(measured: Sequence[Measured], plan: Plan) -> list[str]:
    """Ratios of answers that were not kept, to the servers that keep none either."""
    peers = [name for name in plan.servers if name not in OURS]
    kinds = [kind for kind in KINDS.values() if (kind.name, UNKEPT) in {(one.kind, one.server) for one in measured}]
    if not kinds or not peers:
        return []
    lines = ["", "Where nothing is kept:", "", f"| request | {' | '.join(f'vs {name}' for name in peers)} |"]
    lines.append("|---|" + "---:|" * len(peers))
    for kind in kinds:
        values = (ratio(measured, (kind.name, UNKEPT), (kind.name, name)) for name in peers)
        lines.append(f"| {kind.title} | {' | '.join('' if value is None else f'{value:.2f}' for value in values)} |")
    return lines


def machine_line(where: Mapping[str, Any]) -> str:
    """The machine in one sentence."""
    return (
        f"{where['processor']}, {where['cores']} cores, {where['memory_gb']} GB, Linux {where['kernel']}, "
        f"PostgreSQL {where['postgresql']}, Python {where['python']}; {where['nominations']} nominations; "
        f"{where['date']}, commit {where['commit']}."
    )


def as_markdown(where: Mapping[str, Any], plan: Plan, measured: Sequence[Measured], servers: Sequence[Server]) -> str:
    """The tables that people read."""
    lines = [
        machine_line(where),
        f"{plan.workers} workers each, {plan.connections} connections, median of {plan.rounds} rounds of {plan.seconds} s.",
        "",
        _HEAD,
        "|---|---|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in summary(measured):
        value = ratio(measured, (row["kind"], PRODUCT), (row["kind"], row["server"]))
        lines.append(
            f"| {KINDS[row['kind']].title} | {row['server']} | {row['per_second']:.0f} "
            f"| {row['lowest_per_second']:.0f}–{row['highest_per_second']:.0f} | {row['p50']:.2f} | {row['p99']:.2f} "
            f"| {row['app_cpu']:.0f} | {row['postgres_cpu']:.0f} | {row['memory'] / 1e6:.0f} | {row['foreign_share']:.0%} "
            f"| {'' if value is None or row['server'] == PRODUCT else f'{value:.2f}'} |"
        )
    lines += _unkept(measured, plan)
    lines += ["", "| target | wanted | measured | |", "|---|---|---:|---|"]
    for verdict in verdicts(measured, servers):
        lines.append(
            f"| {verdict['what']} | {verdict['wanted']} | {verdict['measured']:g} | {'met' if verdict['met'] else '**missed**'} |"
        )
    return "\n".join(lines) + "\n"
