"""The limit that PostgreSQL itself sets: the statements that the product sends for a request, run by pgbench.

They are taken down while the product answers in this process, so they are the product's own; the one that looks up who
is asking is left out. Parameters are written into the text, one script per request, and pgbench draws the scripts.
Writes cannot be run so: each of them needs rows of its own, and numbers that the one before it gave back.
"""

import math
import os
import re
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from app import identity
from app.db import Database, Reads, Row, asyncpg_arguments
from app.main import create_app
from app.settings import Settings
from bench.calls import Call
from bench.load import LoadError, Slice
from bench.processes import cpu_of_tree, machine_busy, processes

NAME = "pgbench"
CLIENTS = 8
MOST_SCRIPTS = 12
"""Each is planned anew by every client: with more of them a slice would measure planning."""

Statement = tuple[str, tuple[Any, ...]]


class _TakingDown:
    """Reads that remember what was asked."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self.statements: list[Statement] = []

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """All rows."""
        self._note(sql, arguments)
        return await self._reads.fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        """The first row."""
        self._note(sql, arguments)
        return await self._reads.fetchrow(sql, *arguments)

    def _note(self, sql: str, arguments: tuple[Any, ...]) -> None:
        if sql != identity._LOAD:
            self.statements.append((sql, arguments))


async def scripts(db: Any, settings: Settings, calls: Sequence[tuple[Call, str | None]], folder: Path) -> list[Path]:
    """One pgbench script per call (with its token): the statements of the product's own answer to it."""
    app = create_app(settings)
    files = []
    async with Database.open(settings) as database:
        reads = _TakingDown(database.reads)
        app.state.database = Database(database.engine, database.sessions, reads, database.writes)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as client:
            for number, (call, token) in enumerate(calls[:MOST_SCRIPTS]):
                reads.statements = []
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                (await client.get(call.path, headers=headers)).raise_for_status()
                texts = [await _with_values(db, sql, arguments) for sql, arguments in reads.statements]
                file = folder / f"{number:03d}.sql"
                file.write_text("".join(f"{text.strip()};\n" for text in texts), encoding="utf-8")
                files.append(file)
    return files


async def _with_values(db: Any, sql: str, arguments: tuple[Any, ...]) -> str:
    types = (await db.prepare(sql)).get_parameters()
    values = [
        f"{_literal(value)}::{kind.schema}.{kind.name.removesuffix('[]')}{'[]' * (kind.kind == 'array')}"
        for value, kind in zip(arguments, types, strict=True)
    ]
    text = re.sub(r"--[^\n]*", "", sql)  # pgbench puts a statement on one line
    return re.sub(r"\$(\d+)", lambda found: values[int(found[1]) - 1], text)


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return f"array[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str | uuid.UUID | date | datetime):
        return "'" + str(value).replace("'", "''") + "'"
    raise TypeError(type(value))


def run_pgbench(dsn: str, files: Sequence[Path], *, seconds: int, postgres_pid: int) -> Slice:
    """One slice of the statements alone."""
    program = Path(f"/proc/{postgres_pid}/exe").readlink().parent / "pgbench"
    found = str(program) if program.exists() else shutil.which("pgbench")
    if found is None:
        raise LoadError("không có chương trình pgbench")
    server = asyncpg_arguments(dsn)
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "database", "PGPASSWORD": "password"}
    environment = {key: str(server[name]) for key, name in names.items() if name in server}
    with tempfile.TemporaryDirectory() as folder:
        before, busy_before, began = processes(), machine_busy(), time.monotonic()
        options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1", "-T", str(seconds)]
        log = ["-l", f"--log-prefix={folder}/log", "--sampling-rate=0.2"]
        done = subprocess.run(
            [found, *options, *log, *(f"-f{file}" for file in files)],
            env={**environment, "PGOPTIONS": "-c jit=off"},
            capture_output=True,
            text=True,
            check=False,
        )
        wall = time.monotonic() - began
        time.sleep(0.2)  # what its connections used is counted with the postmaster once they have ended
        after, busy = processes(), machine_busy() - busy_before
        times = sorted(
            int(line.split()[2]) / 1000 for file in Path(folder).iterdir() for line in file.read_text().splitlines()
        )
    counted = re.search(r"transactions actually processed: (\d+)", done.stdout)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode != 0 or counted is None or rate is None or not times:
        raise LoadError(f"pgbench: {done.stdout}{done.stderr}")
    transactions = int(counted[1])
    postgres = cpu_of_tree(after, postgres_pid) - cpu_of_tree(before, postgres_pid)
    return Slice(
        requests=transactions,
        per_second=float(rate[1]),
        p50=_percentile(times, 0.50),
        p99=_percentile(times, 0.99),
        app_cpu=0.0,
        postgres_cpu=postgres / transactions * 1e6,
        wrk_cpu=0.0,
        foreign_share=max(0.0, busy - postgres) / (wall * (os.cpu_count() or 1)),
        memory=(0,),
    )


def _percentile(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, math.ceil(len(times) * share) - 1)]
