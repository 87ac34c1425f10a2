"""Accounts, grants and sessions."""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field as F
from pydantic import SecretStr, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, Column, Computed, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.base import moment, term
from app.shapes import Day, Id, Input, Line, Moment, Output, OutText, Paragraph, Version
from app.vocabularies import DenialReason, Reach, Role, ValidityState

NO_PASSWORD = "-"
"""Stands for the hash of an account whose user has not set a password yet: nothing fits it (`app/passwords.py`)."""
MOST_GRANTS = 100
"""Grants of one user that have not ended."""


class UserAccount(SQLModel, table=True):
    """An account. The password is stored only as an argon2id hash."""

    __tablename__ = "user_account"
    __table_args__ = (
        Index("ix_user_account_authority", "authority_id", text("created_at desc"), text("id desc")),
        Index("ix_user_account_search", text("to_tsvector('simple', search_folded)"), postgresql_using="gin"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    username: str = Field(unique=True)
    display_name: str
    password_hash: str
    authority_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id")
    is_demonstration: bool = False
    disabled_at: datetime | None = Field(default=None, sa_column=moment("disabled_at", nullable=True))
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    # "pham.thu.hang" is found by its parts, as a name is
    search_folded: str | None = Field(
        default=None,
        sa_column=Column(
            "search_folded",
            Text,
            Computed("vi_fold(display_name || ' ' || translate(username, '._@-', '    '))", persisted=True),
        ),
    )
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})


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
    created_by: uuid.UUID | None = Field(default=None, foreign_key="user_account.id")
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})


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
    address: str | None = None
    client: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_column=moment("confirmed_at", nullable=True))


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
    of_code: bool = False


class SecondFactor(SQLModel, table=True):
    """The secret of an authenticator app (TOTP, RFC 6238), sealed (`app/sealing.py`). Not asked for until activated.

    `last_step` is the last time step of which a code was taken: none is taken twice.
    """

    __tablename__ = "second_factor"

    user_id: uuid.UUID = Field(foreign_key="user_account.id", primary_key=True)
    secret: bytes
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    activated_at: datetime | None = Field(default=None, sa_column=moment("activated_at", nullable=True))
    last_step: int | None = Field(default=None, sa_column=Column("last_step", BigInteger))


class RecoveryCode(SQLModel, table=True):
    """A code of 80 random bits that stands in for the app once; kept as SHA-256 only."""

    __tablename__ = "recovery_code"

    user_id: uuid.UUID = Field(foreign_key="user_account.id", primary_key=True)
    code_hash: bytes = Field(primary_key=True)
    used_at: datetime | None = Field(default=None, sa_column=moment("used_at", nullable=True))


Password = Annotated[SecretStr, F(min_length=1, max_length=256)]
FactorCode = Annotated[
    SecretStr, F(min_length=6, max_length=40, description="Sáu chữ số của ứng dụng xác thực, hoặc một mã dự phòng")
]


class LoginIn(Input):
    """User name and password, and a code where a second factor is active."""

    username: Annotated[str, F(min_length=1, max_length=100)]
    password: Password
    code: FactorCode | None = None


class ConfirmIn(Input):
    """The caller's own password again, and a code where a second factor is active."""

    password: Password
    code: FactorCode | None = None


class PasswordIn(Input):
    """The password as it is and as it shall be."""

    current_password: Password
    new_password: Annotated[SecretStr, F(min_length=12, max_length=256, description="Ít nhất 12 ký tự, khó đoán")]


class CodeIn(Input):
    """A code of the authenticator app."""

    code: Annotated[SecretStr, F(min_length=6, max_length=6, description="Sáu chữ số của ứng dụng xác thực")]


class SessionOut(Output):
    """A session that goes on."""

    id: Id
    created_at: Moment
    expires_at: Moment
    last_renewed_at: Annotated[Moment, F(description="Lần gần nhất lấy mã truy cập mới")]
    address: Annotated[OutText | None, F(description="Địa chỉ mạng khi đăng nhập")]
    client: Annotated[OutText | None, F(description="Phần mềm khi đăng nhập (User-Agent)")]
    current: Annotated[bool, F(description="Phiên đang dùng để gọi")]


