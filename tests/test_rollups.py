"""The roll-up rows are a full count, always: whatever is written, in both trees, by however many writers."""

import asyncio
import os
import random
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import asyncpg_arguments, sqlalchemy_url
from app.models.authorities import Authority
from app.models.award_types import AwardType
from app.services.award_counts import CountedBody, counts_statement
from app.services.rollups import RollupDifference, compare_rollups, rebuild_rollups
from app.vocabularies import AwardKind, Reach, Role, Route, Verification
from tests.conftest import migrate, with_database
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.register import give, make_body

SCHOOL = "truong-tieu-hoc-minh-hoa-uong-bi"
UNION = "hoi-lhpn-phuong-uong-bi"
BODIES_OF_EVERY_DEPTH = ("chinh-phu", PROVINCE, WARD, "mttq-phuong-uong-bi", UNION)

# what the answer must be: awards that are not revoked and whose owner's path begins with the body's
_LIVE = {
    Route.TERRITORY: "select count(*), coalesce(sum(bonus_amount), 0)::bigint from award "
    "where state <> 'revoked' and starts_with(territory_path, :path)",
    Route.LINE: "select count(*), coalesce(sum(bonus_amount), 0)::bigint from award "
    "where state <> 'revoked' and starts_with(line_path, :path)",
}
_STORED = """
select scope_path, sum(awards)::int from award_rollup where tree = :tree group by scope_path having sum(awards) <> 0
"""


async def stored(connection: AsyncConnection, tree: Route) -> dict[str, int]:
    return {path: awards for path, awards in await connection.execute(text(_STORED), {"tree": tree})}


async def ids(make: Make, *keys: str) -> list[uuid.UUID]:
    return [(await make.authority(key)).id for key in keys]


async def test_one_award_counts_for_its_province_its_commune_and_its_own_body(make: Make) -> None:
    union = await make.authority(UNION)
    await give(make.connection, union.id)
    one, province, ward, front, own = union.territory_path.strip("/").split("/")
    assert await stored(make.connection, Route.TERRITORY) == {
        f"/{one}/{province}/": 1,
        f"/{one}/{province}/{ward}/": 1,
        f"/{one}/{province}/{ward}/{front}/{own}/": 1,
    }
    centre, above, _ = union.line_path.strip("/").split("/")
    assert await stored(make.connection, Route.LINE) == {f"/{centre}/{above}/": 1, union.line_path: 1}


@pytest.mark.parametrize("key", BODIES_OF_EVERY_DEPTH)
async def test_a_body_of_any_depth_is_counted_once_in_each_row(make: Make, db: AsyncSession, key: str) -> None:
    [body] = await ids(make, key)
    await give(make.connection, body, body, body, bonus=700_000)
    assert set((await stored(make.connection, Route.TERRITORY)).values()) == {3}
    assert set((await stored(make.connection, Route.LINE)).values()) == {3}
    assert await compare_rollups(db) == []


async def test_bulk_insert_update_revoke_and_delete_keep_the_rows_equal_to_a_full_count(
    make: Make, db: AsyncSession
) -> None:
    owners = await ids(make, *BODIES_OF_EVERY_DEPTH, OTHER_WARD)
    await give(make.connection, *owners * 20, year=2024, bonus=390_000)
    await give(
        make.connection, *owners * 5, year=2025, recipient_kind="collective", award_type="gk_so", level="province"
    )
    assert await compare_rollups(db) == []
    for change in (
        "update award set state = 'revoked' where register_number % 3 = 0",
        "update award set state = 'corrected', bonus_amount = bonus_amount + 10000 where register_number % 7 = 0",
        "update award set year = 2023, recipient_kind = 'household' where register_number % 5 = 0",
        "delete from award where register_number % 4 = 0",
        "update award set state = 'valid'",
    ):
        await make.connection.execute(text(change))
        assert await compare_rollups(db) == [], change
        total = (
            await make.connection.execute(text("select count(*) from award where state <> 'revoked'"))
        ).scalar_one()
        kept = await stored(make.connection, Route.TERRITORY)
        assert kept["/1/"] + sum(n for path, n in kept.items() if path.count("/") == 3) == total > 0
    await make.connection.execute(text("delete from award"))
    assert await compare_rollups(db) == []
    assert await stored(make.connection, Route.TERRITORY) == {}


