"""Decisions: a gapless number, one register entry per awardee, bonus by rule, all in one transaction."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any, NoReturn

from app import clock
from app.access import Actor, place_of, reach_arguments, reach_sql
from app.db import Reads, Row, Transaction
from app.ids import new_id, verification_code
from app.models.authorities import AuthorityReference
from app.models.decisions import DecisionIn, DecisionOut, DecisionPage, DecisionSummary
from app.problems import Problem, field_problem
from app.records import trace, trace_sql
from app.scopes import Filter, ScopedList, reach_groups, reach_sources
from app.services.authorities import body_to_act_for
from app.services.awards import AWARD_COLUMNS, AWARD_JOINS, shape_award_summary
from app.services.bonuses import award_bonus, base_salary_on
from app.services.nominations.moving import Steps, lock_nominations, locking_sql, require_step
from app.services.nominations.reading import workflow_of
from app.services.sessions import require_confirmed
from app.shapes import json_text
from app.vocabularies import AuthorityKind, AuthorityLevel, Permission, RecipientKind, Route

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
_LOCK = locking_sql(f"n.id = any($2::uuid[]) and (n.holder_id = $3 or {reach_sql('n', 4, routed=True)})")
_CREATE = f"""
with x as (
    insert into decision (id, authority_id, territory_path, line_path, year, number, number_symbol, title, decided_on,
                          signer_name, signer_position, signing_form, created_by, version)
    select $1::uuid, id, territory_path, line_path, $3::int, $4::int, $5::text, $6::text, $7::date,
           $8::text, $9::text, $10::text, $11::uuid, 1
    from authority where id = $2
), {trace_sql(12)}
select
"""
_LATEST = "select decided_on from decision where authority_id = $1 and year = $2 order by number desc limit 1"
_NUMBERS = """
insert into number_series as s (id, authority_id, kind, year, last_number) values ($1, $2, $3, $4, $5)
on conflict (authority_id, kind, year) do update set last_number = s.last_number + $5
returning last_number
"""
_AWARD_TYPE = "select name, legal_basis from award_type where id = $1"
_CANDIDATES = "select id, kind from candidate where id = any($1::uuid[])"
_TYPES = """
select distinct on (code) id, code, legal_basis, verification, coefficient_individual, coefficient_collective,
       coefficient_household
from award_type where code = any($1::text[]) and valid_from <= $2 order by code, valid_from desc
"""
_REGISTER = """
insert into award (id, decision_id, nomination_id, candidate_id, authority_id, territory_path, line_path,
    deciding_authority_id, level, award_type_id, award_type_code, category, campaign_id, recipient_kind, recipient_name,
    recipient_class, sex, ethnicity, posthumous, decided_on, year, register_number, verification_code,
    bonus_amount, bonus_coefficient, bonus, state, version)
select e.id, x.id, n.id, c.id, n.authority_id, n.territory_path, n.line_path,
    g.id, g.level, e.award_type_id, n.award_type_code, n.category, n.campaign_id, c.kind, c.name,
    c.recipient_class, c.sex, c.ethnicity, false, x.decided_on, x.year, e.register_number, e.verification_code,
    e.bonus_amount, e.bonus_coefficient, e.bonus, 'valid', 1
from jsonb_to_recordset($2::text::jsonb) as e (
    id uuid, nomination_id uuid, award_type_id uuid, register_number int, verification_code text,
    bonus_amount bigint, bonus_coefficient numeric, bonus jsonb)
join nomination n on n.id = e.nomination_id
join candidate c on c.id = n.candidate_id
join decision x on x.id = $1
join authority g on g.id = x.authority_id
order by e.register_number
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


async def create_decision(tx: Transaction, actor: Actor, body: DecisionIn) -> DecisionOut:
    """Decide appraised nominations that are with the authority: all of them, or none.

    403 confirmation_required where the caller's password was not given within the last five minutes.
    """
    authority, grant = await body_to_act_for(tx, actor, body.authority_id, Permission.DECISION_WRITE, itself=True)
    await require_confirmed(tx, actor)
    _check_day(body.decided_on, authority)
    nominations = await _lock_nominations(tx, actor, body)
    _refuse_before_submission(nominations, body.decided_on)
    await _take_every_step(tx, actor, authority, nominations, body)
    # numbers last: their rows stay locked until commit, and a refusal above must not take one
    year = body.decided_on.year
    number = await _take_numbers(tx, body.authority_id, "decision", year, 1)
    # under the lock of the number, so that two decisions at once cannot both look at the same last one
    await _refuse_backdating(tx, body.authority_id, body.decided_on)
    number_symbol = f"{number:02d}/{_SYMBOLS.get(AuthorityKind(authority['kind']), 'QĐ')}"
    key = new_id()
    decided = trace(
        actor,
        action="decided",
        entity="decision",
        entity_id=key,
        authority_id=body.authority_id,
        grant=grant,
        after={"number_symbol": number_symbol, "awards": len(nominations)},
    )
    await tx.execute(
        _CREATE,
        key,
        body.authority_id,
        year,
        number,
        number_symbol,
        body.title,
        body.decided_on,
        body.signer_name,
        body.signer_position,
        body.signing_form,
        actor.user_id,
        json_text([decided]),
    )
    await _register(tx, key, body, nominations)
    return await read_decision(tx, actor, key)


def _check_day(decided_on: date, authority: Row) -> None:
    if decided_on > clock.today():
        raise field_problem(
            "/decided_on",
            "in_the_future",
            "Ngày quyết định không được sau hôm nay.",
            "The decision date must not be in the future.",
        )
    began: date | None = authority["valid_from"]
    if began is not None and decided_on < began:
        raise field_problem(
            "/decided_on",
            "before_the_body",
            f"Ngày quyết định không được trước {began:%d/%m/%Y}, ngày cơ quan bắt đầu hoạt động.",
            f"The decision date must not lie before {began:%d/%m/%Y}, when the body began.",
        )


