"""`python -m bench <command>`: makes the data set, measures, reports. `make bench` runs the whole of it."""

import argparse
import asyncio
import sys
from pathlib import Path

import asyncpg

from app.db import asyncpg_arguments
from bench.calls import KINDS
from bench.dataset import FOLDER, Size, embedded_server, ensure
from bench.harness import Measured, Plan, note, prepared, with_product_first
from bench.load import require_wrk
from bench.report import as_json, as_markdown, machine
from bench.servers import PRODUCT, install, peer_names

RESULTS = FOLDER / "results"
NOMINATIONS = 1_000_000


def data(arguments: argparse.Namespace) -> int:
    """Make the data set, or bring the one that is there up to date, and print its address."""
    with embedded_server() as dsn:
        print(ensure(dsn, Size(arguments.nominations)))
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Measure the chosen kinds on the chosen servers."""
    require_wrk()
    servers = with_product_first(arguments.servers)
    for name in servers:
        if name != PRODUCT:
            install(name)
    plan = Plan(
        kinds=arguments.only,
        servers=servers,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        connections=arguments.connections,
        workers=arguments.workers,
        callers=arguments.callers,
    )
    with embedded_server() as server_dsn:
        dsn = ensure(server_dsn, Size(arguments.nominations))
        where = machine(asyncio.run(_version(dsn))) | {"nominations": arguments.nominations}
        measured: list[Measured] = []
        with prepared(dsn, plan) as bench:
            bench.compare()
            try:
                measured += bench.rounds()
            except KeyboardInterrupt:
                note("Dừng theo yêu cầu; báo cáo những gì đã đo.")
            text = as_markdown(where, plan, measured, bench.servers)
            RESULTS.mkdir(exist_ok=True)
            _write(arguments.name, text, as_json(where, plan, measured, bench.servers))
    print(text)
    return 0


def _write(name: str, text: str, json_text: str) -> None:
    for suffix, content in ((".md", text), (".json", json_text)):
        file = RESULTS / f"{name}{suffix}"
        file.write_text(content, encoding="utf-8")
        note(f"Đã ghi {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")


async def _version(dsn: str) -> str:
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    version: str = await connection.fetchval("show server_version")
    await connection.close()
    return version


def _names(known: list[str]) -> "type":
    def parse(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            raise argparse.ArgumentTypeError(f"không có {', '.join(unknown)}; có: {', '.join(known)}")
        return names

    return parse  # type: ignore[return-value]


def main() -> int:
    """Parse the command line and call the command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Đo tốc độ TĐKT API bên cạnh các cách làm khác"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--nominations", type=int, default=NOMINATIONS, help="số đề nghị trong dữ liệu (mặc định một triệu)"
    )
    made = commands.add_parser("data", parents=[shared], help="tạo dữ liệu quốc gia")
    made.set_defaults(call=data)
    servers = [PRODUCT, *peer_names()]
    measure = commands.add_parser("run", parents=[shared], help="đo")
    measure.add_argument(
        "--only", type=_names([*KINDS]), default=[*KINDS], help="loại yêu cầu, cách nhau bằng dấu phẩy"
    )
    measure.add_argument("--servers", type=_names(servers), default=servers, help="máy chủ, cách nhau bằng dấu phẩy")
    measure.add_argument("--rounds", type=int, default=5, help="số vòng sau vòng khởi động")
    measure.add_argument("--seconds", type=int, default=2, help="số giây mỗi lát")
    measure.add_argument("--connections", type=int, default=32, help="số kết nối của wrk")
    measure.add_argument("--workers", type=int, default=2, help="số tiến trình của mỗi máy chủ")
    measure.add_argument("--callers", type=int, default=1_000, help="số người gọi khác nhau, mỗi người một mã truy cập")
    measure.add_argument("--name", default="last", help="tên tệp kết quả trong bench/results")
    measure.set_defaults(call=run)
    arguments = parser.parse_args()
    result: int = arguments.call(arguments)
    return result


if __name__ == "__main__":
    sys.exit(main())
