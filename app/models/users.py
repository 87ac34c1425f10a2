"""Accounts, grants and sessions."""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field as F
from pydantic import SecretStr
from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.base import moment, term
from app.shapes import Id, Input, Output, OutText
from app.vocabularies import Reach, Role


class UserAccount(SQLModel, table=True):
    """An account. The password is stored only as an argon2id hash."""

    __tablename__ = "user_account"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    username: str = Field(unique=True)
    display_name: str
    password_hash: str
    authority_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id")
    is_demonstration: bool = False
    disabled_at: datetime | None = Field(default=None, sa_column=moment("disabled_at", nullable=True))
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))


class RoleGrant(SQLModel, table=True):
    """User, role, authority, reach, validity."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("user_id", "role", "authority_id", "reach", "valid_from"),
        Index("ix_role_grant_user", "user_id"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    user_id: uuid.UUID = Field(foreign_key="user_account.id")
    role: Role = Field(sa_column=term(Role, "role"))
    authority_id: uuid.UUID = Field(foreign_key="authority.id", index=True)
    reach: Reach = Field(sa_column=term(Reach, "reach"))
    valid_from: date
    valid_to: date | None = None
    suspended_at: datetime | None = Field(default=None, sa_column=moment("suspended_at", nullable=True))


class UserSession(SQLModel, table=True):
    """A login on one device. Ending it stops its tokens within 5 seconds."""

    __tablename__ = "user_session"
    __table_args__ = (Index("ix_user_session_user", "user_id", postgresql_where=text("ended_at is null")),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    user_id: uuid.UUID = Field(foreign_key="user_account.id")
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    expires_at: datetime = Field(sa_column=moment("expires_at"))
    ended_at: datetime | None = Field(default=None, sa_column=moment("ended_at", nullable=True))
    end_reason: str | None = None


class RefreshToken(SQLModel, table=True):
    """A refresh token, kept as SHA-256 only. Using one twice ends its session."""

    __tablename__ = "refresh_token"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    session_id: uuid.UUID = Field(foreign_key="user_session.id", index=True)
    token_hash: bytes = Field(unique=True)
    issued_at: datetime = Field(default=None, sa_column=moment("issued_at", now=True))
    expires_at: datetime = Field(sa_column=moment("expires_at"))
    used_at: datetime | None = Field(default=None, sa_column=moment("used_at", nullable=True))


class LoginAttempt(SQLModel, table=True):
    """A failed login, for slowing down guesses: by account and by address."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_username", "username", "at"),
        Index("ix_login_attempt_address", "address", "at"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    username: str
    address: str
    at: datetime = Field(default=None, sa_column=moment("at", now=True))


class LoginIn(Input):
    """User name and password."""

    username: Annotated[str, F(min_length=1, max_length=100)]
    password: Annotated[SecretStr, F(min_length=1, max_length=256)]


class RefreshIn(Input):
    """A refresh token."""

    refresh_token: Annotated[SecretStr, F(min_length=20, max_length=200)]


class Tokens(Output):
    """An access token (ES256 JWT, at most 15 minutes) and a refresh token for the next one."""

    access_token: Annotated[str, F(max_length=4096)]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, F(ge=1, le=86_400, description="Giây")]
    refresh_token: Annotated[str, F(max_length=200)]


class GrantOut(Output):
    """A grant of the caller, with the permissions of its role."""

    id: Id
    role: Role
    authority: AuthorityReference
    reach: Reach
    valid_from: date
    valid_to: date | None
    permissions: Annotated[list[OutText], F(max_length=200)]


class Me(Output):
    """The caller: who they are and what they may do where."""

    id: Id
    username: OutText
    display_name: OutText
    authority: AuthorityReference | None
    grants: Annotated[list[GrantOut], F(max_length=100)]