async def test_a_revoked_award_is_never_counted_however_it_was_written(make: Make, db: AsyncSession) -> None:
    [ward] = await ids(make, WARD)
    await give(make.connection, ward, state="revoked")
    assert await stored(make.connection, Route.TERRITORY) == {}
    await make.connection.execute(text("update award set bonus_amount = 5"))
    await make.connection.execute(text("delete from award"))
    assert await stored(make.connection, Route.TERRITORY) == {}
    assert await compare_rollups(db) == []


async def test_an_update_that_moves_nothing_writes_no_roll_up_row(make: Make) -> None:
    [ward] = await ids(make, WARD)
    await give(make.connection, ward, ward)
    rows = text("select ctid::text, awards from award_rollup order by 1")
    before = (await make.connection.execute(rows)).all()
    await make.connection.execute(text("update award set version = version + 1, recipient_name = 'Lê Thị Đính Chính'"))
    assert (await make.connection.execute(rows)).all() == before != []


async def test_counts_follow_a_body_that_is_moved_with_everything_below_it(make: Make, db: AsyncSession) -> None:
    ward, other, front, union = await ids(make, WARD, OTHER_WARD, "mttq-phuong-uong-bi", UNION)
    await give(make.connection, front, union, union, ward)
    before = await stored(make.connection, Route.TERRITORY)
    ward_path = (await make.authority(WARD)).territory_path
    assert before[ward_path] == 4
    province = (await make.authority(PROVINCE)).territory_path
    row_of_province = text("select ctid::text from award_rollup where tree = 'territory' and scope_path = :path")
    unmoved = (await make.connection.execute(row_of_province, {"path": province})).all()
    await make.connection.execute(
        text("update authority set parent_id = :to where id = :id"), {"to": other, "id": front}
    )
    after = await stored(make.connection, Route.TERRITORY)
    assert after[ward_path] == 1
    assert after[(await make.authority(OTHER_WARD)).territory_path] == 3
    assert await compare_rollups(db) == []
    # the province has as many as before, so its row, which every writer of the province waits for, is left alone
    assert after[province] == before[province] == 4
    assert (await make.connection.execute(row_of_province, {"path": province})).all() == unmoved

    centre = (await make.authority("trung-uong-hoi-lhpn")).id
    await make.connection.execute(
        text("update authority set line_parent_id = :to where id = :id"), {"to": centre, "id": union}
    )
    assert await compare_rollups(db) == []
    below = (await make.authority("trung-uong-hoi-lhpn")).line_path
    assert sum(n for path, n in (await stored(make.connection, Route.LINE)).items() if path.startswith(below)) == 2


async def test_comparing_finds_a_wrong_row_and_rebuilding_mends_it(make: Make, db: AsyncSession) -> None:
    ward, school = await ids(make, WARD, SCHOOL)
    await give(make.connection, ward, school, school, bonus=1_000)
    right = await stored(make.connection, Route.TERRITORY)
    path = (await make.authority(WARD)).territory_path
    await make.connection.execute(
        text("update award_rollup set awards = awards + 1 where tree = 'territory' and scope_path = :path"),
        {"path": path},
    )
    await make.connection.execute(text("delete from award_rollup where tree = 'line' and depth = 2"))
    await make.connection.execute(
        text(
            "insert into award_rollup select tree, '/9/9/9/9/', 4, year, level, award_type_code, category, "
            "recipient_kind, 8, 8 from award_rollup where tree = 'territory' limit 1"
        )
    )
    found = await compare_rollups(db)
    assert {(d.tree, d.scope_path, d.stored_awards, d.counted_awards) for d in found} >= {
        ("territory", path, 4, 3),
        ("line", (await make.authority(PROVINCE)).line_path, 0, 3),
        ("territory", "/9/9/9/9/", 8, 0),
    }
    assert all(isinstance(d, RollupDifference) for d in found)
    await rebuild_rollups(db)
    assert await compare_rollups(db) == []
    assert await stored(make.connection, Route.TERRITORY) == right


