"""Loading of the shipped data: reference data for every installation, accounts to try it with."""

from dataclasses import dataclass

from app.db import Database
from app.loading.demonstration import load_demonstration, new_passwords
from app.loading.reference import load_reference
from app.settings import Settings

__all__ = ["LoadReport", "load_all", "load_demonstration", "load_reference", "reset_demo_passwords"]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load has to tell: the passwords of the accounts it created, by user name. They are stored nowhere."""

    one_time_passwords: dict[str, str]


async def load_all(dsn: str) -> LoadReport:
    """Reference data and demonstration accounts; what is there already stays as it is."""
    async with Database.open(Settings(database_url=dsn)) as database:
        await load_reference(database)
        return LoadReport(one_time_passwords=await load_demonstration(database))


async def reset_demo_passwords(dsn: str) -> dict[str, str]:
    """New passwords for the demonstration accounts, by user name; their sessions end."""
    async with Database.open(Settings(database_url=dsn)) as database:
        return await new_passwords(database)
