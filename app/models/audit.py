"""What the contract shows of the audit log (nhật ký)."""

from typing import Annotated

from pydantic import Field as F

from app.models.authorities import AuthorityReference
from app.shapes import Id, Moment, Output, OutText
from app.vocabularies import Purpose

EventNumber = Annotated[int, F(ge=1, le=2**53 - 1)]
"""The number of an event: about in the order in which they were written, with gaps. Exact in JavaScript as well."""


class AuditActor(Output):
    """Who did it."""

    id: Id
    name: OutText


class AuditChange(Output):
    """One value before and after. Text as it is, anything else as JSON; null where there was or is none."""

    field: OutText
    before: OutText | None
    after: OutText | None


class AuditEventOut(Output):
    """Who did what, when, under which grant, for whom. Never holds personal data of those nominated."""

    number: EventNumber
    at: Moment
    actor: AuditActor | None
    authority: AuthorityReference | None
    grant_id: Id | None
    action: Annotated[str, F(max_length=80)]
    entity: Annotated[str, F(max_length=80)]
    entity_id: Id
    changes: Annotated[list[AuditChange], F(max_length=200)]
    reason: OutText | None
    purpose: Purpose | None
    request: OutText | None
    address: OutText | None


class AuditEventPage(Output):
    """A page of the log."""

    items: Annotated[list[AuditEventOut], F(max_length=100)]
    next_cursor: OutText | None
