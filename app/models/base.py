"""What every table is built of: naming convention, column helpers, the owner columns that reach is checked on."""

from enum import Enum
from typing import Any

from sqlalchemy import Column, Computed, DateTime, ForeignKeyConstraint, Text, func
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

# a violated constraint becomes a problem by its name (app/db.py), so names must not depend on the server
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def term(vocabulary: type[Enum], name: str, *, nullable: bool = False) -> Any:
    """Column of a vocabulary: text with a CHECK, so that a new term needs no type migration."""
    return Column(
        name,
        SqlEnum(
            vocabulary,
            name=name,
            native_enum=False,
            create_constraint=True,
            length=40,
            values_callable=lambda members: [member.value for member in members],
        ),
        nullable=nullable,
    )


def path(name: str, *, nullable: bool = False) -> Any:
    """Column of a path in one of the two trees, compared byte by byte so that a prefix is a range."""
    return Column(name, Text(collation="C"), nullable=nullable)


def folded(of: str) -> Any:
    """Column with the search form of another: no diacritics, lower case (`vi_fold`), kept by the database."""
    return Column(f"{of}_folded", Text, Computed(f"vi_fold({of})", persisted=True))


def sort_key(of: str) -> Any:
    """Column with the Vietnamese alphabetical order of another (`vi_sort_key`): no server has it built in."""
    return Column(f"{of}_sort", Text(collation="C"), Computed(f"vi_sort_key({of})", persisted=True))


def json(name: str, *, nullable: bool = False) -> Any:
    """Column of a validated JSON document."""
    return Column(name, JSONB(none_as_null=True), nullable=nullable)


def moment(name: str, *, nullable: bool = False, now: bool = False) -> Any:
    """Column of a point in time with zone; `now` fills it with the time of the transaction."""
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=func.now() if now else None)


def owner_key() -> ForeignKeyConstraint:
    """The copied paths of the owning authority cannot lie: they move with it."""
    return ForeignKeyConstraint(
        ["authority_id", "territory_path", "line_path"],
        ["authority.id", "authority.territory_path", "authority.line_path"],
        onupdate="CASCADE",
    )
