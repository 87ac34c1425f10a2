"""The connections behind reads and behind hot writes, handed out last in, first out.

asyncpg's own pool shields and times every hand-over, which costs as much as the read itself (measured: 108 µs a
query against 52 µs on a connection in hand). We need none of that: a read is one statement, a write one
transaction, no session state; a connection that was interrupted is thrown away and a new one opened when wanted.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

_LONGEST_WAIT = 10.0
"""Seconds a write waits for a connection: each of those before it may wait for locks."""


class ConnectionPool:
    """At most `size` connections of `connect`, opened when they are first wanted."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int) -> None:
        self._connect = connect
        self._unopened = size
        self._idle: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._closed = False

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        """All rows."""
        connection = await self._take()
        try:
            rows: Sequence[asyncpg.Record] = await connection.fetch(sql, *arguments)
        except BaseException as error:
            self._give_back(connection, interrupted=not isinstance(error, asyncpg.PostgresError))
            raise
        self._give_back(connection)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        connection = await self._take()
        try:
            row = await connection.fetchrow(sql, *arguments)
        except BaseException as error:
            self._give_back(connection, interrupted=not isinstance(error, asyncpg.PostgresError))
            raise
        self._give_back(connection)
        return row

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """One connection in a transaction: committed at the end, undone where anything was raised."""
        async with asyncio.timeout(_LONGEST_WAIT):
            connection = await self._take()
        try:
            await connection.execute("begin")
            yield connection
            if await connection.execute("commit") != "COMMIT":
                # a statement failed and somebody went on as if it had not; the server rolled back
                raise RuntimeError("the transaction was not committed")
        except BaseException as error:
            await self._undo(connection, error)
            raise
        self._give_back(connection)

    async def _undo(self, connection: asyncpg.Connection, error: BaseException) -> None:
        """Roll back; a connection of which it is not known where it stands is thrown away, which undoes as well."""
        undone = False
        try:
            if isinstance(error, Exception) and not isinstance(error, OSError | asyncpg.InterfaceError):
                with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                    await connection.execute("rollback")
                    undone = True
        finally:
            self._give_back(connection, interrupted=not undone)

    async def close(self) -> None:
        """Close the connections; those in use are closed when they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await connection.close(timeout=5)

    async def _take(self) -> asyncpg.Connection:
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._unopened += 1
            if self._unopened:
                return await self._open()
            turn: asyncio.Future[asyncpg.Connection | None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                handed_over = await turn
            except asyncio.CancelledError:
                # it may have been handed over in the same moment
                if turn.done() and not turn.cancelled():
                    self._pass_on(turn.result())
                raise
            if handed_over is not None:
                return handed_over

    async def _open(self) -> asyncpg.Connection:
        self._unopened -= 1
        try:
            connection: asyncpg.Connection = await self._connect()
        except BaseException:
            self._unopened += 1
            self._pass_on(None)
            raise
        return connection

    def _give_back(self, connection: asyncpg.Connection, *, interrupted: bool = False) -> None:
        if interrupted or self._closed:
            # its answer may still be on the way, to whoever asks next
            connection.terminate()
        if connection.is_closed():
            self._unopened += 1
            self._pass_on(None)
        else:
            self._pass_on(connection)

    def _pass_on(self, connection: asyncpg.Connection | None) -> None:
        """To the first who still waits; None means: there is room, open one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is not None:
            self._idle.append(connection)
