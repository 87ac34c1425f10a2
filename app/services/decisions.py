"""Decisions: a gapless number, one register entry per awardee, bonus by rule, all in one transaction."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, insert, or_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Place, place_of, reach_arguments, reach_sql, readable
from app.db import Reads, Row, reads_of
from app.ids import new_id, verification_code
from app.models.authorities import Authority, AuthorityReference
from app.models.award_types import AwardType, Bonus
from app.models.candidates import Candidate
from app.models.decisions import (
    Award,
    Decision,
    DecisionIn,
    DecisionOut,
    DecisionPage,
    DecisionSummary,
    NumberSeries,
)
from app.models.nominations import Dossier, Nomination
from app.problems import Problem, field_problem
from app.records import record
from app.scopes import Filter, ScopedList, reach_groups, reach_sources
from app.services.authorities import authority_to_act_for
from app.services.awards import AWARD_COLUMNS, AWARD_JOINS, shape_award_summary
from app.services.bonuses import award_bonus, base_salary_on
from app.services.nominations.moving import apply_step, desk_of, require_step
from app.services.nominations.reading import workflow_of
from app.vocabularies import AuthorityKind, AuthorityLevel, AwardState, Permission, RecipientKind

_COLUMNS = """
select x.id, x.authority_id, x.territory_path, x.line_path, x.number_symbol, x.title, x.decided_on, x.signer_name,
       x.signer_position, x.signing_form, x.created_at, x.version, a.name as authority_name
