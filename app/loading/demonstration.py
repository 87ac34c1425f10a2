"""Accounts to try the product with. The people are invented; passwords are shown once and stored as hashes only."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, update
from sqlmodel import col, select

from app.db import Database, transaction
from app.ids import new_id
from app.loading.common import add, ids_by_key
from app.models.authorities import Authority
from app.models.users import RoleGrant, UserAccount, UserSession
from app.passwords import hash_password, one_time_password
from app.vocabularies import Reach, Role

_GRANTS_FROM = date(2025, 7, 1)


@dataclass(frozen=True, slots=True)
class _Account:
    username: str
    name: str
    home: str
    role: Role
    reach: Reach
    # where the grant lies, if not at the body the person belongs to
    at: str | None = None


_ACCOUNTS = (
    _Account(
        "canbo.uongbi",
        "Phạm Thu Hằng",
        "phong-van-hoa-xa-hoi-phuong-uong-bi",
        Role.OFFICER,
        Reach.TERRITORY,
        "ubnd-phuong-uong-bi",
    ),
    _Account("lanhdao.uongbi", "Nguyễn Đình Khải", "ubnd-phuong-uong-bi", Role.LEADER, Reach.TERRITORY),
    _Account(
        "canbo.sonoivu", "Lê Minh Châu", "so-noi-vu-quang-ninh", Role.OFFICER, Reach.TERRITORY, "ubnd-tinh-quang-ninh"
    ),
    _Account("lanhdao.quangninh", "Vũ Hải Đăng", "ubnd-tinh-quang-ninh", Role.LEADER, Reach.TERRITORY),
    _Account("truong.minhhoa", "Đỗ Thị Lan Anh", "truong-tieu-hoc-minh-hoa-uong-bi", Role.SUBMITTER, Reach.SELF),
    _Account("khu.lacthanh", "Bùi Văn Thắng", "khu-lac-thanh", Role.SUBMITTER, Reach.SELF),
    _Account("hoilhpn.uongbi", "Trần Thị Ngọc Bích", "hoi-lhpn-phuong-uong-bi", Role.SUBMITTER, Reach.SELF),
    _Account("hoilhpn.quangninh", "Hoàng Thị Thanh Vân", "hoi-lhpn-tinh-quang-ninh", Role.OFFICER, Reach.LINE),
    _Account(
        "canbo.vangdanh",
        "Ngô Quốc Bảo",
        "phong-van-hoa-xa-hoi-phuong-vang-danh",
        Role.OFFICER,
        Reach.TERRITORY,
        "ubnd-phuong-vang-danh",
    ),
    _Account("kiemtra.uongbi", "Đặng Thị Kim Oanh", "ubnd-phuong-uong-bi", Role.AUDITOR, Reach.TERRITORY),
    _Account("theodoi.uongbi", "Lý Gia Huy", "ubnd-phuong-uong-bi", Role.VIEWER, Reach.TERRITORY),
    _Account("quantri.uongbi", "Phan Thị Hồng Nhung", "ubnd-phuong-uong-bi", Role.AUTHORITY_ADMIN, Reach.TERRITORY),
    _Account("quantri.hethong", "Mai Anh Tuấn", "ubnd-tinh-quang-ninh", Role.SYSTEM_ADMIN, Reach.TERRITORY),
)


async def load_demonstration(database: Database) -> dict[str, str]:
    """Create the accounts that are not there; returns the passwords of those, by user name."""
    async with transaction(database) as db:
        known = await ids_by_key(db, UserAccount.username, UserAccount.id)
        absent = [account for account in _ACCOUNTS if account.username not in known]
        if not absent:
            return {}
        authorities = await ids_by_key(db, Authority.key, Authority.id)
        passwords = {account.username: one_time_password() for account in absent}
        hashes = await _hashes(passwords)
        ids = {account.username: new_id() for account in absent}
        await add(
            db,
            UserAccount,
            (
                {
                    "id": ids[account.username],
                    "username": account.username,
                    "display_name": account.name,
                    "password_hash": hashes[account.username],
                    "authority_id": authorities[account.home],
                    "is_demonstration": True,
                }
                for account in absent
            ),
        )
        await add(
            db,
            RoleGrant,
            (
                {
                    "id": new_id(),
                    "user_id": ids[account.username],
                    "role": account.role,
                    "authority_id": authorities[account.at or account.home],
                    "reach": account.reach,
                    "valid_from": _GRANTS_FROM,
                }
                for account in absent
            ),
        )
    return passwords


async def new_passwords(database: Database) -> dict[str, str]:
    """Give every demonstration account a new password and end its sessions; returns the passwords by user name."""
    async with transaction(database) as db:
        accounts: dict[str, uuid.UUID] = dict(
            (
                await db.exec(
                    select(UserAccount.username, UserAccount.id)
                    .where(col(UserAccount.is_demonstration), col(UserAccount.disabled_at).is_(None))
                    .order_by(UserAccount.username)
                )
            ).all()
        )
        passwords = {username: one_time_password() for username in accounts}
        hashes = await _hashes(passwords)
        for username, identifier in accounts.items():
            await db.exec(
                update(UserAccount).where(col(UserAccount.id) == identifier).values(password_hash=hashes[username])
            )
        await db.exec(
            update(UserSession)
            .where(col(UserSession.user_id).in_(accounts.values()), col(UserSession.ended_at).is_(None))
            .values(ended_at=func.now(), end_reason="password_reset")
        )
    return passwords


async def _hashes(passwords: dict[str, str]) -> dict[str, str]:
    hashes = await asyncio.gather(*map(hash_password, passwords.values()))
    return dict(zip(passwords, hashes, strict=True))
