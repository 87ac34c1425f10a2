"""Files with secrets: only their owner reads them, they are replaced as a whole or not at all, made once by whoever is first."""

import os
import stat
import uuid
from contextlib import suppress
from pathlib import Path


class SecretFileError(RuntimeError):
    """The server cannot start with this file; the text says what to do."""


def read_secret(file: Path) -> bytes:
    """The content. Raises SecretFileError where it cannot be read, or somebody else could."""
    try:
        with file.open("rb") as stream:
            # of the open file: nobody can put another one in between
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            content = stream.read()
    except OSError as error:
        raise SecretFileError(f"Không đọc được tệp khóa {file}: {error.strerror}.") from error
    if mode & 0o077:
        raise SecretFileError(f"Tệp khóa {file} cho người khác đọc (quyền {mode:04o}). Hãy chạy: chmod 600 '{file}'")
    return content


def replace_secret(file: Path, content: bytes) -> None:
    """Replace the file. Raises SecretFileError; then it is as it was."""
    try:
        draft = _draft(file, content)
        try:
            draft.replace(file)
        finally:
            with suppress(OSError):
                draft.unlink()
    except OSError as error:
        raise SecretFileError(f"Không ghi được tệp khóa {file}: {error.strerror}.") from error


def make_secret_once(file: Path, content: bytes) -> None:
    """Several workers may start at once: `link` never replaces, so all of them end with the file of the first."""
    if file.exists():
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = _draft(file, content)
        try:
            with suppress(FileExistsError):
                os.link(draft, file)
        finally:
            draft.unlink()
    except OSError as error:
        raise SecretFileError(f"Không tạo được tệp khóa {file}: {error.strerror}.") from error


def _draft(file: Path, content: bytes) -> Path:
    """The content beside the file, on disk, for its owner only; nothing is left where that fails."""
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft
