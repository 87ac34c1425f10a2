"""A run: all servers up at once, their answers compared, then interleaved slices, whose ratios are taken by round."""

import asyncio
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from app.db import asyncpg_arguments
from app.tokens import LIFE_SECONDS, KeyRing
from bench import pgbench
from bench.calls import KINDS, Call, Caller, Kind, graphql_request, peer_request, product_request, reach_headers
from bench.equality import difference, normalised
from bench.load import LoadError, Slice, run_slice, write_requests
from bench.peers.postgraphile import translate
from bench.processes import processes
from bench.servers import PRODUCT, UNKEPT, Server, product_settings, running
from bench.writes import Writes, until_quiet

COMPARED = 40
"""Answers of each kind that are compared with the product's before anything is timed."""
COMPARED_WRITES = 5
SLOW = 5
"""A slice in which nothing was answered is repeated so many times as long."""
RENEW_AFTER = LIFE_SECONDS * 0.4
"""A file of requests is written again after this, and a token is not taken into one that is older: both fit its life."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Plan:
    """What to measure, and how long."""

    kinds: Sequence[str]
    servers: Sequence[str]
    rounds: int = 5
    seconds: int = 2
    connections: int = 32
    workers: int = 2
    callers: int = 1_000
    pgbench: bool = False


@dataclass(frozen=True)
class Measured:
    """One slice and where it belongs; round 0 is the warm-up."""

    kind: str
    server: str
    round: int
    slice: Slice


def note(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)


class Tokens:
    """Access tokens of the seeded sessions, signed by the product's own key ring and renewed in time."""

    def __init__(self) -> None:
        self._keys = KeyRing.load(product_settings())
        self._made: dict[str, tuple[float, str]] = {}

    def of(self, caller: Caller) -> str:
        """A token that is good for some minutes more."""
        made, token = self._made.get(caller.session_id, (0.0, ""))
        if not token or time.monotonic() - made > RENEW_AFTER:
            token, _ = self._keys.sign(uuid.UUID(caller.user_id), uuid.UUID(caller.session_id))
            self._made[caller.session_id] = (time.monotonic(), token)
        return token


@contextmanager
def prepared(dsn: str, plan: Plan) -> Iterator["Bench"]:
    """A bench with its servers running."""
    with ExitStack() as held:
        runner = held.enter_context(asyncio.Runner())
        db = runner.run(asyncpg.connect(**asyncpg_arguments(dsn), command_timeout=None))
        held.callback(lambda: runner.run(db.close()))
        servers = []
        for name in plan.servers:
            note(f"Khởi động {name} ({plan.workers} tiến trình) …")
            servers.append(held.enter_context(running(name, dsn, plan.workers)))
        bench = Bench(runner, db, dsn, plan, servers)
        held.callback(bench.tidy)
        yield bench