async def test_a_subtree_is_read_as_index_ranges_whatever_the_planner_does_not_know(make: Make) -> None:
    # many rows, and a plan that knows no parameter: what a server prepares after a few requests
    await make.connection.exec_driver_sql(
        """insert into award_rollup
           select tree, '/1/' || province || '/' || commune || '/' || body || '/', 4, year, 'unit', 'lao_dong_tien_tien',
                  'merit', 'individual', 1, 0
           from unnest(array['territory', 'line']) as tree, generate_series(21, 24) as province,
                generate_series(100, 119) as commune, generate_series(1000, 1019) as body,
                generate_series(2020, 2025) as year"""
    )
    await make.connection.exec_driver_sql("analyze award_rollup")
    await make.connection.exec_driver_sql("set local plan_cache_mode = force_generic_plan")
    for path in ("/1/", "/1/22/", "/1/22/105/", "/1/22/105/1003/"):
        statement, _ = counts_statement(
            Route.TERRITORY,
            [CountedBody(path, added=True), CountedBody("/1/23/101/", added=False)],
            year_from=None,
            year_to=2030,
            dimensions=["year", "award_type"],
            by_body=True,
            by_year=True,
        )
        await make.connection.exec_driver_sql(f"prepare counts as {statement}")
        plan = await make.connection.exec_driver_sql(
            f"explain execute counts ('territory', 2030, '{path}', true, '/1/23/101/', false)"
        )
        lines = [line for (line,) in plan if "award_rollup" in line]
        assert lines and not any("Seq Scan" in line for line in lines), lines
        await make.connection.exec_driver_sql("deallocate counts")


# ------------------------------------------------------------ the answer against a full count, over random trees


@dataclass
class Forest:
    """Random bodies in two independent trees, and random awards of theirs."""

    connection: AsyncConnection
    chance: random.Random
    bodies: list[Authority]

    @classmethod
    async def grow(cls, db: AsyncSession, connection: AsyncConnection, chance: random.Random, size: int) -> "Forest":
        root = await make_body(db, "Gốc")
        forest = cls(connection, chance, [root])
        lines = [root, await make_body(db, "Gốc hệ thống", parent=root)]
        for number in range(size):
            # mostly below the latest ones, so that the trees are deep as well as broad
            parent = chance.choice(forest.bodies[-6:] if chance.random() < 0.6 else forest.bodies)
            line_parent = chance.choice([None, *lines[-6:], *lines])
            body = await make_body(db, f"Cơ quan {number}", parent=parent, line_parent=line_parent)
            forest.bodies.append(body)
            lines.append(body)
        forest.bodies.append(lines[1])
        return forest

    async def award(self, count: int) -> None:
        """Awards of random bodies, some of them revoked."""
        for _ in range(count):
            owners = [self.chance.choice(self.bodies).id for _ in range(self.chance.randint(1, 12))]
            await give(
                self.connection,
                *owners,
                year=self.chance.choice((2022, 2023, 2024, 2025)),
                award_type=self.chance.choice(("gk_chu_tich_ubnd_xa", "lao_dong_tien_tien", "cstd_co_so")),
                level=self.chance.choice(("commune", "unit")),
                category=self.chance.choice(("merit", "campaign")),
                recipient_kind=self.chance.choice(("individual", "collective")),
                bonus=self.chance.choice((0, 390_000)),
                state=self.chance.choice(("valid", "valid", "corrected", "revoked")),
            )

    async def change(self) -> None:
        """Revoke, delete, move."""
        remainder = self.chance.randint(0, 8)
        await self.connection.execute(
            text("update award set state = 'revoked' where register_number % 9 = :r"), {"r": remainder}
        )
        await self.connection.execute(text("delete from award where register_number % 11 = :r"), {"r": remainder})
        for column in ("parent_id", "line_parent_id"):
            path = "territory_path" if column == "parent_id" else "line_path"
            # below any body that does not stand below the one that moves
            await self.connection.execute(
                text(f"""
                update authority as a set {column} = (
                    select b.id from authority b where b.id = any(:ids) and not starts_with(b.{path}, a.{path})
                    order by md5(b.id::text || :salt) limit 1)
                where a.id = :id"""),
                {
                    "ids": [b.id for b in self.bodies],
                    "salt": str(self.chance.random()),
                    "id": self.chance.choice(self.bodies[1:-1]).id,
                },
            )

    async def paths(self) -> list[tuple[uuid.UUID, dict[Route, str]]]:
        """Every body with its present paths."""
        rows = await self.connection.execute(
            text("select id, territory_path, line_path from authority where id = any(:ids)"),
            {"ids": [b.id for b in self.bodies]},
        )
        return [(i, {Route.TERRITORY: territory, Route.LINE: line}) for i, territory, line in rows]


