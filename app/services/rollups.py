"""Roll-up rows held against a full count of the register, and written anew from it."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from app.vocabularies import AuthorityLevel, AwardState, CommendationCategory, RecipientKind, Route

_KEY = "tree, scope_path, depth, year, level, award_type_code, category, recipient_kind"
_FULL_COUNT = f"""
    select s.tree, s.path as scope_path, cardinality(string_to_array(s.path, '/')) - 2 as depth, w.year, w.level,
           w.award_type_code, w.category, w.recipient_kind, count(*) as awards, sum(w.bonus_amount) as bonus
    from award w cross join lateral (
        select 'territory', path_at(w.territory_path, 2) union select 'territory', path_at(w.territory_path, 3)
        union select 'territory', w.territory_path
        union select 'line', path_at(w.line_path, 2) union select 'line', path_at(w.line_path, 3)
        union select 'line', w.line_path
    ) as s (tree, path)
    where s.path is not null and w.state <> '{AwardState.REVOKED}'
    group by 1, 2, 3, 4, 5, 6, 7, 8
"""
_COMPARE = f"""
select {_KEY}, coalesce(kept.awards, 0) as stored_awards, coalesce(kept.bonus, 0) as stored_bonus,
       coalesce(full_count.awards, 0) as counted_awards, coalesce(full_count.bonus, 0)::bigint as counted_bonus
from award_rollup as kept full join ({_FULL_COUNT}) as full_count using ({_KEY})
where coalesce(kept.awards, 0) <> coalesce(full_count.awards, 0)
   or coalesce(kept.bonus, 0) <> coalesce(full_count.bonus, 0)
order by {_KEY}
"""


@dataclass(frozen=True, slots=True)
class RollupDifference:
    """A roll-up row that is not what a full count says."""

    tree: Route
    scope_path: str
    depth: int
    year: int
    level: AuthorityLevel
    award_type_code: str
    category: CommendationCategory
    recipient_kind: RecipientKind
    stored_awards: int
    stored_bonus: int
    counted_awards: int
    counted_bonus: int


async def compare_rollups(db: AsyncSession) -> list[RollupDifference]:
    """Where the roll-up rows differ from a full count of the register: always nowhere. Reads every award."""
    connection = await _without_time_limit(db)
    return [RollupDifference(**row) for row in (await connection.execute(text(_COMPARE))).mappings()]


async def rebuild_rollups(db: AsyncSession) -> None:
    """Write all roll-up rows anew from a full count. Decisions wait until the transaction ends."""
    connection = await _without_time_limit(db)
    # nobody may add to a row between the count and the insert; readers go on
    await connection.execute(text("lock table award in share row exclusive mode"))
    await connection.execute(text("delete from award_rollup"))
    await connection.execute(text(f"insert into award_rollup ({_KEY}, awards, bonus) {_FULL_COUNT}"))


async def _without_time_limit(db: AsyncSession) -> AsyncConnection:
    """The connection of the transaction. The register may be large, and this is no request."""
    await db.flush()
    connection = await db.connection()
    await connection.execute(text("set local statement_timeout = 0"))
    return connection