class Bench:
    """The servers, the requests and the database of one run."""

    def __init__(self, runner: asyncio.Runner, db: Any, dsn: str, plan: Plan, servers: Sequence[Server]) -> None:
        self.plan = plan
        self.servers = servers
        self.kinds = [KINDS[name] for name in plan.kinds]
        self.body_sizes: dict[str, int] = {}
        self._runner = runner
        self._db = db
        self._dsn = dsn
        self._scripts: dict[str, list[Path]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self._tokens = Tokens()
        self._written_at: dict[Path, float] = {}
        self._offset = 0
        self.postgres_pid = processes()[self._wait(db.fetchval("select pg_backend_pid()"))].parent
        self._writes = self._wait(Writes.of(db))
        self._calls: dict[str, list[Call]] = {}
        for name in plan.kinds:
            self._calls[name] = self._wait(KINDS[name].draw(db, plan.callers))
            if not self._calls[name]:
                raise SystemExit(f"Lỗi: dữ liệu không có gì để đo {name}.")

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    def tidy(self) -> None:
        """Leave the data set as it was, and no files."""
        if any(KINDS[name].writes for name in self.plan.kinds):
            self._wait(self._writes.take_back())
        self._folder.cleanup()

    def asked_of(self, kind: Kind) -> list[Server]:
        """The servers that answer this kind."""
        # where nothing is kept, the product is the same twice
        beside = kind.kept or PRODUCT not in self.plan.servers
        wanted = {PRODUCT: True, UNKEPT: beside}
        return [server for server in self.servers if wanted.get(server.name, kind.group != "own")]

    # ------------------------------------------------------------ before timing

    def compare(self) -> None:
        """Every server answers every kind with the same content; SystemExit with the first difference."""
        for name in self.plan.kinds:
            kind = KINDS[name]
            if name == "not_modified":
                self._learn_etags(name)
            note(f"So câu trả lời: {kind.title} …")
            (self._compare_writes if kind.writes else self._compare_reads)(kind)

    def _learn_etags(self, name: str) -> None:
        product = next(server for server in self.servers if server.is_product)
        calls = self._calls[name][:1_000]
        answers = (product.ask(self._written(product, KINDS[name], call, 0)) for call in calls)
        self._calls[name] = [
            replace(call, etag=headers["ETag"]) for call, (_, headers, _) in zip(calls, answers, strict=True)
        ]

    def _written(self, server: Server, kind: Kind, call: Call, number: int) -> bytes:
        if server.is_product:
            return product_request(call, number, self._tokens.of(call.caller) if call.caller else None)
        if server.speaks_graphql:
            return graphql_request(call, translate.request_body(kind.name, call.path, call.body, reach_headers(call)))
        return peer_request(call, number)

    def _answer(self, server: Server, kind: Kind, call: Call, number: int) -> bytes:
        status, _, body = server.ask(self._written(server, kind, call, number))
        if status != (200 if server.speaks_graphql else kind.status):
            raise SystemExit(f"Lỗi: {server.name} trả {status} cho {call.method} {call.path}: {body[:500]!r}")
        return body

    def _compare_reads(self, kind: Kind) -> None:
        calls = self._calls[kind.name]
        sizes = []
        for call in calls[:: max(1, len(calls) // COMPARED)][:COMPARED]:
            expected: bytes | None = None
            for server in self.asked_of(kind):
                body = self._answer(server, kind, call, 0)
                if expected is None:
                    expected = body
                    sizes.append(len(body))
                elif (found := _differ(server, kind, call, expected, body)) is not None:
                    raise SystemExit(f"Lỗi: {server.name} trả lời khác {self.servers[0].name} ở {call.path}: {found}")
        self.body_sizes[kind.name] = sum(sizes) // len(sizes)

    def _compare_writes(self, kind: Kind) -> None:
        expected: Any = None
        for server in self.asked_of(kind):
            for number, call in enumerate(self._calls[kind.name][:COMPARED_WRITES]):
                self._answer(server, kind, call, number)
            left = normalised(self._wait(self._writes.left()))
            self._wait(self._writes.take_back())
            if expected is None:
                expected = left
            elif (found := difference(expected, left)) is not None:
                raise SystemExit(
                    f"Lỗi: {server.name} để lại các dòng khác {self.servers[0].name} sau {kind.name}: {found}"
                )

    # ------------------------------------------------------------ timing

    def rounds(self) -> Iterator[Measured]:
        """Every round measures every kind on every server, one slice after the other; round 0 warms up."""
        for number in range(self.plan.rounds + 1):
            for name in self.plan.kinds:
                servers = self.asked_of(KINDS[name])
                # nobody is always first, or always behind the same one
                turn = number % len(servers)
                for server in servers[turn:] + servers[:turn]:
                    yield self._noted(Measured(name, server.name, number, self.slice(KINDS[name], server)))
                if self.plan.pgbench and KINDS[name].group in ("one", "list", "statistics"):
                    yield self._noted(Measured(name, pgbench.NAME, number, self._limit(KINDS[name])))

    def _noted(self, measured: Measured) -> Measured:
        note(_line(measured, self.plan.rounds))
        return measured

    def _limit(self, kind: Kind) -> Slice:
        if kind.name not in self._scripts:
            calls = [(call, self._tokens.of(call.caller) if call.caller else None) for call in self._calls[kind.name]]
            folder = Path(self._folder.name, f"sql-{kind.name}")
            folder.mkdir()
            settings = product_settings().model_copy(update={"database_url": self._dsn})
            self._scripts[kind.name] = self._wait(pgbench.scripts(self._db, settings, calls, folder))
        files = self._scripts[kind.name]
        return pgbench.run_pgbench(self._dsn, files, seconds=self.plan.seconds, postgres_pid=self.postgres_pid)

    def slice(self, kind: Kind, server: Server) -> Slice:
        """One slice of one kind on one server; a longer one where nothing was answered in that time."""
        file = self.request_file(kind, server)
        self._offset += 997
        try:
            for seconds in (self.plan.seconds, SLOW * self.plan.seconds):
                found = run_slice(
                    server.port,
                    file,
                    seconds=seconds,
                    connections=self.plan.connections,
                    app_pid=server.pid,
                    postgres_pid=self.postgres_pid,
                    once=kind.writes,
                    offset=0 if kind.writes else self._offset,
                )
                self._wait(self._writes.take_back() if kind.writes else until_quiet(self._db))
                if found is not None:
                    return found
        except LoadError as error:
            raise SystemExit(
                f"Lỗi: {server.name}, {kind.name}: {error}\n{self._first_refusal(kind, server)}"
            ) from error
        raise SystemExit(f"Lỗi: {server.name} không trả lời {kind.name} lần nào trong {seconds} giây.")

    def settle(self) -> None:
        """Wait until the database has nothing left to do."""
        self._wait(until_quiet(self._db))

    def request_file(self, kind: Kind, server: Server) -> Path:
        """The requests of the kind in the server's language; written again when the tokens grow old."""
        path = Path(self._folder.name, f"{kind.name}-{server.language}")
        if time.monotonic() - self._written_at.get(path, -RENEW_AFTER) >= RENEW_AFTER:
            calls = self._calls[kind.name]
            write_requests(path, [self._written(server, kind, call, number) for number, call in enumerate(calls)])
            self._written_at[path] = time.monotonic()
        return path

    def _first_refusal(self, kind: Kind, server: Server) -> str:
        """What the server says when it is asked again, one request at a time."""
        for number, call in enumerate(self._calls[kind.name][:200]):
            status, _, body = server.ask(self._written(server, kind, call, number))
            if status != kind.status and not server.speaks_graphql:
                return f"{status} {call.method} {call.path}: {body[:500]!r}"
        return "Hỏi lại từng câu thì không thấy lỗi."


def _differ(server: Server, kind: Kind, call: Call, expected: bytes, found: bytes) -> str | None:
    """The first difference of a peer's answer from the product's."""
    wanted, given = json.loads(expected), json.loads(found)
    if server.speaks_graphql:
        asked = translate.request_body(kind.name, call.path, call.body, reach_headers(call))
        wanted, given = translate.comparable(kind.name, wanted), translate.rest_answer(kind.name, given, asked)
    return difference(normalised(wanted), normalised(given))


def _line(measured: Measured, rounds: int) -> str:
    s = measured.slice
    label = f"{measured.round}/{rounds}" if measured.round else "khởi động"
    return (
        f"{label:>9}  {measured.kind:18} {measured.server:12} {s.per_second:8.0f}/s  p50 {s.p50:7.2f}  p99 {s.p99:8.2f} ms  "
        f"app {s.app_cpu:6.0f}  pg {s.postgres_cpu:6.0f} µs  wrk {s.wrk_cpu:4.0f}  foreign {s.foreign_share:4.0%}"
    )


def with_product_first(names: Sequence[str]) -> list[str]:
    """The servers to start, the product always first: the others are compared with it."""
    return [PRODUCT, *(name for name in names if name != PRODUCT)]
