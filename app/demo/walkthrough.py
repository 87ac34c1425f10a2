"""`make demo`: tell the story against the running server."""

import asyncio
import sys

import httpx

from app.db import Database
from app.demo.accounts import story_accounts
from app.demo.story import tell
from app.demo.storyteller import StoryBroken, Storyteller
from app.settings import Settings


def walk_through(settings: Settings, address: str) -> int:
    """Print the story; 0 where every answer was as told, 1 where one was not.

    `settings.database_url` must be set: the accounts of the story are made there, everything else goes
    over HTTP to `address`.
    """
    try:
        asyncio.run(_walk(settings, address))
    except httpx.ConnectError:
        print(f"Không gọi được {address}. Hãy chạy `make run` ở một cửa sổ khác rồi thử lại.", file=sys.stderr)
        return 1
    except StoryBroken as broken:
        print(f"\n✗ Câu chuyện dừng lại: {broken}", file=sys.stderr)
        return 1
    return 0


async def _walk(settings: Settings, address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        (await client.get("/readyz")).raise_for_status()
        async with Database.open(settings) as database, story_accounts(database) as accounts:
            story = Storyteller(client, print)
            await tell(story, accounts)
            print(f"\n✓ Xong: máy chủ đã xác nhận {len(story.acknowledged)} bản ghi.")
