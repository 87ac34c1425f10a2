"""`python -m bench <command>`: makes the data set, measures, reports. `make bench` runs the whole of it."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import asyncpg

from app.db import asyncpg_arguments
from bench import flood, growth, memory
from bench.calls import KINDS
from bench.dataset import FOLDER, Size, embedded_server, ensure
from bench.harness import Measured, Plan, note, prepared, with_product_first
from bench.load import require_wrk
from bench.report import as_markdown, as_record, machine, machine_line
from bench.servers import OURS, PRODUCT, install, peer_names

RESULTS = FOLDER / "results"
NOMINATIONS = 1_000_000


def data(arguments: argparse.Namespace) -> int:
    """Make the data set, or bring the one that is there up to date, and print its address."""
    with embedded_server() as dsn:
        print(ensure(dsn, Size(arguments.nominations)))
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Measure the chosen kinds on the chosen servers, once with each number of workers."""
    servers = with_product_first(arguments.servers)
    for name in servers:
        if name not in OURS:
            install(name)
    texts, records = [], []
    with embedded_server() as server_dsn:
        dsn = ensure(server_dsn, Size(arguments.nominations))
        where = machine(asyncio.run(_version(dsn))) | {"nominations": arguments.nominations}
        for workers in arguments.workers:
            plan = replace(_plan(arguments), servers=servers, workers=workers, pgbench=arguments.pgbench)
            measured: list[Measured] = []
            with prepared(dsn, plan) as bench:
                bench.compare()
                try:
                    # one by one: what was measured before a Ctrl-C is reported
                    for one in bench.rounds():
                        measured.append(one)  # noqa: PERF402
                except KeyboardInterrupt:
                    note("Dừng theo yêu cầu; báo cáo những gì đã đo.")
                texts.append(as_markdown(where, plan, measured, bench.servers))
                records.append(as_record(where, plan, measured, bench.servers))
    _write(arguments.name, "\n".join(texts), records)
    return 0


def growth_command(arguments: argparse.Namespace) -> int:
    """Measure how reads grow with the number of nominations."""
    with embedded_server() as server_dsn:
        databases = {size: ensure(server_dsn, Size(size)) for size in arguments.sizes}
        where = machine(asyncio.run(_version(server_dsn))) | {"nominations": " to ".join(map(str, arguments.sizes))}
        rows = growth.measure(databases, _plan(arguments))
    _write(arguments.name, f"{machine_line(where)}\n\n{growth.as_markdown(rows)}", [{"machine": where, "growth": rows}])
    return 0


def memory_command(arguments: argparse.Namespace) -> int:
    """Watch the product's memory under load."""
    with embedded_server() as server_dsn:
        dsn = ensure(server_dsn, Size(arguments.nominations))
        where = machine(asyncio.run(_version(dsn))) | {"nominations": arguments.nominations}
        with prepared(dsn, replace(_plan(arguments), workers=arguments.workers[0])) as bench:
            rows = memory.watch(bench, arguments.minutes)
    record = {"machine": where, "minutes": arguments.minutes, "memory": [asdict(row) for row in rows]}
    _write(arguments.name, f"{machine_line(where)}\n\n{memory.as_markdown(rows)}", [record])
    return 0


def flood_command(arguments: argparse.Namespace) -> int:
    """Measure what a flood of logins does to reads."""
    with embedded_server() as server_dsn:
        dsn = ensure(server_dsn, Size(arguments.nominations))
        where = machine(asyncio.run(_version(dsn))) | {"nominations": arguments.nominations}
        with prepared(dsn, replace(_plan(arguments), workers=1)) as bench:
            effects = flood.measure(bench)
        asyncio.run(_forget_logins(dsn))
    record = {"machine": where, "flood": [asdict(effect) for effect in effects]}
    _write(arguments.name, f"{machine_line(where)}\n\n{flood.as_markdown(effects)}", [record])
    return 0


async def _forget_logins(dsn: str) -> None:
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    await connection.execute("delete from login_attempt")
    await connection.close()


