"""`python -m app <command>`: everything one does with the product from a terminal.

Each command imports what it needs when it is called, so that every one of them starts fast.
"""

import argparse
import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from app.production import WeakSettings, refuse_weak
from app.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlmodel.ext.asyncio.session import AsyncSession

Result = TypeVar("Result")

PROJECT = Path(__file__).resolve().parent.parent
OPENAPI_FILE = PROJECT / "openapi" / "openapi.json"
LOAD_LOCK = 7_302_118_406  # env.py holds the number before this one while it migrates
GRACEFUL_SECONDS = 20


def run(settings: Settings) -> int:
    """Bring the database up to date, then serve until SIGTERM or Ctrl-C."""
    refuse_weak(settings)
    gc.disable()  # what imports make stays; `app/main.py` turns it on again
    problem = _port_problem(settings) or _key_problem(settings)
    if problem is not None:
        return _complain(problem)
    import uvicorn

    with _database(settings) as dsn:
        passwords = asyncio.run(_set_up(settings, dsn))
        if settings.environment == "production" and asyncio.run(_has_demonstration_accounts(dsn)):
            return _complain(
                "cơ sở dữ liệu có tài khoản dùng thử còn đăng nhập được. "
                "Hãy dùng một cơ sở dữ liệu mới cho vận hành thật, hoặc khóa các tài khoản đó."
            )
        _welcome(settings, passwords)
        uvicorn.run(
            "app.__main__:application",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            loop="uvloop",
            http="app.arrival:Arrival",
            ws="none",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
    return 0


def application() -> "FastAPI":
    """What each server process runs; one spawned for it ends with the process that spawned it."""
    gc.disable()
    from app.embedded import exit_with_parent
    from app.main import create_app

    exit_with_parent()
    return create_app()


def migrate_command(settings: Settings) -> int:
    """Apply the migrations."""
    with _database(settings) as dsn, _phase("Cập nhật cấu trúc bảng"):
        asyncio.run(migrate(dsn))
    return 0


def load_command(settings: Settings) -> int:
    """Load the reference data and the demonstration data; what is there already stays as it is."""
    with _database(settings) as dsn:
        _show_passwords(asyncio.run(_load(settings, dsn)))
    return 0


def passwords(settings: Settings) -> int:
    """Give every demonstration account a new password, and show it once."""
    from app.loading import reset_demo_passwords

    with _database(settings) as dsn:
        _show_passwords(asyncio.run(reset_demo_passwords(dsn)))
    return 0


def openapi(settings: Settings) -> int:
    """Write openapi/openapi.json."""
    OPENAPI_FILE.parent.mkdir(exist_ok=True)
    OPENAPI_FILE.write_text(openapi_text(settings), encoding="utf-8")
    return 0


def demo(settings: Settings) -> int:
    """Walk through the main paths against the running server."""
    from app.demo import walk_through

    with _database(settings) as dsn:
        return walk_through(settings.model_copy(update={"database_url": dsn}), _address(settings))


def rollups(settings: Settings) -> int:
    """Compare the roll-up rows with a full count of the register; 1 where they differ."""
    from app.services.rollups import compare_rollups

    with _database(settings) as dsn:
        differences = asyncio.run(_in_transaction(dsn, compare_rollups))
    for difference in differences:
        print(difference)
    _note("Số tổng hợp khớp với sổ vàng." if not differences else f"Có {len(differences)} dòng không khớp.")
    return 1 if differences else 0


def audit_verify(settings: Settings) -> int:
    """Hold the audit log against its chain and its anchors; 1 where anything was changed, taken away or added."""
    with _database(settings) as dsn:
        return asyncio.run(_audit_verify(settings.model_copy(update={"database_url": dsn})))


def rebuild_rollups_command(settings: Settings) -> int:
    """Write the roll-up rows anew from a full count of the register."""
    from app.services.rollups import rebuild_rollups

    with _database(settings) as dsn:
        asyncio.run(_in_transaction(dsn, rebuild_rollups))
    return 0


def rotate_keys_command(settings: Settings) -> int:
    """Do the step of the rotation that is due; nobody is logged out."""
    from app.clock import VIETNAM, now
    from app.key_rotation import Step, rotate_keys
    from app.secret_files import SecretFileError
    from app.signing_keys import key_file

    try:
        step, moment = rotate_keys(key_file(settings), now())
    except (SecretFileError, OSError) as error:
        return _complain(str(error))
    at = f"{moment.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"
    _note(
        {
            Step.PUBLISHED: f"Đã tạo và công bố khóa tiếp theo. Sau {at}, chạy lại lệnh này để bắt đầu ký bằng khóa đó.",
            Step.WAITING: f"Khóa tiếp theo công bố chưa đủ lâu. Sau {at}, hãy chạy lại lệnh này.",
            Step.SWITCHED: f"Từ {at}, máy chủ ký bằng khóa mới. Khóa cũ chỉ còn để kiểm tra các mã đã cấp.",
        }[step]
    )
    return 0


def revoke_keys_command(settings: Settings) -> int:
    """Make every key and every session void at once: somebody else may have the key."""
    from app.clock import now
    from app.key_rotation import revoke_keys
    from app.secret_files import SecretFileError
    from app.services.sessions import end_all_sessions
    from app.signing_keys import key_file

    with _database(settings) as dsn:
        try:
            revoke_keys(key_file(settings), now())
        except (SecretFileError, OSError) as error:
            return _complain(str(error))
        ended = asyncio.run(_in_transaction(dsn, end_all_sessions))
    _note(f"Đã hủy mọi khóa ký và kết thúc {ended} phiên; mọi người phải đăng nhập lại. Đã có khóa mới.")
    return 0


def database(settings: Settings) -> int:
    """Print the DSN (psql and pg_dump understand it) and keep the database running until Ctrl-C."""
    with _database(settings) as dsn:
        print(dsn, flush=True)
        _note("Cơ sở dữ liệu chạy đến khi nhấn Ctrl-C. Trong cửa sổ khác: psql '<địa chỉ trên>'")
        signal.pause()
    return 0


COMMANDS: dict[str, tuple[Callable[[Settings], int], str]] = {
    "run": (run, "chạy máy chủ (tự chuẩn bị cơ sở dữ liệu)"),
    "migrate": (migrate_command, "cập nhật cấu trúc bảng"),
    "load": (load_command, "nạp danh mục và dữ liệu dùng thử"),
    "passwords": (passwords, "đặt lại mật khẩu các tài khoản dùng thử"),
    "openapi": (openapi, "ghi openapi/openapi.json"),
    "demo": (demo, "đi qua các bước chính trên máy chủ đang chạy"),
    "rollups": (rollups, "đối chiếu số tổng hợp với sổ vàng"),
    "rebuild-rollups": (rebuild_rollups_command, "tính lại số tổng hợp từ sổ vàng"),
    "rotate-keys": (rotate_keys_command, "đổi khóa ký, mỗi lần chạy một bước; không ai bị đăng xuất"),
    "revoke-keys": (revoke_keys_command, "khóa ký bị lộ: hủy ngay mọi khóa và mọi phiên"),
    "audit-verify": (audit_verify, "kiểm tra nhật ký: có dòng nào bị sửa, xóa, chèn thêm không"),
    "database": (database, "mở cơ sở dữ liệu và in địa chỉ, để dùng psql"),
}


def openapi_text(settings: Settings) -> str:
    """The contract as it is committed: one form, so that it can be compared byte by byte."""
    from app.contract import contract_text
    from app.main import create_app

    return contract_text(create_app(settings))


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The DSN of the configured database or of the embedded one, in DATABASE_URL for migrations and workers too."""
    if settings.database_url is not None:
        problem = asyncio.run(_connection_problem(settings.database_url))
        if problem is not None:
            raise SystemExit(_complain(problem))
        yield settings.database_url
        return
    from app.embedded import EmbeddedPostgres

    embedded = EmbeddedPostgres(settings.data_dir / "postgres", durable=True, postgres_bin=settings.postgres_bin)
    with ExitStack() as held:
        with _phase("Khởi động PostgreSQL"):
            dsn = held.enter_context(embedded.hold())
        if embedded.folder != embedded.root:
            _note(f"PostgreSQL không vào được {embedded.root} khi chạy bằng root, nên dữ liệu nằm ở {embedded.folder}.")
        os.environ["DATABASE_URL"] = dsn
        yield dsn


async def _in_transaction(dsn: str, work: "Callable[[AsyncSession], Awaitable[Result]]") -> Result:
    from app.db import Database, transaction

    async with Database.open(Settings(database_url=dsn)) as opened, transaction(opened) as session:
        return await work(session)


_MOST_SHOWN = 20
_AUDIT_FINDINGS = {
    "changed_event": "Sự kiện {event_id} (vị trí {position} của chuỗi) đã bị sửa sau khi ghi.",
    "missing_event": "Sự kiện {event_id} (vị trí {position} của chuỗi) đã bị xóa.",
    "added_event": "Sự kiện {event_id} không có trong chuỗi: đã được chèn thêm, hoặc mắt xích của nó đã bị xóa.",
    "broken_link": "Mắt xích ở vị trí {position} (sự kiện {event_id}) đã bị sửa.",
    "missing_link": "Thiếu mắt xích từ vị trí {position} của chuỗi.",
    "anchor": "Chuỗi không khớp mốc đã lưu, thấy ở vị trí {position}: đã bị tính lại hoặc bị cắt bớt.",
}


async def _audit_verify(settings: Settings) -> int:
    from app.db import Database
    from app.services.audit_anchors import AnchorFile, UnreadableAnchor
    from app.services.audit_chain import anchor_head, link_all, verify_chain

    file = AnchorFile(settings.data_dir)
    try:
        anchors = file.read()
    except UnreadableAnchor as error:
        return _complain(f"dòng {error} của {file.path} không phải là mốc của nhật ký; tệp đã bị sửa hoặc bị ghi dở.")
    async with Database.open(settings) as opened:
        with _phase("Nối những sự kiện mới vào chuỗi"):
            await link_all(opened)
        found = []
        with _phase("Kiểm tra nhật ký") as show:

            def progress(done: int, of: int) -> None:
                show(f"{done * 100 // of}%")

            async with aclosing(verify_chain(opened.reads, anchors, progress)) as findings:
                async for finding in findings:
                    found.append(finding)
                    if len(found) == _MOST_SHOWN:
                        break
        for finding in found:
            print(_AUDIT_FINDINGS[finding.kind].format(position=finding.position, event_id=finding.event_id))
        if found:
            more = " đầu tiên" if len(found) == _MOST_SHOWN else ""
            _note(f"Nhật ký không còn nguyên vẹn: {len(found)} chỗ sai{more} ở trên. Giữ nguyên máy chủ để điều tra.")
            return 1
        head = await anchor_head(opened.reads, file)
    if head is None:
        _note("Nhật ký chưa có sự kiện nào.")
    else:
        print(f"{head.position} {head.hash.hex()}")
        _note(
            f"Nhật ký nguyên vẹn: {head.position} sự kiện, {len(anchors)} mốc. Dòng trên là đầu chuỗi, nên lưu nơi khác."
        )
    return 0


async def _set_up(settings: Settings, dsn: str) -> dict[str, str]:
    """What of it was done at an earlier start costs a look only."""
    if await _is_set_up(settings, dsn):
        return {}
    with _phase("Cập nhật cấu trúc bảng"):
        await migrate(dsn)
    return await _load(settings, dsn)


async def _is_set_up(settings: Settings, dsn: str) -> bool:
    import asyncpg

    from app.db import asyncpg_arguments
    from app.shipped import shipped_digest

    # migrations are numbered, and the newest is the head (tests/test_migrations.py)
    newest = max(file.name for file in (PROJECT / "alembic" / "versions").glob("[0-9]*.py")).partition("_")[0]
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        if await connection.fetchval("select version_num from alembic_version") != newest:
            return False
        loaded: bool = await connection.fetchval(
            "select exists (select from shipped_data where digest = $1)"
            " and ($2 or exists (select from user_account where is_demonstration))",
            shipped_digest(),
            settings.environment == "production",
        )
        return loaded
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


async def _has_demonstration_accounts(dsn: str) -> bool:
    """Their passwords were shown on a screen."""
    import asyncpg

    from app.db import asyncpg_arguments

    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        found: bool = await connection.fetchval(
            "select exists (select from user_account where is_demonstration and disabled_at is null)"
        )
        return found
    finally:
        await connection.close()


async def migrate(dsn: str) -> None:
    """Bring the tables of the database up to date; env.py lets only one process at a time do so."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import Connection, NullPool
    from sqlalchemy.ext.asyncio import create_async_engine

    from app.db import sqlalchemy_url

    config = Config()
    config.set_main_option("script_location", str(PROJECT / "alembic").replace("%", "%%"))

    def upgrade(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    engine = create_async_engine(sqlalchemy_url(dsn), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(upgrade)
        await connection.commit()
    await engine.dispose()


async def _load(settings: Settings, dsn: str) -> dict[str, str]:
    """Returns the passwords of the demonstration accounts that were created just now; in production there are none.

    Of two servers that start together the second one waits here, and then finds the work done.
    """
    import asyncpg

    from app.db import Database, asyncpg_arguments
    from app.loading import load_all, load_reference

    with _phase("Nạp dữ liệu"):
        lock = await asyncpg.connect(**asyncpg_arguments(dsn))
        try:
            await lock.execute("select pg_advisory_lock($1)", LOAD_LOCK)
            if settings.environment != "production":
                return (await load_all(dsn)).one_time_passwords
            async with Database.open(settings) as opened:
                await load_reference(opened)
            return {}
        finally:
            await lock.close()


async def _connection_problem(dsn: str) -> str | None:
    import asyncpg

    from app.db import asyncpg_arguments

    try:
        connection = await asyncpg.connect(**asyncpg_arguments(dsn), timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        server = urlsplit(dsn)
        return f"không kết nối được DATABASE_URL ({server.hostname or 'socket'}, {server.path.lstrip('/')}): {error}"
    await connection.close()
    return None


def _port_problem(settings: Settings) -> str | None:
    """Ask before anything is started, as starting a database only to give up would be a waste."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        return (
            f"Không mở được cổng {settings.port} trên {settings.host}: {error.strerror or error}.\n"
            f"Máy chủ có thể đang chạy rồi; để dùng cổng khác: make run PORT={settings.port % 65535 + 1}"
        )
    return None


def _key_problem(settings: Settings) -> str | None:
    """Ask here too: in a worker the same problem would be a traceback."""
    from app.sealing import Sealer
    from app.secret_files import SecretFileError
    from app.signing_keys import load_keys

    try:
        load_keys(settings)
        Sealer.load(settings)
    except SecretFileError as error:
        return str(error)
    return None


def _address(settings: Settings) -> str:
    """Where a browser on this machine finds the server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _welcome(settings: Settings, passwords: dict[str, str]) -> None:
    address = _address(settings)
    print(f"\n  Tài liệu API       {address}/docs\n  Dữ liệu công khai  {address}/v1/public/campaigns")
    if settings.database_url is None:
        print(f"  Cơ sở dữ liệu      {settings.data_dir / 'postgres'}")
    _show_passwords(passwords)
    print(flush=True)


def _show_passwords(passwords: dict[str, str]) -> None:
    if not passwords:
        return
    width = max(map(len, passwords))
    print("\n  Tài khoản dùng thử (mật khẩu chỉ hiện lần này)")
    for account, password in passwords.items():
        print(f"    {account:<{width}}   {password}")
    print("  Cần mật khẩu mới: .venv/bin/python -m app passwords", flush=True)


@contextmanager
def _phase(title: str) -> Iterator[Callable[[str], None]]:
    """Show that work is going on: a moving bar with the seconds on a terminal, one line elsewhere.

    Who knows how far it is says so by calling what this yields.
    """
    said = ""

    def say(text: str) -> None:
        nonlocal said
        said = f" {text}"

    if not sys.stderr.isatty():
        _note(f"{title} …")
        yield say
        return
    done = threading.Event()

    def draw() -> None:
        started = time.monotonic()
        step = 0
        while not done.wait(0.1):
            bar = "".join("█" if (cell - step) % 20 < 6 else "░" for cell in range(20))
            seconds = f"{time.monotonic() - started:.0f} s"
            print(f"\r\033[K{bar} {title}{said} {seconds}", end="", file=sys.stderr, flush=True)
            step += 1
        print("\r\033[K", end="", file=sys.stderr, flush=True)

    drawing = threading.Thread(target=draw)
    drawing.start()
    try:
        yield say
    finally:
        done.set()
        drawing.join()


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _complain(text: str) -> int:
    _note(f"Lỗi: {text}")
    return 1


def main() -> int:
    """Parse the command line, call the command, say in one sentence what is wrong if something is."""
    parser = argparse.ArgumentParser(prog="python -m app", description="TĐKT API")
    choices = parser.add_subparsers(dest="command", required=True)
    for name, (_, description) in COMMANDS.items():
        choices.add_parser(name, help=description, description=description)
    chosen, _ = COMMANDS[parser.parse_args().command]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows "?" instead of a traceback
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # unwind, so that everything held is given back
    from app.keeper import EmbeddedPostgresError

    try:
        settings = Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors())
        return _complain(f"thiết lập không hợp lệ: {wrong}")
    try:
        return chosen(settings)
    except (EmbeddedPostgresError, WeakSettings) as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