"""
_JOIN = "join authority a on a.id = x.authority_id"
# a body also reads the decisions that award its own people
_IN_REACH = f"""({reach_sql("x", 2)} or exists (
    select from award w where w.decision_id = x.id and {reach_sql("w", 2)}))"""
_ONE = f"{_COLUMNS} from decision x {_JOIN} where x.id = $1 and {_IN_REACH}"
_AWARDS = f"{AWARD_COLUMNS} from award w {AWARD_JOINS} where w.decision_id = $1 and ({reach_sql('w', 2)} or $5::bool) order by w.register_number"
_LIST = ScopedList(
    "decision",
    "x",
    _COLUMNS,
    _JOIN,
    reach_sources("x"),
    {"year": Filter("x.year = {}::int"), "authority_id": Filter("x.authority_id = {}::uuid")},
)
_COMPETENT = """
select authority_kind, authority_level, legal_basis from award_competence
where award_type_code = $1 and valid_from <= $2 and (valid_to is null or valid_to >= $2)
order by authority_level, authority_kind
"""

# Nghị định 30/2020/NĐ-CP: the symbol of a decision is QĐ and the issuing body
_SYMBOLS = {
    AuthorityKind.PEOPLE_COMMITTEE: "QĐ-UBND",
    AuthorityKind.PRIME_MINISTER: "QĐ-TTg",
    AuthorityKind.PRESIDENT: "QĐ-CTN",
    AuthorityKind.FRONT_COMMITTEE: "QĐ-MTTQ",
    AuthorityKind.DEPARTMENT: "QĐ-S",
}


def _summary(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "authority": AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        **{
            name: row[name]
            for name in (
                "number_symbol",
                "title",
                "decided_on",
                "signer_name",
                "signer_position",
                "signing_form",
                "created_at",
            )
        },
    }


async def read_decision(reads: Reads, actor: Actor, decision_id: uuid.UUID) -> DecisionOut:
    """One decision in reach. Whoever only reaches some of its awardees sees only those."""
    arguments = reach_arguments(actor.reach())
    row = await reads.fetchrow(_ONE, decision_id, *arguments)
    if row is None:
        raise Problem("not_found")
    whole = actor.grant_for(Permission.DECISION_READ, place_of(row)) is not None
    if not whole:
        actor.require(Permission.DECISION_READ)
    narrowed = reach_arguments(actor.reach(Permission.DECISION_READ))
    awards = await reads.fetch(_AWARDS, decision_id, *narrowed, whole)
    if not whole and not awards:
        raise Problem("forbidden", permission=Permission.DECISION_READ)
    return DecisionOut(
        **_summary(row),
        awards=[shape_award_summary(award) for award in awards],
        bonus_total=sum(award["bonus_amount"] for award in awards),
        version=row["version"],
    )


async def list_decisions(
    reads: Reads, actor: Actor, *, limit: int, cursor: str | None, year: int | None, authority_id: uuid.UUID | None
) -> DecisionPage:
    """Decisions of bodies in reach, newest first."""
    actor.require(Permission.DECISION_READ)
    page, next_cursor = await _LIST.page(
        reads,
        reach_groups(actor, Permission.DECISION_READ),
        limit=limit,
        cursor=cursor,
        filters={"year": year, "authority_id": authority_id},
    )
    return DecisionPage(items=[DecisionSummary(**_summary(row)) for row in page], next_cursor=next_cursor)


async def create_decision(db: AsyncSession, actor: Actor, body: DecisionIn) -> DecisionOut:
    """Decide appraised nominations that are with the authority: all of them, or none."""
    authority, grant = await authority_to_act_for(db, actor, body.authority_id, Permission.DECISION_WRITE, itself=True)
    _check_day(body.decided_on, authority)
    nominations = await _lock_nominations(db, actor, authority, body.nomination_ids)
    await _refuse_before_submission(db, nominations, body.decided_on)
    decision = Decision(
        id=new_id(),
        authority_id=authority.id,
        territory_path=authority.territory_path,
        line_path=authority.line_path,
        year=body.decided_on.year,
        number=0,
        number_symbol="",
        title=body.title,
        decided_on=body.decided_on,
        signer_name=body.signer_name,
        signer_position=body.signer_position,
        signing_form=body.signing_form,
        created_by=actor.user_id,
    )
    await _take_every_step(db, actor, authority, nominations, body)
    # numbers last: their rows stay locked until commit, and a refusal above must not take one
    decision.number = await _take_numbers(db, authority.id, "decision", decision.year, 1)
    # under the lock of the number, so that two decisions at once cannot both look at the same last one
    await _refuse_backdating(db, authority, body.decided_on)
    decision.number_symbol = f"{decision.number:02d}/{_SYMBOLS.get(authority.kind, 'QĐ')}"
    db.add(decision)
    await db.flush()
    await _register(db, decision, authority, nominations)
    record(
        db,
        actor,
        action="decided",
        entity="decision",
        entity_id=decision.id,
        authority_id=authority.id,
        grant=grant,
        after={"number_symbol": decision.number_symbol, "awards": len(nominations)},
    )
    return await read_decision(await reads_of(db), actor, decision.id)


def _check_day(decided_on: date, authority: Authority) -> None:
    if decided_on > clock.today():
        raise field_problem(
            "/decided_on",
            "in_the_future",
            "Ngày quyết định không được sau hôm nay.",
            "The decision date must not be in the future.",
        )
    if authority.valid_from is not None and decided_on < authority.valid_from:
        raise field_problem(
            "/decided_on",
            "before_the_body",
            f"Ngày quyết định không được trước {authority.valid_from:%d/%m/%Y}, ngày cơ quan bắt đầu hoạt động.",
            f"The decision date must not lie before {authority.valid_from:%d/%m/%Y}, when the body began.",
        )


async def _refuse_before_submission(db: AsyncSession, nominations: Sequence[Nomination], decided_on: date) -> None:
    """What is decided was asked for before: a decision does not lie before the submission of a dossier."""
    dossiers = {nomination.dossier_id for nomination in nominations}
    found = await db.exec(select(func.max(col(Dossier.submission_date))).where(col(Dossier.id).in_(dossiers)))
    latest: date | None = found.one()
    if latest is not None and decided_on < latest:
        raise field_problem(
            "/decided_on",
            "before_the_submission",
            f"Ngày quyết định không được trước {latest:%d/%m/%Y}, ngày của tờ trình.",
            f"The decision date must not lie before {latest:%d/%m/%Y}, the date of the submission.",
        )


async def _lock_nominations(
    db: AsyncSession, actor: Actor, authority: Authority, ids: Sequence[uuid.UUID]
) -> list[Nomination]:
    """The nominations in the order asked for, locked in one order for everyone; nobody locks what they cannot see."""
    if len(set(ids)) != len(ids):
        raise field_problem(
            "/nomination_ids", "duplicate_item", "Một đề nghị được nêu hai lần.", "A nomination is named twice."
        )
    found = await db.exec(
        select(Nomination)
        .where(
            col(Nomination.id).in_(ids),
            or_(col(Nomination.holder_id) == authority.id, readable(Nomination, actor)),
        )
        .order_by(col(Nomination.id))
        .with_for_update()
    )
    by_id = {nomination.id: nomination for nomination in found.all()}
    return [by_id[key] for key in ids if key in by_id] if len(by_id) == len(ids) else _unknown(ids, by_id)


def _unknown(ids: Sequence[uuid.UUID], known: dict[uuid.UUID, Nomination]) -> list[Nomination]:
    position = next(i for i, key in enumerate(ids) if key not in known)
    raise Problem("unknown_reference", field=f"/nomination_ids/{position}", what="đề nghị khen thưởng")


async def _take_every_step(
    db: AsyncSession, actor: Actor, authority: Authority, nominations: Sequence[Nomination], body: DecisionIn
) -> None:
    """Every nomination passes the same table that a single step passes; the first refusal names its place."""
    reads = await reads_of(db)
    now = clock.now()
    for position, nomination in enumerate(nominations):
        at = Place(nomination.authority_id, nomination.territory_path, nomination.line_path)
        field = f"/nomination_ids/{position}"
        if nomination.holder_id != authority.id:
            if actor.grant_for(Permission.NOMINATION_READ, at, nomination.route) is None:
                raise Problem("unknown_reference", field=field, what="đề nghị khen thưởng")
            holder = (await db.exec(select(Authority).where(Authority.id == nomination.holder_id))).one()
            raise Problem("not_at_your_desk", holder=holder.name, action="Quyết định khen thưởng")
        workflow = await workflow_of(reads, nomination.workflow_id)
        step = workflow.transition("decide")
        desk, holder = await desk_of(db, nomination, body.decided_on)
        if not desk.holder_competent:
            await _refuse_competence(db, authority, nomination, field, body.decided_on)
        grant = require_step(workflow, step, desk, actor, holder)
        apply_step(db, actor, nomination, step, grant=grant, now=now)
    await db.flush()


async def _refuse_competence(
    db: AsyncSession, authority: Authority, nomination: Nomination, field: str, day: date
) -> None:
    award_type = (await db.exec(select(AwardType).where(AwardType.id == nomination.award_type_id))).one()
    competent = await (await reads_of(db)).fetch(_COMPETENT, award_type.code, day)
    rule = "; ".join(
        f"{AuthorityKind(c['authority_kind']).vi} {AuthorityLevel(c['authority_level']).vi.lower()} ({c['legal_basis']})"
        for c in competent
    )
    raise Problem(
        "award_outside_competence",
        field=field,
        authority=authority.name,
        award_type=award_type.name,
        on=f"{day:%d/%m/%Y}",
        rule=rule or award_type.legal_basis,
    )


async def _refuse_backdating(db: AsyncSession, authority: Authority, day: date) -> None:
    """Numbers follow dates: a decision cannot lie before the last one of its year."""
    last = await db.exec(
        select(col(Decision.decided_on))
        .where(Decision.authority_id == authority.id, Decision.year == day.year)
        .order_by(col(Decision.number).desc())
        .limit(1)
    )
    latest = last.one_or_none()
    if latest is not None and day < latest:
        raise Problem("decision_backdated", latest=f"{latest:%d/%m/%Y}")


async def _take_numbers(db: AsyncSession, authority_id: uuid.UUID, kind: str, year: int, count: int) -> int:
    """The first of `count` consecutive numbers. A rolled-back decision gives its numbers back: no gaps."""
    statement = (
        upsert(NumberSeries)
        .values(id=new_id(), authority_id=authority_id, kind=kind, year=year, last_number=count)
        .on_conflict_do_update(
            index_elements=["authority_id", "kind", "year"],
            set_={"last_number": col(NumberSeries.last_number) + count},
        )
        .returning(col(NumberSeries.last_number))
    )
    last: int = (await db.exec(statement)).scalar_one()
    return last - count + 1


async def _types_on(db: AsyncSession, codes: Collection[str], day: date) -> dict[str, AwardType]:
    """The versions in force on the day of the decision: they say the bonus, not those of the nomination's day."""
    found = await db.exec(
        select(AwardType)
        .where(col(AwardType.code).in_(codes), AwardType.valid_from <= day)
        .order_by(col(AwardType.valid_from))
    )
    return {award_type.code: award_type for award_type in found}