def _plan(arguments: argparse.Namespace) -> Plan:
    return Plan(
        kinds=arguments.only,
        servers=[PRODUCT],
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        connections=arguments.connections,
        callers=arguments.callers,
    )


def _write(name: str, text: str, records: list[dict[str, Any]]) -> None:
    RESULTS.mkdir(exist_ok=True)
    for suffix, content in ((".md", text), (".json", json.dumps(records, indent=1, ensure_ascii=False))):
        file = RESULTS / f"{name}{suffix}"
        file.write_text(content, encoding="utf-8")
        note(f"Đã ghi {file}")
    print(text)


async def _version(dsn: str) -> str:
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    version: str = await connection.fetchval("show server_version")
    await connection.close()
    return version


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            raise argparse.ArgumentTypeError(f"không có {', '.join(unknown)}; có: {', '.join(known)}")
        return names

    return parse


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Đo tốc độ TĐKT API bên cạnh các cách làm khác"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    size = argparse.ArgumentParser(add_help=False)
    size.add_argument("--nominations", type=int, default=NOMINATIONS, help="số đề nghị trong dữ liệu (%(default)s)")
    load = argparse.ArgumentParser(add_help=False)
    load.add_argument("--rounds", type=int, default=5, help="số vòng sau vòng khởi động (%(default)s)")
    load.add_argument("--seconds", type=int, default=2, help="số giây mỗi lát (%(default)s)")
    load.add_argument(
        "--callers", type=int, default=1_000, help="số người gọi, mỗi người một mã truy cập (%(default)s)"
    )

    def command(
        name: str,
        call: Callable[[argparse.Namespace], int],
        about: str,
        kinds: Sequence[str],
        connections: int = 32,
    ) -> argparse.ArgumentParser:
        parents = [load] if call is growth_command else [size, load]
        made = commands.add_parser(name, parents=parents, help=about, description=about)
        made.add_argument(
            "--only", type=_names([*kinds]), default=[*kinds], help="loại yêu cầu, cách nhau bằng dấu phẩy"
        )
        made.add_argument("--name", default=name, help="tên tệp kết quả trong bench/results (%(default)s)")
        # not in `load`: a default of one command would be that of all who share the parent
        made.add_argument("--connections", type=int, default=connections, help="số kết nối của wrk (%(default)s)")
        made.set_defaults(call=call)
        return made

    commands.add_parser("data", parents=[size], help="tạo dữ liệu quốc gia").set_defaults(call=data)
    measure = command("run", run, "đo các máy chủ cạnh nhau", [*KINDS])
    servers = [*OURS, *peer_names()]
    measure.add_argument("--servers", type=_names(servers), default=servers, help="máy chủ, cách nhau bằng dấu phẩy")
    measure.add_argument("--workers", type=_numbers, default=[2, 1], help="số tiến trình mỗi máy chủ, lần lượt (2,1)")
    measure.add_argument(
        "--pgbench", action=argparse.BooleanOptionalAction, default=True, help="đo cả riêng các câu SQL"
    )
    grown = command("growth", growth_command, "đo thời gian tăng theo số đề nghị", growth.READS)
    grown.add_argument(
        "--sizes", type=_numbers, default=[*growth.SIZES], help="các cỡ dữ liệu, cách nhau bằng dấu phẩy"
    )
    watched = command("memory", memory_command, "theo dõi bộ nhớ của sản phẩm khi chịu tải", growth.READS)
    watched.add_argument("--minutes", type=int, default=10, help="số phút (%(default)s)")
    watched.add_argument("--workers", type=_numbers, default=[2], help="số tiến trình (2)")
    # a usual load, not all that the server can take: what waits behind others has no p99 of its own
    command("flood", flood_command, "đo ảnh hưởng của một đợt đăng nhập ồ ạt đến các yêu cầu khác", growth.READS, 1)
    return parser


def main() -> int:
    """Parse the command line and call the command."""
    arguments = _parser().parse_args()
    if arguments.command != "data":
        require_wrk()
    result: int = arguments.call(arguments)
    return result


if __name__ == "__main__":
    sys.exit(main())
