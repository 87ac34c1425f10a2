"""Authorities: the bodies in reach, and the body a caller acts for."""

import uuid

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import Actor, Grant, Permission, Place
from app.models.authorities import Authority
from app.problems import Problem


async def authority_to_act_for(
    db: AsyncSession, actor: Actor, authority_id: uuid.UUID, permission: Permission
) -> tuple[Authority, Grant]:
    """The body the caller acts for, with the grant that permits it; 404 outside reach, 403 without the permission."""
    authority = (await db.exec(select(Authority).where(Authority.id == authority_id))).one_or_none()
    if authority is None:
        raise Problem("not_found")
    grant = actor.require_for(permission, Place(authority.id, authority.territory_path, authority.line_path))
    return authority, grant