async def assert_answers_are_full_counts(forest: Forest, caller: Caller) -> set[int]:
    """Ask for every body in both trees; returns the depths that had something to count."""
    depths = set()
    for body, paths in await forest.paths():
        for tree, path in paths.items():
            expected = (await forest.connection.execute(text(_LIVE[tree]), {"path": path})).one()
            answer = await caller.get("/v1/statistics/awards", params={"authority_id": str(body), "tree": tree})
            assert answer.status_code == 200, answer.text
            register = answer.json()["award_register"]
            assert (register["awards"], register["bonus"]) == tuple(expected), (tree, path)
            if register["awards"]:
                depths.add(path.count("/") - 1)
    return depths


@pytest.mark.parametrize("seed", [2020, 2025, 2030])
async def test_the_answer_for_every_body_of_random_trees_is_a_full_count(
    make: Make, db: AsyncSession, seed: int
) -> None:
    forest = await Forest.grow(db, make.connection, random.Random(seed), size=24)
    caller = await make.caller((Role.OFFICER, forest.bodies[0].key, Reach.TERRITORY))
    await forest.award(25)
    depths = await assert_answers_are_full_counts(forest, caller)
    assert depths >= {1, 2, 3, 4, 5}
    for _ in range(4):
        await forest.change()
        await forest.award(3)
        assert await compare_rollups(db) == []
    await assert_answers_are_full_counts(forest, caller)


# ------------------------------------------------------------ several writers, real commits


@pytest.fixture
async def committed_dsn(server_dsn: str) -> AsyncIterator[str]:
    """A database of its own, where transactions commit."""
    name = f"tdkt_rollups_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(**asyncpg_arguments(server_dsn))
    await admin.execute(f'create database "{name}"')
    dsn = with_database(server_dsn, name)
    await migrate(dsn)
    yield dsn
    await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


