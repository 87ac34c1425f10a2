"""Who may sign for a body: recorded by its administrator as the head of the body decided (NĐ 30/2020/NĐ-CP, Điều 13).

The head signs, for a collective on its behalf (TM., khoản 2); a deputy in the head's place (KT., khoản 1 and 2); the
head of a unit by order (TL., khoản 4) or by authorisation (TUQ., khoản 3), which must be in writing and end on a day.
Which form a kind of body takes is for the administrator to know: the product does not judge it.
"""

import uuid
from datetime import date

from app.access import Actor, Grant, place_of, reach_arguments, reach_sql
from app.db import Reads, Row, Transaction
from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.nominations import Reason
from app.models.signers import SignerIn, SignerOut, SignerPage
from app.models.users import Ending, UserReference
from app.problems import Problem, field_problem
from app.records import record_in
from app.scopes import Filter, ScopedList, reach_groups, reach_sources
from app.services.administration import (
    TimedAction,
    check_timed_action,
    first_and_last_day,
    last_day,
    lock_users,
    not_oneself,
    take_timed_action,
    timed_actions,
    validity_state,
)
from app.services.authorities import body_to_act_for
from app.services.campaigns.reads import document_reference
from app.vocabularies import Permission, SigningForm

_COLUMNS = """
select s.id, s.authority_id, s.territory_path, s.line_path, a.name as authority_name, s.user_id, u.display_name, s.form,
       s.position, s.valid_from, s.valid_to, s.suspended_at, s.created_at, s.version,
       l.id as document_id, l.number_symbol as document_number, l.title as document_title,
       l.issued_on as document_issued_on, l.issued_precision as document_issued_precision
"""
_JOINS = """
join authority a on a.id = s.authority_id join user_account u on u.id = s.user_id
left join legal_document l on l.id = s.basis_document_id
"""
_ONE = f"{_COLUMNS} from signer s {_JOINS} where s.id = $1 and {reach_sql('s', 2)}"
_LIST = ScopedList(
    "signer",
    "s",
    _COLUMNS,
    _JOINS,
    reach_sources("s"),
    {
        "authority_id": Filter("s.authority_id = {}", "ordered"),
        "user_id": Filter("s.user_id = {}", "whole"),
        "on": Filter(
            "s.suspended_at is null and s.valid_from <= {0} and (s.valid_to is null or s.valid_to >= {0})"
            " and exists (select from user_account where id = s.user_id and disabled_at is null)"
        ),
    },
)
_USER = f"""
select u.id from user_account u
join (select id as authority_id, territory_path, line_path from authority) as a on a.authority_id = u.authority_id
where u.id = $1 and u.disabled_at is null and {reach_sql("a", 2)}
"""
_DOCUMENT = "select id from legal_document where id = $1"
_SAME = """
select id from signer where user_id = $1 and authority_id = $2 and form = $3
  and (valid_to is null or valid_to >= $4) and ($5::date is null or valid_from <= $5)
"""
_CREATE = """
insert into signer (id, authority_id, territory_path, line_path, user_id, form, position, basis_document_id, valid_from,
                    valid_to, created_by, version)
select $1, id, territory_path, line_path, $3, $4, $5, $6, $7, $8, $9, 1 from authority where id = $2
"""


async def list_signers(
    reads: Reads,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    authority_id: uuid.UUID | None,
    user_id: uuid.UUID | None,
    on: date | None,
) -> SignerPage:
    """Who may sign for bodies in reach, newest first; `on`: who may on that day."""
    actor.require(Permission.SIGNER_READ)
    page, next_cursor = await _LIST.page(
        reads,
        reach_groups(actor, Permission.SIGNER_READ),
        limit=limit,
        cursor=cursor,
        filters={"authority_id": authority_id, "user_id": user_id, "on": on},
    )
    return SignerPage(items=[_shape(row, actor) for row in page], next_cursor=next_cursor)


async def read_signer(reads: Reads, actor: Actor, signer_id: uuid.UUID) -> SignerOut:
    """One signer of a body in reach."""
    row = await _find(reads, actor, signer_id)
    actor.require_for(Permission.SIGNER_READ, place_of(row))
    return _shape(row, actor)


