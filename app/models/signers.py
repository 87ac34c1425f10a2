"""Who may sign for a body, in which form, for how long: TM., KT., TL., TUQ. (Nghị định 30/2020/NĐ-CP, Điều 13)."""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field as F
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.base import moment, owner_key, path, term
from app.models.legal_documents import DocumentReference
from app.models.users import UserReference
from app.shapes import Day, Id, Input, Line, Moment, Output, OutText, Version
from app.vocabularies import SigningForm, ValidityState


class Signer(SQLModel, table=True):
    """A user who may sign papers of a body in one form. Never deleted: papers were signed by it."""

    __tablename__ = "signer"
    __table_args__ = (
        owner_key(),
        Index("ix_signer_owner", "authority_id", text("created_at desc"), text("id desc")),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    user_id: uuid.UUID = Field(foreign_key="user_account.id", index=True)
    form: SigningForm = Field(sa_column=term(SigningForm, "form"))
    position: str
    basis_document_id: uuid.UUID | None = Field(default=None, foreign_key="legal_document.id")
    valid_from: date
    valid_to: date | None = None
    suspended_at: datetime | None = Field(default=None, sa_column=moment("suspended_at", nullable=True))
    created_by: uuid.UUID = Field(foreign_key="user_account.id")
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = 1


class SignerIn(Input):
    """Who signs for which body in which form. Signing by authorisation (TUQ.) needs a document and an end."""

    authority_id: Id
    user_id: Id
    form: SigningForm
    position: Annotated[Line, F(description="Chức vụ ghi dưới hình thức ký, ví dụ Phó Chủ tịch")]
    basis_document_id: Annotated[Id | None, F(description="Văn bản giao ký; bắt buộc với thừa ủy quyền")] = None
    valid_from: Annotated[Day | None, F(description="Để trống là hôm nay")] = None
    valid_to: Annotated[Day | None, F(description="Ngày cuối cùng còn hiệu lực; bắt buộc với thừa ủy quyền")] = None


SignerAction = Literal["suspend", "resume", "end"]


class SignerOut(Output):
    """A user who may sign for a body, in force or not, with what the caller may do with it."""

    id: Id
    authority: AuthorityReference
    user: UserReference
    form: SigningForm
    position: OutText
    basis_document: DocumentReference | None
    valid_from: date
    valid_to: date | None
    suspended_at: Moment | None
    state: ValidityState
    created_at: Moment
    version: Version
    allowed_actions: Annotated[list[SignerAction], F(max_length=10)]


class SignerPage(Output):
    """A page of signers."""

    items: Annotated[list[SignerOut], F(max_length=100)]
    next_cursor: OutText | None