@pytest.fixture
async def committed(committed_dsn: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(sqlalchemy_url(committed_dsn), pool_size=6)
    yield engine
    await engine.dispose()


async def found_province(engine: AsyncEngine) -> list[Authority]:
    """A nation, a province and six communes, committed."""
    async with AsyncSession(engine, expire_on_commit=False) as db:
        db.add(
            AwardType(
                code="gk_chu_tich_ubnd_xa",
                name="Giấy khen của Chủ tịch Ủy ban nhân dân cấp xã",
                kind=AwardKind.FORM,
                family="giay_khen",
                catalogue_level="xa",
                rank=1,
                recipients=["individual"],
                legal_basis="Luật Thi đua, khen thưởng 2022",
                verification=Verification.VERIFIED,
                valid_from=date(2024, 1, 1),
            )
        )
        nation = await make_body(db, "Trung ương")
        province = await make_body(db, "Tỉnh", parent=nation, line_parent=nation)
        communes = [await make_body(db, f"Xã {n}", parent=province, line_parent=province) for n in range(6)]
        await db.commit()
        return [nation, province, *communes]


async def differences(engine: AsyncEngine) -> list[RollupDifference]:
    async with AsyncSession(engine) as db:
        return await compare_rollups(db)


async def test_two_open_transactions_that_count_in_the_same_row_are_both_counted(committed: AsyncEngine) -> None:
    _, province, commune, other, *_ = await found_province(committed)
    waits = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    async with committed.connect() as first, committed.connect() as second, committed.connect() as watcher:
        await give(first, commune.id, commune.id)
        late = asyncio.create_task(give(second, other.id))
        while not late.done() and not (await watcher.execute(waits)).scalar_one():
            await asyncio.sleep(0.01)
            await watcher.rollback()
        assert not late.done(), "the second writer must wait for the row of the province"
        seen = text("select count(*) from award_rollup")
        assert (await watcher.execute(seen)).scalar_one() == 0
        await first.commit()
        await late
        await second.commit()
    async with committed.connect() as reader:
        assert (await stored(reader, Route.TERRITORY))[province.territory_path] == 3
    assert await differences(committed) == []


async def test_many_writers_in_opposite_orders_and_a_moving_body_leave_a_full_count(committed: AsyncEngine) -> None:
    nation, province, *communes = await found_province(committed)
    refused: dict[str, list[str]] = {"decide": [], "revoke": [], "move": []}

    async def repeat(what: str, times: int, write: Callable[[AsyncConnection, int], Awaitable[object]]) -> None:
        async with committed.connect() as connection:
            for turn in range(times):
                try:
                    await write(connection, turn)
                    await connection.commit()
                except DBAPIError as error:
                    await connection.rollback()
                    refused[what].append(str(error.orig))

    def decide(order: int) -> Callable[[AsyncConnection, int], Awaitable[object]]:
        owners = [commune.id for commune in communes[::order]]
        return lambda connection, turn: give(connection, *owners, year=2024 + turn % 2, bonus=10)

    revoke = text("update award set state = 'revoked' where register_number % 8 = :turn")
    move = text("update authority set parent_id = :above, line_parent_id = :above where id = :id")
    await asyncio.gather(
        repeat("decide", 12, decide(1)),
        repeat("decide", 12, decide(-1)),
        repeat("revoke", 8, lambda connection, turn: connection.execute(revoke, {"turn": turn})),
        repeat(
            "move",
            8,
            lambda connection, turn: connection.execute(
                move, {"above": (nation, province)[turn % 2].id, "id": communes[0].id}
            ),
        ),
    )
    assert await differences(committed) == []
    # a decision that saw the body where it no longer stands is refused whole, by the key that guards its paths
    assert all("authority_id_territory_path_line_path" in error for error in refused["decide"]), refused
    assert all("deadlock" in error for error in refused["revoke"] + refused["move"]), refused
    async with committed.connect() as reader:
        awards = (await reader.execute(text("select count(*) from award"))).scalar_one()
    assert awards == (2 * 12 - len(refused["decide"])) * len(communes) > 0


async def test_two_writers_of_one_statement_each_never_lock_each_other_out(committed: AsyncEngine) -> None:
    _, _, *communes = await found_province(committed)

    async def decide(order: int) -> None:
        async with committed.connect() as connection:
            for _ in range(25):
                await give(connection, *[commune.id for commune in communes[::order]])
                await connection.commit()

    await asyncio.gather(decide(1), decide(-1), decide(1))
    assert await differences(committed) == []


async def test_rebuilding_beside_writers_ends_equal(committed: AsyncEngine) -> None:
    _, _, *communes = await found_province(committed)

    async def decide() -> None:
        async with committed.connect() as connection:
            for _ in range(15):
                await give(connection, *[commune.id for commune in communes])
                await connection.commit()

    async def rebuild() -> None:
        for _ in range(5):
            async with AsyncSession(committed) as db:
                await rebuild_rollups(db)
                await db.commit()

    await asyncio.gather(decide(), rebuild(), decide())
    assert await differences(committed) == []


def test_the_commands_compare_and_rebuild(database_dsn: str) -> None:
    for command in ("rebuild-rollups", "rollups"):
        done = subprocess.run(
            [sys.executable, "-m", "app", command],
            check=False,
            env=os.environ | {"DATABASE_URL": database_dsn},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    assert "khớp với sổ vàng" in done.stderr + done.stdout
