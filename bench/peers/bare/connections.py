"""Four connections of a worker, each with its prepared statements: what asyncpg's own pool adds is left out."""

import asyncio
from collections import deque
from typing import Any

import asyncpg

SIZE = 4
_SETTINGS = {"application_name": "bench-bare", "timezone": "UTC", "jit": "off"}


class _Statements(dict[str, Any]):
    """Prepared statements of one connection by their SQL text."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def prepared(self, sql: str) -> Any:
        """The statement; prepared the first time it is asked for."""
        statement = self[sql] = await self.connection.prepare(sql)
        return statement


class Connections:
    """Hands out the connection that was used last; who finds none free waits in order."""

    def __init__(self) -> None:
        self._free: list[_Statements] = []
        self._waiting: deque[asyncio.Future[_Statements]] = deque()

    async def open(self) -> None:
        """Connect to the server that the PG… variables name."""
        for _ in range(SIZE):
            self._free.append(_Statements(await asyncpg.connect(server_settings=_SETTINGS)))

    async def close(self) -> None:
        """Disconnect."""
        for statements in self._free:
            await statements.connection.close()

    async def fetch(self, sql: str, *arguments: object) -> list[Any]:
        """All rows."""
        statements = self._free.pop() if self._free else await self._next()
        try:
            rows: list[Any] = await (statements.get(sql) or await statements.prepared(sql)).fetch(*arguments)
            return rows
        finally:
            self._give_back(statements)

    async def fetchrow(self, sql: str, *arguments: object) -> Any:
        """The first row, or None."""
        statements = self._free.pop() if self._free else await self._next()
        try:
            return await (statements.get(sql) or await statements.prepared(sql)).fetchrow(*arguments)
        finally:
            self._give_back(statements)

    def _next(self) -> "asyncio.Future[_Statements]":
        waiter: asyncio.Future[_Statements] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        return waiter

    def _give_back(self, statements: _Statements) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(statements)
                return
        self._free.append(statements)
