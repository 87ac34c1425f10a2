"""The keeper of an embedded PostgreSQL: starts it, restarts it should it die, stops it when nobody holds it.

`app.embedded` runs this file as a detached script, so it imports the standard library only. Three kernel locks,
each dropped by the kernel however a process ends, say what is the case, so no process number is ever trusted:
  use.lock     shared by every holder; who gets it exclusively knows that nobody is left
  keeper.lock  held by the keeper
  server.lock  inherited by PostgreSQL and all its children; free means that none of them is alive
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = "tdkt"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # sun_path without its final zero: 107 bytes on Linux, 103 on macOS
SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "shared_buffers=128MB",
    "max_wal_size=1GB",
    "jit=off",
    "lc_messages=C",
    "timezone=UTC",
    "log_min_error_statement=panic",  # statements carry personal data; keep them out of the log
)
THROW_AWAY_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class EmbeddedPostgresError(RuntimeError):
    """Why the embedded database cannot be used, and what to do about it, in Vietnamese."""


def short_hash(text: str) -> str:
    """A file name that stands for a path."""
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:12]


@dataclass(frozen=True)
class Account:
    """Whom PostgreSQL runs as. It refuses root, so a start by root hands it to an account that exists already."""

    uid: int
    gid: int

    def popen(self, *command: str | Path, piped: bool = False, keep: Sequence[int] = ()) -> subprocess.Popen[str]:
        """Start a program as this account; PG* variables of the caller (PGPORT, PGDATA) must not reach it."""
        as_root = os.geteuid() == 0
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else None,
            stderr=subprocess.STDOUT if piped else None,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            pass_fds=keep,
            start_new_session=True,
            text=True,
            errors="replace",
            user=self.uid if as_root else None,
            group=self.gid if as_root else None,
            extra_groups=[] if as_root else None,
        )

    def run(self, *command: str | Path, entry: str = "", keep: Sequence[int] = ()) -> str:
        """What a program printed; an error with its last words if it could not be run or failed."""
        try:
            with self.popen(*command, piped=True, keep=keep) as process:
                text, _ = process.communicate(entry)
        except OSError as error:
            raise EmbeddedPostgresError(f"Không chạy được {command[0]}: {error}") from error
        if process.returncode != 0:
            raise EmbeddedPostgresError(f"{command[0]} thất bại:\n{text.strip()}")
        return text

    def can_run(self, *command: str | Path) -> bool:
        try:
            self.run(*command)
        except EmbeddedPostgresError:
            return False
        return True


@dataclass(frozen=True)
class Place:
    """The folder of one cluster, the account that owns it, and whether its data are to be kept."""

    folder: Path
    account: Account
    durable: bool

    @property
    def cluster(self) -> Path:
        """Of two names, so that what removes a throw-away cluster can never meet data that are to be kept."""
        return self.folder / ("cluster" if self.durable else "throw-away")

    @property
    def socket_folder(self) -> Path:
        """Inside the folder if the path is short and plain; else a short one under /tmp, the same in every process."""
        inside = self.folder / "socket"
        if re.fullmatch(r"[A-Za-z0-9/._-]+", str(inside)) and len(f"{inside}/{SOCKET_NAME}") <= LONGEST_SOCKET_PATH:
            return inside
        return Path("/tmp") / f"tdkt-{self.account.uid}-{short_hash(str(self.folder))}"

    @property
    def dsn(self) -> str:
        """Understood by asyncpg and by SQLAlchemy; the port is named because PGPORT would change the default."""
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self.socket_folder))}&port=5432"

    def lock(self, name: str, kind: int = fcntl.LOCK_EX) -> int:
        """Wait for a lock; closing the descriptor, or dying, gives it back."""
        descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, kind)
        except BlockingIOError:
            os.close(descriptor)
            raise
        return descriptor

    def try_lock(self, name: str) -> int | None:
        """An exclusive lock, or None if another process has it."""
        try:
            return self.lock(name, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None

    def is_ready(self) -> bool:
        """Whether a connection is accepted and recovery is over; a pid file alone may be stale."""
        try:
            status = (self.cluster / "postmaster.pid").read_text().splitlines()
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.socket_folder / SOCKET_NAME))
        except OSError:
            return False
        return len(status) > 7 and status[7].strip() == "ready"

    def log_tail(self) -> str:
        return "\n".join((self.folder / "server.log").read_text(errors="replace").splitlines()[-12:])


def _keep(place: Place, binaries: Path) -> None:
    """The keeper: PostgreSQL runs until the last holder is gone."""
    try:
        while True:
            vacancy = place.try_lock("server.lock")
            if vacancy is not None:  # neither a server nor a leftover child of one
                _start(place, binaries, vacancy)
                os.close(vacancy)
            if place.try_lock("use.lock") is not None:
                return  # with use.lock held, so that a new holder waits until the server is down
            time.sleep(0.25)
    finally:
        _stop(place)


def _start(place: Place, binaries: Path, lock: int) -> None:
    _make_socket_folder(place)
    for leftover in (place.cluster / "postmaster.pid", place.socket_folder / f"{SOCKET_NAME}.lock"):
        leftover.unlink(missing_ok=True)  # stale, as server.lock was free; its number may be another process by now
    settings = [
        *SETTINGS,
        *(() if place.durable else THROW_AWAY_SETTINGS),
        f"unix_socket_directories={place.socket_folder}",
    ]
    options = [option for setting in settings for option in ("-c", setting)]
    server = place.account.popen(binaries / "postgres", "-D", place.cluster, *options, keep=[lock])
    while not place.is_ready():
        if server.poll() is not None:
            sys.exit(f"PostgreSQL ended with status {server.returncode} while starting")
        time.sleep(0.02)


def _make_socket_folder(place: Place) -> None:
    folder = place.socket_folder
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, place.account.uid, place.account.gid, follow_symlinks=False)
    found = folder.lstat()  # /tmp is open to everybody: who got there first must be us
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != place.account.uid or found.st_mode & 0o077:
        sys.exit(f"{folder} belongs to somebody else; remove it")


def _stop(place: Place) -> None:
    if place.is_ready():
        postmaster = int((place.cluster / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGINT)  # fast shutdown
        place.lock("server.lock")  # free when the server and all its children are gone
        with suppress(ChildProcessError):  # started by an earlier keeper
            os.wait()
    with suppress(OSError):  # nothing to tidy, or a server killed in mid-stop left its socket
        place.socket_folder.rmdir()
    if not place.durable:
        shutil.rmtree(place.cluster)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # the keeper is nobody's child, so it leaves no zombie behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _folder, _uid, _gid, _mode, _programs = sys.argv[1:]
    _keep(Place(Path(_folder), Account(int(_uid), int(_gid)), durable=_mode == "durable"), Path(_programs))
