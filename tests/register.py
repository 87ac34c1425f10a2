"""Builders of bodies and of register entries, in SQL: many at once, in any connection."""

import itertools
import uuid
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.administrative_units import AdministrativeUnit, UnitSuccession
from app.models.authorities import Authority
from app.vocabularies import (
    AuthorityKind,
    AuthorityLevel,
    Line,
    SuccessionExtent,
    Tier,
    UnitKind,
    Verification,
)

_numbers = itertools.count(1)

_MAKER = """
insert into user_account (id, username, display_name, password_hash, is_demonstration)
values (:id, :username, 'Đỗ Thị Lập Quyết Định', '-', false)
"""
_DECISION = """
insert into decision (id, authority_id, territory_path, line_path, year, number, number_symbol, title, decided_on,
                      signer_name, signer_position, signing_form, created_by, version)
select :decision, a.id, a.territory_path, a.line_path, :year, :number, :symbol,
       'Về việc khen thưởng', :decided_on, 'Vũ Văn Ký', 'Chủ tịch', 'head', :maker, 1
from authority a where a.id = :decider
"""
_AWARDS = """
insert into award (id, decision_id, authority_id, territory_path, line_path, deciding_authority_id, level, award_type_id,
                   award_type_code, category, recipient_kind, recipient_name, posthumous, decided_on, year,
                   register_number, verification_code, bonus_amount, state, version)
select gen_random_uuid(), :decision, a.id, a.territory_path, a.line_path, :decider, :level, t.id, t.code, :category,
       :recipient_kind, 'Nguyễn Văn ' || owner.ordinality, false, :decided_on, :year,
       :number * 1000 + owner.ordinality, gen_random_uuid()::text, :bonus, :state, 1
from unnest(cast(:owners as uuid[])) with ordinality as owner (id)
join authority a on a.id = owner.id
cross join lateral (select id, code from award_type where code = :award_type order by valid_from limit 1) as t
"""


async def make_body(
    db: AsyncSession,
    name: str,
    *,
    parent: Authority | None = None,
    line_parent: Authority | None = None,
    kind: AuthorityKind = AuthorityKind.SCHOOL,
    unit: AdministrativeUnit | None = None,
) -> Authority:
    """A body below `parent` in the territory and below `line_parent` in its line."""
    number = next(_numbers)
    body = Authority(
        key=f"co-quan-thu-{number}",
        code=f"THU-{number}",
        name=name,
        line=Line.GOVERNMENT,
        kind=kind,
        level=AuthorityLevel.COMMUNE,
        unit_id=unit.id if unit else None,
        parent_id=parent.id if parent else None,
        line_parent_id=line_parent.id if line_parent else None,
        verification=Verification.UNVERIFIED,
    )
    db.add(body)
    await db.flush()
    await db.refresh(body)
    return body


async def make_unit(db: AsyncSession, name: str, *, valid_from: date = date(2020, 1, 1)) -> AdministrativeUnit:
    """An administrative unit of the commune tier."""
    unit = AdministrativeUnit(
        key=f"don-vi-thu-{next(_numbers)}",
        code=None,
        name=name,
        kind=UnitKind.WARD,
        tier=Tier.COMMUNE,
        valid_from=valid_from,
        verification=Verification.UNVERIFIED,
    )
    db.add(unit)
    await db.flush()
    return unit


async def merge(
    db: AsyncSession,
    old: AdministrativeUnit,
    into: uuid.UUID | None,
    extent: SuccessionExtent = SuccessionExtent.WHOLE,
    effective_date: date = date(2025, 7, 1),
) -> None:
    """The old unit, or a part of it, became part of another."""
    assert into is not None
    db.add(
        UnitSuccession(
            from_unit_id=old.id,
            to_unit_id=into,
            extent=extent,
            effective_date=effective_date,
            verification=Verification.UNVERIFIED,
        )
    )
    await db.flush()


async def give(
    connection: AsyncConnection,
    *owners: uuid.UUID,
    year: int = 2025,
    award_type: str = "gk_chu_tich_ubnd_xa",
    level: str = "commune",
    category: str = "merit",
    recipient_kind: str = "individual",
    bonus: int = 0,
    state: str = "valid",
) -> uuid.UUID:
    """One decision with an award for each of `owners` (a body may stand there more than once); returns its id."""
    number = next(_numbers)
    decision, maker, decided_on = uuid.uuid4(), uuid.uuid4(), date(year, 6, 1)
    await connection.execute(text(_MAKER), {"id": maker, "username": f"nguoi-lap-{number}"})
    shared = {
        "decision": decision,
        "decider": owners[0],
        "number": number,
        "year": year,
        "decided_on": decided_on,
    }
    await connection.execute(text(_DECISION), shared | {"symbol": f"{number}/QĐ-UBND", "maker": maker})
    awards = {
        "owners": list(owners),
        "award_type": award_type,
        "level": level,
        "category": category,
        "recipient_kind": recipient_kind,
        "bonus": bonus,
        "state": state,
    }
    await connection.execute(text(_AWARDS), shared | awards)
    return decision
