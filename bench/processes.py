"""What processes used, from /proc (Linux): CPU seconds of a tree, of the whole machine, and memory."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """One line of /proc/<pid>/stat. `cpu` holds that of children that have ended, too, so a tree never loses any."""

    parent: int
    name: str
    cpu: float
    memory: int


def processes() -> dict[int, Process]:
    """All processes by number."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            name, _, rest = text.partition("(")[2].rpartition(")")
            fields = rest.split()
            cpu = sum(int(fields[n]) for n in (11, 12, 13, 14)) / _TICKS
            found[int(entry)] = Process(int(fields[1]), name, cpu, int(fields[21]) * _PAGE)
    return found


def tree(found: dict[int, Process], root: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for number, process in found.items():
        children.setdefault(process.parent, []).append(number)
    result, open_ones = [], [root]
    while open_ones:
        number = open_ones.pop()
        if number in found:
            result.append(number)
            open_ones += children.get(number, [])
    return result


def cpu_of_tree(found: dict[int, Process], root: int) -> float:
    """CPU seconds of the tree since its start."""
    return sum(found[number].cpu for number in tree(found, root))


def machine_busy() -> float:
    """CPU seconds that the machine was busy, over all cores, since it started."""
    with open("/proc/stat") as stream:
        user, nice, system, _idle, _waiting, irq, softirq, steal = map(int, stream.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS
