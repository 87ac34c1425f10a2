"""The shipped data in the database: complete, loaded once, and never over what users changed."""

import json
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.db import Database, asyncpg_arguments
from app.ids import tidy_code
from app.loading import load_all, load_demonstration, load_reference, reset_demo_passwords
from app.loading.demonstration import new_passwords
from app.loading.hierarchy import initials
from app.models.authorities import Authority
from app.models.award_types import AwardType
from app.models.campaigns import Campaign, CampaignPlan, CampaignSeries
from app.models.legal_documents import Citation, LegalDocument
from app.models.statistics import HistoricalFigure
from app.models.users import RoleGrant, UserAccount, UserSession
from app.passwords import verify_password
from app.vocabularies import CampaignState, Reach, Role
from tests.conftest import migrate, with_database
from tests.make import Make

LOADED = {
    "administrative_unit": 283,
    "unit_succession": 188,
    "authority": 193,
    "award_type": 82,
    "award_competence": 155,
    "base_salary": 6,
    "calendar_day": 60,
    "workflow_definition": 1,
    "legal_document": 71,
    "citation": 68,
    "campaign": 57,
    "campaign_series": 14,
    "historical_figure": 136,
}


async def contents(db: AsyncSession) -> dict[str, tuple[int, str]]:
    """Number of rows and a digest of all their values, per loaded table."""
    connection = await db.connection()
    return {
        table: tuple(
            (
                await connection.execute(
                    text(
                        f"select count(*), md5(coalesce(string_agg(r::text, '|' order by r::text), '')) from {table} r"
                    )
                )
            ).one()
        )
        for table in (*LOADED, "user_account", "role_grant")
    }


async def by_key(db: AsyncSession, table: Any, key: str) -> Any:
    return (await db.exec(select(table).where(table.key == key).execution_options(populate_existing=True))).one()


# ---------------------------------------------------------------- reference data


async def test_everything_shipped_is_in_the_database(db: AsyncSession) -> None:
    found = await contents(db)
    assert {table: found[table][0] for table in LOADED} == LOADED


async def test_a_second_load_changes_nothing(database: Database, db: AsyncSession) -> None:
    before = await contents(db)
    await load_reference(database)
    assert await contents(db) == before


async def test_a_second_load_leaves_what_users_changed(database: Database, db: AsyncSession) -> None:
    ward = await by_key(db, Authority, "ubnd-phuong-uong-bi")
    ward.name, ward.code = "Ủy ban nhân dân phường Uông Bí (đã sửa)", "UBI"
    campaign = await by_key(db, Campaign, "vi-nguoi-ngheo-uong-bi")
    campaign.state, campaign.title = CampaignState.ARCHIVED, "Tên đã sửa"
    paper = await by_key(db, LegalDocument, "53-kh-ubnd-phuong-uong-bi-2025")
    paper.signer = "Người ký đã bổ sung"
    title = (await db.exec(select(AwardType).where(AwardType.code == "lao_dong_tien_tien"))).one()
    title.ballot_threshold_percent = 77
    await db.commit()
    before = await contents(db)
    await load_reference(database)
    assert await contents(db) == before


async def test_what_is_missing_comes_back_and_what_is_there_keeps_its_codes(
    database: Database, db: AsyncSession
) -> None:
    gone = await by_key(db, Campaign, "thi-dua-muc-tieu-2030-uong-bi")
    former_code = gone.code
    await db.exec(delete(HistoricalFigure).where(col(HistoricalFigure.key) == "003-W01"))
    await db.exec(delete(Campaign).where(col(Campaign.id) == gone.id))
    await db.exec(delete(Authority).where(col(Authority.key) == "truong-tieu-hoc-minh-hoa-vang-danh"))
    await db.commit()
    await load_reference(database)
    found = await contents(db)
    assert {table: found[table][0] for table in LOADED} == LOADED
    again = await by_key(db, Campaign, "thi-dua-muc-tieu-2030-uong-bi")
    # a number that was given once is not given to another
    assert again.code != former_code and again.code.startswith("UB-2025-14-")


async def test_a_document_that_users_stored_before_is_not_stored_twice(database: Database, db: AsyncSession) -> None:
    paper = await by_key(db, LegalDocument, "153-kh-ubnd-quang-ninh-2025")
    paper.key, paper.issuer_name, paper.title = None, "UBND tỉnh Quảng Ninh", "Trích yếu do cán bộ nhập"
    await db.commit()
    before = await contents(db)
    await load_reference(database)
    assert await contents(db) == before


async def test_a_body_stands_in_both_trees(make: Make) -> None:
    nation, province, ward = [
        await make.authority(key) for key in ("chinh-phu", "ubnd-tinh-quang-ninh", "ubnd-phuong-uong-bi")
    ]
    assert nation.territory_path == f"/{nation.number}/"
    assert ward.territory_path == f"/{nation.number}/{province.number}/{ward.number}/"
    union = await make.authority("hoi-lhpn-phuong-uong-bi")
    front = await make.authority("mttq-phuong-uong-bi")
    above = await make.authority("hoi-lhpn-tinh-quang-ninh")
    top = await make.authority("trung-uong-hoi-lhpn")
    assert union.territory_path == f"{ward.territory_path}{front.number}/{union.number}/"
    assert union.line_path == f"/{top.number}/{above.number}/{union.number}/"
    assert not union.line_path.startswith(ward.line_path)


async def test_every_path_follows_from_the_parents(db: AsyncSession) -> None:
    bodies = {body.id: body for body in (await db.exec(select(Authority))).all()}
    for body in bodies.values():
        above = bodies[body.parent_id].territory_path if body.parent_id else "/"
        beside = bodies[body.line_parent_id].line_path if body.line_parent_id else "/"
        assert (body.territory_path, body.line_path) == (f"{above}{body.number}/", f"{beside}{body.number}/")


async def test_a_council_names_its_standing_body(make: Make) -> None:
    council = await make.authority("hoi-dong-tdkt-phuong-uong-bi")
    assert council.standing_body_id == (await make.authority("phong-van-hoa-xa-hoi-phuong-uong-bi")).id


async def test_prefixes_are_short_latin_and_unique(db: AsyncSession) -> None:
    codes = dict((await db.exec(select(Authority.key, Authority.code))).all())
    assert len(set(codes.values())) == len(codes)
    assert all(code.isascii() and code.isalnum() and code == code.upper() for code in codes.values())
    wanted = {
        "chinh-phu": "CP",
        "thu-tuong-chinh-phu": "TTG",
        "ubnd-tinh-quang-ninh": "QN",
        "ubnd-phuong-uong-bi": "UB",
        "ubnd-phuong-vang-danh": "VD",
        # taken by phường Uông Bí, which is in force
        "ubnd-thanh-pho-uong-bi": "UB2",
    }
    assert {key: codes[key] for key in wanted} == wanted


def test_initials_leave_out_the_kind_of_unit() -> None:
    assert initials("Phường Uông Bí") == "UB"
    assert initials("Thành phố Hồ Chí Minh") == "HCM"
    assert initials("Phường Móng Cái 1") == "MC1"
    assert initials("Xã Đông Ngũ") == "DN"
    assert initials("Đặc khu Vân Đồn") == "VD"


async def test_campaign_codes_are_well_formed_and_their_series_goes_on(db: AsyncSession) -> None:
    campaigns = (await db.exec(select(Campaign))).all()
    assert all(tidy_code(campaign.code) == campaign.code for campaign in campaigns)
    ward_plan = next(c for c in campaigns if c.key == "uong-bi-doi-moi-sang-tao-chuyen-doi-so")
    assert ward_plan.code.startswith("UB-2025-01-")
    given = Counter((c.authority_id, int(c.code.split("-")[1])) for c in campaigns)
    series = (await db.exec(select(CampaignSeries))).all()
    assert {(row.authority_id, row.year): row.last_number for row in series} == given


async def test_the_wards_plan_is_stored_in_full_and_carries_out_the_provinces(db: AsyncSession) -> None:
    plan = await by_key(db, Campaign, "uong-bi-doi-moi-sang-tao-chuyen-doi-so")
    province = await by_key(db, Campaign, "quang-ninh-doi-moi-sang-tao-chuyen-doi-so")
    nation = await by_key(db, Campaign, "ca-nuoc-doi-moi-sang-tao-chuyen-doi-so")
    assert (plan.parent_id, province.parent_id, nation.parent_id) == (province.id, nation.id, None)
    content = CampaignPlan.model_validate(plan.plan)
    assert len(content.purposes) == 4 and len(content.requirements) == 6 and len(content.contents) == 9
    assert len(content.criteria) == 5 and len(content.duties) == 6
    # R29: two phases share the year 2027
    first, second = content.phases
    assert first.ends == second.starts and first.ends is not None and first.ends.value == "2027"
    assert content.reporting_duties[0].recipient == "UBND phường"
    assert content.reporting_duties[0].via == "Phòng Văn hóa - Xã hội"
    assert content.requirements[5].target is not None and content.requirements[5].target.value == "100"
    assert (str(plan.launched_on), plan.sources[0]["document"]) == ("2025-08-14", "53/KH-UBND")
    assert (str(plan.ends_on), plan.ends_precision) == ("2030-12-31", "year")


async def test_a_campaign_without_known_launcher_says_so(db: AsyncSession, make: Make) -> None:
    unknown = await by_key(db, Campaign, "thi-dua-quyet-thang")
    assert unknown.note.startswith("Các văn bản không nêu rõ cơ quan phát động")
    assert unknown.launched_on is None
    assert unknown.authority_id == (await make.authority("ubnd-tinh-quang-ninh")).id
    # one is put at the level of the commune, of the other only the scope is known
    for key in ("dan-van-kheo-uong-bi", "thi-dua-thuong-xuyen-2020-2025-uong-bi"):
        assert (await by_key(db, Campaign, key)).authority_id == (await make.authority("ubnd-phuong-uong-bi")).id
    assigned = await by_key(db, Campaign, "uong-bi-dot-thi-dua-dac-biet-2025")
    assert assigned.launch_document_id is not None and assigned.launched_on is None
    known = await by_key(db, Campaign, "quang-ninh-doi-moi-sang-tao-chuyen-doi-so")
    assert "không nêu rõ cơ quan phát động" not in (known.note or "")


async def test_figures_are_stored_as_reported(db: AsyncSession, make: Make) -> None:
    figure = await by_key(db, HistoricalFigure, "003-W01")
    assert (str(figure.value), figure.unit, figure.recipient_kind) == ("23", "trường hợp", "unspecified")
    assert figure.territory_path == (await make.authority("ubnd-phuong-uong-bi")).territory_path
    assert Counter(part["extent"] for part in figure.covers) == {"whole": 3, "part": 1}
    assert all(uuid.UUID(part["unit_id"]) for part in figure.covers)
    area = await by_key(db, HistoricalFigure, "003-R001")
    assert (str(area.value), area.doubt["key"]) == ("49.81", "003-D01")
    assert "Chữ gốc: “49,8 1km?”." in area.note


# ---------------------------------------------------------------- demonstration accounts


async def test_demonstration_accounts_are_created_once(database: Database, db: AsyncSession) -> None:
    passwords = await load_demonstration(database)
    assert len(passwords) == 13 and len(set(passwords.values())) == 13
    accounts = (await db.exec(select(UserAccount).where(UserAccount.is_demonstration))).all()
    assert {account.username for account in accounts} == set(passwords)
    for account in accounts:
        assert passwords[account.username] not in account.password_hash
    assert await verify_password(accounts[0].password_hash, passwords[accounts[0].username])
    grants = (
        await db.exec(
            select(UserAccount.username, RoleGrant.role, RoleGrant.reach, Authority.key)
            .join(RoleGrant, col(RoleGrant.user_id) == col(UserAccount.id))
            .join(Authority, col(Authority.id) == col(RoleGrant.authority_id))
            .where(UserAccount.is_demonstration)
        )
    ).all()
    granted = {username: (role, reach, key) for username, role, reach, key in grants}
    assert granted["canbo.uongbi"] == (Role.OFFICER, Reach.TERRITORY, "ubnd-phuong-uong-bi")
    assert granted["canbo.sonoivu"] == (Role.OFFICER, Reach.TERRITORY, "ubnd-tinh-quang-ninh")
    assert granted["hoilhpn.quangninh"] == (Role.OFFICER, Reach.LINE, "hoi-lhpn-tinh-quang-ninh")
    assert granted["truong.minhhoa"] == (Role.SUBMITTER, Reach.SELF, "truong-tieu-hoc-minh-hoa-uong-bi")
    assert {role for role, _, _ in granted.values()} == {
        Role.OFFICER,
        Role.LEADER,
        Role.SUBMITTER,
        Role.AUDITOR,
        Role.VIEWER,
        Role.AUTHORITY_ADMIN,
        Role.SYSTEM_ADMIN,
    }
    before = await contents(db)
    assert await load_demonstration(database) == {}
    assert await contents(db) == before


async def test_a_suspended_demonstration_grant_is_not_given_again(database: Database, db: AsyncSession) -> None:
    await load_demonstration(database)
    await db.exec(update(RoleGrant).values(suspended_at=text("now()")))
    await db.commit()
    before = await contents(db)
    await load_demonstration(database)
    assert await contents(db) == before


async def test_new_passwords_end_the_sessions_of_demonstration_accounts_only(
    database: Database, db: AsyncSession, make: Make
) -> None:
    old = await load_demonstration(database)
    other = await make.officer()
    demo = (await db.exec(select(UserAccount).where(UserAccount.username == "canbo.uongbi"))).one()
    db.add(UserSession(user_id=demo.id, expires_at=clock.now() + timedelta(hours=1)))
    await db.commit()
    new = await new_passwords(database)
    assert new.keys() == old.keys() and all(new[name] != old[name] for name in new)
    await db.refresh(demo)
    assert await verify_password(demo.password_hash, new["canbo.uongbi"])
    assert not await verify_password(demo.password_hash, old["canbo.uongbi"])
    open_sessions = (await db.exec(select(UserSession.user_id).where(col(UserSession.ended_at).is_(None)))).all()
    assert open_sessions == [other.user_id]


async def test_an_empty_database_is_filled_by_one_call_and_tells_its_passwords_once(server_dsn: str) -> None:
    name = f"tdkt_test_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(**asyncpg_arguments(server_dsn))
    await admin.execute(f'create database "{name}"')
    try:
        dsn = with_database(server_dsn, name)
        await migrate(dsn)
        first = await load_all(dsn)
        assert len(first.one_time_passwords) == 13
        assert (await load_all(dsn)).one_time_passwords == {}
        assert (await reset_demo_passwords(dsn)).keys() == first.one_time_passwords.keys()
        connection = await asyncpg.connect(**asyncpg_arguments(dsn))
        stored = json.dumps([dict(row) for row in await connection.fetch("select * from user_account")], default=str)
        await connection.close()
        assert not any(password in stored for password in first.one_time_passwords.values())
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


async def test_citations_are_loaded_with_their_sections(db: AsyncSession) -> None:
    plan = await by_key(db, LegalDocument, "53-kh-ubnd-phuong-uong-bi-2025")
    relations = (await db.exec(select(Citation.relation).where(Citation.from_id == plan.id))).all()
    assert relations and {"basis", "implements"} & set(relations)
