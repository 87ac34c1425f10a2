"""Invitations: the one-time token with which a user sets a password that nobody else has seen."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field as F
from pydantic import SecretStr
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.base import moment
from app.models.users import UserOut
from app.shapes import Input, Moment, Output


class Invitation(SQLModel, table=True):
    """A token kept as SHA-256 only. Of one user at most one is open; it is good once and not for long."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index(
            "uq_invitation_open",
            "user_id",
            unique=True,
            postgresql_where=text("used_at is null and voided_at is null"),
        ),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    user_id: uuid.UUID = Field(foreign_key="user_account.id", index=True)
    token_hash: bytes = Field(unique=True)
    created_by: uuid.UUID = Field(foreign_key="user_account.id")
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    expires_at: datetime = Field(sa_column=moment("expires_at"))
    used_at: datetime | None = Field(default=None, sa_column=moment("used_at", nullable=True))
    voided_at: datetime | None = Field(default=None, sa_column=moment("voided_at", nullable=True))


class InvitationAcceptance(Input):
    """The token of an invitation, and the password its user chose."""

    token: Annotated[SecretStr, F(min_length=20, max_length=200)]
    password: Annotated[SecretStr, F(min_length=12, max_length=256)]


class InvitationOut(Output):
    """What the administrator passes on. The token is told in the first answer only; sent again, that has none."""

    token: Annotated[str, F(max_length=200)] | None
    expires_at: Moment


class InvitedUser(UserOut):
    """An account with its new invitation."""

    invitation: InvitationOut

    def without_secrets(self) -> "InvitedUser":
        """What is kept of the answer, to be given again where the request is sent again."""
        return self.model_copy(update={"invitation": self.invitation.model_copy(update={"token": None})})
