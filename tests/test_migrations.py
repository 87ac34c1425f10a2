"""Migrations: up, down, up again; the models are what they build; every vocabulary is the database's."""

import asyncio
import os
import re
import uuid
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Enum as SqlEnum
from sqlmodel import SQLModel

import app.models  # noqa: F401 - registers the tables
from app.db import asyncpg_arguments
from tests.conftest import migrate, own_database

ALEMBIC = Path(__file__).resolve().parent.parent / "alembic"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ALEMBIC))
    return config


async def _schema(dsn: str) -> list[str]:
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    rows = await connection.fetch(
        """
        select 'column ' || table_name || '.' || column_name || ' ' || data_type || is_nullable as line
        from information_schema.columns where table_schema = 'public'
        union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
        union all select 'constraint ' || conname || pg_get_constraintdef(oid) from pg_constraint
                  where connamespace = 'public'::regnamespace
        union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
        union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
        """
    )
    await connection.close()
    return sorted(row["line"] for row in rows if "alembic_version" not in row["line"])


async def test_migrations_go_up_down_and_up_again_and_the_models_are_what_they_build(server_dsn: str) -> None:
    async with own_database(server_dsn, f"tdkt_migration_{uuid.uuid4().hex[:12]}") as dsn:
        await migrate(dsn)
        first = await _schema(dsn)
        assert len(first) > 300
        await migrate(dsn, "base", down=True)
        assert await _schema(dsn) == []
        await migrate(dsn)
        assert await _schema(dsn) == first
        os.environ["DATABASE_URL"], before = dsn, os.environ.get("DATABASE_URL")
        try:
            await asyncio.to_thread(command.check, _config())
        finally:
            os.environ.pop("DATABASE_URL")
            if before is not None:
                os.environ["DATABASE_URL"] = before


def test_there_is_one_head_and_the_folder_is_no_package() -> None:
    newest = max(file.name for file in (ALEMBIC / "versions").glob("[0-9]*.py")).partition("_")[0]
    assert ScriptDirectory.from_config(_config()).get_heads() == [newest], "a start finds the head by its number"
    assert not (ALEMBIC / "__init__.py").exists(), "it would hide the alembic package"


def test_every_migration_waits_for_locks_only_shortly() -> None:
    for file in (ALEMBIC / "versions").glob("*.py"):
        assert file.read_text(encoding="utf-8").count("set local lock_timeout") == 2, file.name


async def test_every_vocabulary_is_the_one_the_database_checks(database_dsn: str) -> None:
    connection = await asyncpg.connect(**asyncpg_arguments(database_dsn))
    rows = await connection.fetch(
        "select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as text "
        "from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace"
    )
    await connection.close()
    checked = {row["conname"]: set(re.findall(r"'(\w+)'", row["text"])) for row in rows}
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, SqlEnum):
                name = f"ck_{table.name}_{column.type.name}"
                assert checked[name] == set(column.type.enums), name
