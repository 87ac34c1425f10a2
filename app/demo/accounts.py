"""Accounts for one walk-through: made for it, valid on its day, disabled at its end."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import func, update
from sqlmodel import col, select

from app import clock
from app.db import Database, transaction
from app.ids import new_id
from app.models.authorities import Authority
from app.models.users import RoleGrant, UserAccount, UserSession
from app.passwords import hash_password, one_time_password
from app.vocabularies import Reach, Role

# part in the story → invented name, role, body, reach
PARTS: dict[str, tuple[str, Role, str, Reach]] = {
    "cán bộ Sở Nội vụ": ("Lê Minh Châu", Role.OFFICER, "ubnd-tinh-quang-ninh", Reach.TERRITORY),
    "lãnh đạo UBND tỉnh": ("Vũ Hải Đăng", Role.LEADER, "ubnd-tinh-quang-ninh", Reach.TERRITORY),
    "cán bộ phường Uông Bí": ("Phạm Thu Hằng", Role.OFFICER, "ubnd-phuong-uong-bi", Reach.TERRITORY),
    "lãnh đạo phường Uông Bí": ("Nguyễn Đình Khải", Role.LEADER, "ubnd-phuong-uong-bi", Reach.TERRITORY),
    "Trường Tiểu học Minh Họa": ("Đỗ Thị Lan Anh", Role.SUBMITTER, "truong-tieu-hoc-minh-hoa-uong-bi", Reach.SELF),
    "khu Lạc Thanh": ("Bùi Văn Thắng", Role.SUBMITTER, "khu-lac-thanh", Reach.SELF),
    "Hội LHPN phường": ("Trần Thị Ngọc Bích", Role.SUBMITTER, "hoi-lhpn-phuong-uong-bi", Reach.SELF),
    "cán bộ phường Vàng Danh": ("Ngô Quốc Bảo", Role.OFFICER, "ubnd-phuong-vang-danh", Reach.TERRITORY),
    "kiểm tra phường Uông Bí": ("Đặng Thị Kim Oanh", Role.AUDITOR, "ubnd-phuong-uong-bi", Reach.TERRITORY),
}


@asynccontextmanager
async def story_accounts(database: Database) -> AsyncIterator[dict[str, tuple[str, str]]]:
    """(user name, password) by part. The accounts end with the story; what they wrote stays."""
    run = secrets.token_hex(3)
    passwords = {part: one_time_password() for part in PARTS}
    hashes = dict(zip(PARTS, await asyncio.gather(*map(hash_password, passwords.values())), strict=True))
    ids = {part: new_id() for part in PARTS}
    async with transaction(database) as db:
        keys = [key for _, _, key, _ in PARTS.values()]
        found = await db.exec(select(Authority.key, Authority.id).where(col(Authority.key).in_(keys)))
        authorities = dict(found.all())
        for number, (part, (name, role, key, reach)) in enumerate(PARTS.items(), 1):
            db.add(
                UserAccount(
                    id=ids[part],
                    username=f"trinhdien-{run}-{number}",
                    display_name=name,
                    password_hash=hashes[part],
                    authority_id=authorities[key],
                    is_demonstration=True,
                )
            )
            await db.flush()
            today = clock.today()
            db.add(
                RoleGrant(user_id=ids[part], role=role, authority_id=authorities[key], reach=reach, valid_from=today)
            )
    try:
        yield {part: (f"trinhdien-{run}-{n}", passwords[part]) for n, part in enumerate(PARTS, 1)}
    finally:
        async with transaction(database) as db:
            mine = list(ids.values())
            await db.exec(update(UserAccount).where(col(UserAccount.id).in_(mine)).values(disabled_at=func.now()))
            await db.exec(
                update(UserSession)
                .where(col(UserSession.user_id).in_(mine), col(UserSession.ended_at).is_(None))
                .values(ended_at=func.now(), end_reason="story_ended")
            )