async def create_signer(tx: Transaction, actor: Actor, body: SignerIn) -> SignerOut:
    """Record that a user in reach may sign for a body; nobody records it for themselves."""
    _, grant = await body_to_act_for(tx, actor, body.authority_id, Permission.SIGNER_WRITE)
    not_oneself(actor, body.user_id)
    if await tx.fetchrow(_USER, body.user_id, *reach_arguments(actor.reach(Permission.SIGNER_WRITE))) is None:
        raise Problem("unknown_reference", field="/user_id", what="người dùng")
    _check_authorisation(body)
    if body.basis_document_id is not None and await tx.fetchrow(_DOCUMENT, body.basis_document_id) is None:
        raise Problem("unknown_reference", field="/basis_document_id", what="văn bản")
    first, last = first_and_last_day(body.valid_from, body.valid_to)
    await lock_users(tx, actor, grant, body.user_id)
    if await tx.fetchrow(_SAME, body.user_id, body.authority_id, body.form, first, last) is not None:
        raise Problem("signer_exists")
    key = new_id()
    await tx.execute(
        _CREATE,
        key,
        body.authority_id,
        body.user_id,
        body.form,
        body.position,
        body.basis_document_id,
        first,
        last,
        actor.user_id,
    )
    after = {
        "user_id": str(body.user_id),
        "form": body.form,
        "valid_from": first.isoformat(),
        "valid_to": None if last is None else last.isoformat(),
    }
    await record_in(
        tx,
        actor,
        action="given",
        entity="signer",
        entity_id=key,
        authority_id=body.authority_id,
        grant=grant,
        after=after,
    )
    return _shape(await _find(tx, actor, key), actor)


async def suspend_signer(tx: Transaction, actor: Actor, version: int, signer_id: uuid.UUID, body: Reason) -> SignerOut:
    """Somebody may not sign until it is resumed."""
    return await _act(tx, actor, version, signer_id, "suspend", body.reason)


async def resume_signer(tx: Transaction, actor: Actor, version: int, signer_id: uuid.UUID, body: Reason) -> SignerOut:
    """Somebody may sign again, within the days."""
    return await _act(tx, actor, version, signer_id, "resume", body.reason)


async def end_signer(tx: Transaction, actor: Actor, version: int, signer_id: uuid.UUID, body: Ending) -> SignerOut:
    """Somebody may sign until a day, that day included."""
    row, grant = await _locked(tx, actor, version, signer_id, "end")
    last = last_day(row, body.valid_to)
    await take_timed_action(tx, actor, "signer", row, grant, "end", reason=body.reason, last=last)
    return _shape(await _find(tx, actor, signer_id), actor)


def _check_authorisation(body: SignerIn) -> None:
    """Điều 13 khoản 3: authorisation is given in writing, and for a limited time."""
    if body.form != SigningForm.BY_AUTHORISATION:
        return
    if body.basis_document_id is None:
        raise field_problem(
            "/basis_document_id",
            "authorisation_needs_document",
            "Giao ký thừa ủy quyền phải bằng văn bản (Nghị định 30/2020/NĐ-CP, Điều 13 khoản 3). Hãy gắn văn bản đó.",
            "Signing by authorisation is given in writing (Decree 30/2020/NĐ-CP, Article 13 (3)). Name the document.",
        )
    if body.valid_to is None:
        raise field_problem(
            "/valid_to",
            "authorisation_needs_end",
            "Giao ký thừa ủy quyền phải có thời hạn (Nghị định 30/2020/NĐ-CP, Điều 13 khoản 3). Hãy ghi ngày kết thúc.",
            "Signing by authorisation ends on a day (Decree 30/2020/NĐ-CP, Article 13 (3)). Give its last day.",
        )


async def _act(
    tx: Transaction, actor: Actor, version: int, signer_id: uuid.UUID, action: TimedAction, reason: str
) -> SignerOut:
    row, grant = await _locked(tx, actor, version, signer_id, action)
    await take_timed_action(tx, actor, "signer", row, grant, action, reason=reason)
    return _shape(await _find(tx, actor, signer_id), actor)


async def _find(reads: Reads, actor: Actor, signer_id: uuid.UUID) -> Row:
    row = await reads.fetchrow(_ONE, signer_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    return row


async def _locked(
    tx: Transaction, actor: Actor, version: int, signer_id: uuid.UUID, action: TimedAction
) -> tuple[Row, Grant]:
    """The record, its user locked, ready for an action; refuses in the order 404, 403, 412, 409."""
    row = await _find(tx, actor, signer_id)
    grant = actor.require_for(Permission.SIGNER_WRITE, place_of(row))
    not_oneself(actor, row["user_id"])
    await lock_users(tx, actor, grant, row["user_id"])
    row = await _find(tx, actor, signer_id)
    check_timed_action(row, version, action)
    return row, grant


def _shape(row: Row, actor: Actor) -> SignerOut:
    state = validity_state(row)
    mine = row["user_id"] != actor.user_id and actor.grant_for(Permission.SIGNER_WRITE, place_of(row)) is not None
    return SignerOut(
        id=row["id"],
        authority=AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        user=UserReference(id=row["user_id"], display_name=row["display_name"]),
        form=row["form"],
        position=row["position"],
        basis_document=document_reference(row),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        suspended_at=row["suspended_at"],
        state=state,
        created_at=row["created_at"],
        version=row["version"],
        allowed_actions=timed_actions(state) if mine else [],
    )
