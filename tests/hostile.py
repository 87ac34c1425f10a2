"""Hostile input in numbers: what the tests tried, what was refused, and whether anything changed.

A counted test says what it tries: `with refused("token"): …` where nothing can change, `async with unchanged("payload",
make.connection): …` where the whole database is compared. Whatever leaves the block as an exception, a failed assertion
above all, was not refused. The end of the run prints the table (`tests/conftest.py`).
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

Kind = Literal["token", "url", "payload", "cross_reach", "upload"]
_LABELS: dict[Kind, str] = {
    "token": "mã truy cập giả",
    "url": "địa chỉ gọi ra ngoài",
    "payload": "dữ liệu và yêu cầu sai",
    "cross_reach": "ngoài phạm vi, sai vai trò, ẩn danh",
    "upload": "tệp tải lên",
}
# a failed login may be counted; sessions and accounts are what the callers of the tests are made of
NOT_COMPARED = frozenset({"login_attempt", "user_account", "role_grant", "user_session"})


@dataclass
class Count:
    """One kind of hostile input."""

    tried: int = 0
    refused: int = 0
    changed: int = 0


COUNTS: dict[Kind, Count] = {kind: Count() for kind in get_args(Kind)}


@contextmanager
def refused(kind: Kind, number: int = 1) -> Iterator[None]:
    """Counted as refused where the block ends without an exception."""
    COUNTS[kind].tried += number
    yield
    COUNTS[kind].refused += number


@asynccontextmanager
async def unchanged(kind: Kind, connection: AsyncConnection, number: int = 1) -> AsyncIterator[None]:
    """The same, and every row of every table is as it was before."""
    before = await contents(connection)
    with refused(kind, number):
        yield
        after = await contents(connection)
        if after != before:
            COUNTS[kind].changed += 1
        differing = sorted(name for name in after if after[name] != before[name])
        assert not differing, f"what was refused changed {differing}"


async def contents(connection: AsyncConnection) -> dict[str, tuple[int, Any]]:
    """Per table the number of its rows and a sum of their hashes, which does not depend on their order."""
    tables = sorted(set(SQLModel.metadata.tables) - NOT_COMPARED)
    parts = (
        f"select '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from \"{name}\" t"
        for name in tables
    )
    rows = (await connection.execute(text(" union all ".join(parts)))).all()
    return {name: (count, digest) for name, count, digest in rows}


def table() -> list[str]:
    """The lines that the end of a run prints; none where nothing hostile was tried."""
    if not any(count.tried for count in COUNTS.values()):
        return []
    lines = [f"{'Đầu vào thù địch':36} {'đã thử':>9} {'bị từ chối':>11} {'làm thay đổi':>13}"]
    for kind, count in COUNTS.items():
        lines.append(f"{_LABELS[kind]:36} {count.tried:9} {count.refused:11} {count.changed:13}")
    return lines