class SessionPage(Output):
    """Sessions of the caller, newest first."""

    items: Annotated[list[SessionOut], F(max_length=100)]
    next_cursor: Annotated[str | None, F(max_length=2000)]


class SecondFactorStatus(Output):
    """Whether a code is asked for."""

    active: bool
    activated_at: Moment | None
    recovery_codes_left: Annotated[int, F(ge=0, le=100, description="Mã dự phòng chưa dùng")]


class SecondFactorSecret(Output):
    """What an authenticator app needs; shown once."""

    secret: Annotated[str, F(max_length=64, description="Khóa bí mật (base32), để nhập bằng tay")]
    uri: Annotated[str, F(max_length=1000, description="Địa chỉ otpauth://, để hiện thành mã QR")]


class RecoveryCodes(Output):
    """Codes that stand in for the app, each once; shown once."""

    codes: Annotated[list[Annotated[str, F(max_length=40)]], F(max_length=20)]


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


class UserReference(Output):
    """A user as they are named inside other answers."""

    id: Id
    display_name: OutText


class UserIn(Input):
    """An account to open. It gets no password: its user sets one with the invitation."""

    username: Annotated[
        str,
        F(
            min_length=3,
            max_length=64,
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$",
            description="Chữ cái không dấu, chữ số, dấu chấm, gạch; lưu ở dạng chữ thường.",
        ),
    ]
    display_name: Line
    authority_id: Id


class UserPatch(Input):
    """Merge patch (RFC 7396) of an account: absent keeps."""

    display_name: Line | None = None
    authority_id: Id | None = None

    @field_validator("display_name", "authority_id")
    @classmethod
    def _not_cleared(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("null_not_allowed", "this value cannot be cleared")
        return value


UserAction = Literal["edit", "disable", "enable", "invite"]


class UserSummary(Output):
    """An account in a list."""

    id: Id
    username: OutText
    display_name: OutText
    authority: AuthorityReference
    has_password: bool
    disabled_at: Moment | None
    created_at: Moment


class UserOut(UserSummary):
    """An account with what the caller may do with it. `invitation_expires_at`: an invitation waits until then."""

    invitation_expires_at: Moment | None
    version: Version
    allowed_actions: Annotated[list[UserAction], F(max_length=10)]


class UserPage(Output):
    """A page of accounts."""

    items: Annotated[list[UserSummary], F(max_length=100)]
    next_cursor: OutText | None


class GrantIn(Input):
    """A grant to give. It begins today where no day is given, and lasts until it is ended where no end is given."""

    role: Role
    authority_id: Id
    reach: Reach
    valid_from: Day | None = None
    valid_to: Annotated[Day | None, F(description="Ngày cuối cùng còn hiệu lực")] = None


class Ending(Input):
    """The last day on which it is in force, today where not given, and why it ends."""

    valid_to: Annotated[Day | None, F(description="Ngày cuối cùng còn hiệu lực; để trống là hôm nay")] = None
    reason: Paragraph


GrantAction = Literal["suspend", "resume", "end"]


class UserGrant(Output):
    """A grant of a user, in force or not, with what the caller may do with it."""

    id: Id
    user: UserReference
    role: Role
    authority: AuthorityReference
    reach: Reach
    valid_from: date
    valid_to: date | None
    suspended_at: Moment | None
    state: ValidityState
    created_at: Moment
    version: Version
    allowed_actions: Annotated[list[GrantAction], F(max_length=10)]


class UserGrantPage(Output):
    """A page of grants."""

    items: Annotated[list[UserGrant], F(max_length=100)]
    next_cursor: OutText | None


class PermissionAnswer(Output):
    """Whether a user holds one permission at a body: by which grant, or why not (and which grant is nearest to it)."""

    permission: Annotated[str, F(max_length=60)]
    allowed: bool
    grant_id: Id | None
    reason: DenialReason | None


class PermissionAnswers(Output):
    """What a user may do at a body on a day: every permission there is."""

    user: UserReference
    authority: AuthorityReference
    on: date
    items: Annotated[list[PermissionAnswer], F(max_length=200)]