def _refuse_before_submission(nominations: Sequence[Row], decided_on: date) -> None:
    """What is decided was asked for before: a decision does not lie before the submission of a dossier."""
    latest: date | None = max((n["submission_date"] for n in nominations if n["submission_date"]), default=None)
    if latest is not None and decided_on < latest:
        raise field_problem(
            "/decided_on",
            "before_the_submission",
            f"Ngày quyết định không được trước {latest:%d/%m/%Y}, ngày của tờ trình.",
            f"The decision date must not lie before {latest:%d/%m/%Y}, the date of the submission.",
        )


async def _lock_nominations(tx: Transaction, actor: Actor, body: DecisionIn) -> list[Row]:
    """The nominations in the order asked for, locked in one order for everyone; nobody locks what they cannot see."""
    ids = body.nomination_ids
    if len(set(ids)) != len(ids):
        raise field_problem(
            "/nomination_ids", "duplicate_item", "Một đề nghị được nêu hai lần.", "A nomination is named twice."
        )
    arguments = (body.decided_on, ids, body.authority_id, *reach_arguments(actor.reach()))
    by_id = {row["id"]: row for row in await lock_nominations(tx, _LOCK, *arguments)}
    for position, key in enumerate(ids):
        if key not in by_id:
            raise Problem("unknown_reference", field=f"/nomination_ids/{position}", what="đề nghị khen thưởng")
    return [by_id[key] for key in ids]


async def _take_every_step(
    tx: Transaction, actor: Actor, authority: Row, nominations: Sequence[Row], body: DecisionIn
) -> None:
    """Every nomination passes the same table that a single step passes; the first refusal names its place."""
    steps = Steps(tx, actor)
    for position, row in enumerate(nominations):
        field = f"/nomination_ids/{position}"
        if row["holder_id"] != body.authority_id:
            if actor.grant_for(Permission.NOMINATION_READ, place_of(row), Route(row["route"])) is None:
                raise Problem("unknown_reference", field=field, what="đề nghị khen thưởng")
            raise Problem("not_at_your_desk", holder=row["holder_name"], action="Quyết định khen thưởng")
        workflow = await workflow_of(tx, row["workflow_id"])
        step = workflow.transition("decide")
        if not row["holder_competent"]:
            await _refuse_competence(tx, authority["name"], row, field, body.decided_on)
        steps.add(row, step, require_step(workflow, step, row, actor))
    await steps.write()


async def _refuse_competence(tx: Transaction, authority_name: str, nomination: Row, field: str, day: date) -> NoReturn:
    award_type = await tx.fetchrow(_AWARD_TYPE, nomination["award_type_id"])
    assert award_type is not None, "a nomination refers to its award type by a foreign key"
    rule = "; ".join(
        f"{AuthorityKind(c['authority_kind']).vi} {AuthorityLevel(c['authority_level']).vi.lower()} ({c['legal_basis']})"
        for c in await tx.fetch(_COMPETENT, nomination["award_type_code"], day)
    )
    raise Problem(
        "award_outside_competence",
        field=field,
        authority=authority_name,
        award_type=award_type["name"],
        on=f"{day:%d/%m/%Y}",
        rule=rule or award_type["legal_basis"],
    )


async def _refuse_backdating(tx: Transaction, authority_id: uuid.UUID, day: date) -> None:
    """Numbers follow dates: a decision cannot lie before the last one of its year."""
    row = await tx.fetchrow(_LATEST, authority_id, day.year)
    if row is not None and day < row["decided_on"]:
        raise Problem("decision_backdated", latest=f"{row['decided_on']:%d/%m/%Y}")


async def _take_numbers(tx: Transaction, authority_id: uuid.UUID, kind: str, year: int, count: int) -> int:
    """The first of `count` consecutive numbers. A rolled-back decision gives its numbers back: no gaps."""
    row = await tx.fetchrow(_NUMBERS, new_id(), authority_id, kind, year, count)
    assert row is not None
    first: int = row["last_number"] - count + 1
    return first


async def _register(tx: Transaction, decision_id: uuid.UUID, body: DecisionIn, nominations: Sequence[Row]) -> None:
    """One entry per awardee, in one statement, so that the roll-ups are written once."""
    candidates = await tx.fetch(_CANDIDATES, [n["candidate_id"] for n in nominations])
    kinds = {row["id"]: RecipientKind(row["kind"]) for row in candidates}
    codes = [*{n["award_type_code"] for n in nominations}]
    # the versions in force on the day of the decision: they say the bonus, not those of the nomination's day
    types = {row["code"]: row for row in await tx.fetch(_TYPES, codes, body.decided_on)}
    salary = await base_salary_on(tx, body.decided_on)
    first = await _take_numbers(tx, body.authority_id, "register", body.decided_on.year, len(nominations))
    entries = []
    for register_number, nomination in enumerate(nominations, first):
        award_type = types[nomination["award_type_code"]]
        bonus = award_bonus(award_type, kinds[nomination["candidate_id"]], salary)
        entries.append(
            {
                "id": new_id(),
                "nomination_id": nomination["id"],
                "award_type_id": award_type["id"],
                "register_number": register_number,
                "verification_code": verification_code(),
                "bonus_amount": bonus.amount if bonus else 0,
                "bonus_coefficient": bonus.coefficient if bonus else None,
                "bonus": bonus.model_dump(mode="json") if bonus else None,
            }
        )
    await tx.execute(_REGISTER, decision_id, json_text(entries))