async def _register(
    db: AsyncSession, decision: Decision, authority: Authority, nominations: Sequence[Nomination]
) -> None:
    """One entry per awardee, in one statement, so that the roll-ups are written once."""
    candidates = {
        c.id: c
        for c in await db.exec(select(Candidate).where(col(Candidate.id).in_([n.candidate_id for n in nominations])))
    }
    types = await _types_on(db, {n.award_type_code for n in nominations}, decision.decided_on)
    salary = await base_salary_on(await reads_of(db), decision.decided_on)
    first = await _take_numbers(db, authority.id, "register", decision.year, len(nominations))
    rows = []
    for offset, nomination in enumerate(nominations):
        candidate, award_type = candidates[nomination.candidate_id], types[nomination.award_type_code]
        kind = RecipientKind(candidate.kind.value)
        bonus: Bonus | None = award_bonus(award_type, kind, salary)
        rows.append(
            {
                "id": new_id(),
                "decision_id": decision.id,
                "nomination_id": nomination.id,
                "candidate_id": candidate.id,
                "authority_id": nomination.authority_id,
                "territory_path": nomination.territory_path,
                "line_path": nomination.line_path,
                "deciding_authority_id": authority.id,
                "level": authority.level,
                "award_type_id": award_type.id,
                "award_type_code": award_type.code,
                "category": nomination.category,
                "campaign_id": nomination.campaign_id,
                "recipient_kind": kind,
                "recipient_name": candidate.name,
                "recipient_class": candidate.recipient_class,
                "sex": candidate.sex,
                "ethnicity": candidate.ethnicity,
                "posthumous": False,
                "decided_on": decision.decided_on,
                "year": decision.year,
                "register_number": first + offset,
                "verification_code": verification_code(),
                "bonus_amount": bonus.amount if bonus else 0,
                "bonus_coefficient": bonus.coefficient if bonus else None,
                "bonus": bonus.model_dump(mode="json") if bonus else None,
                "state": AwardState.VALID,
                "version": 1,
            }
        )
    await db.exec(insert(Award).values(rows))
